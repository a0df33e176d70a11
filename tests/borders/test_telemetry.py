"""A province is played with everything followed: the way of each dossier hangs together, and nobody stands in it.

Law: Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15 (nothing of a person is kept where it is not needed).
"""

import io
import json
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from chassis.backup import back_up
from chassis.clock import RehearsalClock
from chassis.logs import set_up
from chassis.settings import Settings
from chassis.telemetry_outlet import FileSink
from chassis.telemetry_words import ATTRIBUTES
from chassis.web.auth import SYSTEM, Principal
from kernel.calendar import VIETNAM
from players.by_wire import Wire
from players.crowd import Crowd
from players.mix import load_mix
from players.plan import Weeks, world_of
from services.__main__ import Platform, asgi, compose
from tests.borders.at_rest import Needles, in_clear
from tests.borders.test_at_rest_of_a_demo import known_by
from tests.harness import REGISTRY

START = datetime(2026, 9, 7, tzinfo=VIETNAM)
DAYS = 14.4
DOSSIERS = 40
SEED = 11
SPANS_MAX = 100_000
TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
ALL = Settings(trace_share="1", traces_per_s="1000000")
NONE = Settings(trace_share="0")
DOCS = Path(__file__).parents[2] / "docs" / "telemetry.md"


@dataclass(frozen=True, slots=True)
class Followed:
    """A platform on which everything was followed, what it logged, and whoever took part."""

    data: Path
    platform: Platform
    client: TestClient
    sink: FileSink
    logged: str
    texts: tuple[str, ...]

    def spans(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.sink.path.read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Followed]:
    data = tmp_path_factory.mktemp("followed")
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    lines = io.StringIO()
    set_up("debug", lines)
    platform = compose(data, rehearsal=True, settings=ALL, registry=REGISTRY)
    client = TestClient(asgi(platform))
    clock = platform.engine.clock
    assert isinstance(clock, RehearsalClock)
    clock.move_to(START)
    weeks = Weeks(START, START + timedelta(days=DAYS), cut=True)
    crowd = Crowd(world_of(REGISTRY, load_mix(), weeks), SEED, DOSSIERS)
    with Wire(platform, SEED) as wire:
        wire.play(crowd.schedule(), lambda instant, moves: None)
    platform.engine.run_until_idle()
    refuse_and_read(platform)
    root.handlers[:] = handlers
    root.setLevel(level)
    outlet = platform.engine.tracer.outlet
    assert outlet is not None
    outlet.flush()
    assert outlet.dropped == 0
    assert isinstance(outlet.sink, FileSink)
    yield Followed(data, platform, client, outlet.sink, lines.getvalue(), tuple(known_by(crowd)))
    platform.close()


def refuse_and_read(platform: Platform) -> None:
    """Do what a good province seldom does: a command that a rule refuses, and a reading at a counter."""
    intake = platform.borders["intake"]
    (first, *_), _ = intake.running.store.say(intake.running.source, 0, 1)
    content = json.loads(first.data)
    (done,) = intake.running.store.query("SELECT ref FROM dossiers WHERE status='handed_out' LIMIT 1")
    intake.give("withdraw_dossier", Principal("system:test", SYSTEM), {"ref": done["ref"]}, {}, "too late")
    platform.engine.run_until_idle()
    platform.vault.open(content["particulars"], "officer:1", f"postal visit {first.subject}", ("name",), first.time)


def test_a_dossier_is_followed_through_every_service(followed: Followed) -> None:
    """Submission, chain, fee, parcel and read models are one way, and each of its parts is told."""
    spans = followed.spans()
    assert {span["service"] for span in spans} == set(followed.platform.engine.running)
    kinds = {span["name"].partition(" ")[0] for span in spans}
    assert {"command", "append", "publish", "hear", "timer", "saga"} <= kinds
    ways = [followed.sink.about(ref, SPANS_MAX) for ref in {span["attributes"].get("dossier", "") for span in spans}]
    assert max(len({span["service"] for span in way}) for way in ways) >= 4


