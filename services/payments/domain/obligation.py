"""One thing owed: raised from the fee rule or a tax notice, settled with a receipt, never paid and forgotten.

Law: Luật Phí và lệ phí 97/2015/QH13; NĐ 61/2018/NĐ-CP art. 22 and NĐ 118/2025/NĐ-CP art. 24 (ways of paying); refunds
only as the fee schedule says (e.g. TT 25/2021/TT-BTC art. 6.3, NĐ 297/2025/NĐ-CP art. 9.2), paid back by the treasury
procedure (NĐ 347/2025/NĐ-CP, before it NĐ 11/2020/NĐ-CP art. 5); NĐ 254/2026/NĐ-CP (receipts, also over zero đồng);
what a tax notice states (NĐ 101/2024/NĐ-CP) goes back as overpaid tax (Luật Quản lý thuế 38/2019/QH14 art. 60).

Money that came for something settled or ended is never refused: it is booked as a refund owed.
"""

from typing import assert_never

from kernel.decider import Decider
from kernel.money import Posting
from kernel.refusal import Invalid, Refused
from services.payments.domain import accounts, rules
from services.payments.domain.fee import ObligationLine, evaluate
from services.payments.domain.obligation_state import Held, Obligation, evolve, open_amount
from services.payments.domain.obligation_words import (
    CancelNotices,
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
    RaiseNotice,
    RaiseObligation,
    RecordRefund,
    RefundOwed,
    RefundPaid,
    RefundReason,
    TakePayment,
)
from services.payments.domain.receipt_book import Receipt


def decide(command: Command, state: Obligation) -> tuple[Event, ...] | Refused:
    match command:
        case RaiseObligation():
            return _raise(command, state)
        case RaiseNotice():
            return _raise_notice(command, state)
        case TakePayment():
            return _take(command, state)
        case PayAtDesk():
            return _pay_at_desk(command, state)
        case CancelObligation() | CancelNotices():
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
        postings=accounts.raised(command.ref, accounts.revenue(command.receiving_agency), total_vnd),
        at=command.now,
    )
    if total_vnd > 0:
        return (raised,)
    free = evolve(state, raised)
    return raised, _settled(free, command, command.assessment.receipt, "none", txn_ref=None, postings=())


def _raise_notice(command: RaiseNotice, state: Obligation) -> tuple[Event, ...]:
    """A corrected notice takes the place of the earlier one; what was paid on that one counts, and the rest goes back.

    A notice over nothing raises nothing, and one that comes after the end of its chain is moot.
    """
    lines = tuple(
        ObligationLine(line.code, "tax", line.name_vi, line.amount_vnd, command.number) for line in command.lines
    )
    total_vnd = sum(line.amount_vnd for line in lines)
    if (state.notice, state.lines) == (command.number, lines) or state.cancelled_for not in (None, "replaced"):
        return ()
    if state.standing == "given_back" or (total_vnd == 0 and not state.held and state.standing != "open"):
        return ()
    events: list[Event] = [_cancelled(state, "replaced", command)] if state.standing == "open" else []
    if total_vnd > 0 or state.held:
        raised = _notice_raised(command, lines, total_vnd, state.held_vnd)
        events.append(raised)
        if raised.total_vnd == 0:
            nothing = decider.fold(events, state)
            events.append(_settled(nothing, command, command.receipt, "none", txn_ref=None, postings=()))
            too_much_vnd = state.held_vnd - total_vnd
            events.extend(_owed_back(nothing, too_much_vnd, "overpaid", command))
    return tuple(events)


def _notice_raised(
    command: RaiseNotice, lines: tuple[ObligationLine, ...], total_vnd: int, held_vnd: int
) -> ObligationRaised:
    credited_vnd = min(held_vnd, total_vnd)
    owed, earned = accounts.owed(command.ref, command.step), accounts.budget(command.agency)
    return ObligationRaised(
        ref=command.ref,
        code=command.code,
        procedure=command.procedure,
        lines=lines,
        total_vnd=total_vnd - credited_vnd,
        rule="tax_notice",
        rule_version=command.number,
        payer=command.payer,
        submitter=command.submitter,
        receiving_agency=command.receiving_agency,
        pay_by=None,
        refundable=(),
        postings=accounts.raised(owed, earned, total_vnd - credited_vnd),
        at=command.now,
        purpose="tax_notice",
        step=command.step,
        collecting_agency=command.agency,
        notice=command.number,
        credited_vnd=credited_vnd,
    )


def _take(command: TakePayment, state: Obligation) -> tuple[Event, ...] | Refused:
    if state.standing == "none":
        return Refused(rules.OBLIGATION_UNKNOWN)
    if command.txn_ref in state.booked:
        return ()
    into = accounts.clearing(command.gateway)
    if state.standing != "open":
        return (_nobody_owed_it(command, state, into),)
    if command.amount_vnd != state.total_vnd and state.step:
        return (_nobody_owed_it(command, state, into, "replaced"),)
    if command.amount_vnd != state.total_vnd:
        return Refused(rules.AMOUNT_DIFFERS, (Invalid("amount_vnd", str(state.total_vnd)),))
    postings = accounts.paid(state.id, into, state.total_vnd)
    return (_settled(state, command, command.receipt, command.gateway, command.txn_ref, postings),)


