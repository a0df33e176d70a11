"""What the next decision about an obligation needs to know, and how each fact changes it.

Law: Luật Phí và lệ phí 97/2015/QH13; NĐ 101/2024/NĐ-CP (tax notices).
"""

from dataclasses import dataclass, replace
from typing import Literal, assert_never

from kernel.refusal import Refused
from services.payments.domain import accounts, rules
from services.payments.domain.fee import ObligationLine
from services.payments.domain.obligation_words import (
    CancelReason,
    Event,
    FeeKept,
    ObligationCancelled,
    ObligationRaised,
    ObligationSettled,
    Purpose,
    RefundOwed,
    RefundPaid,
    RefundReason,
)

Standing = Literal["none", "open", "settled", "cancelled", "kept", "given_back"]
NOBODY_OWED_IT: frozenset[RefundReason] = frozenset({"paid_twice", "replaced"})
"""Why money goes back that never settled anything."""


@dataclass(frozen=True, slots=True)
class Refund:
    """One refund owed, and the order that paid it (empty while it has not been paid)."""

    txn_ref: str | None
    amount_vnd: int
    order_no: str = ""
    part: int = 1


@dataclass(frozen=True, slots=True)
class Held:
    """What one payment settled and has not gone back; `txn_ref` None is what was paid at the desk."""

    txn_ref: str | None
    amount_vnd: int


@dataclass(frozen=True, slots=True)
class Obligation:
    """What the next decision needs to know.

    Args:
        standing: `kept` and `given_back` are what becomes of a settled obligation when the dossier ends.
        booked: references of the attempts whose money is in the books.
        settled_by: who took the cash at the desk; empty for other methods.
        held: the payments that settled it.
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
    settled_by: str = ""
    cancelled_for: CancelReason | None = None
    booked: tuple[str, ...] = ()
    refunds: tuple[Refund, ...] = ()
    purpose: Purpose = "fee"
    step: str = ""
    collecting_agency: str = ""
    notice: str = ""
    lines: tuple[ObligationLine, ...] = ()
    held: tuple[Held, ...] = ()

    @property
    def id(self) -> str:
        """What tells it from the others of its dossier, in accounts."""
        return accounts.owed(self.ref, self.step)

    @property
    def earned(self) -> str:
        """The account of whoever earns it: an agency its fee, the state its taxes."""
        return accounts.budget(self.collecting_agency) if self.step else accounts.revenue(self.receiving_agency)

    @property
    def book(self) -> str:
        """The agency in whose book its receipt is."""
        return self.collecting_agency or self.receiving_agency

    @property
    def held_vnd(self) -> int:
        return sum(held.amount_vnd for held in self.held)


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


def evolve(state: Obligation, event: Event) -> Obligation:
    match event:
        case ObligationRaised():
            return replace(
                state,
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
                settled_by="",
                cancelled_for=None,
                purpose=event.purpose,
                step=event.step,
                collecting_agency=event.collecting_agency,
                notice=event.notice,
                lines=event.lines if event.step else (),
            )
        case ObligationSettled():
            return replace(
                state,
                standing="settled",
                settled_by=event.by if event.method == "cash" else "",
                booked=_with(state.booked, event.txn_ref),
                held=(*state.held, Held(event.txn_ref, event.total_vnd)) if event.total_vnd else state.held,
            )
        case ObligationCancelled():
            return replace(state, standing="cancelled", cancelled_for=event.reason)
        case FeeKept():
            return replace(state, standing="kept")
        case RefundOwed():
            held = state.held if event.reason in NOBODY_OWED_IT else _without(state.held, event)
            gives_back = state.standing == "settled" and held != state.held and event.reason != "overpaid"
            return replace(
                state,
                standing="given_back" if gives_back else state.standing,
                booked=_with(state.booked, event.txn_ref),
                refunds=(*state.refunds, Refund(event.txn_ref, event.amount_vnd, part=event.part)),
                held=held,
            )
        case RefundPaid():
            return replace(state, refunds=tuple(_paid(refund, event) for refund in state.refunds))
        case _:
            assert_never(event)


def _with(booked: tuple[str, ...], txn_ref: str | None) -> tuple[str, ...]:
    return booked if txn_ref is None or txn_ref in booked else (*booked, txn_ref)


def _paid(refund: Refund, event: RefundPaid) -> Refund:
    same = (refund.txn_ref, refund.part) == (event.txn_ref, event.part)
    return replace(refund, order_no=event.order_no) if same else refund


def _without(held: tuple[Held, ...], event: RefundOwed) -> tuple[Held, ...]:
    left = (
        replace(one, amount_vnd=one.amount_vnd - event.amount_vnd) if one.txn_ref == event.txn_ref else one
        for one in held
    )
    return tuple(one for one in left if one.amount_vnd > 0)
