"""One attempt to pay through a gateway: begun, then succeeded, failed, cancelled by the payer, or expired.

Law: NĐ 61/2018/NĐ-CP art. 22 and NĐ 118/2025/NĐ-CP art. 24 (online payment).

A success always counts, also after failure or expiry: the payer's money has moved, and it must never be forgotten. What
the money then means (a settlement or a refund) is the obligation's to say, in the same transaction.

A gateway that says nothing is asked once the time for paying is over, and again after growing waits while it cannot be
asked or does not know. An attempt expires only when the gateway says that nothing was paid; one whose end cannot be had
is left for a person, and never taken for unpaid.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final, assert_never

from kernel.decider import Decider
from kernel.refusal import Invalid, Refused
from services.payments.domain import rules
from services.payments.domain.attempt_words import (
    CURRENCY,
    AskGateway,
    Command,
    Event,
    ExpireAttempt,
    InquiryBegun,
    InquiryEnded,
    PaymentCancelledByPayer,
    PaymentExpired,
    PaymentFailed,
    PaymentStarted,
    PaymentSucceeded,
    RecordOutcome,
    RecordSilence,
    Said,
    Standing,
    StartAttempt,
)
from services.payments.domain.dues import chosen
from services.payments.domain.obligation_state import open_amount
from services.payments.domain.obligation_words import GatewayName, Purpose

INQUIRY_WAITS: Final = (
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=12),
    timedelta(hours=24),
)
"""How long we wait before we ask a gateway again that could not be asked, or does not know; then people take over."""

WORD_OF_REFUSAL: Final[dict[str, Said]] = {
    rules.OUTCOME_UNFINISHED.code: "unfinished",
    rules.AMOUNT_DIFFERS.code: "amount_differs",
    rules.OUTCOME_CONTRADICTED.code: "contradicted",
}


@dataclass(frozen=True, slots=True)
class Attempt:
    """What the next decision needs to know of an attempt.

    Args:
        asked: how often the gateway was asked; asking: the number of the inquiry that is under way, or 0.
    """

    standing: Standing = "none"
    ref: str = ""
    gateway: GatewayName = "vnpay"
    amount_vnd: int = 0
    gateway_no: str = ""
    purpose: Purpose = "fee"
    step: str = ""
    asked: int = 0
    asking: int = 0


def decide(command: Command, state: Attempt) -> tuple[Event, ...] | Refused:
    match command:
        case StartAttempt():
            return _start(command, state)
        case RecordOutcome():
            return _record(command, state) if command.inquiry == 0 else _answered(command, state)
        case ExpireAttempt():
            return _ask(command, state) if state.standing == "started" else ()
        case AskGateway():
            known = state.standing != "none"
            return _ask(command, state) if known else Refused(rules.ATTEMPT_UNKNOWN)
        case RecordSilence():
            return _silent(command, state)
        case _:
            assert_never(command)


def _start(command: StartAttempt, state: Attempt) -> tuple[Event, ...] | Refused:
    if state.standing != "none":
        same = (state.ref, state.gateway) == (command.ref, command.gateway)
        return () if same else Refused(rules.ATTEMPT_DIFFERS, (Invalid("txn_ref", command.txn_ref),))
    assert command.dues is not None, "the shell says what is owed"
    owed = chosen(command.dues, command.step)
    if isinstance(owed, Refused):
        return owed
    amount_vnd = open_amount(owed)
    if isinstance(amount_vnd, Refused):
        return amount_vnd
    if amount_vnd > command.limit_vnd:
        return Refused(rules.AMOUNT_OVER_GATEWAY_LIMIT, (Invalid("amount_vnd", f"at most {command.limit_vnd}"),))
    return (
        PaymentStarted(
            ref=command.ref,
            txn_ref=command.txn_ref,
            gateway=command.gateway,
            code=owed.code,
            amount_vnd=amount_vnd,
            expires_at=command.expires_at,
            at=command.now,
            purpose=owed.purpose,
            step=owed.step,
        ),
    )


def _record(command: RecordOutcome, state: Attempt) -> tuple[Event, ...] | Refused:
    """Known, then amount and currency, then state: the order of the callback's answer."""
    if state.standing == "none" or state.gateway != command.gateway:
        return Refused(rules.ATTEMPT_UNKNOWN, (Invalid("txn_ref", command.txn_ref),))
    if (command.amount_vnd, command.currency) != (state.amount_vnd, CURRENCY):
        return Refused(rules.AMOUNT_DIFFERS, (Invalid("amount_vnd", f"{state.amount_vnd} {CURRENCY}"),))
    if state.standing == "succeeded":
        again = command.outcome == "succeeded" and command.gateway_no == state.gateway_no
        return () if again else Refused(rules.OUTCOME_CONTRADICTED, (Invalid("gateway_no", command.gateway_no),))
    match command.outcome:
        case "succeeded":
            return (_success(command, state),)
        case "unfinished":
            return Refused(rules.OUTCOME_UNFINISHED)
        case _ if state.standing != "started":
            return ()
        case "failed":
            code, number = command.response_code, command.gateway_no
            return (
                PaymentFailed(
                    state.ref, command.txn_ref, state.gateway, code, number, command.now, state.purpose, state.step
                ),
            )
        case "cancelled_by_payer":
            return (
                PaymentCancelledByPayer(
                    state.ref, command.txn_ref, state.gateway, command.now, state.purpose, state.step
                ),
            )
        case _:
            assert_never(command.outcome)


