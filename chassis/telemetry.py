"""Traces: which way a dossier takes through the services, and how long each part of it lasts.

A trace begins at the border (or is the caller's own, `traceparent`) and goes on wherever its events are heard: each
stored event carries the context of the span that said it, so that whatever it causes, now or after weeks, hangs below
it. A dossier is followed as a whole or not at all. Nothing of a person is ever written down here: attributes have
fixed names, and their values are numbers or plain words (`chassis/telemetry_words.py`).
"""

import threading
import time
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import datetime
from random import getrandbits
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from zlib import crc32

from chassis.telemetry_words import kept

if TYPE_CHECKING:
    from chassis.telemetry_outlet import Outlet
    from chassis.unit import Unit

NO_PARENT: Final = "0" * 16
HASHES: Final = 1 << 32
ANY_NAME: Final = "*"
OURS: Final = "lienthong."


class Span(NamedTuple):
    """One part of the way, ended. `kind` is OpenTelemetry's: server, internal, producer or consumer."""

    trace: str
    id: str
    parent: str
    name: str
    kind: str
    service: str
    start_ns: int
    end_ns: int
    attributes: Mapping[str, str | int]


def new_trace() -> str:
    return f"{getrandbits(128) | 1:032x}"


def new_span() -> str:
    return f"{getrandbits(64) | 1:016x}"


def is_followed(traceparent: str) -> bool:
    """Say whether a trace context asks to be followed (W3C Trace Context, the flag `sampled`)."""
    return bool(int(traceparent[-2:], 16) & 1)


def traceparent_of(trace: str, span: str) -> str:
    """Return the context that what follows from a span hangs itself below."""
    return f"00-{trace}-{span}-01"


class Crossing:
    """One request on its way through the border; whether it is followed may be found out on the way."""

    __slots__ = ("dossier", "followed", "parent", "span", "start_ns", "trace")

    def __init__(self, trace: str, parent: str, followed: bool) -> None:
        self.trace, self.parent, self.followed = trace, parent, followed
        self.span = new_span()
        self.start_ns = time.time_ns()
        self.dossier = ""

    @property
    def traceparent(self) -> str:
        return traceparent_of(self.trace, self.span)


CROSSING: ContextVar[Crossing | None] = ContextVar("crossing", default=None)
"""The request that this task answers."""


class _Present(threading.local):
    unit: "Unit | None" = None


PRESENT: Final = _Present()
"""The unit of work that this thread is at, for the lines that are logged meanwhile."""


class Step:
    """One unit of work that is followed: it collects its spans and lets go of them once its batch is durable."""

    __slots__ = ("_now", "_open", "_said", "_spans", "_tracer", "attributes", "dossier", "id", "joined_ns", "kind",
                 "name", "parent", "service", "start_ns", "trace")  # fmt: skip

    def __init__(self, tracer: "Tracer", traceparent: str, kind: str, what: str, service: str, at: datetime) -> None:
        _, self.trace, self.parent, _ = traceparent.split("-")
        self._tracer = tracer
        self.kind, self.name, self.service = kind, f"{kind} {what.removeprefix(OURS)}", service
        self.id = self._now = new_span()
        self.start_ns = time.time_ns()
        self.joined_ns = 0
        self.dossier = ""
        self.attributes: dict[str, str | int] = {"business_time": at.isoformat()}
        self._open: list[tuple[str, str, str, int]] = []
        self._spans: list[Span] = []
        self._said: list[tuple[str, str, str, str, int]] = []

    @property
    def traceparent(self) -> str:
        return traceparent_of(self.trace, self._now)

    def begins(self, kind: str, what: str) -> None:
        """Begin a part; the command that is all of a step is no part of it."""
        name = f"{kind} {what}"
        span = self.id if name == self.name and not self._open else new_span()
        self._open.append((span, self._now, name, time.time_ns()))
        self._now = span

    def ends(self, outcome: str = "") -> None:
        """End the part that was begun last."""
        span, before, name, start_ns = self._open.pop()
        self._now = before
        if span != self.id:
            attributes: dict[str, str | int] = {"outcome": outcome} if outcome else {}
            self._keep(span, before, name, "internal", start_ns, time.time_ns(), attributes)
        elif outcome:
            self.attributes["outcome"] = outcome

    def says(self, wire: str, subject: str, sequence: int, root: str) -> str:
        """Return the context for a public event: what it causes hangs below its being said."""
        self.dossier = self.dossier or root
        span = new_span()
        self._said.append((span, self._now, wire, subject, sequence))
        return traceparent_of(self.trace, span)

    def mark(self) -> tuple[int, int, str]:
        """Return where the step stands, for `back_to` when what follows is refused."""
        return len(self._spans), len(self._said), self.dossier

    def back_to(self, mark: tuple[int, int, str]) -> None:
        spans, said, self.dossier = mark
        del self._spans[spans:], self._said[said:]

    def joined(self, events: int, stream: str) -> None:
        """Its work is in the batch, which has yet to become durable."""
        self.joined_ns = time.time_ns()
        self.attributes["events"] = events
        self.dossier = self.dossier or about(stream)

    def durable(self) -> None:
        """Its batch is durable: from now on others may hear of it."""
        now_ns = time.time_ns()
        self._keep(new_span(), self.id, "append", "internal", self.joined_ns, now_ns, {})
        for span, parent, wire, subject, sequence in self._said:
            attributes: dict[str, str | int] = {"subject": subject, "sequence": sequence}
            name = f"publish {wire.removeprefix(OURS)}"
            self._keep(span, parent, name, "producer", self.joined_ns, now_ns, attributes)
        self._end(now_ns)

    def came_to(self, outcome: str, stream: str) -> None:
        """It has ended without a trace in the store."""
        self.attributes["outcome"] = outcome
        self.dossier = self.dossier or about(stream)
        self._end(time.time_ns())

    def _end(self, now_ns: int) -> None:
        kind = "consumer" if self.kind == "hear" else "internal"
        self._keep(self.id, self.parent, self.name, kind, self.start_ns, now_ns, self.attributes)
        for span in self._spans:
            self._tracer.keep(span._replace(attributes={**span.attributes, "dossier": self.dossier}))

    def _keep(
        self, id: str, parent: str, name: str, kind: str, start_ns: int, end_ns: int, attributes: dict[str, Any]
    ) -> None:
        self._spans.append(Span(self.trace, id, parent, name, kind, self.service, start_ns, end_ns, attributes))


