"""One attempt to pay through a gateway: begun, then succeeded, failed, cancelled by the payer, or expired unheard of.

Law: NĐ 61/2018/NĐ-CP art. 22 and NĐ 118/2025/NĐ-CP art. 24 (online payment).

A success always counts, also after failure or expiry: the payer's money has moved, and it must never be forgotten. What
the money then means (a settlement or a refund) is the obligation's to say, in the same transaction.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, assert_never

from kernel.decider import Decider
from kernel.refusal import Invalid, Refused
from services.payments.domain import rules
from services.payments.domain.obligation import Obligation, open_amount
from services.payments.domain.obligation_words import GatewayName

CURRENCY = "VND"
Outcome = Literal["succeeded", "failed", "cancelled_by_payer", "unfinished"]
Standing = Literal["none", "started", "succeeded", "failed", "cancelled_by_payer", "expired"]


# --- commands ---


@dataclass(frozen=True, slots=True, kw_only=True)
class StartAttempt:
    """Begin to pay what is owed for `ref`.

    Args:
        txn_ref: our reference of this attempt at the gateway, never used twice.
        limit_vnd: the most that the gateway takes at once.
        obligation: context, what is owed at this moment; filled in by the shell.
    """

    ref: str
    txn_ref: str
    gateway: GatewayName
    limit_vnd: int
    expires_at: datetime
    obligation: Obligation | None = None
    actor: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordOutcome:
    """Take down what a gateway says, with a verified signature, of one attempt.

    Args:
        amount_vnd: None when the gateway's amount is no whole number of đồng.
        response_code: the gateway's own code, kept as it came.
        gateway_no: the gateway's number of the transaction.
    """

    txn_ref: str
    gateway: GatewayName
    outcome: Outcome
    amount_vnd: int | None
    currency: str
    response_code: str
    gateway_no: str
    actor: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpireAttempt:
    """The time for paying is over (a timer's command)."""

    ref: str
    txn_ref: str
    actor: str
    now: datetime


Command = StartAttempt | RecordOutcome | ExpireAttempt


# --- events ---


@dataclass(frozen=True, slots=True)
class PaymentStarted:
    """The payer was sent to the gateway with this amount; `code` is the dossier's."""

    ref: str
    txn_ref: str
    gateway: GatewayName
    code: str
    amount_vnd: int
    expires_at: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class PaymentSucceeded:
    """The gateway has the payer's money."""

    ref: str
    txn_ref: str
    gateway: GatewayName
    amount_vnd: int
    gateway_no: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PaymentFailed:
    """The gateway says that no money was paid; `code` is its own response code."""

    ref: str
    txn_ref: str
    gateway: GatewayName
    code: str
    gateway_no: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PaymentCancelledByPayer:
    """The payer turned back at the gateway."""

    ref: str
    txn_ref: str
    gateway: GatewayName
    at: datetime


@dataclass(frozen=True, slots=True)
class PaymentExpired:
    """Nothing was heard from the gateway until the attempt's time was over."""

    ref: str
    txn_ref: str
    gateway: GatewayName
    at: datetime


Event = PaymentStarted | PaymentSucceeded | PaymentFailed | PaymentCancelledByPayer | PaymentExpired


# --- state ---


@dataclass(frozen=True, slots=True)
class Attempt:
    """What the next decision needs to know of an attempt."""

    standing: Standing = "none"
    ref: str = ""
    gateway: GatewayName = "vnpay"
    amount_vnd: int = 0
    gateway_no: str = ""


def decide(command: Command, state: Attempt) -> tuple[Event, ...] | Refused:
    match command:
        case StartAttempt():
            return _start(command, state)
        case RecordOutcome():
            return _record(command, state)
        case ExpireAttempt():
            return _expire(command, state)
        case _:
            assert_never(command)


def _start(command: StartAttempt, state: Attempt) -> tuple[Event, ...] | Refused:
    if state.standing != "none":
        same = (state.ref, state.gateway) == (command.ref, command.gateway)
        return () if same else Refused(rules.ATTEMPT_DIFFERS, (Invalid("txn_ref", command.txn_ref),))
    assert command.obligation is not None, "the shell says what is owed"
    amount_vnd = open_amount(command.obligation)
    if isinstance(amount_vnd, Refused):
        return amount_vnd
    if amount_vnd > command.limit_vnd:
        return Refused(rules.AMOUNT_OVER_GATEWAY_LIMIT, (Invalid("amount_vnd", f"at most {command.limit_vnd}"),))
    return (
        PaymentStarted(
            ref=command.ref,
            txn_ref=command.txn_ref,
            gateway=command.gateway,
            code=command.obligation.code,
            amount_vnd=amount_vnd,
            expires_at=command.expires_at,
            at=command.now,
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
            code, gateway_no = command.response_code, command.gateway_no
            return (PaymentFailed(state.ref, command.txn_ref, state.gateway, code, gateway_no, command.now),)
        case "cancelled_by_payer":
            return (PaymentCancelledByPayer(state.ref, command.txn_ref, state.gateway, command.now),)
        case _:
            assert_never(command.outcome)


def _success(command: RecordOutcome, state: Attempt) -> PaymentSucceeded:
    return PaymentSucceeded(
        state.ref, command.txn_ref, state.gateway, state.amount_vnd, gateway_no=command.gateway_no, at=command.now
    )


def _expire(command: ExpireAttempt, state: Attempt) -> tuple[Event, ...]:
    if state.standing != "started":
        return ()
    return (PaymentExpired(state.ref, command.txn_ref, state.gateway, command.now),)


def evolve(state: Attempt, event: Event) -> Attempt:
    match event:
        case PaymentStarted():
            return Attempt("started", event.ref, event.gateway, event.amount_vnd)
        case PaymentSucceeded():
            return replace(state, standing="succeeded", gateway_no=event.gateway_no)
        case PaymentFailed():
            return replace(state, standing="failed")
        case PaymentCancelledByPayer():
            return replace(state, standing="cancelled_by_payer")
        case PaymentExpired():
            return replace(state, standing="expired")
        case _:
            assert_never(event)


decider: Decider[Command, Attempt, Event] = Decider(Attempt(), decide, evolve)
