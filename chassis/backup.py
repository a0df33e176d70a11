"""A backup of a server that goes on working: one moment of all its stores, and a manifest that tells if it is whole.

Right order is what makes it one moment. The seals are looked at first, so that they are never ahead of a log. Then
every store at once, each through a read transaction that keeps its moment; on those very moments it is checked that no
reader is ahead of the log it reads, and if one is, all are let go and taken again. Then the vault: a key is durable
before what is sealed with it, so a later vault has every key that an earlier log needs. Files come last likewise.
"""

import os
import shutil
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import msgspec

from chassis.clock import to_us
from chassis.files import replace_durably
from chassis.heads import Head, day_of, leaf_of
from chassis.merkle import grow
from chassis.sealing import signed_head
from chassis.sealing_keys import PublicKey, SealingKeys
from chassis.stores.migrations import NEWEST
from chassis.stores.store import Link, StoreUnavailable
from chassis.vault_forgetting import register_copy
from kernel.message import source_of

FORM: Final = "lienthong.backup.1"
MANIFEST: Final = "manifest.json"
VAULT: Final = "vault.db"
SEALS: Final = "seals.db"
KEYS: Final = "keys"
HEAD_KEYS: Final = Path(KEYS) / "heads.json"
FILES: Final = "files"
NOT_COPIED: Final = ("*.lock", "*.db", "*.db-wal", "*.db-shm", "*.db-journal", "*.new", "*.upload", "traces*.jsonl",
              MANIFEST)  # fmt: skip
MOMENTS_TRIED: Final = 2_000
MOMENTS_APART_S: Final = 0.002
BLOCK_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Copied:
    """A file of a backup. `sha256` is "" for the vault alone: forgetting somebody reaches into it later."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Copy:
    """One service's log in a backup.

    Args:
        form: number of the store's form.
        head: position of its last event.
        generation: of its log.
    """

    form: int
    head: int
    generation: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup is: when it was made, of what, and how to tell that it is whole.

    Args:
        product: version of the product that made it.
        made_at: by the wall's clock; `clock` by the server's own.
        heads: what each log held then, signed, to be kept elsewhere too.
        head_keys: the public keys of that time.
    """

    form: str
    product: str
    made_at: str
    clock: str
    with_keys: bool
    services: dict[str, Copy]
    files: tuple[Copied, ...]
    heads: tuple[Head, ...]
    head_keys: tuple[PublicKey, ...]


class NoMoment(StoreUnavailable):
    """No moment was found at which every reader stood within the log it reads; try again when less is going on."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Every store as it was at one instant, for as long as the connections are open."""

    stores: Mapping[str, sqlite3.Connection]
    seals: sqlite3.Connection | None


def back_up(data: Path, to: Path, clock_now: datetime, made_at: datetime, with_keys: bool) -> Manifest:
    """Copy the data of a server, running or not, into the empty folder `to`.

    Args:
        clock_now: the time by the server's own clock.

    Raises:
        NoMoment: it goes on too fast to be caught.
        StoreUnavailable: a store cannot be read.
    """
    to.mkdir(parents=True, exist_ok=True)
    register_copy(data / VAULT, to / VAULT, made_at)
    services: dict[str, Copy] = {}
    with ExitStack() as stack:
        moment = _moment(data, stack)
        for name, store in moment.stores.items():
            services[name] = Copy(_one(store, "PRAGMA user_version"), _head_of(store), _generation(store))
            _copy(store, to / f"{name}.db")
        if moment.seals is not None:
            _copy(moment.seals, to / SEALS)
    with closing(_opened(data / VAULT)) as vault:
        _copy(vault, to / VAULT)
    for path in _other_files(data, with_keys):
        try:
            _copy_file(data / path, to / path)
        except FileNotFoundError:
            if path.parts[0] != FILES:  # an upload that no dossier has may be taken back at any time
                raise
    keys = SealingKeys(data / HEAD_KEYS)
    manifest = Manifest(
        FORM, version("lienthong"), made_at.isoformat(), clock_now.isoformat(), with_keys, services,
        tuple(_listed(to)), tuple(_heads(to, services, keys, clock_now)), keys.published(),
    )  # fmt: skip
    replace_durably(to / MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))
    return manifest


def _opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None)


def services_in(data: Path) -> list[str]:
    """Return the services whose stores are in a folder."""
    return sorted(path.stem for path in data.glob("*.db") if path.name not in (VAULT, SEALS))


