"""Proving a store: every stream folded anew, every number counted, every mark compared with what was said.

A check reads the stores as they are and trusts no memory. It names each place where something does not hold; what is
only not done yet is a note with the position it waits behind, never an error.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from chassis import verification_heads, verification_hearing, verification_logs, verification_rows
from chassis.run import Engine
from chassis.service import Invariant, Service
from chassis.vault import Vault
from chassis.verification_words import Checked, Ear, Inspection, Scene, ears_for, events_of, readable_events

__all__ = ["CHECKS", "Check", "Checked", "Ear", "Inspection", "Scene", "ears_for", "events_of", "inspections", "verify"]


@dataclass(frozen=True, slots=True)
class Check:
    """Something that must hold of every service that has what it is about."""

    name: str
    says: str
    look: Callable[[Scene, Checked], None]
    concerns: Callable[[Service], bool]


def _stores(service: Service) -> bool:
    return bool(service.events)


CHECKS: tuple[Check, ...] = (
    Check(
        "positions", "the log is whole: no event is missing between the first and the last that was stored",
        verification_logs.positions, _stores,
    ),
    Check(
        "hashes", "every event's hash follows from what is stored and from the event before it in its stream",
        verification_heads.hashes, _stores,
    ),
    Check(
        "folds", "every stream is without a gap, can be read, and folds to the state its snapshot gives",
        verification_logs.folds, _stores,
    ),
    Check(
        "said", "what was said equals what is stored, and every subject's sequence is without a gap",
        verification_logs.said, _stores,
    ),
    Check(
        "heard", "every message said up to the reader's position is marked once, or held",
        verification_hearing.heard, lambda service: True,
    ),
    Check(
        "causes", "what followed from a message followed once and in its turn, and the message was said and is marked",
        verification_hearing.causes, _stores,
    ),
    Check(
        "sagas", "every saga knows what was to be heard, and what it owes is done or is being asked for",
        verification_hearing.sagas, lambda service: bool(service.sagas),
    ),
    Check(
        "timers", "every timer the events ask for is kept until its hour",
        verification_rows.timers, lambda service: bool(service.timer_commands),
    ),
    Check(
        "seals", "every sealed value is authentic and can be opened with its person's key",
        verification_logs.seals, _stores,
    ),
    Check(
        "rows", "read models equal those built anew from the logs",
        verification_rows.rows, lambda service: bool(service.projections),
    ),
)  # fmt: skip


def inspections(engine: Engine, vault: Vault) -> Iterator[Inspection]:
    """Yield every check of every service, and what each service demands of its own log."""
    for running in engine.running.values():
        scene = Scene(engine, running, vault)
        for check in CHECKS:
            if check.concerns(scene.service):
                yield Inspection(scene.service.name, check.name, check.says, partial(check.look, scene))
        for invariant in scene.service.invariants:
            look = partial(_hold, scene, invariant)
            yield Inspection(scene.service.name, invariant.name, invariant.says, look)


def verify(engine: Engine, vault: Vault) -> Iterator[Checked]:
    """Carry out every check on every service, one result after the other."""
    for inspection in inspections(engine, vault):
        yield inspection.carry_out()


def _hold(scene: Scene, invariant: Invariant, checked: Checked) -> None:
    for line in invariant.broken(_counted(readable_events(scene.running), checked)):
        checked.breaks(line)


def _counted(events: Iterable[tuple[str, Any]], checked: Checked) -> Iterator[tuple[str, Any]]:
    for one in events:
        checked.counted += 1
        yield one
