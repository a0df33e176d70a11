"""Traces: who is followed, what hangs below what, where it goes, and that nobody's work waits for it."""

import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from chassis import telemetry_outlet
from chassis.telemetry import CROSSING, NO_PARENT, Crossing, Span, Tracer, shares_of
from chassis.telemetry_outlet import CollectorSink, FileSink, Outlet, outlet_of
from chassis.telemetry_words import HIDDEN, is_plain, kept

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
REF = "01M1WV6Y20MM3BC7SX19XQPHDC"
NOW = datetime(2026, 9, 7, 2, 50, tzinfo=UTC)


class Kept:
    """A sink that keeps what it is sent."""

    def __init__(self) -> None:
        self.spans: list[Span] = []

    def send(self, spans: Sequence[Span]) -> bool:
        self.spans += spans
        return True

    def close(self) -> None:
        """Nothing to end."""


class Broken(Kept):
    def send(self, spans: Sequence[Span]) -> bool:
        raise OSError("the collector is on fire")


def span(id: str = PARENT, **attributes: str | int) -> Span:
    return Span(TRACE, id, NO_PARENT, "command OpenChain", "internal", "routing", 1_000, 3_001_000, attributes)


def tracer_of(sink: Kept, **parts: Any) -> Tracer:
    return Tracer(Outlet(sink), parts.get("shares", {"*": 1.0}), parts.get("traces_per_s", 1_000))


@pytest.mark.parametrize(
    ("shares", "name", "followed"),
    [
        ("1", "accept_dossier", True),
        ("0", "accept_dossier", False),
        ("accept_dossier=1", "accept_dossier", True),
        ("accept_dossier=1", "refuse_dossier", False),
        ("accept_dossier=0, *=1", "accept_dossier", False),
        ("accept_dossier=0, *=1", "refuse_dossier", True),
        ("", "accept_dossier", False),
    ],
)
def test_a_share_is_given_by_name(shares: str, name: str, followed: bool) -> None:
    """An operator follows what they look for, and little of the rest."""
    tracer = tracer_of(Kept(), shares=shares_of(shares))
    assert (tracer.begin(name, REF, None) is not None) is followed


@pytest.mark.parametrize("text", ["2", "-0.1", "accept=x", "nan"])
def test_a_share_lies_between_nothing_and_all(text: str) -> None:
    """A server does not start with a setting that means nothing."""
    with pytest.raises(ValueError, match=r"share|float"):
        shares_of(text)


def test_a_dossier_is_followed_as_a_whole_or_not_at_all() -> None:
    """The same dossier is decided about in the same way each time; of many, the share that was asked for."""
    tracer = tracer_of(Kept(), shares={"*": 0.05}, traces_per_s=1_000_000)
    refs = [f"01M1WV6Y20{number:016X}" for number in range(4_000)]
    first = [tracer.begin("accept_dossier", ref, None) is not None for ref in refs]
    assert first == [tracer.begin("decide_step", ref, None) is not None for ref in refs]
    assert 0.03 < sum(first) / len(refs) < 0.07


def test_only_so_many_are_begun_in_a_second() -> None:
    """The limit has a name; whoever comes with a trace of their own is followed beyond it."""
    tracer = tracer_of(Kept(), traces_per_s=3)
    begun = [tracer.begin("accept_dossier", REF, None) for _ in range(10)]
    assert sum(one is not None for one in begun) in range(3, 7)  # a second may end meanwhile
    own = f"00-{TRACE}-{PARENT}-01"
    assert [tracer.begin("accept_dossier", REF, own) for _ in range(10)] == [own] * 10


@pytest.mark.parametrize(("flags", "followed"), [("01", True), ("03", True), ("00", False), ("02", False)])
def test_the_caller_decides_by_their_flag(flags: str, followed: bool) -> None:
    """W3C Trace Context: the bit `sampled`."""
    step = tracer_of(Kept(), shares={}).step(f"00-{TRACE}-{PARENT}-{flags}", "hear", "x", "routing", NOW)
    assert (step is not None) is followed