def about(stream: str) -> str:
    """Return the reference in a stream's name: `parcel-<reference>-delivery` → the reference."""
    return stream.partition("-")[2].partition("-")[0]


class Tracer:
    """Decides what is followed, and hands over what was.

    Args:
        outlet: takes the spans; None where nothing is followed.
        shares: name of an act → share of the dossiers that are followed from it, between 0 and 1; `*` for any other.
        traces_per_s: so many are begun in one second at most, callers' own not counted.
    """

    def __init__(self, outlet: "Outlet | None", shares: Mapping[str, float], traces_per_s: int = 0) -> None:
        self.outlet = outlet
        self._shares = {name: int(share * HASHES) for name, share in shares.items()}
        self._others = self._shares.get(ANY_NAME, 0)
        self._limit = traces_per_s
        self._second = 0
        self._begun = 0

    def begin(self, name: str, dossier: str, traceparent: str | None) -> str | None:
        """Return the context of a command that comes in: the caller's, a new one, or None if it is not followed."""
        if traceparent is not None:
            return traceparent
        share = self._shares.get(name, self._others)
        if not share or crc32(dossier.encode("utf-8", "replace")) >= share or not self._may_begin():
            return None
        crossing = CROSSING.get()
        if crossing is None:
            return traceparent_of(new_trace(), NO_PARENT)
        crossing.followed, crossing.dossier = True, dossier
        return crossing.traceparent

    def _may_begin(self) -> bool:
        second = int(time.monotonic())
        if second != self._second:
            self._second, self._begun = second, 0
        self._begun += 1
        return self._begun <= self._limit

    def step(self, traceparent: str, kind: str, what: str, service: str, at: datetime) -> Step | None:
        """Return a step below a context, or None if that is not followed."""
        if self.outlet is None or not is_followed(traceparent):
            return None
        return Step(self, traceparent, kind, what, service, at)

    def keep(self, span: Span) -> None:
        """Hand a span over with those of its attributes that may be told."""
        if self.outlet is not None:
            self.outlet.add(span._replace(attributes=kept(span.attributes)))

    def crossed(self, crossing: Crossing, method: str, route: str, status: int) -> None:
        """Hand over the span of a request, if it was followed."""
        if not crossing.followed:
            return
        attributes: dict[str, str | int] = {"http.request.method": method, "http.route": route}
        attributes |= {"http.response.status_code": status, "dossier": crossing.dossier}
        name = f"{method} {route}"
        span = Span(crossing.trace, crossing.span, crossing.parent, name, "server", "border", crossing.start_ns,
                    time.time_ns(), attributes)  # fmt: skip
        self.keep(span)

    def close(self) -> None:
        if self.outlet is not None:
            self.outlet.close()


SILENT: Final = Tracer(None, {})
"""Follows nothing."""


def shares_of(text: str) -> dict[str, float]:
    """Read `0.05` or `submit_dossier=1, *=0.05`.

    Raises:
        ValueError: a share is no number between 0 and 1.
    """
    shares = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, equals, share = part.rpartition("=")
        shares[name.strip() if equals else ANY_NAME] = float(share)
    if not all(0 <= share <= 1 for share in shares.values()):
        raise ValueError(f"{text!r}: a share lies between 0 and 1")
    return shares
