"""A message that keeps failing is parked: others go on, what follows it waits, and staff decide."""

import logging
from pathlib import Path

import pytest

from chassis import inbox
from chassis.inbox import LayAside
from kernel.message import Envelope
from tests.chassis.audit import AUDIT, LARGEST_NOTED_VND, SAVINGS_SOURCE, OpenLedger, Promise
from tests.chassis.hearing import A_MINUTE, hear, heard, held, lay_aside, mark, noted, retry, shut
from tests.chassis.rough_bus import RoughBus, account_opened, message, paid_in
from tests.chassis.running import Stage, staged


def test_a_message_that_fails_is_parked_and_others_go_on(audit: Stage, bus: RoughBus) -> None:
    """After a bounded number of attempts; what follows on its subject waits behind it, untouched."""
    shut(audit, "a")
    mixed = [account_opened("a"), paid_in("a", 2), paid_in("b", 1), paid_in("a", 3), paid_in("b", 2), paid_in("c", 1)]
    hear(audit, bus, *mixed)
    assert held(audit) == {("a", 2): "CommandRefused: NoteDeposit was refused: ledger_shut", ("a", 3): None}
    (parked, _) = audit.running().store.all_held()
    assert parked.attempts == inbox.ATTEMPTS_BEFORE_PARKING
    assert [noted(audit, ref) for ref in "abc"] == [(), (1, 2), (1,)]
    assert (heard(audit, "a"), mark(audit, "a"), mark(audit, "b")) == ([], 1, 2)


def test_nothing_of_a_failed_message_stays(audit: Stage, bus: RoughBus) -> None:
    """Its row and its saga's fact belong to the same transaction as its refused command."""
    shut(audit, "a")
    hear(audit, bus, account_opened("a"), paid_in("a", 2))
    assert heard(audit) == []
    assert audit.state("statement_is_sent-a") == Promise("a", is_known=True)


def test_a_parked_message_is_left_alone_until_staff_decide(audit: Stage, bus: RoughBus) -> None:
    """Repeats of it, gaps and restarts do not try it again."""
    shut(audit, "a")
    hear(audit, bus, account_opened("a"), paid_in("a", 2), paid_in("a", 3))
    audit.say(OpenLedger("a"))
    hear(audit, bus, paid_in("a", 2), paid_in("a", 3))
    audit.pass_time(**A_MINUTE)
    assert (noted(audit), bus.asked, mark(audit)) == ((), [], 1)


def test_after_mending_a_retry_takes_it_and_what_waited(tmp_path: Path) -> None:
    """In order, each once; also when the service was restarted in between."""
    rough = RoughBus()
    with staged(tmp_path, AUDIT, bus=rough) as audit:
        shut(audit, "a")
        hear(audit, rough, account_opened("a"), *(paid_in("a", number) for number in (2, 3, 4)))
        assert retry(audit, "a", 2) is False
        assert audit.running().store.all_held()[0].attempts == 2 * inbox.ATTEMPTS_BEFORE_PARKING
    with staged(tmp_path, AUDIT, bus=rough) as audit:
        assert audit.say(OpenLedger("a")) == "LedgerOpened"
        assert retry(audit, "a", 2) is True
        assert (noted(audit), heard(audit), held(audit), mark(audit)) == ((2, 3, 4), [2, 3, 4], {}, 4)
        assert retry(audit, "a", 2) is True, "it is not there any more: nothing happens"
        assert noted(audit) == (2, 3, 4)


def test_a_discharged_message_counts_as_taken_and_its_reason_is_kept(audit: Stage, bus: RoughBus) -> None:
    """Staff answer for it: who, why, when; what waited behind it goes on without it."""
    shut(audit, "a")
    hear(audit, bus, account_opened("a"), paid_in("a", 2), paid_in("a", 3))
    audit.say(OpenLedger("a"))
    assert lay_aside(audit, "a", 2) is True
    assert (noted(audit), heard(audit), held(audit), mark(audit)) == ((3,), [3], {}, 3)
    assert audit.rows("SELECT subject, sequence, by, reason FROM discharges") == [("a", 2, "staff:7", "paper lost")]
    hear(audit, bus, paid_in("a", 2))
    assert noted(audit) == (3,), "said again, it stays laid aside"