def test_whatever_was_caused_hangs_below_its_cause(followed: Followed) -> None:
    """No part is lost: what has a parent finds it, in the same trace, and did not begin before it."""
    spans = {span["span"]: span for span in followed.spans()}
    below = [span for span in spans.values() if span["parent"]]
    assert len(below) > len(spans) * 0.8
    for span in below:
        parent = spans[span["parent"]]
        assert parent["trace"] == span["trace"]
        assert parent["at"] <= span["at"]
    heard = [span for span in below if span["name"].startswith("hear ")]
    assert {spans[span["parent"]]["name"].partition(" ")[0] for span in heard} == {"publish"}
    assert all(spans[span["parent"]]["name"].removeprefix("publish ") == span["name"][5:] for span in heard)
    timers = [span for span in spans.values() if span["name"].startswith("timer ")]
    assert timers
    assert all(span["parent"] for span in timers)


def test_every_public_event_was_seen_being_said(followed: Followed) -> None:
    """As many `publish` as there are public events in the logs; what is stored leads back to them."""
    said = [span for span in followed.spans() if span["name"].startswith("publish ")]
    stored = [
        row["traceparent"]
        for running in followed.platform.engine.running.values()
        for row in running.store.query("SELECT traceparent FROM events WHERE said IS NOT NULL")
    ]
    with_trace = [traceparent for traceparent in stored if traceparent is not None]
    assert {traceparent.split("-")[2] for traceparent in with_trace} == {span["span"] for span in said}
    assert len(with_trace) == len(said)
    assert len(with_trace) > 0.9 * len(stored)


def test_nobody_stands_in_traces_or_lines(followed: Followed) -> None:
    """Everybody who took part is looked for in every way to write them; attributes have fixed names."""
    assert len(followed.texts) > 100
    assert in_clear(followed.sink.path.parent, *followed.texts) == []
    assert followed.logged
    assert Needles(followed.texts).found_in(followed.logged.encode()) == set()
    assert {name for span in followed.spans() for name in span["attributes"]} <= ATTRIBUTES
    assert not re.search(r"s1\.p[0-9a-f]{24}", followed.logged + followed.sink.path.read_text("utf-8"))


def test_a_backup_leaves_traces_out(followed: Followed, tmp_path: Path) -> None:
    """They are for those who run this server now; a copy would have to be looked after for ever."""
    now = followed.platform.engine.clock.now()
    manifest = back_up(followed.data, tmp_path / "copy", now, now, with_keys=False)
    assert manifest.files
    assert list((tmp_path / "copy").rglob("traces*")) == []


def test_what_is_planted_is_found(followed: Followed, tmp_path: Path) -> None:
    """A search that never finds may be blind."""
    (tmp_path / "traces.jsonl").write_text(json.dumps({"name": followed.texts[0]}), encoding="utf-8")
    assert in_clear(tmp_path, *followed.texts)


def test_the_callers_trace_goes_through_the_services(tmp_path: Path) -> None:
    """Whoever sends a sampled `traceparent` is followed, whatever the share; others are not."""
    platform = compose(tmp_path, rehearsal=True, settings=NONE, registry=REGISTRY)
    client = TestClient(asgi(platform))
    platform.engine.start()
    token = client.post("/api/v1/rehearsal/tokens", json={"role": "system", "id": "system:test"}).json()["token"]
    me = {"Authorization": f"Bearer {token}"}
    ref = "01M1WV6Y20MM3BC7SX19XQPHDC"
    answers = [
        client.post(
            f"/api/v1/dossiers/{ref}/withdrawal", headers={**me, "Idempotency-Key": f"k{number}", **more}, json={}
        )
        for number, more in enumerate(({"traceparent": TRACEPARENT}, {}))
    ]
    way = client.get(f"/api/v1/operations/traces/{ref}", headers=me).json()
    outlet = platform.engine.tracer.outlet
    assert outlet is not None
    assert isinstance(outlet.sink, FileSink)
    outlet.flush()
    spans = [json.loads(line) for line in outlet.sink.path.read_text("utf-8").splitlines()]
    platform.close()
    assert [answer.status_code for answer in answers] == [404, 404]
    (crossing,) = [span for span in spans if span["kind"] == "server"]
    assert crossing["trace"] == TRACEPARENT.split("-")[1]
    assert crossing["parent"] == TRACEPARENT.split("-")[2]
    assert crossing["name"] == "POST /api/v1/dossiers/{ref}/withdrawal"
    assert crossing["attributes"]["http.response.status_code"] == 404
    assert way["kept"] == "here"
    assert {span["trace"] for span in spans} == {crossing["trace"]}


