"""The legal and the scoring clock: worked cases, the tables of the page, and what holds of every history."""

from dataclasses import replace
from datetime import datetime, time
from itertools import pairwise

import pytest

from kernel.calendar import Words
from kernel.clock_reasons import in_words, legal_derivation, scoring_derivation
from kernel.clocks import (
    CLOSED_DAY,
    EXTENDED,
    RECEIVED,
    RESTARTED,
    SECOND_APPOINTMENT,
    History,
    Standstill,
    Turn,
    legal_clock,
    scoring_clock,
)
from kernel.working_time import Calendar, Limit, counted_until, derive, due, starts_at, working_minutes_between
from tests.kernel.working_time_cases import CALENDARS, EARLY, FULL, SUPPLEMENT_CASES, local, said, table, tables


def turn(calendar: Calendar, since: datetime, limit: Limit, cause: str = "accepted") -> Turn:
    return Turn(calendar, since, limit, due(calendar, since, limit), cause)


def supplemented(calendar: Calendar, start: datetime, limit: Limit, asked: datetime, given_at: datetime) -> History:
    """Return a dossier that was sent back once and is complete again."""
    again = turn(calendar, given_at, limit, RESTARTED)
    waited = Standstill("supplement", asked, given_at, restarts=True)
    return History(start, (turn(calendar, start, limit), again), (waited,), (asked,))


@pytest.mark.parametrize(
    ("calendar", "start", "limit", "asked", "given_at", "first_due", "used", "waited", "legal_due", "scoring_due"),
    SUPPLEMENT_CASES,
)
def test_after_a_supplement_each_clock_is_due_as_its_rule_says(
    calendar: str,
    start: str,
    limit: Limit,
    asked: str,
    given_at: str,
    first_due: str,
    used: int,
    waited: int,
    legal_due: str,
    scoring_due: str,
) -> None:
    """NĐ 61/2018 art. 19.4: from zero; QĐ 766/QĐ-TTg: the wait is subtracted. Cases found minute by minute."""
    desk = CALENDARS[calendar]
    before = History(
        local(start),
        (turn(desk, local(start), limit),),
        (Standstill("supplement", local(asked), None, restarts=True),),
        (local(asked),),
    )
    for clock in (legal_clock(before, local(given_at)), scoring_clock(before, local(given_at))):
        assert (clock.due_at, clock.stands_on, clock.used_minutes) == (None, "supplement", used)
        assert said(clock.turn.due_at) == first_due
    after = supplemented(desk, local(start), limit, local(asked), local(given_at))
    legal, scoring = legal_clock(after, local(given_at)), scoring_clock(after, local(given_at))
    assert (legal.due_at, scoring.due_at) == (local(legal_due), local(scoring_due))
    assert (legal.used_minutes, scoring.used_minutes) == (0, used)
    stood = [part for part in scoring_derivation(after, local(given_at)) if part.reason == "standstill:supplement"]
    assert [working_minutes_between(desk, part.start, part.end) for part in stood] == [waited]


def limit_of(text: str) -> Limit:
    value, unit, *counting = text.split()
    return Limit(float(value), unit, *counting)


def standstills_of(text: str) -> tuple[Standstill, ...]:
    stood = (one.split() for one in text.split("; "))
    return tuple(Standstill(ground, local(since), local(until)) for ground, since, until in stood)


def said_or_none(instant: datetime | None) -> str:
    return "-" if instant is None else said(instant)


LATER = local("2027-06-01T08:00")


@pytest.mark.parametrize(
    ("calendar", "start", "limit", "stood", "expected", "law"),
    table("calendar", "start", "limit", "stood still", "due", "law, and how it is counted"),
)
def test_a_clock_goes_on_with_what_was_left(
    calendar: str, start: str, limit: str, stood: str, expected: str, law: str
) -> None:
    """docs/algorithms/working-time.md runs: each case by hand, with its law."""
    history = History(local(start), (turn(CALENDARS[calendar], local(start), limit_of(limit)),), standstills_of(stood))
    for clock in (legal_clock, scoring_clock):
        found = clock(history, local(start))
        assert said_or_none(found.due_at) == expected, law
        assert clock(history, LATER).overdue_since == local(expected)


@pytest.mark.parametrize(
    ("calendar", "accepted", "limit", "asked", "given_at", "legal", "scored", "law"),
    table("calendar", "accepted", "limit", "asked", "given", "legal due", "scored due", "law, and how it is counted"),
)
def test_the_page_tells_both_clocks_after_a_supplement(
    calendar: str, accepted: str, limit: str, asked: str, given_at: str, legal: str, scored: str, law: str
) -> None:
    """docs/algorithms/working-time.md runs."""
    history = supplemented(CALENDARS[calendar], local(accepted), limit_of(limit), local(asked), local(given_at))
    found = legal_clock(history, local(given_at)).due_at, scoring_clock(history, local(given_at)).due_at
    assert tuple(map(said_or_none, found)) == (legal, scored), law


