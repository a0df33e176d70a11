"""Why a clock of a dossier is due when it is: every stretch of time from acceptance on, counted or not, and why.

Law: as `kernel/clocks.py`; TT 01/2018/TT-VPCP art. 17 (whoever is concerned can follow a dossier in real time).
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby, pairwise
from typing import Final

from kernel.calendar import CALENDAR_TIME, LAST_DAY, Calendar, Words
from kernel.clocks import (
    CLOSED_DAY,
    RECEIVED,
    RESTARTED,
    SECOND_APPOINTMENT,
    History,
    Turn,
    scored_turns,
    stretches,
)
from kernel.working_time import Interval, parts_between, until_last_day_ends

STANDSTILL: Final = "standstill"
NOT_BEGUN: Final = "not_begun"
VOID: Final = "void"
SECOND_REQUEST: Final = "second_request"

GROUNDS: Final[dict[str, Words]] = {
    "supplement": Words("chờ người nộp bổ sung hồ sơ", "a supplement is awaited"),
    "payment": Words("chờ nộp thuế, phí, lệ phí", "a payment is awaited"),
    "tax_notice": Words("xác định và thực hiện nghĩa vụ tài chính", "dues are determined and paid"),
    "third_party": Words("chờ bên thứ ba kiểm tra, xác nhận", "a third party checks"),
    "posting": Words("niêm yết công khai", "public posting"),
    "incident": Words("sự cố hệ thống", "the system is broken"),
}
_REASONS: Final[dict[str, Words]] = {
    NOT_BEGUN: Words("chưa tính: đồng hồ bắt đầu sau", "not begun: the clock starts later"),
    f"{VOID}:{RECEIVED}": Words(
        "không tính: chờ cơ quan giải quyết nhận hồ sơ", "not counted: the resolving agency had not received it"
    ),
    f"{VOID}:{RESTARTED}": Words("bỏ: đồng hồ tính lại từ đầu", "void: the clock started again from zero"),
    f"{VOID}:{SECOND_APPOINTMENT}": Words("thuộc lần hẹn trước", "belongs to the appointment before"),
    SECOND_REQUEST: Words(
        "yêu cầu bổ sung lần thứ hai: tính là quá hạn", "a second request for a supplement: counted as overdue"
    ),
}


def in_words(calendar: Calendar, reason: str) -> Words:
    """Say a reason of a derivation in words, the calendar's own included."""
    kind, _, ground = reason.partition(":")
    if kind == STANDSTILL:
        said = GROUNDS.get(ground, Words(ground, ground))
        return Words(f"đồng hồ dừng: {said.vi}", f"the clock stands still: {said.en}")
    return _REASONS[reason] if reason in _REASONS else calendar.in_words(reason)


def legal_derivation(history: History, now: datetime) -> tuple[Interval, ...]:
    """Return every interval from the beginning to the legal due date, or to the present while the clock stands still.

    They join without a gap, and their counted minutes add up to the limit.
    """
    turns = [turn for turn in history.turns[:-1] if turn.cause != CLOSED_DAY]
    return tuple(_derived([*turns, history.turns[-1]], history, history.present(now)))


def scoring_derivation(history: History, now: datetime) -> tuple[Interval, ...]:
    """Return the same of the clock that is scored; after a second request nothing is counted any more."""
    turns, present, second = scored_turns(history), history.present(now), history.second_request
    if second is None or second > present:
        return tuple(_derived(turns, history, present))
    found = tuple(_derived(turns, history, present, until=second))
    since = found[-1].end if found else second
    return (*found, Interval(since, present, 0, SECOND_REQUEST)) if since < present else found


def _derived(
    turns: Sequence[Turn], history: History, present: datetime, until: datetime | None = None
) -> Iterator[Interval]:
    turn = turns[-1]
    yield from _before(turns, history)
    ran, _ = stretches(turn, history.standstills)
    for part in ran:
        end = max(present, part.start) if part.end is None else part.end
        end = end if until is None else min(end, until)
        if end <= part.start:
            continue
        if part.ground == LAST_DAY:
            yield from until_last_day_ends(turn.calendar, part.start, end)
        elif part.ground:
            yield Interval(part.start, end, 0, f"{STANDSTILL}:{part.ground}")
        else:
            yield from _counted(turn, part.start, end)


def _before(turns: Sequence[Turn], history: History) -> Iterator[Interval]:
    """Yield what lies between acceptance and the beginning of the last turn, of which nothing counts for it.

    A turn that would begin tomorrow may be overtaken by one that begins today; then the later word holds.
    """
    begun = min(turn.since for turn in turns)
    if history.accepted_at < begun:
        yield Interval(history.accepted_at, begun, 0, NOT_BEGUN)
    for place, (turn, following) in enumerate(pairwise(turns), start=1):
        cursor, until = turn.since, min(later.since for later in turns[place:])
        if until <= cursor:
            continue
        for part in stretches(turn, history.standstills)[0]:
            end = until if part.end is None else min(part.end, until)
            if part.ground not in ("", LAST_DAY) and part.start < end:
                if part.start > cursor:
                    yield Interval(cursor, part.start, 0, f"{VOID}:{following.cause}")
                yield Interval(part.start, end, 0, f"{STANDSTILL}:{part.ground}")
                cursor = end
        if cursor < until:
            yield Interval(cursor, until, 0, f"{VOID}:{following.cause}")


def _counted(turn: Turn, start: datetime, end: datetime) -> Iterator[Interval]:
    """Yield the parts of a stretch in which the clock ran, with the minutes that end in each."""
    if turn.day_and_night:
        yield Interval(start, end, turn.minutes(start, end), CALENDAR_TIME)
        return
    excluded = start < turn.begins
    parts = parts_between(turn.calendar, start, end, event_day_excluded=excluded)
    for reason, same in groupby(parts, key=lambda part: part[1]):
        until = max(until for until, _ in same)
        yield Interval(start, until, turn.minutes(start, until), reason)
        start = until