def _nobody_owed_it(
    command: TakePayment, state: Obligation, into: str, reason: RefundReason | None = None
) -> RefundOwed:
    ended = "paid_twice" if state.cancelled_for is None else _refund_reason(state.cancelled_for)
    postings = accounts.paid_for_nothing(state.id, into, command.amount_vnd)
    return _refund(state, command, Held(command.txn_ref, command.amount_vnd), reason or ended, postings)


def _refund(
    state: Obligation,
    command: TakePayment | CancelObligation | CancelNotices | RaiseNotice,
    money: Held,
    reason: RefundReason,
    postings: tuple[Posting, ...],
) -> RefundOwed:
    return RefundOwed(
        ref=state.ref,
        txn_ref=money.txn_ref,
        amount_vnd=money.amount_vnd,
        reason=reason,
        payer=state.payer,
        receiving_agency=state.receiving_agency,
        postings=postings,
        at=command.now,
        purpose=state.purpose,
        step=state.step,
        law=rules.TAX_OVERPAID if state.step else "",
        part=1 + sum(refund.txn_ref == money.txn_ref for refund in state.refunds),
    )


def _owed_back(
    state: Obligation, amount_vnd: int, reason: RefundReason, command: CancelObligation | CancelNotices | RaiseNotice
) -> tuple[RefundOwed, ...]:
    """Give `amount_vnd` of what is held back, the last payment first."""
    owed: list[RefundOwed] = []
    for held in reversed(state.held):
        part = Held(held.txn_ref, min(held.amount_vnd, amount_vnd))
        if part.amount_vnd:
            postings = accounts.given_back(state.id, state.earned, part.amount_vnd)
            owed.append(_refund(state, command, part, reason, postings))
            amount_vnd -= part.amount_vnd
    return tuple(owed)


def _pay_at_desk(command: PayAtDesk, state: Obligation) -> tuple[Event, ...] | Refused:
    if state.settled_by == command.actor and command.amount_vnd == state.total_vnd:
        return ()
    amount_vnd = open_amount(state)
    if isinstance(amount_vnd, Refused):
        return amount_vnd
    if command.amount_vnd != amount_vnd:
        return Refused(rules.AMOUNT_DIFFERS, (Invalid("amount_vnd", str(amount_vnd)),))
    postings = accounts.paid(state.id, accounts.cash(state.receiving_agency), amount_vnd)
    return (_settled(state, command, command.receipt, "cash", None, postings),)


def _settled(
    state: Obligation,
    command: RaiseObligation | RaiseNotice | TakePayment | PayAtDesk,
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
        purpose=state.purpose,
        step=state.step,
        collecting_agency=state.collecting_agency,
    )


def _cancel(command: CancelObligation | CancelNotices, state: Obligation) -> tuple[Event, ...]:
    """Unpaid: nothing is owed any more. Paid: the schedule decides; a dossier stopped as unpaid was paid too late.

    What a tax notice took was never for the result alone: the law on taxes gives it back.
    """
    reason = command.reason
    unpaid = (_cancelled(state, reason, command),) if state.standing == "open" else ()
    if not state.held or state.standing not in ("open", "settled"):
        return unpaid
    if not state.step and reason != "not_paid" and reason not in state.refundable:
        return (FeeKept(state.ref, reason, state.rule[0], command.now),)
    return *unpaid, *_owed_back(state, state.held_vnd, _refund_reason(reason), command)


def _cancelled(
    state: Obligation, reason: CancelReason, command: CancelObligation | CancelNotices | RaiseNotice
) -> ObligationCancelled:
    postings = accounts.taken_back(state.id, state.earned, state.total_vnd)
    return ObligationCancelled(state.ref, reason, postings, command.now, state.purpose, state.step)


def _refund_reason(reason: CancelReason) -> RefundReason:
    return "paid_late" if reason == "not_paid" else reason


def _record_refund(command: RecordRefund, state: Obligation) -> tuple[Event, ...] | Refused:
    refunds = [refund for refund in state.refunds if refund.txn_ref == command.txn_ref]
    if not refunds:
        return Refused(rules.REFUND_NOT_OWED, (Invalid("txn_ref", command.txn_ref or "null"),))
    meant = [refund for refund in refunds if refund.amount_vnd == command.amount_vnd]
    if not meant:
        amounts = ", ".join(str(refund.amount_vnd) for refund in refunds)
        return Refused(rules.AMOUNT_DIFFERS, (Invalid("amount_vnd", amounts),))
    if not command.order_no.strip():
        return Refused(rules.REFUND_ORDER_MISSING, (Invalid("order_no", "the number of the order that paid it"),))
    if any(refund.order_no == command.order_no for refund in meant):
        return ()
    refund = next((refund for refund in meant if not refund.order_no), None)
    if refund is None:
        return Refused(rules.REFUND_ALREADY_PAID, (Invalid("order_no", meant[0].order_no),))
    return (
        RefundPaid(
            ref=state.ref,
            txn_ref=command.txn_ref,
            amount_vnd=command.amount_vnd,
            order_no=command.order_no,
            postings=accounts.refund_paid(state.id, command.amount_vnd),
            by=command.actor,
            at=command.now,
            purpose=state.purpose,
            step=state.step,
            part=refund.part,
        ),
    )


decider: Decider[Command, Obligation, Event] = Decider(Obligation(), decide, evolve)
