"""Reads a gateway's settlement file: CSV in UTF-8, a line for each payment of one day that succeeded.

Columns, in any order: `txn_ref` (our reference), `gateway_no` (the gateway's number), `amount_vnd` (whole đồng) and
`paid_at` (Vietnam's time, ISO 8601). Others are passed over. A real gateway's own layout is brought into this one
first: it is agreed with each gateway, and none is published.
"""

import csv
import io
from collections.abc import Mapping
from datetime import datetime

from kernel.calendar import VIETNAM
from services.payments.domain.reconciliation import Settled, SettlementUnreadable

COLUMNS = ("txn_ref", "gateway_no", "amount_vnd", "paid_at")
LINES_AT_MOST = 1_000_000


def read_settlement(raw: bytes) -> tuple[Settled, ...]:
    """Return the payments that a file tells of.

    Raises:
        SettlementUnreadable: it is no such file, a line of it is not whole, or it has too many.
    """
    try:
        rows = csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline=""), strict=True)
        absent = [column for column in COLUMNS if column not in (rows.fieldnames or ())]
        if absent:
            raise SettlementUnreadable(f"the first line has no column {', '.join(absent)}")
        settled: list[Settled] = []
        for row in rows:
            if len(settled) == LINES_AT_MOST:
                raise SettlementUnreadable(f"it has more than {LINES_AT_MOST} lines")
            settled.append(_settled(row, rows.line_num))
    except (UnicodeDecodeError, csv.Error) as error:
        raise SettlementUnreadable(str(error)) from error
    return tuple(settled)


def _settled(row: Mapping[str, str | None], line: int) -> Settled:
    txn_ref, gateway_no, amount, paid_at = (row[column] or "" for column in COLUMNS)
    if not txn_ref or not amount.isascii() or not amount.isdigit() or len(amount) > 15:
        raise SettlementUnreadable(f"line {line}: a reference and a whole number of đồng are needed")
    try:
        told = datetime.fromisoformat(paid_at)
    except ValueError as error:
        raise SettlementUnreadable(f"line {line}: {paid_at!r} is no instant like 2026-11-20T09:30:00") from error
    return Settled(txn_ref, gateway_no, int(amount), told.replace(tzinfo=told.tzinfo or VIETNAM))
