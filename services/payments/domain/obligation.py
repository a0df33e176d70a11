"""What is owed for one dossier: raised once from the fee rule, settled once with a receipt, never paid and forgotten.

Law: Luật Phí và lệ phí 97/2015/QH13; NĐ 61/2018/NĐ-CP art. 22 and NĐ 118/2025/NĐ-CP art. 24 (ways of paying); refunds
only as the fee schedule says (e.g. TT 25/2021/TT-BTC art. 6.3, NĐ 297/2025/NĐ-CP art. 9.2), paid back by the treasury
procedure (NĐ 347/2025/NĐ-CP, before it NĐ 11/2020/NĐ-CP art. 5); NĐ 254/2026/NĐ-CP (receipts, also over zero đồng).

Money that came for something settled or ended is never refused: it is booked as a refund owed.
"""

from dataclasses import dataclass, replace
from typing import Literal, assert_never

from kernel.decider import Decider
from kernel.money import Posting
from kernel.refusal import Invalid, Refused
from services.payments.domain import accounts, rules
from services.payments.domain.fee import evaluate
from services.payments.domain.obligation_words import (
    CancelObligation,
    CancelReason,
    Command,
    Event,
    FeeKept,
    Method,
    ObligationCancelled,
    ObligationRaised,
    ObligationSettled,
    PayAtDesk,
    RaiseObligation,
    RecordRefund,
    RefundOwed,
    RefundPaid,
    RefundReason,
    TakePayment,
)
from services.payments.domain.receipt_book import Receipt

Standing = Literal["none", "open", "settled", "cancelled", "kept", "given_back"]


@dataclass(frozen=True, slots=True)
class Refund:
    """One refund owed, and the order that paid it (empty while it has not been paid)."""

    txn_ref: str | None
    amount_vnd: int
    order_no: str = ""


@dataclass(frozen=True, slots=True)
class Obligation:
    """What the next decision needs to know.

    Args:
        standing: `kept` and `given_back` are what becomes of a settled obligation when the dossier ends.
        booked: references of the attempts whose money is in the books.
        settled_by: who took the cash at the desk; empty for other methods.
    """

    standing: Standing = "none"
    ref: str = ""
    code: str = ""
    procedure: str = ""
    rule: tuple[str, str] = ("", "")
    total_vnd: int = 0
    payer: str = ""
    submitter: str = ""
    receiving_agency: str = ""
    refundable: tuple[str, ...] = ()
    settled_txn: str | None = None
    settled_by: str = ""
    cancelled_for: CancelReason | None = None
    booked: tuple[str, ...] = ()
    refunds: tuple[Refund, ...] = ()


def open_amount(state: Obligation) -> int | Refused:
    """Return the amount that may be paid now, or why none may."""
    match state.standing:
        case "open":
            return state.total_vnd
        case "none":
            return Refused(rules.OBLIGATION_UNKNOWN)
        case "cancelled":
            return Refused(rules.OBLIGATION_CANCELLED)
        case "settled" | "kept" | "given_back":
            return Refused(rules.ALREADY_SETTLED)
        case _:
            assert_never(state.standing)


def decide(command: Command, state: Obligation) -> tuple[Event, ...] | Refused:
    match command:
        case RaiseObligation():
            return _raise(command, state)
        case TakePayment():
            return _take(command, state)
        case PayAtDesk():
            return _pay_at_desk(command, state)
        case CancelObligation():
            return _cancel(command, state)
        case RecordRefund():
            return _record_refund(command, state)
        case _:
            assert_never(command)


def _raise(command: RaiseObligation, state: Obligation) -> tuple[Event, ...] | Refused:
    assert command.assessment is not None, "the shell looks the fee rule up"
    rule = command.assessment.rule
    if state.standing != "none":
        same = rule is None or state.rule == (rule.id, rule.version)
        return () if same else Refused(rules.OBLIGATION_DIFFERS, (Invalid("rule", " ".join(state.rule)),))
    if rule is None:
        return ()
    lines = evaluate(rule, command.assessment.day, command.channel, command.category, command.facts)
    if isinstance(lines, Refused):
        return lines
    total_vnd = sum(line.amount_vnd for line in lines)
    raised = ObligationRaised(
        ref=command.ref,
        code=command.code,
        procedure=command.procedure,
        lines=lines,
        total_vnd=total_vnd,
        rule=rule.id,
        rule_version=rule.version,
        payer=command.payer,
        submitter=command.submitter,
        receiving_agency=command.receiving_agency,
        pay_by=command.pay_by,
        refundable=tuple(case for case, _ in rule.refund if rule.refunds(case)),
        postings=accounts.fee_raised(command.ref, command.receiving_agency, total_vnd),
        at=command.now,
    )
    if total_vnd > 0:
        return (raised,)
    free = evolve(state, raised)
    return raised, _settled(free, command, command.assessment.receipt, "none", txn_ref=None, postings=())


def _take(command: TakePayment, state: Obligation) -> tuple[Event, ...] | Refused:
    if state.standing == "none":
        return Refused(rules.OBLIGATION_UNKNOWN)
    if command.txn_ref in state.booked:
        return ()
    into = accounts.clearing(command.gateway)
    if state.standing != "open":
        return (_nobody_owed_it(command, state, into),)
    if command.amount_vnd != state.total_vnd:
        return Refused(rules.AMOUNT_DIFFERS, (Invalid("amount_vnd", str(state.total_vnd)),))
    postings = accounts.fee_paid(state.ref, into, state.total_vnd)
    return (_settled(state, command, command.receipt, command.gateway, command.txn_ref, postings),)


