"""Where spans go: to a collector by OTLP over HTTP when one is configured, else into a file of bounded size."""

import logging
import os
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec

from chassis.codec import encode
from chassis.telemetry import NO_PARENT, Span

log = logging.getLogger("lienthong.telemetry")

ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
SPANS_WAITING_MAX: Final = 50_000
SPANS_AT_ONCE: Final = 2_000
SENT_EVERY_S: Final = 0.5
FILE_BYTES_MAX: Final = 16 * 1024 * 1024
"""A file that has grown so large becomes the old one; there is one old one."""


class Sink(Protocol):
    """Takes spans away for good."""

    def send(self, spans: Sequence[Span]) -> bool:
        """Take some spans; say whether they have arrived."""
        ...

    def close(self) -> None: ...


class Outlet:
    """Takes spans from any thread at once and gives them to a sink from a thread of its own.

    What it cannot keep it drops and counts: the work that is followed never waits for being looked at.
    """

    def __init__(self, sink: Sink) -> None:
        self.sink = sink
        self.dropped = 0
        self._waiting: deque[Span] = deque()
        self._sending = threading.Lock()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._stop = threading.Event()

    def add(self, span: Span) -> None:
        if len(self._waiting) >= SPANS_WAITING_MAX:
            self.dropped += 1
            return
        self._waiting.append(span)
        if self._thread is None:
            self._start()

    def _start(self) -> None:
        with self._starting:
            if self._thread is None and not self._stop.is_set():
                self._thread = threading.Thread(target=self._work, name="telemetry", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        while not self._stop.wait(SENT_EVERY_S):
            self.flush()

    def flush(self) -> None:
        """Give away what waits."""
        with self._sending:
            while self._waiting:
                spans = [self._waiting.popleft() for _ in range(min(SPANS_AT_ONCE, len(self._waiting)))]
                try:
                    arrived = self.sink.send(spans)
                except Exception as error:  # nobody's work may fail because nobody can look at it
                    log.warning("spans are lost: %s", error)
                    arrived = False
                self.dropped += 0 if arrived else len(spans)
                if not arrived and self._stop.is_set():  # whoever wants to end does not wait for a silent collector
                    self.dropped += len(self._waiting)
                    self._waiting.clear()

    def close(self) -> None:
        """Give away the rest and end."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        self.flush()
        self.sink.close()


class FileSink:
    """A line of JSON for each span in `traces.jsonl`; nothing is made before there is a span."""

    def __init__(self, folder: Path, bytes_max: int = FILE_BYTES_MAX) -> None:
        self._bytes_max = bytes_max
        self.path = folder / "traces.jsonl"
        self.old = folder / "traces.1.jsonl"

    def send(self, spans: Sequence[Span]) -> bool:
        lines = b"".join(encode(_line(span)) + b"\n" for span in spans)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if self.path.exists() and self.path.stat().st_size + len(lines) > self._bytes_max:
            self.path.replace(self.old)
        with self.path.open("ab") as file:
            file.write(lines)
        return True

    def close(self) -> None:
        """Every line is in the file already."""

    def about(self, dossier: str, limit: int) -> list[dict[str, Any]]:
        """Return the spans of one dossier, in the order in which they began, the newest `limit` of them."""
        mark = encode({"dossier": dossier})[1:-1]
        found = [line for path in (self.old, self.path) for line in _lines(path) if mark in line]
        spans: list[dict[str, Any]] = [msgspec.json.decode(line) for line in found[-limit:]]
        return sorted(spans, key=lambda span: str(span["at"]))


def _lines(path: Path) -> Iterator[bytes]:
    if path.exists():
        with path.open("rb") as file:
            yield from file


def _line(span: Span) -> dict[str, Any]:
    at = datetime.fromtimestamp(span.start_ns / 1e9, UTC)
    return {
        "at": at.isoformat(timespec="microseconds"), "ms": round((span.end_ns - span.start_ns) / 1e6, 3),
        "service": span.service, "name": span.name, "kind": span.kind, "trace": span.trace, "span": span.id,
        "parent": "" if span.parent == NO_PARENT else span.parent, "attributes": span.attributes,
    }  # fmt: skip


class CollectorSink:
    """OTLP over HTTP; where to, and with which headers, stands in OpenTelemetry's own `OTEL_…` variables."""

    def __init__(self) -> None:
        # Loading it takes a tenth of a second, which nobody without a collector should wait for.
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource

        self._exporter = OTLPSpanExporter()
        self._resource = Resource.create
        self._resources: dict[str, Any] = {}

    def send(self, spans: Sequence[Span]) -> bool:
        from opentelemetry.sdk.trace.export import SpanExportResult

        return self._exporter.export([self._readable(span) for span in spans]) is SpanExportResult.SUCCESS

    def _readable(self, span: Span) -> Any:
        from opentelemetry.sdk.trace import ReadableSpan
        from opentelemetry.trace import SpanContext, SpanKind, TraceFlags

        def context(id: str) -> SpanContext:
            return SpanContext(int(span.trace, 16), int(id, 16), is_remote=False, trace_flags=TraceFlags(1))

        resource = self._resources.get(span.service)
        if resource is None:
            named = {"service.name": f"lienthong-{span.service}", "service.namespace": "lienthong"}
            resource = self._resources[span.service] = self._resource(named)
        return ReadableSpan(
            name=span.name, context=context(span.id), parent=None if span.parent == NO_PARENT else context(span.parent),
            resource=resource, attributes=span.attributes, kind=SpanKind[span.kind.upper()],
            start_time=span.start_ns, end_time=span.end_ns,
        )  # fmt: skip

    def close(self) -> None:
        self._exporter.shutdown()


def outlet_of(folder: Path) -> Outlet:
    """Return where the spans of an installation go: what the environment names, else a file in `folder`."""
    if any(os.environ.get(name) for name in ENDPOINTS):
        return Outlet(CollectorSink())
    return Outlet(FileSink(folder))
