"""The whole flow without HTTP: the players' mix through every service in one process, from first to last paper.

What is counted: dossiers that went all their way, each second; events that were stored; how long a command waits from
being given until its answer is durable; how much memory the process holds and whether that stays flat; how much each
dossier leaves on the disk. The seed is fixed, so two runs play the same lives.
"""

import os
import resource
import time
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from chassis.clock import RehearsalClock
from chassis.executor import Job
from chassis.registry import PRODUCT_REGISTRY, load_registry
from kernel.calendar import VIETNAM
from players.by_wire import Wire
from players.crowd import Crowd
from players.mix import load_mix
from players.plan import Weeks, world_of
from players.request import ARCHITECT, BIRTH, KARAOKE, MARITAL_STATUS
from services.__main__ import Platform, compose, stay

START = datetime(2026, 9, 7, tzinfo=VIETNAM)
DOSSIERS = 3_000
DOSSIERS_A_DAY = 5_000
"""More than a real province's 1,140, so that most moments have as many commands in hand as one commit takes."""

MEASURED = frozenset({MARITAL_STATUS, ARCHITECT, BIRTH, KARAOKE})
"""The procedures of the first bench, in their proportions of then, so that figures can be compared."""

SEED = 1
SAMPLES = 10
MIB = 1 << 20
KIB = 1 << 10
STATM = Path("/proc/self/statm")


@dataclass(frozen=True, slots=True)
class Flow:
    """What was measured.

    Args:
        cpu_s: processor time of this process within `seconds`.
        command_p50_ms, command_p99_ms: from given to durable, waiting for its turn among the others included.
        memory_mib: what the process held after each tenth of the dossiers had begun, and at the end.
    """

    dossiers: int
    seconds: float
    cpu_s: float
    events: int
    commands: int
    command_p50_ms: float
    command_p99_ms: float
    memory_mib: tuple[float, ...]
    memory_peak_mib: float
    stores_kib_per_dossier: float
    vault_kib_per_dossier: float

    @property
    def dossiers_per_s(self) -> float:
        return self.dossiers / self.seconds

    @property
    def events_per_s(self) -> float:
        return self.events / self.seconds


class Watch:
    """Takes the times of commands and the memory of the process while the flow is played."""

    def __init__(self, crowd: Crowd) -> None:
        self._crowd = crowd
        self.waited_s = array("d")
        self.memory_mib: list[float] = []

    def given(self, job: Job) -> None:
        at = time.perf_counter()
        job.future.add_done_callback(lambda _: self.waited_s.append(time.perf_counter() - at))

    def moment(self, instant: datetime, moves: int) -> None:
        if self._crowd.begun * SAMPLES >= self._crowd.dossiers * (len(self.memory_mib) + 1):
            self.memory_mib.append(memory_mib())


def play(folder: Path, dossiers: int = DOSSIERS, seed: int = SEED, a_day: int = DOSSIERS_A_DAY) -> Flow:
    """Play a crowd to the end in stores below `folder`, and return what was measured."""
    platform = compose(folder, rehearsal=True)
    stay()
    try:
        crowd = _crowd(dossiers, seed, a_day)
        schedule, watch = crowd.schedule(), Watch(crowd)
        _set_clock(platform)
        began, cpu = time.perf_counter(), time.process_time()
        platform.sealer.start()
        with Wire(platform, seed, watch.given) as wire:
            wire.play(schedule, watch.moment)
        seconds, cpu_s = time.perf_counter() - began, time.process_time() - cpu
        at_the_end_mib = memory_mib()
        events = sum(running.store.head() for running in platform.engine.running.values())
    finally:
        platform.close()
    waited_s = sorted(watch.waited_s)
    vault = (folder / "vault.db").stat().st_size
    return Flow(
        dossiers=dossiers,
        seconds=seconds,
        cpu_s=cpu_s,
        events=events,
        commands=len(waited_s),
        command_p50_ms=_quantile(waited_s, 0.50) * 1_000,
        command_p99_ms=_quantile(waited_s, 0.99) * 1_000,
        memory_mib=(*watch.memory_mib, at_the_end_mib),
        memory_peak_mib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KIB / MIB,
        stores_kib_per_dossier=(sum(file.stat().st_size for file in folder.glob("*.db")) - vault) / KIB / dossiers,
        vault_kib_per_dossier=vault / KIB / dossiers,
    )


def _crowd(dossiers: int, seed: int, a_day: int) -> Crowd:
    days = max(1, -(-dossiers // a_day))
    weeks = Weeks(START, START + timedelta(days=days), cut=False)
    return Crowd(world_of(load_registry(PRODUCT_REGISTRY), load_mix(), weeks, MEASURED), seed, dossiers, stories=None)


def _set_clock(platform: Platform) -> None:
    clock = platform.engine.clock
    assert isinstance(clock, RehearsalClock)
    clock.move_to(START)


def _quantile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def memory_mib() -> float:
    """Return what the process holds in memory now, or its peak where the system does not tell."""
    if STATM.exists():
        return int(STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / MIB
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KIB / MIB


def printed(flow: Flow) -> str:
    """Return the figures as a person reads them."""
    memory = " ".join(f"{held:.0f}" for held in flow.memory_mib)
    rows = (
        (f"{flow.dossiers_per_s:,.0f}", f"dossiers/s, {flow.dossiers:,} of them from end to end on one thread"),
        (f"{flow.dossiers / flow.cpu_s:,.0f}", "dossiers/s of processor time, which a busy machine does not change"),
        (f"{flow.events_per_s:,.0f}", f"stored events/s ({flow.events / flow.dossiers:.1f} a dossier)"),
        (f"{flow.command_p50_ms:.1f} ms", f"p50 of {flow.commands:,} commands, from given to durable answer"),
        (f"{flow.command_p99_ms:.1f} ms", "p99"),
        (f"{flow.memory_peak_mib:.0f} MiB", f"memory at its peak; after each tenth begun and at the end: {memory}"),
        (f"{flow.stores_kib_per_dossier:.1f} KiB", "on the disk for each dossier, in all stores"),
        (f"{flow.vault_kib_per_dossier:.1f} KiB", "in the vault"),
    )
    return "\n".join(f"{figure:>12}  {words}" for figure, words in rows)