def test_a_request_that_is_followed_is_what_its_command_hangs_below() -> None:
    """The border's span is decided about when the dossier is known."""
    crossing = Crossing(TRACE, NO_PARENT, followed=False)
    token = CROSSING.set(crossing)
    context = tracer_of(Kept()).begin("accept_dossier", REF, None)
    CROSSING.reset(token)
    assert context == f"00-{TRACE}-{crossing.span}-01"
    assert (crossing.followed, crossing.dossier) == (True, REF)


def test_what_an_event_causes_hangs_below_its_being_said() -> None:
    """A step's spans: itself below its cause, its parts below it, what it says below the part that said it."""
    sink = Kept()
    tracer = tracer_of(sink)
    step = tracer.step(f"00-{TRACE}-{PARENT}-01", "hear", "lienthong.intake.DossierAccepted.v1", "routing", NOW)
    assert step is not None
    step.begins("command", "OpenChain")
    said = step.says("lienthong.routing.ChainOpened.v1", REF, 1, REF)
    step.ends("done")
    step.joined(1, f"chain-{REF}")
    assert sink.spans == []
    step.durable()
    tracer.close()
    named = {one.name: one for one in sink.spans}
    hear, command = named["hear intake.DossierAccepted.v1"], named["command OpenChain"]
    publish, append = named["publish routing.ChainOpened.v1"], named["append"]
    assert (hear.trace, hear.parent, hear.kind) == (TRACE, PARENT, "consumer")
    assert (command.parent, append.parent) == (hear.id, hear.id)
    assert (publish.parent, publish.kind) == (command.id, "producer")
    assert said == f"00-{TRACE}-{publish.id}-01"
    assert hear.attributes == {"business_time": NOW.isoformat(), "events": 1, "dossier": REF}
    assert all(one.start_ns <= one.end_ns and one.attributes["dossier"] == REF for one in sink.spans)


def test_what_was_refused_leaves_no_spans_of_what_it_would_have_said() -> None:
    """What did not happen is not told."""
    sink = Kept()
    tracer = tracer_of(sink)
    step = tracer.step(f"00-{TRACE}-{PARENT}-01", "timer", "PassWarning", "routing", NOW)
    assert step is not None
    step.begins("command", "PassWarning")
    mark = step.mark()
    step.says("lienthong.routing.ApologyAsked.v1", REF, 1, REF)
    step.back_to(mark)
    step.ends("too_late")
    step.came_to("too_late", f"chain-{REF}")
    tracer.close()
    assert {one.name for one in sink.spans} == {"timer PassWarning", "command PassWarning"}
    assert {one.attributes["outcome"] for one in sink.spans} == {"too_late"}
    assert {one.attributes["dossier"] for one in sink.spans} == {REF}


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (REF, True), (f"dossier-{REF}@3", True), ("H48.23317.01-260302-0001", True), ("/api/v1/dossiers/{ref}", True),
        ("officer:H48.23317.01:1", True), ("lienthong.intake.DossierAccepted.v1", True), ("", True),
        ("2026-09-07T02:50:00+00:00", True),
        ("Nguyễn", False), ("Nguyen Van A", False), ("0912345678", False), ("+84912345678", False),
        ("051185003187", False), ("an@example.vn", False), ("s1.pc2c2d7dcb6e57cee9da58bef.BAfLX3", False),
        ("tel:0912345678", False), ("x" * 121, False), ("a\nb", False),
    ],
)  # fmt: skip
def test_names_are_told_and_people_are_not(text: str, plain: bool) -> None:
    """Nothing of a person in traces and logs; references, codes and paths are no secret."""
    assert is_plain(text) is plain


def test_attributes_have_fixed_names() -> None:
    """An allow-list: whoever adds one thinks about it there."""
    told = kept(
        {"dossier": REF, "outcome": "Nguyễn Ánh", "name": "x", "events": 3, "subject": "", "http.route": "/x/{y}"}
    )
    assert told == {"dossier": REF, "events": 3, "http.route": "/x/{y}"}


