"""The stream of live figures without a broker: what it counts, what it leaves out, and where it ends the process."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator, MutableMapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.bus.kafka_access import KafkaAccess
from chassis.clock import WallClock, to_us
from chassis.wire import kafka
from kernel.message import Envelope, type_of
from services import topology
from services.reporting import streams
from services.reporting.domain.live import KEPT_HOURS, hour_of
from services.reporting.projections.live import told_of
from services.reporting.projections.live_table import DOSSIER, HOUR, PARKED_MAX, Key, LiveTable
from services.reporting.streams import EXIT_UNFORESEEN, Live, province
from tests.reporting.heard import as_it_happened
from tests.reporting.stories import accepted, all_stories, plain, ref_of, submitted
from tests.reporting.test_live import EVENTS, EXPECTED, NOW

NOWHERE = KafkaAccess("127.0.0.1:1")
PROJECT = Path(__file__).parent.parent.parent
PARTITION = 3


class Journal(MutableMapping[Key, Any]):
    """A mapping that writes down what it is told, as a table does into its changelog."""

    def __init__(self, lines: list[tuple[Key, str | None]]) -> None:
        self.lines = lines
        self._kept: dict[Key, Any] = {}
        for key, text in lines:
            self._kept.pop(key, None)
            if text is not None:
                self._kept[key] = json.loads(text)

    def __getitem__(self, key: Key) -> Any:
        return self._kept[key]

    def __setitem__(self, key: Key, value: Any) -> None:
        text = json.dumps(value)
        self.lines.append((key, text))
        self._kept[key] = json.loads(text)

    def __delitem__(self, key: Key) -> None:
        self.lines.append((key, None))
        del self._kept[key]

    def __iter__(self) -> Iterator[Key]:
        return iter(self._kept)

    def __len__(self) -> int:
        return len(self._kept)


def feed(live: Live, envelopes: list[Envelope]) -> None:
    """Let a stream take events, each with its headers, as one partition has them."""

    async def fed() -> None:
        live.app.finalize()
        live.app.flow_control.resume()
        async with live.agent.test_context() as agent:
            for envelope in envelopes:
                key, headers, value = kafka(envelope)
                await agent.put(value, key=key, headers=dict(headers))

    asyncio.run(fed())


def test_its_names_are_those_that_are_declared() -> None:
    """Topics are made beforehand: another name would leave it without a changelog."""
    assert (streams.APP, f"{streams.APP}-{streams.TABLE}-changelog") == (topology.LIVE, topology.LIVE_CHANGELOG)
    (process,) = [one for one in topology.PROCESSES if one.name == "live"]
    assert (process.module, process.port) == (streams.__name__, streams.PORT)


def test_the_stream_counts_what_the_read_model_counts() -> None:
    """With every event that is said, those that nobody counts among them."""
    live = Live(NOWHERE, WallClock(), rehearsal=True)
    feed(live, list(as_it_happened(all_stories())))
    assert dict(live.kept.hours()) == EXPECTED
    assert live.now_hour() == NOW
    assert province(live)["windows"]["week"]["received"] == 7
    assert live.kept.parked() == []


def test_what_is_none_of_our_events_is_kept_and_left_out() -> None:
    """House rule 14: never logged and dropped. What stands behind it is counted all the same."""
    live = Live(NOWHERE, WallClock())
    recent = Stamped(datetime.now(UTC))
    foreign = recent(EVENTS[0])._replace(source="/lienthong/quangngai/postal")
    ahead = Stamped(datetime.now(UTC) + timedelta(days=40))(EVENTS[0])
    newer = recent(EVENTS[0])._replace(type=type_of("intake", "DossierSubmitted", 9))
    feed(live, [foreign, ahead, newer, *map(recent, EVENTS)])
    assert [(one["offset"], one["why"].split(" ")[-1]) for one in live.kept.parked()] == [
        (0, "/lienthong/quangngai/postal"), (1, "come"), (2, "here"),
    ]  # fmt: skip
    assert sum(counted for _, counted in live.kept.hours()) == sum(EXPECTED.values())


class Stamped:
    """Gives events the time of a moment."""

    def __init__(self, at: datetime) -> None:
        self._at_us = to_us(at)

    def __call__(self, envelope: Envelope) -> Envelope:
        return envelope._replace(time_us=self._at_us)


def test_a_record_without_headers_is_left_out() -> None:
    """Anybody with the right to write could put one there."""
    live = Live(NOWHERE, WallClock())

    async def fed() -> None:
        live.app.finalize()
        live.app.flow_control.resume()
        async with live.agent.test_context() as agent:
            await agent.put(b"hello", key=b"k")

    asyncio.run(fed())
    assert [one["why"] for one in live.kept.parked()] == ["it has no header ce_specversion"]


def test_an_error_that_nobody_foresaw_ends_the_process() -> None:
    """Faust would pass over the record; whoever watches the process starts it again, and gets it once more."""
    code = (
        "from tests.reporting.test_live_stream import *\n"
        "live = Live(NOWHERE, WallClock(), rehearsal=True)\n"
        "live.kept = None\n"
        "feed(live, EVENTS[:1])\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, timeout=60)
    assert ended.returncode == EXIT_UNFORESEEN, ended.stderr


@given(st.data())
def test_killed_anywhere_it_comes_to_the_same_numbers(data: st.DataObject) -> None:
    """The changelog may end within what one record changed; the topic gives again what was not acknowledged.

    Where it was acknowledged and the changelog is lost all the same, what is kept says from where on.
    """
    said = data.draw(st.permutations(EVENTS))
    lines: list[tuple[Key, str | None]] = []
    written = []
    table = LiveTable(Journal(lines))
    for offset, envelope in enumerate(said):
        _take(table, offset, envelope)
        written.append(len(lines))
    kept_lines = data.draw(st.integers(0, len(lines)))
    whole = sum(1 for end in written if end <= kept_lines)
    again = LiveTable(Journal(lines[:kept_lines]))
    acknowledged = data.draw(st.sampled_from([whole, again.positions().get(PARTITION, 0)]))
    for offset in range(acknowledged, len(said)):
        _take(again, offset, said[offset])
    assert dict(again.hours()) == dict(table.hours()) == EXPECTED


def test_the_topic_said_anew_changes_nothing() -> None:
    """Its offsets begin at 0 again; what was counted is known by its event."""
    table = LiveTable({})
    for _ in range(3):
        for offset, envelope in enumerate(EVENTS):
            _take(table, offset, envelope)
    assert dict(table.hours()) == EXPECTED


def test_what_is_new_is_counted_where_offsets_began_again() -> None:
    """A topic that was made anew has lower offsets than what is kept came with."""
    table = LiveTable({})
    for offset, envelope in enumerate(as_it_happened([plain(1)]), start=1_000):
        _take(table, offset, envelope)
    for offset, envelope in enumerate(as_it_happened([plain(1), plain(2)])):
        _take(table, offset, envelope)
    assert dict(table.hours()) == dict.fromkeys(dict(table.hours()), 2)


def test_what_no_window_can_need_is_forgotten() -> None:
    """Hours by their age; a dossier when it is over for as long, one that is open never."""
    kept: dict[Key, Any] = {}
    table = LiveTable(kept)
    story = accepted(submitted(ref_of(2), "1.004873", "counter", ()), 2)
    for offset, envelope in enumerate(as_it_happened([plain(1), story])):
        _take(table, offset, envelope)
    later = accepted(submitted(ref_of(3), "1.004873", "counter", ()), 3)
    for offset, envelope in enumerate(as_it_happened([later]), start=100):
        _take(table, offset, envelope._replace(time_us=envelope.time_us + (KEPT_HOURS + 2) * 3_600_000_000))
    assert {key[2] for key in kept if key[0] == DOSSIER} == {ref_of(2), ref_of(3)}
    hours = {key[5] for key in kept if key[0] == HOUR}
    assert min(hours) > NOW
    assert len(hours) == 1
    late = next(one for one in as_it_happened([plain(1)]) if one.type.endswith("DossierAccepted.v1"))
    _take(table, 200, late)
    assert {key[5] for key in kept if key[0] == HOUR} == hours


def test_not_every_stranger_is_kept() -> None:
    """Whoever may write to the topic must not fill the memory of this process."""
    table = LiveTable({})
    for offset in range(PARKED_MAX + 5):
        table.park(PARTITION, offset, "noise")
    assert len(table.parked()) == PARKED_MAX


def _take(table: LiveTable, offset: int, envelope: Envelope) -> None:
    told = told_of(envelope)
    if told is not None:
        table.take(PARTITION, offset, envelope, told)


@pytest.mark.parametrize("rehearsal", [True, False])
def test_windows_end_with_the_newest_hour_in_rehearsal_and_else_with_now(rehearsal: bool) -> None:
    """A rehearsal lives in another time than the machine."""
    live = Live(NOWHERE, WallClock(), rehearsal=rehearsal)
    now = hour_of(to_us(datetime.now(UTC)))
    assert live.now_hour() == now
    past = Stamped(datetime.now(UTC) - timedelta(days=2))
    feed(live, [past(one) for one in EVENTS])
    assert live.now_hour() in ((now - 48, now - 47) if rehearsal else (now, now + 1))