def twice_supplemented(until: datetime) -> History:
    """Return the dossier of the page as it was known at `until`."""
    start, limit = local("2026-11-02T08:00"), Limit(7, "working_days")
    waits = [("2026-11-04T15:00", "2026-11-06T09:00"), ("2026-11-10T10:00", "2026-11-11T10:00")]
    known = [(local(asked), local(given_at)) for asked, given_at in waits if local(asked) <= until]
    turns = [turn(EARLY, start, limit)]
    turns += [turn(EARLY, given_at, limit, RESTARTED) for _, given_at in known if given_at <= until]
    stood = (
        Standstill("supplement", asked, given_at if given_at <= until else None, restarts=True)
        for asked, given_at in known
    )
    return History(start, tuple(turns), tuple(stood), tuple(asked for asked, _ in known))


@pytest.mark.parametrize(
    ("at", "legal", "scored", "overdue"), table("at", "legal due", "scored due", "scored as overdue since")
)
def test_a_second_request_is_scored_as_overdue(at: str, legal: str, scored: str, overdue: str) -> None:
    """QĐ 766/QĐ-TTg, formula 2.1: more than one request counts as overdue; the law knows no such rule."""
    now = local(at)
    history = twice_supplemented(now)
    by_law, scoring = legal_clock(history, now), scoring_clock(history, now)
    assert tuple(map(said_or_none, (by_law.due_at, scoring.due_at, scoring.overdue_since))) == (legal, scored, overdue)
    assert by_law.overdue_since is None
    if overdue != "-":
        assert scoring_derivation(history, now)[-1].reason == "second_request"
        assert scoring.left_minutes < 0


@pytest.mark.parametrize(
    ("calendar", "accepted", "limit", "then", "since", "its_limit", "expected", "law"),
    table("calendar", "accepted", "limit", "then", "from", "its limit", "due", "law"),
)
def test_an_appointment_may_follow_another(
    calendar: str, accepted: str, limit: str, then: str, since: str, its_limit: str, expected: str, law: str
) -> None:
    """docs/algorithms/working-time.md runs: two appointments, and a dossier that was received elsewhere."""
    desk = CALENDARS[calendar]
    first = turn(desk, local(accepted), limit_of(limit))
    history = History(local(accepted), (first, turn(desk, local(since), limit_of(its_limit), then)))
    for clock, derivation in ((legal_clock, legal_derivation), (scoring_clock, scoring_derivation)):
        found = clock(history, local(since))
        assert (said_or_none(found.due_at), found.used_minutes) == (expected, 0), law
        before = derivation(history, local(since))[0]
        assert (before.start, before.end, before.reason) == (local(accepted), local(since), f"void:{then}")


def test_an_appointment_may_be_overtaken_by_a_later_word() -> None:
    """Received after 15:00 it counts from tomorrow; a second appointment given today counts from today."""
    accepted, said_at, tomorrow = local("2026-11-16T09:00"), local("2026-11-16T15:01"), local("2026-11-17T07:30")
    three, five = Limit(3, "working_days"), Limit(5, "working_days")
    turns = (
        turn(FULL, accepted, five), turn(FULL, tomorrow, five, RECEIVED),
        turn(FULL, said_at, three, SECOND_APPOINTMENT),
    )  # fmt: skip
    history = History(accepted, turns)
    for derivation in (legal_derivation(history, said_at), scoring_derivation(history, said_at)):
        assert (derivation[0].start, derivation[0].end) == (accepted, said_at)
        assert all(earlier.end == later.start for earlier, later in pairwise(derivation))
        assert sum(part.counted_minutes for part in derivation) == legal_clock(history, said_at).whole_minutes


def worked_example() -> History:
    asked, given_at = local("2026-11-20T16:30"), local("2026-11-23T10:00")
    return supplemented(FULL, local("2026-11-20T15:00"), Limit(1, "working_days"), asked, given_at)


def test_the_legal_derivation_of_the_page_holds() -> None:
    """docs/algorithms/working-time.md runs."""
    *_, rows = tables("from", "to", "counted minutes", "reason", "in words")
    assert rows == [
        [said(part.start), said(part.end), str(part.counted_minutes), part.reason, in_words(FULL, part.reason).vi]
        for part in legal_derivation(worked_example(), LATER)
    ]


def test_the_scored_derivation_of_the_page_holds() -> None:
    """docs/algorithms/working-time.md runs."""
    assert table("since", "until", "minutes", "reason") == [
        [said(part.start), said(part.end), str(part.counted_minutes), part.reason]
        for part in scoring_derivation(worked_example(), LATER)
    ]