def test_the_file_is_of_bounded_size_and_finds_a_dossier(tmp_path: Path) -> None:
    """One old file beside the present one; the newest spans of a dossier are found in both."""
    sink = FileSink(tmp_path / "telemetry", bytes_max=2_000)
    assert not sink.path.exists()
    for number in range(40):
        assert sink.send([span(f"{number:016x}", dossier=REF, events=number)])
    sink.send([span(dossier="01M1WV6Y20MM3BC7SX19XQPHDD")])
    sizes = [path.stat().st_size for path in (sink.path, sink.old)]
    assert all(0 < size <= 2_000 for size in sizes)
    found = sink.about(REF, 3)
    assert [one["attributes"]["events"] for one in found] == [37, 38, 39]
    assert found[0]["ms"] == 3.0
    assert found[0]["parent"] == ""


def test_what_cannot_be_sent_is_dropped_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    """The work that is followed does not fail because nobody can look at it."""
    outlet = Outlet(Broken())
    outlet.add(span())
    outlet.close()
    assert outlet.dropped == 1


def test_ending_does_not_wait_for_a_silent_collector(monkeypatch: pytest.MonkeyPatch) -> None:
    """After the first batch that does not arrive the rest is dropped; it is counted all the same."""
    monkeypatch.setattr(telemetry_outlet, "SPANS_AT_ONCE", 2)
    monkeypatch.setattr(telemetry_outlet, "SENT_EVERY_S", 3_600)
    tried: list[int] = []

    class Silent(Kept):
        def send(self, spans: Sequence[Span]) -> bool:
            tried.append(len(spans))
            return False

    outlet = Outlet(Silent())
    for _ in range(7):
        outlet.add(span())
    outlet.close()
    assert (tried, outlet.dropped) == ([2], 7)


def test_what_waits_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sink that hangs costs spans, not memory."""
    monkeypatch.setattr(telemetry_outlet, "SPANS_WAITING_MAX", 5)
    monkeypatch.setattr(telemetry_outlet, "SENT_EVERY_S", 3_600)
    sink = Kept()
    outlet = Outlet(sink)
    for _ in range(8):
        outlet.add(span())
    outlet.close()
    assert (len(sink.spans), outlet.dropped) == (5, 3)


@pytest.fixture
def collector() -> Iterator[tuple[str, list[ExportTraceServiceRequest]]]:
    """An HTTP server that takes OTLP, and what it was sent."""
    taken: list[ExportTraceServiceRequest] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.path == "/v1/traces"
            taken.append(ExportTraceServiceRequest.FromString(body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Stay quiet."""

    server = HTTPServer(("127.0.0.1", 0), Collector)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", taken
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_collector_is_sent_otlp(
    collector: tuple[str, list[ExportTraceServiceRequest]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OTLP over HTTP where OTEL_EXPORTER_OTLP_ENDPOINT names a collector; the file is not written then."""
    endpoint, taken = collector
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
    outlet = outlet_of(tmp_path)
    assert isinstance(outlet.sink, CollectorSink)
    outlet.add(span(dossier=REF))
    outlet.add(span("00f067aa0ba902b7", dossier=REF)._replace(parent=PARENT, kind="producer", service="intake"))
    outlet.close()
    assert outlet.dropped == 0
    assert list(tmp_path.iterdir()) == []
    by_service = {
        value.value.string_value: spans.spans[0]
        for request in taken
        for resource in request.resource_spans
        for value in resource.resource.attributes
        for spans in resource.scope_spans
        if value.key == "service.name"
    }
    root, child = by_service["lienthong-routing"], by_service["lienthong-intake"]
    assert (root.trace_id.hex(), root.span_id.hex(), root.parent_span_id) == (TRACE, PARENT, b"")
    assert (child.trace_id, child.parent_span_id) == (root.trace_id, root.span_id)
    assert [(one.key, one.value.string_value) for one in root.attributes] == [("dossier", REF)]
    assert (root.name, root.end_time_unix_nano - root.start_time_unix_nano) == ("command OpenChain", 3_000_000)


def test_without_a_collector_a_file_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The embedded form needs nothing else to look at its own work."""
    for name in telemetry_outlet.ENDPOINTS:
        monkeypatch.delenv(name, raising=False)
    outlet = outlet_of(tmp_path)
    outlet.add(span(dossier=REF))
    outlet.close()
    assert [path.name for path in tmp_path.iterdir()] == ["traces.jsonl"]
    assert HIDDEN not in (tmp_path / "traces.jsonl").read_text("utf-8")