def _nobody_owed_it(command: TakePayment, state: Obligation, into: str) -> RefundOwed:
    return RefundOwed(
        ref=state.ref,
        txn_ref=command.txn_ref,
        amount_vnd=command.amount_vnd,
        reason="paid_twice" if state.cancelled_for is None else _refund_reason(state.cancelled_for),
        payer=state.payer,
        receiving_agency=state.receiving_agency,
        postings=accounts.paid_for_nothing(state.ref, into, command.amount_vnd),
        at=command.now,
    )


def _pay_at_desk(command: PayAtDesk, state: Obligation) -> tuple[Event, ...] | Refused:
    if state.settled_by == command.actor and command.amount_vnd == state.total_vnd:
        return ()
    amount_vnd = open_amount(state)
    if isinstance(amount_vnd, Refused):
        return amount_vnd
    if command.amount_vnd != amount_vnd:
        return Refused(rules.AMOUNT_DIFFERS, (Invalid("amount_vnd", str(amount_vnd)),))
    postings = accounts.fee_paid(state.ref, accounts.cash(state.receiving_agency), amount_vnd)
    return (_settled(state, command, command.receipt, "cash", None, postings),)


def _settled(
    state: Obligation,
    command: RaiseObligation | TakePayment | PayAtDesk,
    receipt: Receipt | None,
    method: Method,
    txn_ref: str | None,
    postings: tuple[Posting, ...],
) -> ObligationSettled:
    assert receipt is not None, "the shell offers the next receipt number"
    return ObligationSettled(
        ref=state.ref,
        total_vnd=state.total_vnd,
        txn_ref=txn_ref,
        receipt_serial=receipt.serial,
        receipt_number=receipt.number,
        receiving_agency=state.receiving_agency,
        method=method,
        postings=postings,
        by=command.actor,
        at=command.now,
    )


def _cancel(command: CancelObligation, state: Obligation) -> tuple[Event, ...]:
    """Unpaid: nothing is owed any more. Paid: the schedule decides; a dossier stopped as unpaid was paid too late."""
    reason = command.reason
    if state.standing == "open":
        postings = accounts.fee_taken_back(state.ref, state.receiving_agency, state.total_vnd)
        return (ObligationCancelled(state.ref, reason, postings, command.now),)
    if state.standing != "settled" or state.total_vnd == 0:
        return ()
    if reason != "not_paid" and reason not in state.refundable:
        return (FeeKept(state.ref, reason, state.rule[0], command.now),)
    return (
        RefundOwed(
            ref=state.ref,
            txn_ref=state.settled_txn,
            amount_vnd=state.total_vnd,
            reason=_refund_reason(reason),
            payer=state.payer,
            receiving_agency=state.receiving_agency,
            postings=accounts.fee_given_back(state.ref, state.receiving_agency, state.total_vnd),
            at=command.now,
        ),
    )


def _refund_reason(reason: CancelReason) -> RefundReason:
    return "paid_late" if reason == "not_paid" else reason


def _record_refund(command: RecordRefund, state: Obligation) -> tuple[Event, ...] | Refused:
    refund = next((refund for refund in state.refunds if refund.txn_ref == command.txn_ref), None)
    if refund is None:
        return Refused(rules.REFUND_NOT_OWED, (Invalid("txn_ref", command.txn_ref or "null"),))
    if command.amount_vnd != refund.amount_vnd:
        return Refused(rules.AMOUNT_DIFFERS, (Invalid("amount_vnd", str(refund.amount_vnd)),))
    if not command.order_no.strip():
        return Refused(rules.REFUND_ORDER_MISSING, (Invalid("order_no", "the number of the order that paid it"),))
    if refund.order_no:
        again = refund.order_no == command.order_no
        return () if again else Refused(rules.REFUND_ALREADY_PAID, (Invalid("order_no", refund.order_no),))
    return (
        RefundPaid(
            ref=state.ref,
            txn_ref=command.txn_ref,
            amount_vnd=command.amount_vnd,
            order_no=command.order_no,
            postings=accounts.refund_paid(state.ref, command.amount_vnd),
            by=command.actor,
            at=command.now,
        ),
    )


def evolve(state: Obligation, event: Event) -> Obligation:
    match event:
        case ObligationRaised():
            return Obligation(
                standing="open",
                ref=event.ref,
                code=event.code,
                procedure=event.procedure,
                rule=(event.rule, event.rule_version),
                total_vnd=event.total_vnd,
                payer=event.payer,
                submitter=event.submitter,
                receiving_agency=event.receiving_agency,
                refundable=event.refundable,
            )
        case ObligationSettled():
            return replace(
                state,
                standing="settled",
                settled_txn=event.txn_ref,
                settled_by=event.by if event.method == "cash" else "",
                booked=_with(state.booked, event.txn_ref),
            )
        case ObligationCancelled():
            return replace(state, standing="cancelled", cancelled_for=event.reason)
        case FeeKept():
            return replace(state, standing="kept")
        case RefundOwed():
            gives_back = state.standing == "settled" and event.txn_ref == state.settled_txn
            return replace(
                state,
                standing="given_back" if gives_back else state.standing,
                booked=_with(state.booked, event.txn_ref),
                refunds=(*state.refunds, Refund(event.txn_ref, event.amount_vnd)),
            )
        case RefundPaid():
            return replace(state, refunds=tuple(_paid(refund, event) for refund in state.refunds))
        case _:
            assert_never(event)


def _with(booked: tuple[str, ...], txn_ref: str | None) -> tuple[str, ...]:
    return booked if txn_ref is None or txn_ref in booked else (*booked, txn_ref)


def _paid(refund: Refund, event: RefundPaid) -> Refund:
    return replace(refund, order_no=event.order_no) if refund.txn_ref == event.txn_ref else refund


decider: Decider[Command, Obligation, Event] = Decider(Obligation(), decide, evolve)
