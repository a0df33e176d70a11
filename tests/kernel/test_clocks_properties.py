"""The two clocks: what holds of every history, beside a walk minute by minute."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from itertools import pairwise
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.calendar import LAST_DAY, VIETNAM
from kernel.clock_reasons import GROUNDS, in_words, legal_derivation, scoring_derivation
from kernel.clocks import (
    EXTENDED,
    RECEIVED,
    RESTARTED,
    SECOND_APPOINTMENT,
    Clock,
    History,
    Standstill,
    Turn,
    legal_clock,
    running_spans,
    scoring_clock,
    stretches,
)
from kernel.working_time import Interval, Limit, due, end_of_last_day, working_minutes_between
from tests.kernel.test_working_time_properties import desk_hours, even_calendars
from tests.kernel.working_time_cases import MINUTE

BEGIN = datetime(2026, 8, 10, tzinfo=VIETNAM)
HORIZON = timedelta(days=60)
minutes_on = st.integers(0, 20 * 24 * 60)
limits = st.one_of(
    st.builds(Limit, st.integers(1, 20).map(lambda n: n / 2), st.sampled_from(["working_days", "working_hours"])),
    st.builds(Limit, st.integers(1, 5), st.just("working_days"), st.just("event_day_excluded")),
    st.builds(Limit, st.integers(1, 72).map(lambda n: n / 2), st.just("calendar_hours")),
    st.builds(Limit, st.integers(1, 20).map(lambda n: n / 2), st.just("calendar_days"), st.just("whole_last_day")),
)


def _longer(turn: Turn, stood: list[Standstill], said_at: datetime, gained_minutes: int) -> list[Turn]:
    """Return the same count, ending later; nothing where its date has passed, as routing has it."""
    ran, due_at = stretches(turn, stood)
    if due_at is None or due_at < said_at:
        return []
    *_, ends = (part.end for part in ran if not part.ground)
    later = replace(turn, due_at=due_at, counted_to=ends).longer_by(gained_minutes)
    return [replace(later, cause=EXTENDED, said_at=said_at)]


@st.composite
def histories(draw: st.DrawFn, *, minute: timedelta = MINUTE, several: bool = True) -> History:
    """Draw a dossier's clock as routing could tell it: standstills, supplements that restart it, later appointments."""
    calendar, limit = draw(even_calendars), draw(limits)
    cursor = BEGIN + draw(minutes_on) * minute
    accepted_at = cursor - draw(st.integers(0, 600)) * minute
    turns = [Turn(calendar, cursor, limit, due(calendar, cursor, limit))]
    stood: list[Standstill] = []
    requests: list[datetime] = []
    for _ in range(draw(st.integers(0, 4))):
        since = cursor + draw(st.integers(1, 3000)) * minute
        cursor = since + draw(st.integers(1, 4000)) * minute
        kind = draw(st.sampled_from([*GROUNDS, RECEIVED, SECOND_APPOINTMENT, EXTENDED] if several else list(GROUNDS)))
        if kind == EXTENDED:
            turns += _longer(turns[-1], stood, cursor, draw(st.integers(1, 3000)))
            continue
        if kind in (RECEIVED, SECOND_APPOINTMENT):
            turns.append(Turn(calendar, cursor, limit, due(calendar, cursor, limit), kind))
            continue
        stood.append(Standstill(kind, since, cursor, restarts=kind == "supplement"))
        if kind == "supplement":
            requests.append(since)
            turns.append(Turn(calendar, cursor, limit, due(calendar, cursor, limit), RESTARTED))
    return History(accepted_at, tuple(turns), tuple(stood), tuple(requests))


Told = tuple[Callable[[History, datetime], Clock], Callable[[History, datetime], Sequence[Interval]]]
BOTH: tuple[Told, ...] = ((legal_clock, legal_derivation), (scoring_clock, scoring_derivation))
seconds = st.just(timedelta(seconds=37))


@given(st.data(), histories(minute=timedelta(seconds=37)), st.integers(0, 90_000))
def test_every_interval_is_named_and_the_counted_minutes_are_the_limit(
    data: st.DataObject, history: History, later: int
) -> None:
    """Guarantees 7 and 8: a clerk who adds the column up reaches the limit, whatever the seconds."""
    now = history.turns[-1].since + later * MINUTE
    for clock_of, derivation_of in BOTH:
        clock, parts = clock_of(history, now), derivation_of(history, now)
        assert parts[0].start == min(history.accepted_at, history.turns[0].since)
        assert all(earlier.end == following.start for earlier, following in pairwise(parts))
        assert all(part.start < part.end for part in parts), [p for p in parts if p.start >= p.end]
        assert all(in_words(clock.turn.calendar, part.reason) for part in parts)
        counted = sum(part.counted_minutes for part in parts)
        if parts[-1].reason == "second_request" or clock.overdue_since in history.requests:
            assert counted <= clock.whole_minutes
        else:
            assert parts[-1].end == clock.due_at
            assert counted == clock.whole_minutes


@given(histories(), st.integers(0, 90_000))
def test_used_and_left_are_the_limit(history: History, later: int) -> None:
    """What is overdue stands below zero, and nothing is left then."""
    now = history.turns[-1].since + later * MINUTE
    clock = legal_clock(history, now)
    assert clock.used_minutes + clock.left_minutes == clock.whole_minutes or clock.left_minutes == -1
    assert (clock.left_minutes < 0) == (clock.overdue_since is not None)