def _success(command: RecordOutcome, state: Attempt) -> PaymentSucceeded:
    return PaymentSucceeded(
        ref=state.ref,
        txn_ref=command.txn_ref,
        gateway=state.gateway,
        amount_vnd=state.amount_vnd,
        gateway_no=command.gateway_no,
        at=command.now,
        purpose=state.purpose,
        step=state.step,
    )


# --- a gateway that says nothing ---


def _ask(command: ExpireAttempt | AskGateway, state: Attempt) -> tuple[Event, ...]:
    if state.asking:
        return ()
    return (InquiryBegun(state.ref, command.txn_ref, state.gateway, state.asked + 1, command.now),)


def _answered(command: RecordOutcome, state: Attempt) -> tuple[Event, ...]:
    """What the gateway answers is judged like a notice; an answer to an older inquiry is no answer."""
    if command.inquiry != state.asking:
        return ()
    decided = _record(command, state)
    if isinstance(decided, Refused):
        return (_ended(command, state, WORD_OF_REFUSAL.get(decided.code, "contradicted")),)
    return _ended(command, state, command.outcome), *decided


def _silent(command: RecordSilence, state: Attempt) -> tuple[Event, ...]:
    if command.inquiry != state.asking:
        return ()
    ended = _ended(command, state, command.said)
    if command.said != "unpaid" or state.standing != "started":
        return (ended,)
    expired = PaymentExpired(state.ref, command.txn_ref, state.gateway, command.now, state.purpose, state.step)
    return ended, expired


def _ended(command: RecordOutcome | RecordSilence, state: Attempt, said: Said) -> InquiryEnded:
    unknown = state.standing == "started" and said in ("unfinished", "unreachable")
    again_at = command.now + INQUIRY_WAITS[state.asking - 1] if unknown and state.asking <= len(INQUIRY_WAITS) else None
    return InquiryEnded(state.ref, command.txn_ref, state.gateway, state.asking, said, again_at, command.now)


def evolve(state: Attempt, event: Event) -> Attempt:
    match event:
        case PaymentStarted():
            return Attempt(
                "started", event.ref, event.gateway, event.amount_vnd, purpose=event.purpose, step=event.step
            )
        case PaymentSucceeded():
            return replace(state, standing="succeeded", gateway_no=event.gateway_no)
        case PaymentFailed():
            return replace(state, standing="failed")
        case PaymentCancelledByPayer():
            return replace(state, standing="cancelled_by_payer")
        case PaymentExpired():
            return replace(state, standing="expired")
        case InquiryBegun():
            return replace(state, asked=event.number, asking=event.number)
        case InquiryEnded():
            return replace(state, asking=0)
        case _:
            assert_never(event)


decider: Decider[Command, Attempt, Event] = Decider(Attempt(), decide, evolve)
