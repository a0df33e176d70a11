"""What must hold of every delay there ever was: nobody was told of it too soon, and no date moved twice.

Law: NĐ 61/2018/NĐ-CP arts. 19.5b and 19.9.
"""

from collections.abc import Iterator
from datetime import datetime

from services.routing.domain.clock_events import (
    AppointmentMoved,
    DelayApologised,
    LatenessEscalated,
    OneStopTold,
    PromiseMoved,
)
from services.routing.domain.escalation import superiors_of_lead
from services.routing.domain.events import ChainOverdue, StepOverdue
from services.routing.domain.invariants import Log, lived
from services.routing.domain.progress import Chain


def dishonest_lateness(log: Log) -> Iterator[str]:
    """Say which delay was told before it was one, out of turn, to the wrong agency, or got a second new date."""
    kept_later: set[str] = set()
    for stream, before, event in lived(log):
        match event:
            case LatenessEscalated():
                yield from (f"{stream}: {said}" for said in _wrong_telling(before, event))
            case OneStopTold() if event.at <= event.due_at or event.to != before.receiving_agency:
                yield f"{stream}: {event.step}: {event.to} was told before it was late, or did not forward it"
            case StepOverdue() | ChainOverdue() if event.at <= event.due_at:
                yield f"{stream}: overdue at {event.at.isoformat()}, and due at {event.due_at.isoformat()}"
            case PromiseMoved() if event.new_due_at > event.promised_at:
                kept_later.add(stream)
            case PromiseMoved():
                yield f"{stream}: promised {event.promised_at.isoformat()}, and moved to a date that is not later"
            case AppointmentMoved(cause="apology") if before.promised_at == event.due_at and stream in kept_later:
                kept_later.remove(stream)  # It is the same promise on another day.
            case AppointmentMoved(cause="apology") if before.promised_at is not None:
                yield f"{stream}: re-appointed a second time, at {event.at.isoformat()}"
            case DelayApologised() if event.new_due_at <= event.due_at:
                yield f"{stream}: a new date that is not after the lawful one, {event.due_at.isoformat()}"
            case _:
                pass


def _wrong_telling(chain: Chain, event: LatenessEscalated) -> Iterator[str]:
    whose = event.step or "the chain"
    superiors, told, broken_at = _ladder(chain, event.step)
    if broken_at is None or event.at <= broken_at:
        yield f"{whose}: {event.to} was told before it was late"
    if event.rung != told + 1:
        yield f"{whose}: rung {event.rung} was told after rung {told}"
    if superiors[event.rung - 1 : event.rung] != (event.to,):
        yield f"{whose}: {event.to} is not number {event.rung} above {event.agency}"


def _ladder(chain: Chain, step: str) -> tuple[tuple[str, ...], int, datetime | None]:
    """Return who stands above, how many of them were told, and the last date that had to be broken before."""
    if not step:
        return superiors_of_lead(chain), chain.rung, chain.appointment() if chain.due_at else None
    progress = chain.steps.get(step)
    if progress is None or progress.due_at is None:
        return (), 0, None
    return progress.plan.superiors, progress.rung, max(progress.due_at, progress.promised_at or progress.due_at)