def test_what_only_waits_cannot_be_discharged(audit: Stage, bus: RoughBus) -> None:
    """It has not failed; laying it aside would lose what is on its way."""
    hear(audit, bus, paid_in("a", 2))
    assert lay_aside(audit, "a", 2) is False
    assert (held(audit), mark(audit)) == ({("a", 2): None}, 0)
    assert audit.rows("SELECT * FROM discharges") == []


def test_two_decisions_about_one_message_come_to_one(audit: Stage, bus: RoughBus) -> None:
    """Two of the staff act at the same moment, in one batch."""
    shut(audit, "a")
    hear(audit, bus, account_opened("a"), paid_in("a", 2))
    key = (SAVINGS_SOURCE, "a", 2)
    pieces = [LayAside(audit.running().inbox, key, by, "lost") for by in ("one", "other")]
    for piece in pieces:
        audit.engine.submit("audit", piece)
    assert retry(audit, "a", 2) is True
    assert [piece.future.result(timeout=0) for piece in pieces] == [True, True]
    assert audit.rows("SELECT by FROM discharges") == [("one",)]
    assert (noted(audit), mark(audit)) == ((), 2)


@pytest.mark.parametrize(
    ("envelope", "error"),
    [
        (message("PaidIn", "a", 2, version=2, amount_vnd=2), "ValueError: lienthong.savings.PaidIn.v2 is a version"),
        (message("PaidIn", "a", 2, amount_vnd="many"), "ValidationError: Expected `int`"),
        (message("PaidIn", "a", 2), "ValidationError: Object missing required field `amount_vnd`"),
        (paid_in("a", 2)._replace(data=b"{"), "DecodeError: Input data was truncated"),
        (paid_in("a", 2)._replace(data=b'{"ref":"\xff"}'), "UnicodeDecodeError"),
        (paid_in("a", 2, LARGEST_NOTED_VND), "Unwritable: CHECK constraint failed"),
    ],
    ids=["a newer version", "another type", "a field missing", "cut short", "no text", "a row the store refuses"],
)
def test_what_cannot_be_read_or_written_is_parked(
    audit: Stage, bus: RoughBus, envelope: Envelope, error: str, caplog: pytest.LogCaptureFixture
) -> None:
    """With its error; those before and beside it, in the same batch, are taken once; those behind it wait."""
    with caplog.at_level(logging.CRITICAL):
        hear(audit, bus, account_opened("a"), paid_in("b", 1), envelope, paid_in("b", 2), paid_in("a", 3))
    assert set(held(audit)) == {("a", 2), ("a", 3)}
    assert (held(audit)["a", 2] or "").startswith(error)
    assert held(audit)["a", 3] is None
    assert (noted(audit, "a"), noted(audit, "b"), heard(audit, "b")) == ((), (1, 2), [1, 2])
    assert (mark(audit, "a"), audit.running().store.position(SAVINGS_SOURCE)) == (1, 5)


def test_the_one_that_fails_is_parked_and_not_the_one_it_waited_for(
    audit: Stage, bus: RoughBus, caplog: pytest.LogCaptureFixture
) -> None:
    """A message that closes a gap must not be blamed for what was held behind it."""
    with caplog.at_level(logging.CRITICAL):
        hear(audit, bus, paid_in("a", 2, LARGEST_NOTED_VND), paid_in("a", 3))
        hear(audit, bus, paid_in("a", 1))
    assert (noted(audit), mark(audit)) == ((1,), 1)
    assert {key: error is not None for key, error in held(audit).items()} == {("a", 2): True, ("a", 3): False}