def test_a_clock_without_a_standstill_is_the_limit_itself() -> None:
    """One way of counting, whoever asks."""
    start, limit = local("2026-11-20T10:00:30"), Limit(2, "working_days")
    history = History(start, (turn(FULL, start, limit),))
    assert (
        legal_derivation(history, start) == scoring_derivation(history, start) == derive(FULL, start, limit).derivation
    )


def test_before_it_begins_a_clock_has_used_nothing() -> None:
    """NĐ 61/2018 art. 18.2: what comes after 15:00 counts from the next working day, and the derivation says so."""
    accepted = local("2026-11-20T16:00")
    since = starts_at(FULL, accepted, time(15))
    history = History(accepted, (turn(FULL, since, Limit(1, "working_days")),))
    clock = legal_clock(history, accepted)
    assert (clock.used_minutes, clock.left_minutes, said_or_none(clock.due_at)) == (0, 480, "2026-11-23T17:30")
    first = legal_derivation(history, accepted)[0]
    assert (first.start, first.end, first.counted_minutes, first.reason) == (accepted, since, 0, "not_begun")


def test_a_closed_dossier_keeps_its_clocks() -> None:
    """After the result no minute is used and nothing becomes overdue."""
    start = local("2026-11-20T10:00")
    history = History(start, (turn(FULL, start, Limit(1, "working_days")),), closed_at=local("2026-11-20T11:00"))
    clock = legal_clock(history, LATER)
    assert (clock.used_minutes, clock.left_minutes, clock.overdue_since) == (60, 420, None)


def test_a_corrected_calendar_gives_both_clocks_a_new_date() -> None:
    """A date that turned out to lie on a closed day: the event that moved it says on which calendar it is counted."""
    start, limit = local("2026-11-20T10:00"), Limit(1, "working_days")
    closed = {**FULL.closed, local("2026-11-23T00:00").date(): "storm"}
    stormy = Calendar("full", "corrected", FULL.first_day, FULL.last_day, FULL.desk_hours, closed, FULL.worked, {})
    at = local("2026-11-20T12:00")
    moved = Turn(stormy, start, limit, local("2026-11-25T10:00"), CLOSED_DAY, said_at=at)
    history = History(start, (turn(FULL, start, limit), moved))
    for clock, derivation in ((legal_clock, legal_derivation), (scoring_clock, scoring_derivation)):
        assert said_or_none(clock(history, at).due_at) == "2026-11-25T10:00"
        reasons = [part.reason for part in derivation(history, at)]
        assert "holiday:storm" in reasons
        assert sum(part.counted_minutes for part in derivation(history, at)) == 480


def longer(before: Turn, days: int, said_at: datetime) -> Turn:
    """Return the same count, that many working days longer."""
    gained_minutes = days * 480
    return replace(
        before, due_at=before.after(before.due_at, gained_minutes), cause=EXTENDED, said_at=said_at,
        gained_minutes=gained_minutes,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("calendar", "accepted", "limit", "claimed", "longer_limit", "stood", "expected", "law"),
    table(
        "calendar", "accepted", "limit", "claimed", "longer limit", "stood still", "due", "law, and how it is counted"
    ),
)
def test_a_longer_limit_ends_both_clocks_later(
    calendar: str, accepted: str, limit: str, claimed: str, longer_limit: str, stood: str, expected: str, law: str
) -> None:
    """docs/algorithms/working-time.md runs: the same beginning, a later end, and the minutes add up."""
    desk, said_at = CALENDARS[calendar], local(claimed)
    first = turn(desk, local(accepted), limit_of(limit))
    end = counted_until(desk, local(accepted), limit_of(longer_limit))
    gained_minutes = first.minutes(first.ends, end)
    second = replace(first.longer_by(gained_minutes), cause=EXTENDED, said_at=said_at)
    history = History(local(accepted), (first, second), standstills_of(stood))
    now = local(expected)
    for clock, derivation in ((legal_clock, legal_derivation), (scoring_clock, scoring_derivation)):
        found, parts = clock(history, now), derivation(history, now)
        assert said_or_none(found.due_at) == expected, law
        assert (parts[0].start, parts[-1].end) == (local(accepted), now)
        assert all(earlier.end == later.start for earlier, later in pairwise(parts))
        assert sum(part.counted_minutes for part in parts) == found.whole_minutes == found.used_minutes
        assert found.whole_minutes == first.minutes(first.since, first.ends) + gained_minutes


TWO_DAYS = Limit(2, "calendar_days", "whole_last_day")


