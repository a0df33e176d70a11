"""The words of an obligation: the orders it takes and the facts it leaves.

Law: Luật Phí và lệ phí 97/2015/QH13; NĐ 61/2018/NĐ-CP art. 22 and NĐ 118/2025/NĐ-CP art. 24; NĐ 254/2026/NĐ-CP; tax
notices: NĐ 101/2024/NĐ-CP.

A dossier may owe its fee and what tax notices state. `purpose` says which of them a word is about, and `step` is the
step whose notice it is, "" for the fee. In an order that people give, `step` None means the only one that is open.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from kernel.fee import FeeRule
from kernel.money import Posting
from services.payments.domain.fee import ObligationLine
from services.payments.domain.receipt_book import Receipt

Purpose = Literal["fee", "tax_notice"]
CancelReason = Literal["withdrawn", "refused", "stopped", "not_paid", "replaced"]
RefundReason = Literal["paid_twice", "paid_late", "withdrawn", "refused", "stopped", "overpaid", "replaced"]
"""`overpaid`: a corrected notice states less than was paid; `replaced`: paid what an earlier notice stated."""
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


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """One line of a tax notice, in whole đồng."""

    code: str
    name_vi: str
    amount_vnd: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RaiseNotice:
    """Raise what the tax notice `number` of `step` states, in the place of what an earlier one of that step stated.

    Args:
        agency: the tax agency, whose book the receipt is in.
        receipt: the number offered in case nothing has to be paid.
    """

    ref: str
    code: str
    procedure: str
    step: str
    agency: str
    number: str
    lines: tuple[NoticeLine, ...]
    payer: str
    submitter: str
    receiving_agency: str
    receipt: Receipt | None = None
    actor: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelNotices:
    """The chain ended without the result that its tax notices were for."""

    ref: str
    reason: CancelReason
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
    step: str = ""
    actor: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PayAtDesk:
    """Take the whole amount in cash at the receiving agency's desk."""

    ref: str
    amount_vnd: int
    receipt: Receipt | None = None
    step: str | None = None
    actor: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelObligation:
    """The dossier ended without the result that the fee was for; tax notices end with their chain."""

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
    step: str | None = None
    actor: str
    now: datetime


Command = RaiseObligation | RaiseNotice | TakePayment | PayAtDesk | CancelObligation | CancelNotices | RecordRefund


# --- events ---


@dataclass(frozen=True, slots=True)
class ObligationRaised:
    """What is owed is fixed, line by line, with the rule or the notice that says so.

    Args:
        total_vnd: what is to be paid; a corrected notice asks only for what an earlier payment does not cover.
        payer: person id of the applicant; submitter: of whoever handed the dossier in and may pay too, or empty.
        refundable: the cases in which the schedule gives a paid fee back, pinned here.
        collecting_agency: whose book the receipt is in, "" where it is the receiving agency's.
        notice: the tax notice's number; credited_vnd: how much of its sum was paid on an earlier one.
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
    purpose: Purpose = "fee"
    step: str = ""
    collecting_agency: str = ""
    notice: str = ""
    credited_vnd: int = 0


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
    purpose: Purpose = "fee"
    step: str = ""
    collecting_agency: str = ""


@dataclass(frozen=True, slots=True)
class ObligationCancelled:
    """What was still owed is owed no more."""

    ref: str
    reason: CancelReason
    postings: tuple[Posting, ...]
    at: datetime
    purpose: Purpose = "fee"
    step: str = ""


@dataclass(frozen=True, slots=True)
class FeeKept:
    """The dossier ended, and its fee schedule does not give the paid fee back (private)."""

    ref: str
    reason: CancelReason
    rule: str
    at: datetime
    step: str = ""


@dataclass(frozen=True, slots=True)
class RefundOwed:
    """Money in our hands belongs to the payer.

    Args:
        law: under which it goes back, where that is not the fee schedule.
        part: 1, 2, … where one payment goes back in parts.
    """

    ref: str
    txn_ref: str | None
    amount_vnd: int
    reason: RefundReason
    payer: str
    receiving_agency: str
    postings: tuple[Posting, ...]
    at: datetime
    purpose: Purpose = "fee"
    step: str = ""
    law: str = ""
    part: int = 1


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
    purpose: Purpose = "fee"
    step: str = ""
    part: int = 1


Event = ObligationRaised | ObligationSettled | ObligationCancelled | FeeKept | RefundOwed | RefundPaid