def _moment(data: Path, stack: ExitStack) -> Moment:
    """Hold every store at one moment, at which no reader is ahead of what it reads."""
    seals = stack.enter_context(closing(_opened(data / SEALS))) if (data / SEALS).exists() else None
    stores = {name: stack.enter_context(closing(_opened(data / f"{name}.db"))) for name in services_in(data)}
    every = [*([] if seals is None else [seals]), *stores.values()]
    for name, store in stores.items():
        if _one(store, "PRAGMA user_version") != NEWEST:
            raise StoreUnavailable(f"{name}.db was written by another version; open it once with `lienthong serve`")
    for _ in range(MOMENTS_TRIED):
        for one in every:
            one.execute("BEGIN")
            one.execute("SELECT count(*) FROM sqlite_master").fetchone()  # from here on it sees one moment only
        if not any(_ahead(stores)):
            return Moment(stores, seals)
        for one in every:
            one.execute("ROLLBACK")
        time.sleep(MOMENTS_APART_S)
    raise NoMoment(f"in {MOMENTS_TRIED} tries some reader was always ahead of a log")


def _ahead(stores: Mapping[str, sqlite3.Connection]) -> Iterator[str]:
    """Say which reader has read more of a log than is held of it. What is marked was read, so marks need no look."""
    heads = {
        source_of(name, number): _head_of(store)
        for name, store in stores.items()
        for number in range(1, _generation(store) + 1)
    }
    for name, store in stores.items():
        for source, position in store.execute("SELECT source, position FROM positions"):
            if position > heads.get(source, 0):
                yield f"{name} has read {source} up to {position}"


def _one(db: sqlite3.Connection, sql: str) -> int:
    return int(db.execute(sql).fetchone()[0] or 0)


def _head_of(store: sqlite3.Connection) -> int:
    return _one(store, "SELECT max(position) FROM events")


def _generation(store: sqlite3.Connection) -> int:
    return _one(store, "SELECT max(number) FROM generations")


def _copy(source: sqlite3.Connection, to: Path) -> None:
    with closing(sqlite3.connect(to)) as target:
        source.backup(target)
        target.execute("PRAGMA journal_mode=DELETE")  # one file, whole, until a server opens it


def _copy_file(source: Path, to: Path) -> None:
    """Copy a file with its rights, onto the disk."""
    to.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source, to)
    with to.open("rb") as copied:
        os.fsync(copied.fileno())


def _other_files(data: Path, with_keys: bool) -> Iterator[Path]:
    """Yield what is kept beside the databases: the rehearsal's clock, uploaded files; keys only when asked for."""
    for path in sorted(data.rglob("*")):
        beside = path.relative_to(data)
        if not path.is_file() or any(path.match(pattern) for pattern in NOT_COPIED):
            continue
        if beside.parts[0] != KEYS or with_keys:
            yield beside


def _listed(folder: Path) -> Iterator[Copied]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != MANIFEST:
            name = path.relative_to(folder).as_posix()
            yield Copied(name, path.stat().st_size, "" if name == VAULT else digest(path))


def digest(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, hexadecimal."""
    made = sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            made.update(block)
    return made.hexdigest()


def _heads(folder: Path, services: Mapping[str, Copy], keys: SealingKeys, now: datetime) -> Iterator[Head]:
    """Yield a signed head over each log as it was copied, if the platform has a key: only the server makes one."""
    if not keys.can_sign:
        return
    for name, copy in services.items():
        if copy.head:
            with closing(_opened(folder / f"{name}.db")) as store:
                peaks: list[bytes] = []
                links = store.execute("SELECT position, hash, time_us FROM events ORDER BY position")
                for size, link in enumerate(map(Link._make, links)):
                    grow(peaks, size, leaf_of(link))
            before = _last_head(folder / SEALS, name)
            yield signed_head(name, copy.generation, day_of(to_us(now)), copy.head, peaks, before, keys, now)


def _last_head(seals: Path, service: str) -> Head | None:
    if not seals.exists():
        return None
    with closing(_opened(seals)) as db:
        sql = "SELECT document FROM heads WHERE service=? ORDER BY number DESC LIMIT 1"
        found: tuple[Any, ...] | None = db.execute(sql, (service,)).fetchone()
    return None if found is None else msgspec.json.decode(found[0], type=Head)
