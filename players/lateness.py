"""The agency that is late: it lets its limit pass, and mostly writes to the applicant before with one new date.

Law: NĐ 61/2018/NĐ-CP art. 19.9 (asked and apologised for at least a day before; one new date, no second).
"""

from collections.abc import Generator, Mapping
from datetime import datetime
from typing import Any, Final

from kernel.working_time import Limit, before, due
from players.case import Case
from players.schedule import GRID
from players.script import Answer, Do, Move, See, Surprised, Until, Who

DAY: Final = Limit(1, "working_days")
HOUR: Final = Limit(1, "working_hours")
WITHIN_DESK_HOURS: Final = Limit(30, "working_minutes")
REASONS: Final = ("workload", "verification", "consultation", "other")
TOO_MUCH: Final = frozenset({"reappointed_once", "step_closed", "chain_closed"})
"""What a late agency may be told: another one has promised the one new date, or there is nothing to be late with."""

Wait = Generator[Move | Until, Answer, None]


def be_late(case: Case, step: Mapping[str, Any], officer: Who, appointment: datetime) -> Wait:
    """Wait until long after the limit and the appointment; on the way apologise, if that is the plan."""
    limit_ends = datetime.fromisoformat(step["due_at"])
    calendar = case.calendar(step["agency"])
    ready = case.world.mix.spans["overdue"].after(max(limit_ends, appointment), calendar, case.chance)
    if case.plan.apologises:
        for moment in (before(calendar, limit_ends, DAY) + GRID, before(calendar, limit_ends, HOUR), limit_ends + GRID):
            if moment <= case.now:
                continue
            yield from case.wait(moment)
            if case.withdrawn or (yield from _apologised(case, step, officer, ready)):
                break
    yield from case.wait(ready)


def _apologised(
    case: Case, step: Mapping[str, Any], officer: Who, ready: datetime
) -> Generator[Move | Until, Answer, bool]:
    """Write to the applicant if the platform has asked for it, or the limit has passed; tell whether that is done."""
    seen = yield See("routing", "show_chain", case.desk_officer, case.at)
    same = (one for one in seen.body.get("steps", ()) if one["step"] == step["step"])
    asked = any({"warning", "step"} & set(one["passed"]) for one in same)
    if not asked:
        return False
    promised = due(case.desk_calendar, ready, WITHIN_DESK_HOURS)
    letter = {"reason_code": case.chance.choice(REASONS), "note": "Chúng tôi xin lỗi vì chậm trễ."}
    body = letter | {"new_due_at": promised.isoformat()}
    move = Do("routing", "apologise_for_delay", officer, body, {**case.at, "step": step["step"]})
    answer = yield move
    if not answer.well and answer.body.get("code") not in TOO_MUCH:
        raise Surprised(move, answer)
    return True