def figures_of(followed: Followed) -> tuple[str, dict[str, float]]:
    """Return what /metrics shows: as it is, and by name and labels."""
    text = followed.client.get("/metrics").text
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return text, {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines}


APART = "Over Kafka each process shows besides"


def test_every_figure_is_explained_and_every_explanation_has_its_figure(followed: Followed) -> None:
    """docs/telemetry.md and /metrics name the same figures and labels; processes apart have a table of their own."""
    text, figures = figures_of(followed)
    shown = set(re.findall(r"^# TYPE (\w+) \w+$", text, re.MULTILINE))
    of_one_process, _, _ = DOCS.read_text("utf-8").partition(APART)
    table = dict(re.findall(r"^\| `(lienthong_\w+)` \|([^|]*)\|", of_one_process, re.MULTILINE))
    assert {name for name in shown if not name.endswith("_created")} == set(table)
    for name, labels in table.items():
        described = {label.strip() for label in labels.split(",") if label.strip()}
        found = [key for key in figures if re.match(rf"{name}(_bucket)?(\{{|$)", key)]
        assert found, name
        assert {label for key in found for label in re.findall(r"(\w+)=\"", key)} - {"le"} == described, name


def test_figures_tell_what_was_done(followed: Followed) -> None:
    """Commands by what they came to, refusals by code, readings by purpose: the same numbers as the stores have."""
    _, figures = figures_of(followed)
    running = followed.platform.engine.running
    intake = running["intake"].store
    (submitted,) = intake.query("SELECT count(*) AS number FROM events WHERE type='DossierSubmitted'")
    submitting = 'lienthong_commands_total{command="SubmitDossier",outcome="done",service="intake"}'
    assert figures[submitting] == submitted["number"]
    assert figures['lienthong_store_events{service="intake"}'] == intake.head()
    assert figures['lienthong_store_bytes{service="intake"}'] > 100_000
    assert figures['lienthong_flush_seconds_count{service="intake"}'] > 100
    assert figures["lienthong_spans_dropped"] == 0
    assert total(figures, "lienthong_parked{") == 0
    assert figures['lienthong_vault_openings_total{purpose="postal visit"}'] == 1
    assert total(figures, "lienthong_refusals_total{", "intake") > 0
    assert total(figures, "lienthong_commands_total{", '"done"') == sum(
        one.lane.counts.get("done", 0) for one in running.values()
    )


def total(figures: dict[str, float], *parts: str) -> float:
    """Return the sum of the figures whose name and labels have all of `parts`."""
    return sum(number for key, number in figures.items() if all(part in key for part in parts))


def test_no_label_is_a_dossiers_or_a_persons(followed: Followed) -> None:
    """Labels are bounded: a figure for each dossier would fill the memory of whoever collects them."""
    text, _ = figures_of(followed)
    values = set(re.findall(r'="([^"]*)"', text))
    assert len(values) < 400
    assert not [value for value in values if re.search(r"01[0-9A-Z]{24}|\d{8,}|s1\.p", value)]
    assert Needles(followed.texts).found_in(text.encode()) == set()
