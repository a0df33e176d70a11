"""What `lienthong verify` says of delays: nothing of an honest log, and each dishonest fact by name."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.routing.domain.clock_events import AppointmentMoved, DelayApologised, LatenessEscalated, OneStopTold
from services.routing.domain.events import ChainOverdue, StepOverdue
from services.routing.domain.honest_lateness import dishonest_lateness
from tests.routing.late import (
    LATE_AT,
    NEW_DATE,
    OPEN,
    PERMIT,
    WARNED_AT,
    apology,
    chain_limit_passed,
    limit_passed,
    next_above,
    warning,
)
from tests.routing.scene import PROVINCE, acknowledge, told

DAY = timedelta(days=1)
LIFE = told(
    replace(OPEN, lead_agency=PROVINCE), acknowledge(PERMIT), warning(WARNED_AT), apology(WARNED_AT),
    limit_passed(LATE_AT), chain_limit_passed(LATE_AT), next_above(NEW_DATE + DAY, rung=1),
    next_above(NEW_DATE + 5 * DAY, rung=2),
)  # fmt: skip


def found(events: tuple[Any, ...]) -> list[str]:
    return list(dishonest_lateness(("chain-x", event) for event in events))


def test_an_honest_log_is_found_honest() -> None:
    """Warned, apologised, overdue, and told twice."""
    assert [type(event) for event in LIFE[-2:]] == [LatenessEscalated, LatenessEscalated]
    assert found(LIFE) == []


@pytest.mark.parametrize(
    ("kind", "change", "said"),
    [
        (LatenessEscalated, {"at": NEW_DATE}, "was told before it was late"),
        (LatenessEscalated, {"rung": 3}, "rung 3 was told after rung"),
        (LatenessEscalated, {"to": "H49"}, "H49 is not number"),
        (LatenessEscalated, {"step": "tea_break"}, "was told before it was late"),
        (OneStopTold, {"at": WARNED_AT}, "was told before it was late"),
        (OneStopTold, {"to": "H49"}, "H49 was told before it was late, or did not forward it"),
        (StepOverdue, {"at": WARNED_AT}, "overdue at"),
        (ChainOverdue, {"at": WARNED_AT}, "overdue at"),
        (DelayApologised, {"new_due_at": WARNED_AT}, "not after the lawful one"),
    ],
)
def test_a_dishonest_fact_is_named(kind: type, change: dict[str, Any], said: str) -> None:
    """Who altered the log, or a defect of ours, is found."""
    altered = tuple(replace(event, **change) if isinstance(event, kind) else event for event in LIFE)
    assert any(said in one for one in found(altered)), found(altered)


def test_a_second_new_date_is_named() -> None:
    """NĐ 61/2018 art. 19.9."""
    moved = next(event for event in LIFE if isinstance(event, AppointmentMoved))
    assert found((*LIFE, moved)) == [f"chain-x: re-appointed a second time, at {moved.at.isoformat()}"]
