"""The words of an obligation: the orders it takes and the facts it leaves.

Law: Luật Phí và lệ phí 97/2015/QH13; NĐ 61/2018/NĐ-CP art. 22 and NĐ 118/2025/NĐ-CP art. 24; NĐ 254/2026/NĐ-CP.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from kernel.fee import FeeRule
from kernel.money import Posting
from services.payments.domain.fee import ObligationLine
from services.payments.domain.receipt_book import Receipt

CancelReason = Literal["withdrawn", "refused", "stopped", "not_paid"]
RefundReason = Literal["paid_twice", "paid_late", "withdrawn", "refused", "stopped"]
GatewayName = Literal["vnpay"]
Method = Literal["vnpay", "cash", "none"]


# --- commands ---


@dataclass(frozen=True, slots=True)
class Assessment:
    """What the shell looks up before a fee is raised.

    Args:
        rule: the procedure's fee rule, or None where nothing is owed.
        day: the day in Vietnam whose tariffs hold.
        receipt: the number offered in case nothing has to be paid.
    """

    rule: FeeRule | None
    day: date
    receipt: Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class RaiseObligation:
    """Fix what dossier `ref` costs, under the procedure version it is pinned to.

    Args:
        accepted_at: when the dossier was complete; the tariffs of that day hold.
        assessment: context, filled in by the shell.
    """

    ref: str
    code: str
    procedure: str
    procedure_version: str
    channel: str
    category: str
    facts: Mapping[str, int | str | bool]
    payer: str
    submitter: str
    receiving_agency: str
    pay_by: datetime | None
    accepted_at: datetime
    assessment: Assessment | None = None
    actor: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TakePayment:
    """Book the money of a successful attempt; `receipt` is the number offered in case it settles."""

    ref: str
    txn_ref: str
    gateway: GatewayName
    amount_vnd: int
    receipt: Receipt | None = None
    actor: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PayAtDesk:
    """Take the whole amount in cash at the receiving agency's desk."""

    ref: str
    amount_vnd: int
    receipt: Receipt | None = None
    actor: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelObligation:
    """The dossier ended without the result that the fee was for."""

    ref: str
    reason: CancelReason
    actor: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordRefund:
    """A refund was paid by bank or treasury order `order_no`; `txn_ref` None is what was paid at the desk."""

    ref: str
    txn_ref: str | None
    amount_vnd: int
    order_no: str
    actor: str
    now: datetime


Command = RaiseObligation | TakePayment | PayAtDesk | CancelObligation | RecordRefund


# --- events ---


@dataclass(frozen=True, slots=True)
class ObligationRaised:
    """The fee is fixed, line by line, with the rule that says so.

    Args:
        payer: person id of the applicant; submitter: of whoever handed the dossier in and may pay too, or empty.
        refundable: the cases in which the schedule gives a paid fee back, pinned here.
    """

    ref: str
    code: str
    procedure: str
    lines: tuple[ObligationLine, ...]
    total_vnd: int
    rule: str
    rule_version: str
    payer: str
    submitter: str
    receiving_agency: str
    pay_by: datetime | None
    refundable: tuple[str, ...]
    postings: tuple[Posting, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class ObligationSettled:
    """All that was owed is paid, and has its receipt; `txn_ref` None unless a gateway took it."""

    ref: str
    total_vnd: int
    txn_ref: str | None
    receipt_serial: str
    receipt_number: int
    receiving_agency: str
    method: Method
    postings: tuple[Posting, ...]
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ObligationCancelled:
    """Nothing had been paid, and nothing is owed any more."""

    ref: str
    reason: CancelReason
    postings: tuple[Posting, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class FeeKept:
    """The dossier ended, and its fee schedule does not give the paid fee back (private)."""

    ref: str
    reason: CancelReason
    rule: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RefundOwed:
    """Money in our hands belongs to the payer."""

    ref: str
    txn_ref: str | None
    amount_vnd: int
    reason: RefundReason
    payer: str
    receiving_agency: str
    postings: tuple[Posting, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class RefundPaid:
    """The payer has the money back."""

    ref: str
    txn_ref: str | None
    amount_vnd: int
    order_no: str
    postings: tuple[Posting, ...]
    by: str
    at: datetime


Event = ObligationRaised | ObligationSettled | ObligationCancelled | FeeKept | RefundOwed | RefundPaid