@pytest.mark.parametrize(
    ("now", "due_at", "used", "left"),
    [
        ("2026-11-22T09:59", "2026-11-23T17:30", 2879, 1),
        ("2026-11-22T10:00", "2026-11-23T17:30", 2880, 0),
        ("2026-11-23T17:30", "2026-11-23T17:30", 2880, 0),
        ("2026-11-23T17:31", "2026-11-23T17:30", 2881, -1),
    ],
)
def test_two_days_received_on_friday_are_kept_until_monday_ends(now: str, due_at: str, used: int, left: int) -> None:
    """Bộ luật Dân sự art. 148.5: nothing is left on Sunday, and nothing is late before the next working day is over."""
    history = History(local("2026-11-20T10:00"), (turn(FULL, local("2026-11-20T10:00"), TWO_DAYS),))
    clock = legal_clock(history, local(now))
    assert (said_or_none(clock.due_at), clock.whole_minutes, clock.used_minutes, clock.left_minutes) == (
        due_at, 2880, used, left,
    )  # fmt: skip
    assert (clock.overdue_since is not None) == (left < 0)


def test_a_clock_that_stands_still_on_its_last_day_has_no_date_and_nothing_left() -> None:
    """Both days were counted by Sunday; Monday's incident gives none of them back."""
    start, broken = local("2026-11-20T10:00"), Standstill("incident", local("2026-11-23T09:00"), None)
    history = History(start, (turn(FULL, start, TWO_DAYS),), (broken,))
    clock = legal_clock(history, local("2026-11-24T09:00"))
    assert (clock.due_at, clock.whole_minutes, clock.used_minutes, clock.left_minutes) == (None, 2880, 2880, 0)
    assert [(said(part.end), part.reason) for part in legal_derivation(history, local("2026-11-24T09:00"))] == [
        ("2026-11-22T10:00", "calendar_time"),
        ("2026-11-23T00:00", "weekend"),
        ("2026-11-23T09:00", "last_day"),
        ("2026-11-24T09:00", "standstill:incident"),
    ]


def test_a_supplement_counts_both_days_anew_for_the_law_and_goes_on_for_the_score() -> None:
    """Art. 19.4: Tuesday is a holiday, so two days from Sunday end with Wednesday; so does the day that was left."""
    start, asked, given_at = (local(f"2026-11-{day}T10:00") for day in ("19", "20", "22"))
    stood = (Standstill("supplement", asked, given_at, restarts=True),)
    turns = (turn(FULL, start, TWO_DAYS), turn(FULL, given_at, TWO_DAYS, RESTARTED))
    history = History(start, turns, stood, (asked,))
    legal, scored = legal_clock(history, given_at), scoring_clock(history, given_at)
    assert (said_or_none(legal.due_at), legal.left_minutes) == ("2026-11-25T17:30", 2880)
    assert (said_or_none(scored.due_at), scored.left_minutes) == ("2026-11-23T17:30", 1440)


@pytest.mark.parametrize(
    ("before", "after", "legal_due", "scoring_due"),
    [
        (0, 0, "2026-12-11T10:00", "2026-12-09T10:00"),
        (2, 0, "2026-12-11T10:00", "2026-12-11T10:00"),
        (0, 2, "2026-12-15T10:00", "2026-12-11T10:00"),
        (2, 2, "2026-12-15T10:00", "2026-12-11T10:00"),
        (1, 2, "2026-12-15T10:00", "2026-12-11T10:00"),
    ],
)
def test_a_restart_neither_leaks_into_scoring_nor_doubles_a_longer_limit(
    before: int, after: int, legal_due: str, scoring_due: str
) -> None:
    """Art. 19.4 counts from zero, the longer limit included; QĐ 766 subtracts the wait and counts each gain once.

    Ten working days from 23 November, 10:00 (the 24th is a holiday), two of them used and one waited.
    """
    start, asked, given_at = (local(f"2026-11-{day}T10:00") for day in ("23", "26", "27"))
    ten = Limit(10, "working_days")
    first, again = turn(FULL, start, ten), turn(FULL, given_at, ten, RESTARTED)
    turns = [first, *([longer(first, before, start)] if before else [])]
    turns += [again, *([longer(again, after, given_at)] if after else [])]
    history = History(start, tuple(turns), (Standstill("supplement", asked, given_at, restarts=True),), (asked,))
    assert said_or_none(legal_clock(history, given_at).due_at) == legal_due
    assert said_or_none(scoring_clock(history, given_at).due_at) == scoring_due


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("standstill:incident", Words("đồng hồ dừng: sự cố hệ thống", "the clock stands still: the system is broken")),
        ("standstill:flood", Words("đồng hồ dừng: flood", "the clock stands still: flood")),
        ("void:restarted", Words("bỏ: đồng hồ tính lại từ đầu", "void: the clock started again from zero")),
        ("weekend", Words("nghỉ hằng tuần", "weekend")),
    ],
)
def test_every_reason_is_said_in_both_languages(reason: str, words: Words) -> None:
    """A clerk reads reasons, not codes."""
    assert in_words(FULL, reason) == words
