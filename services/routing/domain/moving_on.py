"""What follows once something was decided, refused or answered: steps that become ready or never will, and the end.

Law: NĐ 61/2018/NĐ-CP art. 19.6 (each result goes to the agency that needs it); NĐ 63/2024 and NĐ 301/2026 (at once).
"""

from collections.abc import Iterable
from datetime import datetime

from kernel.working_time import due
from services.routing.domain import graph
from services.routing.domain.chain_clock import clock_follows
from services.routing.domain.clock_dates import warn_at
from services.routing.domain.events import ChainClosed, StepCancelled, StepReady
from services.routing.domain.facts import Facts as Facts
from services.routing.domain.facts import folded as folded
from services.routing.domain.incident import stopped_by_incident
from services.routing.domain.plan import Calendars
from services.routing.domain.progress import Chain, Progress
from services.routing.domain.words import CancelReason


def waits(chain: Chain, progress: Progress) -> bool:
    """Say whether a step waits for a need that is undecided or being corrected, or for what it was sent back to.

    Silence does not meet a need for which the law wants a decision (NĐ 96/2026/NĐ-CP: every chairman's consent).
    """
    plan = progress.plan
    if progress.waits_for and (progress.waits_at_desk or chain.steps[progress.waits_for].stage != "decided"):
        return True
    if any(chain.steps[need].stage != "decided" for need in plan.needs):
        return True
    return any(chain.steps[need].is_deemed for need in plan.never_deemed)


def moved_on(chain: Chain, facts: Facts, calendars: Calendars, *, at: datetime, clock_from: datetime, by: str) -> Facts:
    """Return `facts` with what follows from them: steps that are ready now, the end of the chain, and its clock.

    Args:
        clock_from: the instant from which the limits of what becomes ready run.
    """
    after = folded(chain, facts)
    ready = tuple(
        step_ready(after.ref, progress, calendars, at=at, ready_at=clock_from, clock_from=clock_from)
        for progress in after.steps.values()
        if progress.stage in ("planned", "sent_back") and not waits(after, progress)
    )
    after = folded(after, ready)
    still = stopped_by_incident(after, (one.step for one in ready), by=by, now=at)
    facts = (*facts, *ready, *still, *closing(after, at))
    return clock_follows(chain, facts, calendars, at=at, over_at=clock_from, by=by)


def step_ready(
    ref: str, progress: Progress, calendars: Calendars, *, at: datetime, ready_at: datetime, clock_from: datetime
) -> StepReady:
    """Return the fact that the step is ready, with every limit that runs from now on its agency's calendar.

    Args:
        ready_at: since when what it needs exists; acknowledgement and hand-over are counted from here.
        clock_from: from when the law counts the step's own limit.
    """
    plan = progress.plan
    calendar = calendars(plan.calendar_id, plan.calendar_version)
    due_at = due(calendar, clock_from, plan.limit)
    return StepReady(
        ref,
        plan.step,
        plan.agency,
        progress.round + 1,
        clock_from,
        due_at,
        due(calendar, ready_at, plan.acknowledge_within) if plan.acknowledge_within else None,
        due(calendar, ready_at, plan.hand_over_within) if plan.hand_over_within else None,
        due(calendar, clock_from, plan.send_back_within),
        at,
        warn_at(calendar, clock_from, due_at, plan.limit) if plan.lateness_counts else None,
    )


def closing(chain: Chain, at: datetime) -> Facts:
    """Return the end of the chain if no step of it is open."""
    if any(progress.is_open for progress in chain.steps.values()):
        return ()
    return (ChainClosed(chain.ref, chain.outcome(), at),)


def cancelled(chain: Chain, steps: Iterable[str], reason: CancelReason, at: datetime) -> Facts:
    return tuple(StepCancelled(chain.ref, step, chain.steps[step].plan.agency, reason, at) for step in steps)


def cancelled_after(chain: Chain, refused: str, at: datetime) -> Facts:
    """Return the end of every undecided step that needs the refused one; what is decided stays as it is."""
    waits_for = {
        step: (*progress.plan.needs, progress.waits_for) for step, progress in chain.steps.items() if progress.is_open
    }
    return cancelled(chain, graph.stranded(waits_for, refused), "needs_refused", at)
