"""All of one dossier's money as those concerned see it, put together from the rows.

Law: NĐ 254/2026/NĐ-CP (a receipt shows its amount in figures and in words).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from pydantic import BaseModel

from chassis.stores.store import Store
from kernel.money import vnd_in_words
from services.payments.domain.receipt_book import printed


class LineShown(BaseModel):
    """One line of what is owed, and the tariff or the notice that says so."""

    code: str
    kind: str
    name_vi: str
    amount_vnd: int
    tariff: str


class ReceiptShown(BaseModel):
    """The receipt: template, serial and number as printed, the amount in figures and in words."""

    receipt: str
    total_vnd: int
    in_words: str
    issued_at: datetime


class AttemptShown(BaseModel):
    """One attempt to pay through a gateway."""

    txn_ref: str
    gateway: str
    amount_vnd: int
    standing: str
    gateway_code: str
    started_at: datetime
    expires_at: datetime
    changed_at: datetime
    asked: int
    said: str


class RefundShown(BaseModel):
    """One refund, owed or paid."""

    txn_ref: str | None
    amount_vnd: int
    reason: str
    standing: str
    order_no: str
    owed_at: datetime
    paid_at: datetime | None
    law: str = ""


class ObligationShown(BaseModel):
    """One thing that is or was owed for a dossier, and everything that was paid for it.

    The fee comes first where there is one; what tax notices state is in `further`.
    """

    ref: str
    purpose: str
    step: str
    code: str
    procedure: str
    standing: str
    method: str | None
    lines: list[LineShown]
    total_vnd: int
    credited_vnd: int
    total_in_words: str
    rule: str
    rule_version: str
    receiving_agency: str
    raised_at: datetime
    pay_by: datetime | None
    settled_at: datetime | None
    receipt: ReceiptShown | None
    attempts: list[AttemptShown]
    refunds: list[RefundShown]
    further: list["ObligationShown"] = []


def obligation_shown(store: Store, ref: str) -> ObligationShown:
    """Return what is owed for dossier `ref`, something of which must have been raised, and everything paid for it."""

    def rows(table: str, order: str) -> list[dict[str, Any]]:
        found = store.query(f"SELECT * FROM {table} WHERE ref=:ref ORDER BY {order}", {"ref": ref})
        return [dict(row) for row in found]

    receipts, attempts = rows("receipts", "issued_at DESC, number DESC"), rows("payment_attempts", "txn_ref")
    refunds = rows("refunds", "owed_at, refund")

    def shown(row: dict[str, Any], further: list[ObligationShown]) -> ObligationShown:
        step = row["step"]
        return ObligationShown(
            **row | {"lines": msgspec.json.decode(row["lines"])},
            total_in_words=vnd_in_words(row["total_vnd"]),
            receipt=next((_receipt(receipt) for receipt in receipts if receipt["step"] == step), None),
            attempts=[AttemptShown(**attempt) for attempt in attempts if attempt["step"] == step],
            refunds=[RefundShown(**refund) for refund in refunds if refund["step"] == step],
            further=further,
        )

    first, *others = rows("obligations", "step")
    return shown(first, [shown(other, []) for other in others])


def _receipt(row: Mapping[str, Any]) -> ReceiptShown:
    text = printed(row["template"], row["serial"], row["number"])
    words = vnd_in_words(row["total_vnd"])
    return ReceiptShown(receipt=text, total_vnd=row["total_vnd"], in_words=words, issued_at=row["issued_at"])


class PaymentStanding(BaseModel):
    """A payment attempt that has begun: where the payer goes, and until when."""

    txn_ref: str
    amount_vnd: int
    obligation: str
    expires_at: datetime
    pay_url: str


class DuesStanding(BaseModel):
    """How each obligation of a dossier stands after a command; `standing` is the first one's."""

    version: int
    standing: str
    standings: dict[str, str]
