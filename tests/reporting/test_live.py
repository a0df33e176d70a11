"""Live figures: each event is counted once in its hour, whatever the order, and rows and fold say the same."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.clock import to_us
from chassis.wire import NotOurs
from kernel.message import Envelope, source_of, type_of
from services.reporting.domain.live import (
    KEPT_HOURS,
    STATUSES,
    Dossier,
    Hour,
    Place,
    Told,
    add,
    by_place,
    hour_of,
    is_forgotten,
    late_percent,
    per_hour,
    take,
    windows,
)
from services.reporting.projections.live import TELLS, hours_by_place, hours_by_status, told_of
from services.reporting.projections.province_table import province_table_of
from tests.reporting.heard import ReadStore, as_it_happened
from tests.reporting.stories import DESK, MONDAY, all_stories, plain

STORIES = all_stories()
EVENTS = [one for one in as_it_happened(STORIES) if one.type in TELLS]
MORNING = hour_of(to_us(MONDAY))
NOW = max(hour_of(one.time_us) for one in EVENTS)


class Folded:
    """The fold as a stream keeps it: dossiers, and hours with the newest record in each."""

    def __init__(self) -> None:
        self.dossiers: dict[str, Dossier] = {}
        self.hours: dict[Hour, tuple[int, int]] = {}

    def take(self, envelope: Envelope, at: int, lose_hours: bool = False) -> None:
        """Take one record; `lose_hours`: what it adds is lost after what is remembered was kept."""
        told = told_of(envelope)
        assert told is not None
        id, hour = f"{envelope.source}#{envelope.sequence}", hour_of(envelope.time_us)
        before = self.dossiers.get(envelope.subject, Dossier())
        known, added = take(before, told, id, hour, at)
        self.dossiers[envelope.subject] = known
        for key, counted in added.items():
            if not lose_hours:
                self.hours[key] = add(self.hours.get(key, (0, -1)), counted, at, known != before)

    def counted(self) -> dict[Hour, int]:
        return {key: counted for key, (counted, _) in self.hours.items()}


def folded(envelopes: Iterable[Envelope]) -> dict[Hour, int]:
    fold = Folded()
    for at, envelope in enumerate(envelopes):
        fold.take(envelope, at)
    return fold.counted()


def rows_of(envelopes: Iterable[Envelope]) -> dict[Hour, int]:
    """Return what the embedded read model counts of the same events."""
    rows = ReadStore().hear(envelopes).query("SELECT * FROM live_hours")
    return {Hour(row["agency"], row["procedure"], row["status"], row["hour"]): row["counted"] for row in rows}


EXPECTED = folded(EVENTS)


def test_a_dossier_is_counted_in_its_hours() -> None:
    """Received, decided in time, and paid at the desk; handed in is not received yet."""
    figures = Counter({key.status: counted for key, counted in folded(_told(plain())).items()})
    assert figures == {"received": 1, "decided": 1, "paid": 1}
    assert {key[:2] for key in folded(_told(plain()))} == {(DESK, "1.004873")}


def test_hours_of_all_time_are_the_figures_of_the_province() -> None:
    """One word, one meaning: what is counted by the hour adds up to what is published by the month."""
    store = ReadStore().hear(as_it_happened(STORIES))
    table = province_table_of(store)
    counted = Counter[str]()
    for key, many in EXPECTED.items():
        counted[key.status] += many
    published = {"received": "received", "decided": "resolved", "late": "late", "paid": "paid"}
    assert counted == {status: table[name] for status, name in published.items()}
    assert all(counted[status] for status in STATUSES)


@given(st.permutations(EVENTS))
def test_any_order_gives_the_same_sums(events: list[Envelope]) -> None:
    """A relay that starts again lets an earlier event stand behind a later one in the partition."""
    assert folded(events) == EXPECTED


@given(st.data())
def test_a_repeat_changes_nothing(data: st.DataObject) -> None:
    """Said again by its relay an event stands at another offset; given again by the bus, at the same."""
    again = data.draw(st.lists(st.sampled_from(EVENTS), max_size=20))
    fold = Folded()
    for at, envelope in enumerate((*EVENTS, *again)):
        fold.take(envelope, at)
    back_to = data.draw(st.integers(0, len(EVENTS)))
    for at, envelope in enumerate(EVENTS):
        if at >= back_to:
            fold.take(envelope, at)
    assert fold.counted() == EXPECTED


@given(st.permutations(EVENTS), st.integers(0, len(EVENTS) - 1))
def test_what_was_lost_half_way_is_added_when_the_record_is_given_again(events: list[Envelope], lost: int) -> None:
    """Killed between writing what is remembered and writing the hour, the stream gets the record once more."""
    fold = Folded()
    for at, envelope in enumerate(events[:lost]):
        fold.take(envelope, at)
    fold.take(events[lost], lost, lose_hours=True)
    for at, envelope in enumerate(events):
        fold.take(envelope, at)
    assert fold.counted() == EXPECTED


@given(st.data())
def test_the_rows_equal_the_fold_whichever_service_is_heard_first(data: st.DataObject) -> None:
    """The embedded read model and the stream count with the same words."""
    waiting = [[one for one in EVENTS if one.source == source] for source in sorted({one.source for one in EVENTS})]
    heard: list[Envelope] = []
    while waiting := [voice for voice in waiting if voice]:
        heard.append(waiting[data.draw(st.integers(0, len(waiting) - 1))].pop(0))
    assert rows_of(heard) == EXPECTED


def test_nothing_waits_once_its_dossier_is_known() -> None:
    """A fee that was heard of first is added when the dossier comes."""
    paid_first = sorted(EVENTS, key=lambda one: "payments" not in one.source)
    store = ReadStore().hear(one for one in paid_first if "payments" in one.source)
    assert store.query("SELECT * FROM live_hours") == []
    assert len(store.query("SELECT * FROM live_waiting")) > 0
    assert store.hear(one for one in paid_first if "intake" in one.source).query("SELECT * FROM live_waiting") == []


@pytest.mark.parametrize(
    ("hours_ago", "counted_in"),
    [
        (-1, ()),
        (0, ("hour", "day", "week")),
        (1, ("day", "week")),
        (23, ("day", "week")),
        (24, ("week",)),
        (167, ("week",)),
        (168, ()),
    ],
)
def test_a_window_ends_with_the_hour_that_is_running(hours_ago: int, counted_in: tuple[str, ...]) -> None:
    """An hour is in a window whole or not at all, and what is yet to come is in none."""
    figures = windows([("received", 1_000 - hours_ago, 3)], 1_000)
    assert tuple(name for name, sums in figures.items() if sums["received"] == 3) == counted_in


def test_rates_follow_from_the_counts() -> None:
    """How many of a hundred came late, and how many there are in an hour."""
    figures = {"received": 48, "decided": 8, "late": 1, "paid": 0}
    assert late_percent(figures) == 12.5
    assert late_percent(figures | {"decided": 0, "late": 0}) is None
    assert per_hour(figures, "day") == {"received": 2.0, "decided": 0.33, "late": 0.04, "paid": 0.0}


def test_windows_are_told_by_agency_and_procedure() -> None:
    """The parts add up to the whole."""
    store = ReadStore().hear(as_it_happened(STORIES))
    whole = windows(hours_by_status(store, NOW), NOW)
    parts = by_place(hours_by_place(store, NOW), NOW)
    assert list(parts) == sorted({Place(key.agency, key.procedure) for key in EXPECTED})
    assert whole == {
        name: {status: sum(part[name][status] for part in parts.values()) for status in STATUSES} for name in whole
    }
    assert whole["week"]["received"] == 7
    long_after = NOW + KEPT_HOURS
    assert (hours_by_status(store, long_after), by_place(hours_by_place(store, long_after), long_after)) == ([], {})


def test_a_dossier_is_remembered_until_it_is_over_for_longer_than_any_window() -> None:
    """One that is open is remembered however long it takes: its decision will need to know whose it is."""
    opened, _ = take(Dossier(), Told(place=Place(DESK, "1.004873")), "a#1", 100, 1)
    assert not is_forgotten(opened, 100_000)
    ended, _ = take(opened, Told(ends=True), "a#2", 200, 2)
    assert [is_forgotten(ended, newest) for newest in (200, 199 + KEPT_HOURS, 200 + KEPT_HOURS)] == [False, False, True]


@pytest.mark.parametrize("name", ["DossierRefused", "DossierWithdrawn", "DossierStopped", "DossierHandedOut"])
def test_every_type_that_ends_a_dossier_is_told(name: str) -> None:
    """Else what is remembered of it would be kept for ever."""
    assert TELLS[type_of("intake", name, 1)][1](None) == Told(ends=True)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"type": type_of("intake", "DossierAccepted", 2)}, "version"),
        ({"source": source_of("postal")}, "was said by"),
        ({"data": b"{}"}, "cannot be read"),
        ({"data": b"\xff"}, "cannot be read"),
    ],
)
def test_what_is_not_said_as_we_say_it_is_not_counted(changed: dict[str, Any], why: str) -> None:
    """An unknown version, a foreign voice, data that does not fit: each is for staff to look at."""
    accepted = next(one for one in EVENTS if one.type == type_of("intake", "DossierAccepted", 1))
    with pytest.raises(NotOurs, match=why):
        told_of(accepted._replace(**changed))


def test_what_is_not_counted_passes() -> None:
    """Most of what is said is nobody's figure."""
    assert told_of(next(one for one in as_it_happened(STORIES) if one.type.endswith("StepReady.v1"))) is None


def _told(*stories: Any) -> Iterator[Envelope]:
    yield from (one for one in as_it_happened(stories) if one.type in TELLS)
