"""Which steps' clocks stand still while the platform is broken for a dossier.

Law: NĐ 63/2024/NĐ-CP and NĐ 301/2026/NĐ-CP art. 4.7 (an incident stops the clock).
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from services.routing.domain.clock_events import StepClockStopped
from services.routing.domain.progress import Chain, Progress

LAW: Final = "NĐ 301/2026/NĐ-CP art. 4.7"


def stopped_by_incident(chain: Chain, steps: Iterable[str], *, by: str, now: datetime) -> tuple[StepClockStopped, ...]:
    """Return that those of `steps` whose clocks run, and had not run out before, stand still; nothing without incident.

    Each stands still since the incident began, but not before its clock ran at all.
    """
    since = chain.incident_since
    if since is None:
        return ()
    return tuple(
        _stopped(chain.ref, progress, _from(progress, since, now), by)
        for progress in map(chain.steps.__getitem__, steps)
        if progress.is_running and progress.stopped_on is None and _ran_at(progress, since)
    )


def _ran_at(progress: Progress, since: datetime) -> bool:
    return progress.due_at is not None and since <= progress.due_at


def _from(progress: Progress, since: datetime, now: datetime) -> datetime:
    ran_since = progress.stood[-1].until if progress.stood else progress.clock_from
    return since if ran_since is None else max(since, min(ran_since, now))


def _stopped(ref: str, progress: Progress, at: datetime, by: str) -> StepClockStopped:
    plan = progress.plan
    return StepClockStopped(ref, plan.step, plan.agency, progress.round, "incident", LAW, None, by, at)