@given(histories(), st.randoms(use_true_random=False))
def test_no_order_of_hearing_changes_a_clock(history: History, chance: Random) -> None:
    """Standstills are known by when they were, not by when they were heard of."""
    stood = list(history.standstills)
    chance.shuffle(stood)
    other = History(history.accepted_at, history.turns, tuple(stood), history.requests)
    now = history.turns[-1].since + HORIZON
    for clock_of, derivation_of in BOTH:
        assert clock_of(other, now) == clock_of(history, now)
        assert derivation_of(other, now) == derivation_of(history, now)


@given(histories(), st.integers(1, 3000))
def test_no_date_is_given_while_a_clock_stands_still(history: History, after: int) -> None:
    """Guarantee 9; what was used by then is used, and left is left."""
    turn = history.turns[-1]
    since = max([turn.since, *(stand.until for stand in history.standstills if stand.until)]) + after * MINUTE
    open_one = Standstill("incident", since, None)
    standing = History(history.accepted_at, history.turns, (*history.standstills, open_one), history.requests)
    before, now = legal_clock(history, since), legal_clock(standing, since + HORIZON)
    if before.due_at is not None and before.due_at > since:
        assert (now.due_at, now.stands_on, now.overdue_since) == (None, "incident", None)
        assert (now.used_minutes, now.left_minutes) == (before.used_minutes, before.left_minutes)
        resumed = Standstill("incident", since, since + HORIZON)
        after_all = History(history.accepted_at, history.turns, (*history.standstills, resumed), history.requests)
        again = since + HORIZON
        if turn.whole_last_day:
            expected = end_of_last_day(turn.calendar, again + now.left_minutes * MINUTE)
        else:
            expected = turn.after(again, turn.minutes(since, before.due_at))
        assert legal_clock(after_all, again).due_at == expected


@settings(max_examples=60)
@given(histories(several=False))
def test_walking_minute_by_minute_ends_at_the_same_instants(history: History) -> None:
    """The plainest way to count: a clerk with a clock, the year's notice and the list of standstills."""
    now = history.turns[-1].since + HORIZON
    alone = History(history.accepted_at, history.turns, history.standstills)
    for clock in (legal_clock(alone, now), scoring_clock(alone, now)):
        assert clock.due_at == walk(clock.turn, history.standstills)


def walk(turn: Turn, standstills: Sequence[Standstill]) -> datetime:
    assert turn.limit is not None
    whole = turn.limit.nominal_working_minutes
    unit = 24 * 60 if turn.limit.unit == "calendar_days" else 60
    left = int(turn.limit.value * unit) if whole is None else whole
    instant = turn.since
    while left:
        standing = any(stand.since <= instant < (stand.until or instant) for stand in standstills)
        if not standing and instant >= turn.begins:
            minute = instant.hour * 60 + instant.minute
            hours = desk_hours(turn.calendar, instant.date())
            left -= whole is None or any(begin <= minute < to for begin, to in hours)
        instant += MINUTE
    if turn.whole_last_day:
        return walk_to_the_end_of_the_day(turn, instant, standstills)
    # A clock that stops at its very last instant has nothing left when it runs again, and is due then.
    while begun := next((stand for stand in standstills if stand.since <= instant < (stand.until or instant)), None):
        instant = begun.until or instant
    return instant


def walk_to_the_end_of_the_day(turn: Turn, counted: datetime, standstills: Sequence[Standstill]) -> datetime:
    """The first open day on which the clock runs at its end; what stands still over that end goes on to another."""
    instant = counted
    while True:
        while not desk_hours(turn.calendar, instant.date()):
            instant = datetime.combine(instant.date() + timedelta(days=1), time(), VIETNAM)
        closes = desk_hours(turn.calendar, instant.date())[-1][1]
        end = max(instant, datetime.combine(instant.date(), time(), VIETNAM) + closes * MINUTE)
        begun = [one for one in standstills if one.until and one.since <= end and one.until > counted]
        if not begun:
            return end
        instant = counted = max(counted, min(one.until for one in begun if one.until))


@given(histories(), st.integers(0, 40_000), st.booleans())
def test_a_clock_runs_when_its_derivation_counts(history: History, later: int, scored: bool) -> None:
    """The marks in the table of shares and the derivation are one and the same."""
    clock_of, derivation_of = BOTH[scored]
    now = history.turns[-1].since + later * MINUTE
    clock = clock_of(history, now)
    turn = clock.turn
    spans = [span for span in running_spans(history, now, scored=scored) if span[0] >= turn.begins]
    ran = sum(turn.minutes(since, until) for since, until in spans)
    until = min(now, clock.overdue_since or now)
    if turn.whole_last_day:  # the clock runs until its last day ends, though all is counted before
        parts, _ = stretches(turn, history.standstills)
        ran -= sum(
            turn.minutes(part.start, min(part.end, until)) for part in parts if part.ground == LAST_DAY and part.end
        )
    counted = sum(
        working_minutes_between(turn.calendar, max(part.start, turn.begins), min(part.end, until))
        if not turn.day_and_night
        else (min(part.end, until) - part.start) // MINUTE
        for part in derivation_of(history, now)
        if part.counted_minutes and part.start < until
    )
    late = sum(turn.minutes(max(since, until), end) for since, end in spans if end > until)
    assert ran - late == counted
