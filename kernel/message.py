"""What services say to each other: public events and the envelope they travel in (CloudEvents 1.0)."""

import builtins
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

INSTALLATION = "quangngai"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class PublicEvent:
    """A fact others may know, as `publishing.py` says it.

    Args:
        name: `DossierSubmitted`; the wire type is `lienthong.<service>.<name>.v<version>`.
        version: 1, 2, …; a new one is said instead of the old one, never beside it.
        subject: dossier reference, or the id of the thing where there is no dossier.
        root: reference of the root dossier of the chain; the partition key.
        data: a frozen dataclass whose fields are the schema under `schemas/`.
    """

    name: str
    version: int
    subject: str
    root: str
    data: Any


class Envelope(NamedTuple):
    """A public event as a reader gets it, whatever the bus. A tuple, because every reader makes one of every event.

    `sequence` counts 1, 2, 3 … without a gap for each (`source`, `subject`); `time_us` is the UTC business time in
    microseconds since 1970; `data` is UTF-8 JSON; `position` is where the source's log holds it and only moves forward.
    """

    position: int
    source: str
    id: str
    type: str
    subject: str
    sequence: int
    root: str
    time_us: int
    correlation: str
    causation: str
    traceparent: str | None
    data: bytes

    @property
    def time(self) -> datetime:
        return EPOCH + timedelta(microseconds=self.time_us)


def source_of(service: str, generation: int = 1) -> str:
    """Return the CloudEvents `source` of a service of this installation.

    Args:
        generation: of the service's log; one after the first has its number behind the name (`…/intake/2`), so that
            readers take it for the new source that it is.
    """
    source = f"/lienthong/{INSTALLATION}/{service}"
    return source if generation == 1 else f"{source}/{generation}"


def generation_of(source: str) -> int:
    """Return the number of the generation that a `source` names."""
    last = source.rpartition("/")[2]
    return int(last) if last.isdigit() else 1


def type_of(service: str, name: str, version: int) -> str:
    """Return the CloudEvents `type` of a public event."""
    return f"lienthong.{service}.{name}.v{version}"


@dataclass(frozen=True, slots=True)
class Heard:
    """What a policy or saga may know of the moment: the envelope it reads and the time by the service's clock (UTC)."""

    envelope: Envelope
    now: datetime


@dataclass(frozen=True, slots=True)
class Hearing:
    """One public type a service listens to.

    Args:
        type: full wire type, `lienthong.intake.DossierAccepted.v1`.
        reads: frozen dataclass with the fields this reader needs; unknown fields are passed over.
        react: `(data, heard) -> tuple` of commands (in a policy) or of facts (in a saga). Pure.
    """

    type: str
    reads: builtins.type[Any]
    react: Callable[[Any, Heard], tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Timer:
    """A command to be carried out when `due_at` (UTC) has come; the same `id` set again replaces it."""

    id: str
    due_at: datetime
    command: Any


@dataclass(frozen=True, slots=True)
class CancelTimer:
    """The timer `id` is not needed any more; cancelling an unknown one is nothing."""

    id: str
