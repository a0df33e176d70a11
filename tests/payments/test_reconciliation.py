"""The gateway's settlement file against the books: every disagreement is named, and one that is none is not."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from kernel.calendar import VIETNAM
from services.payments.domain.reconciliation import Booked, Settled, SettlementUnreadable, differences
from services.payments.gateways.settlement_file import read_settlement
from services.payments.gateways.vnpay_simulator import VnpaySimulator
from services.payments.wiring import terminal
from tests.payments import desk as at
from tests.payments.desk import Desk, awaited

DAY = date(2026, 11, 20)
MORNING = datetime(2026, 11, 20, 9, 30, tzinfo=VIETNAM)
LINE = Settled("t1", "14422574", 300_000, MORNING)
BOOKED = Booked("t1", at.CODE, "14422574", 300_000, "succeeded", MORNING, MORNING + timedelta(minutes=2))
NIGHT = replace(
    BOOKED,
    started_at=datetime(2026, 11, 19, 23, 58, tzinfo=VIETNAM),
    paid_at=datetime(2026, 11, 20, 0, 1, tzinfo=VIETNAM),
)


@pytest.mark.parametrize(
    ("settled", "booked", "found"),
    [
        ([LINE], [BOOKED], []),
        ([], [], []),
        ([LINE], [], [("missing_here", "", 300_000, None)]),
        ([LINE], [replace(BOOKED, standing="expired", paid_at=None)], [("missing_here", at.CODE, 300_000, None)]),
        ([LINE], [replace(BOOKED, standing="unheard", paid_at=None)], [("missing_here", at.CODE, 300_000, None)]),
        ([], [BOOKED], [("missing_there", at.CODE, None, 300_000)]),
        ([], [replace(BOOKED, standing="failed", paid_at=None)], []),
        ([replace(LINE, amount_vnd=299_999)], [BOOKED], [("other_amount", at.CODE, 299_999, 300_000)]),
        ([replace(LINE, gateway_no="2")], [BOOKED], [("twice", at.CODE, 300_000, 300_000)]),
        ([LINE, LINE], [BOOKED], [("twice", at.CODE, 600_000, 300_000)]),
        ([], [NIGHT], [("timing", at.CODE, None, 300_000)]),
        ([LINE], [NIGHT], []),
        ([], [replace(NIGHT, paid_at=NIGHT.started_at)], []),
    ],
)
def test_each_disagreement_has_its_name(
    settled: list[Settled], booked: list[Booked], found: list[tuple[str, str, int | None, int | None]]
) -> None:
    """What is missing here was paid and not recorded, what is missing there is recorded and not settled."""
    said = [(one.kind, one.code, one.there_vnd, one.here_vnd) for one in differences(DAY, settled, booked)]
    assert said == found


HEAD = b"txn_ref,gateway_no,amount_vnd,paid_at\n"


@pytest.mark.parametrize(
    ("raw", "settled"),
    [
        (HEAD, ()),
        (HEAD + b"t1,14422574,300000,2026-11-20T09:30:00\n", (LINE,)),
        (b"\xef\xbb\xbf" + HEAD + b"t1,14422574,300000,2026-11-20T09:30:00+07:00\r\n", (LINE,)),
        (b"paid_at,bank,amount_vnd,gateway_no,txn_ref\n2026-11-20T09:30,NCB,300000,14422574,t1\n", (LINE,)),
        (b"", None),
        (b"txn_ref,amount_vnd\nt1,1\n", None),
        (HEAD + b"t1,1,300000.00,2026-11-20\n", None),
        (HEAD + b"t1,1,-5,2026-11-20\n", None),
        (HEAD + b"t1,1,300000,yesterday\n", None),
        (HEAD + b",1,300000,2026-11-20\n", None),
        (HEAD + b"t1,1\n", None),
        (HEAD + b"\xff\n", None),
    ],
)
def test_a_settlement_file_is_read_whole_or_not_at_all(raw: bytes, settled: tuple[Settled, ...] | None) -> None:
    """A line that cannot be read is a payment that nobody compared."""
    if settled is not None:
        assert read_settlement(raw) == settled
        return
    with pytest.raises(SettlementUnreadable):
        read_settlement(raw)


def test_the_simulator_writes_what_its_payers_paid(tmp_path: Path) -> None:
    """A silent payment stands in the file and not in the books: that is what the file is for."""
    desk = Desk(tmp_path)
    refs = [f"{at.REF[:-1]}{number}" for number in range(3)]
    for number, ref in enumerate(refs):
        desk.hear(awaited(desk, ref=ref, code=f"{at.AGENCY}-260907-000{number}"))
    urls = [desk.start(ref)["pay_url"] for ref in refs]
    for url, ending, misbehaviour in zip(
        urls, ("succeeded", "succeeded", "failed"), ("none", "silent", "none"), strict=True
    ):
        desk.pay(url, ending, misbehaviour)
    written = VnpaySimulator(terminal(desk.parts.settings)).settlement(date(2026, 9, 7))
    told = {attempt["txn_ref"] for attempt in desk.told("PaymentStarted")}
    settled = [line for line in read_settlement(written.encode()) if line.txn_ref in told]
    rows = desk.rows("payments", "SELECT * FROM payment_attempts")
    books = [
        Booked(
            row["txn_ref"], row["code"], row["gateway_no"], row["amount_vnd"], row["standing"],
            datetime.fromisoformat(row["started_at"]),
            datetime.fromisoformat(row["paid_at"]) if row["paid_at"] else None,
        )
        for row in rows
    ]  # fmt: skip
    (missing,) = differences(date(2026, 9, 7), settled, books)
    assert (missing.kind, missing.code) == ("missing_here", f"{at.AGENCY}-260907-0001")
    desk.close()
