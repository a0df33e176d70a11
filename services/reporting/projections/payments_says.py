"""What reporting reads of the public events about money, no more than its read models need."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ObligationLine:
    """One line of what is owed."""

    code: str
    kind: str
    name_vi: str
    amount_vnd: int


@dataclass(frozen=True, slots=True)
class ObligationRaised:
    ref: str
    lines: tuple[ObligationLine, ...]
    total_vnd: int
    rule: str
    rule_version: str
    pay_by: datetime | None
    at: datetime
    purpose: str = "fee"
    step: str = ""
    notice: str = ""


@dataclass(frozen=True, slots=True)
class ObligationSettled:
    ref: str
    total_vnd: int
    txn_ref: str | None
    receipt_serial: str
    receipt_number: int
    receiving_agency: str
    method: str
    by: str
    at: datetime
    purpose: str = "fee"
    step: str = ""


@dataclass(frozen=True, slots=True)
class ObligationCancelled:
    ref: str
    reason: str
    at: datetime
    purpose: str = "fee"
    step: str = ""


@dataclass(frozen=True, slots=True)
class RefundOwed:
    ref: str
    txn_ref: str | None
    amount_vnd: int
    reason: str
    receiving_agency: str
    at: datetime
    purpose: str = "fee"
    step: str = ""
    part: int = 1


@dataclass(frozen=True, slots=True)
class RefundPaid:
    ref: str
    txn_ref: str | None
    amount_vnd: int
    order_no: str
    by: str
    at: datetime
    purpose: str = "fee"
    step: str = ""
    part: int = 1


@dataclass(frozen=True, slots=True)
class PaymentStarted:
    ref: str
    txn_ref: str
    gateway: str
    amount_vnd: int
    expires_at: datetime
    at: datetime
    step: str = ""


@dataclass(frozen=True, slots=True)
class PaymentSucceeded:
    ref: str
    txn_ref: str
    gateway: str
    amount_vnd: int
    gateway_no: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PaymentFailed:
    ref: str
    txn_ref: str
    gateway: str
    code: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PaymentCancelledByPayer:
    ref: str
    txn_ref: str
    gateway: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PaymentExpired:
    ref: str
    txn_ref: str
    gateway: str
    at: datetime
