"""`python -m tests.drill`: play, break, prove, and write down what came of it in docs/drills.md."""

import argparse
import random
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx

from tests.drill.apart import disks, go_apart, is_apart, undo_disks
from tests.drill.faults import FAULTS, FAULTS_APART, Fault
from tests.drill.ground import PROJECT, Cluster, Embedded, Weeks, play, wait_until_ready

TABLE: Final = PROJECT / "docs/drills.md"
KEPT: Final = PROJECT / "data/drills"
"""Where the logs of a drill that found something are kept, by its seed."""

DOSSIERS: Final = 12
FAULTS_A_DRILL: Final = 2
BEGINS: Final = date(2021, 8, 2)
LAST_BEGINNING: Final = "2026-01-01"
"""Weeks that begin later would not be over yet when they are played to their end."""

DIFFERS_ALWAYS: Final = ("url", "seconds", "stories")
EVERY: Final = (*FAULTS, *FAULTS_APART)
LIFE: Final = ("index", "seen", "ended")
BEFORE_A_FAULT_S: Final = (2.0, 8.0)


@dataclass(frozen=True, slots=True)
class Drill:
    """What came of one drill.

    Args:
        done: the faults, and what they were done to.
        recovered_s: from each fault's end until everything was ready again.
        broken: what was found lost, doubled or otherwise wrong, a line each.
    """

    seed: int
    done: tuple[str, ...]
    recovered_s: tuple[float, ...]
    played_s: float
    broken: tuple[str, ...]

    def row(self) -> str:
        """Return it as a row of the table."""
        recovered = ", ".join(f"{one:.1f}" for one in self.recovered_s)
        came_to = "; ".join(self.broken) or "0 lost, 0 doubled, tables equal"
        when = datetime.now(UTC).strftime("%Y-%m-%d %H:%M")
        return f"| {when} | {self.seed} | {'; '.join(self.done)} | {recovered} | {self.played_s:.0f} | {came_to} |\n"


def drill(cluster: Cluster, embedded: Embedded, seed: int, dossiers: int, faults: tuple[Fault, ...]) -> Drill:
    """Play the same weeks on both, break one of them meanwhile, and compare."""
    chance = random.Random(seed)
    first_day = _next_monday(embedded.url)
    began = time.monotonic()
    calm = play(embedded.url, seed, dossiers, first_day).table()
    weeks = play(cluster.url, seed, dossiers, first_day)
    _wait_until_begun(weeks, cluster.url, first_day)
    done, recovered = [], []
    for fault in faults:
        time.sleep(chance.uniform(*BEFORE_A_FAULT_S))
        if weeks.process.poll() is not None:
            break
        done.append(f"{fault.name}: {fault.does(cluster, chance)}")
        recovered.append(wait_until_ready(cluster.url))
    broken = _what_is_wrong(weeks, calm, cluster)
    if broken:
        cluster.keep_traces(KEPT / str(seed))
    return Drill(seed, tuple(done), tuple(recovered), time.monotonic() - began, tuple(broken))


def _wait_until_begun(weeks: Weeks, url: str, first_day: str) -> None:
    """Wait until the clock has come to the first day: a demo that finds nobody at its very start gives up at once."""
    while weeks.process.poll() is None:
        clock = _clock(url)
        if not clock["untouched"] and clock["now"] >= first_day:  # untouched, it shows the wall's time
            break
        time.sleep(0.2)


def _clock(url: str) -> dict[str, Any]:
    clock: dict[str, Any] = httpx.get(f"{url}/api/v1/rehearsal/clock", timeout=10).raise_for_status().json()
    return clock


def _what_is_wrong(weeks: Weeks, calm: dict[str, Any], cluster: Cluster) -> list[str]:
    try:
        table = weeks.table()
    except AssertionError as error:
        return [str(error).replace("\n", " ")[:500]]
    return [*differences(calm, table), *cluster.verify()]


def differences(calm: dict[str, Any], table: dict[str, Any]) -> list[str]:
    """Return where two plays of the same weeks came to something else: figures, clock moves, the dossiers' lives."""
    broken = [
        f"the tables differ in {name}: {table.get(name)} is not {calm[name]}"
        for name in calm
        if name not in DIFFERS_ALWAYS and calm[name] != table.get(name)
    ]
    for mine, theirs in zip(table["stories"], calm["stories"], strict=True):
        if any(mine[name] != theirs[name] for name in LIFE):
            broken.append(f"dossier {mine['index']} ended otherwise: {mine['seen']}, not {theirs['seen']}")
    return broken


def _next_monday(url: str) -> str:
    """Return the first Monday that the clock has not reached, from which weeks can be played."""
    clock = _clock(url)
    day = BEGINS if clock["untouched"] else date.fromisoformat(clock["now"][:10]) + timedelta(days=1)
    return (day + timedelta(days=-day.weekday() % 7)).isoformat()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--drills", type=int, default=1)
    parser.add_argument("--dossiers", type=int, default=DOSSIERS)
    parser.add_argument("--fault", type=int, help="only this one, by its number", choices=range(len(EVERY)))
    parser.add_argument("--twice", default="", help="services that run as two instances: intake,routing")
    parser.add_argument("--write", action="store_true", help="add a row for each drill to docs/drills.md")
    asked = parser.parse_args()
    seeds = deque(range(asked.seed, asked.seed + asked.drills))
    go_apart("tests.drill", sys.argv[1:])
    known = EVERY if is_apart() else FAULTS
    if not is_apart():
        print("No network cuts and full disks here: they want root, `unshare` and `ip`.", file=sys.stderr)
    if asked.fault is not None and asked.fault >= len(known):
        parser.error(f"that fault cannot be had here; 0 to {len(known) - 1}")
    chosen = known if asked.fault is None else (known[asked.fault],)
    bad = 0
    while seeds:
        with ground(tuple(filter(None, asked.twice.split(",")))) as (cluster, embedded):
            while seeds and _next_monday(embedded.url) < LAST_BEGINNING:
                seed = seeds.popleft()
                faults = tuple(random.Random(seed).choices(chosen, k=FAULTS_A_DRILL))
                came_to = drill(cluster, embedded, seed, asked.dossiers, faults)
                print(came_to.row(), end="", flush=True)
                if asked.write:
                    with TABLE.open("a", encoding="utf-8") as table:
                        table.write(came_to.row())
                if came_to.broken:
                    bad += 1
                    break  # what follows would be compared with something else
    raise SystemExit(bad > 0)


@contextmanager
def ground(twice: tuple[str, ...] = ()) -> Iterator[tuple[Cluster, Embedded]]:
    """Give an empty cluster, some services of it as two instances, and an empty embedded server."""
    with tempfile.TemporaryDirectory(prefix="lienthong-drill-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        cluster, embedded = Cluster(folder / "cluster", twice), Embedded(folder / "embedded")
        if is_apart():
            disks(cluster.folder)
        try:
            cluster.start()
            yield cluster, embedded
        finally:
            embedded.stop()
            cluster.stop()
            if is_apart():
                undo_disks(cluster.folder)
            cluster.clean()


if __name__ == "__main__":
    main()
