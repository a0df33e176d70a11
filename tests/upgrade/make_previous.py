"""Makes `previous.tar.xz` of a release's own code: what it wrote, what it put on a topic, and what it would understand.

Run once, in a copy of that release's tree and with its code; the archive is never made again with later code:

    git archive <release> | tar x -C /tmp/previous
    cd /tmp/previous && PYTHONPATH=. python <this file> previous.tar.xz
"""

import json
import shutil
import sqlite3
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec

from chassis.clock import RehearsalClock
from chassis.registry import PRODUCT_REGISTRY, load_registry
from chassis.service import Service
from chassis.wire import kafka
from kernel.calendar import VIETNAM
from kernel.message import Envelope
from players.by_wire import Wire
from players.crowd import Crowd
from players.mix import load_mix
from players.plan import Weeks, world_of
from services.__main__ import Platform, compose

START: Final = datetime(2026, 9, 7, tzinfo=VIETNAM)
DAYS: Final = 14.4
DOSSIERS: Final = 150
SEED: Final = 11
PAGE: Final = 500
SCHEMAS: Final = Path("schemas")


def played(data: Path) -> Platform:
    """Let a province work for two weeks, so that there are dossiers at every stage of their way."""
    laws = load_registry(PRODUCT_REGISTRY)
    platform = compose(data, rehearsal=True, registry=laws)
    clock = platform.engine.clock
    assert isinstance(clock, RehearsalClock)
    clock.move_to(START)
    weeks = Weeks(START, START + timedelta(days=DAYS), cut=True)
    crowd = Crowd(world_of(laws, load_mix(), weeks), SEED, DOSSIERS)
    with Wire(platform, SEED) as wire:
        wire.play(crowd.schedule(), lambda instant, moves: None)
    return platform


def said(platform: Platform) -> Iterator[Envelope]:
    """Yield what every service says, each source's in the order of its log, all together in the order of time."""
    found: list[Envelope] = []
    for running in platform.engine.running.values():
        at, head = 0, running.store.head()
        while at < head:
            envelopes, at = running.store.say(running.source, at, PAGE)
            found += envelopes
    yield from sorted(found, key=lambda one: one.time_us)  # stable: the order within a source stays


def record(envelope: Envelope) -> dict[str, Any]:
    key, headers, value = kafka(envelope)
    return {"key": key.decode(), "headers": [[name, of.decode()] for name, of in headers], "value": value.decode()}


def readings(service: Service) -> dict[str, list[Any]]:
    """Return type → JSON Schema of each of a service's readings of it."""
    found: dict[str, list[Any]] = {}
    pairs = [(hearing.type, hearing.reads) for hearing in service.hears]
    pairs += [(hearing.type, hearing.reads) for route in service.sagas for hearing in route.hears]
    pairs += [(kind, reads) for one in service.projections for kind, (reads, _) in one.heard.items()]
    for kind, reads in pairs:
        found.setdefault(kind, []).append(msgspec.json.schema(reads))
    return dict(sorted(found.items()))


def made(folder: Path) -> None:
    """Put everything that the archive holds into a folder."""
    platform = played(folder / "data")
    services = {name: running.service for name, running in platform.engine.running.items()}
    with (folder / "records.jsonl").open("w", encoding="utf-8") as records:
        for envelope in said(platform):
            records.write(json.dumps(record(envelope), ensure_ascii=False, separators=(",", ":")) + "\n")
    heard = {name: readings(service) for name, service in services.items()}
    (folder / "readings.json").write_text(json.dumps(heard, ensure_ascii=False, indent=1), "utf-8")
    for service in services:
        if (SCHEMAS / service).exists():
            shutil.copytree(SCHEMAS / service, folder / "schemas" / service)
    platform.close()
    for path in (folder / "data").glob("*.db"):
        with closing(sqlite3.connect(path)) as store:
            store.execute("PRAGMA wal_checkpoint(TRUNCATE)")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        made(Path(place))
        with tarfile.open(sys.argv[1], "w:xz", preset=9) as archive:
            for name in ("data", "records.jsonl", "readings.json", "schemas"):
                archive.add(Path(place) / name, name)
