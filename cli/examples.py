"""One example of each public event, made from its type: always the same, valid, and with values a reader would meet."""

import dataclasses
import re
import typing
from datetime import UTC, datetime, time, timedelta
from types import NoneType, UnionType
from typing import Any, Final, Literal, Union

from kernel.money import Posting
from kernel.working_time import Limit

AT: Final = datetime(2026, 3, 2, 2, 15, tzinfo=UTC)
"""Monday, 2 March 2026, 09:15 in Vietnam."""

DIGEST: Final = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
SEALED: Final = "s1.pc2c2d7dcb6e57cee9da58bef.BAfLX3bEC-e4As1kXCEz6MAliqzh9KLkbYsNqGe9bCy2UeKk3g6="
"""What personal data looks like to whoever has no key: the version of the seal, whose it is, and the cipher."""

LATER_DAYS: Final = {
    "warn_at": 8, "due_at": 10, "new_due_at": 12, "pay_by": 5, "hand_over_by": 1, "acknowledge_by": 2,
    "send_back_by": 3, "next_at": 11, "until": 7, "requested_at": 1, "overdue_since": 10,
}  # fmt: skip
"""How long after `AT` a field's instant lies; what is not named lies at `AT` itself."""

WORDS: Final = {
    "ref": "01M1WV6Y20MM3BC7SX19XQPHDC",
    "code": "H48.23317.01-260302-0001",
    "portal_code": "H48.23317.01-260302-9000001",
    "component": "declaration",
    "procedure": "1.004873",
    "procedure_version": "2025-07-01",
    "category": "normal",
    "area": "mainland",
    "agency": "H48.23317",
    "receiving_agency": "H48.23317.01",
    "lead_agency": "H48.23317",
    "agencies": "H48.23317",
    "superiors": "H48",
    "to": "H48",
    "party": "pc2c2d7dcb6e57cee9da58bef",
    "applicant": "pc2c2d7dcb6e57cee9da58bef",
    "submitter": "pc2c2d7dcb6e57cee9da58bef",
    "payer": "pc2c2d7dcb6e57cee9da58bef",
    "person": "pc2c2d7dcb6e57cee9da58bef",
    "hand_out_to": SEALED,
    "by": "officer:H48.23317.01:1",
    "officer": "officer:H48.23317.01:2",
    "signer": "Chủ tịch UBND",
    "collector": "self",
    "particulars": SEALED,
    "submitter_particulars": SEALED,
    "address": SEALED,
    "note": SEALED,
    "relation": "self",
    "step": "certificate",
    "needs": "certificate",
    "result_code": "KQ.G15.000038",
    "results": "KQ.G15.000038",
    "calendar_id": "early",
    "calendar_version": "2026-01-01",
    "rule": "marital_status_certificate",
    "rule_version": "2025-07-01",
    "law": "văn bản 12/2026, điều 3",
    "reason_code": "conditions_not_met",
    "handover_record": "GN-000009",
    "record_no": "GN-000009",
    "seal_number": "S000009",
    "kind": "le_phi",
    "tariff": "council",
    "refundable": "withdrawn",
    "item_code": "RH000000014VN",
    "txn_ref": "01M7Z7MA0YR80AS5XPEMGHGS5X",
    "gateway_no": "21511204972467",
    "receipt_serial": "BL-26E",
    "photo_sha256": DIGEST,
    "signature_sha256": DIGEST,
    "sha256": DIGEST,
    "name_vi": "Lệ phí cấp Giấy xác nhận tình trạng hôn nhân",
    "name_en": "Fee for the certificate of marital status",
}
"""Texts by the name of their field; what is not named says its own name."""

NUMBERS: Final = {"amount_vnd": 15_000, "total_vnd": 15_000, "receipt_number": 1, "stood_minutes": 480}


def example(kind: type) -> Any:
    """Return an example of a frozen dataclass; what may be left out is left at its default where that says something.

    Raises:
        TypeError: a field has a type that no public event had so far.
    """
    if kind is Limit:
        return Limit(10, "working_days")
    hints = typing.get_type_hints(kind)
    return kind(**{field.name: _value(hints[field.name], field.name) for field in dataclasses.fields(kind)})


def _value(hint: Any, name: str) -> Any:
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (Union, UnionType):
        return _value(next(one for one in inner if one is not NoneType), name)
    if origin is Literal:
        return inner[0]
    if origin is tuple:
        return _balanced() if inner[0] is Posting else (_value(inner[0], name),)
    if origin is dict:
        return {"quantity": _value(inner[1], "quantity")}
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return example(hint)
    return _plain(hint, name)


def _balanced() -> tuple[Posting, ...]:
    """Return what a settled fee is booked as: the postings of an event come to zero."""
    owed, paid = f"receivable:{WORDS['ref']}", f"cash:{WORDS['receiving_agency']}"
    return Posting(owed, -NUMBERS["amount_vnd"]), Posting(paid, NUMBERS["amount_vnd"])


def _plain(hint: Any, name: str) -> Any:
    if hint is datetime:
        return AT + timedelta(days=LATER_DAYS.get(name, 0))
    plain = {
        str: WORDS.get(name, _said_plainly(name)),
        bool: True,
        int: NUMBERS.get(name, 1),
        float: 1.0,
        time: time(15),
    }
    if hint not in plain:
        raise TypeError(f"no example is known for {name}: {hint}")
    return plain[hint]


def _said_plainly(name: str) -> str:
    """Return a word for a text whose name says enough: `handover_record` → `handover-record-1`."""
    return re.sub(r"_", "-", name) + "-1"
