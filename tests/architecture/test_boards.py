"""Alarms and boards ask for figures that the product has, in words that Prometheus and Grafana read."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any, Final

import promql_parser
import pytest
import yaml

from services.topology import PROCESSES
from tests.architecture.forms import compose_file

FIGURE: Final = re.compile(r"\blienthong_[a-z_]+")
SERIES: Final = ("_total", "_bucket", "_count", "_sum")
OF_PROMETHEUS: Final = frozenset({"job", "instance", "le"})
"""Labels that it adds itself."""

SEVERITIES: Final = frozenset({"critical", "warning", "info"})
ASKED_FOR: Final = frozenset(
    {
        "lienthong_reader_lag", "lienthong_relay_oldest_seconds", "lienthong_parked", "lienthong_http_seconds",
        "lienthong_timers_due",
    }
)  # fmt: skip
"""Lag, oldest unsaid event, parked, command p99 and deadlines due are on the board, whatever else is."""


@pytest.fixture(scope="module")
def telemetry(project: Path) -> Path:
    return project / "deploy" / "telemetry"


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text("utf-8"))


def rules(telemetry: Path) -> list[dict[str, Any]]:
    return [rule for group in read(telemetry / "alerts.yml")["groups"] for rule in group["rules"]]


def boards(telemetry: Path) -> dict[str, Any]:
    return {path.name: json.loads(path.read_text("utf-8")) for path in sorted(telemetry.glob("grafana/dashboards/*"))}


def asked(telemetry: Path) -> Iterator[tuple[str, str]]:
    """Yield where it stands and what it says, for every question to Prometheus."""
    for rule in rules(telemetry):
        yield rule["alert"], rule["expr"]
    for name, board in boards(telemetry).items():
        for panel in board["panels"]:
            for target in panel["targets"]:
                yield f"{name}: {panel['title']}", target["expr"].replace("$service", "intake")


def shown(project: Path) -> frozenset[str]:
    """Return every figure that the product's code names."""
    texts = [path.read_text("utf-8") for room in ("chassis", "services") for path in (project / room).rglob("*.py")]
    found = {name for text in texts for name in re.findall(r"\"(lienthong_[a-z_]+)\"", text)}
    if any('f"lienthong_{name}_seconds"' in text for text in texts):  # chassis/inner_server.py, one for each server
        found |= {"lienthong_vault_seconds", "lienthong_files_seconds"}
    return frozenset(found)


def figures_of(expression: str) -> set[str]:
    """Return the figures that an expression asks for, as the code names them."""
    found = set(FIGURE.findall(expression))
    for ending in SERIES:
        found = {name.removesuffix(ending) for name in found}
    return found


def test_every_question_is_promql(telemetry: Path) -> None:
    """Parsed, and its types checked, by a parser that is not ours."""
    for where, expression in asked(telemetry):
        try:
            promql_parser.parse(expression)
        except ValueError as error:
            pytest.fail(f"{where}: {error}")
    with pytest.raises(ValueError, match="expected type"):
        promql_parser.parse("rate(lienthong_parked)")


def test_every_figure_is_the_products(project: Path, telemetry: Path) -> None:
    """An alarm on a figure that nobody shows never goes off."""
    named = {figure for _, expression in asked(telemetry) for figure in figures_of(expression)}
    assert named - shown(project) == set()
    on_board = {
        f
        for panel in boards(telemetry)["operation.json"]["panels"]
        for t in panel["targets"]
        for f in figures_of(t["expr"])
    }
    assert on_board >= ASKED_FOR


def test_alarms_go_off_when_they_should(telemetry: Path) -> None:
    """Where Debian's package `prometheus` is installed, its own tool plays the rules on made-up figures."""
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not on this machine")
    command = [promtool, "test", "rules", str(telemetry / "alerts.test.yml")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_label_is_the_figures_own(project: Path, telemetry: Path) -> None:
    """As `docs/telemetry.md` has it; a sum over a label that is not there is a sum over everything."""
    page = (project / "docs" / "telemetry.md").read_text("utf-8")
    rows = re.findall(r"^\| `(lienthong_\w+)` \|([^|]*)\|", page, re.MULTILINE)
    has = {figures_of(name).pop(): set(re.findall(r"\w+", re.sub(r"\(.*?\)", "", labels))) for name, labels in rows}
    for where, expression in asked(telemetry):
        used = {label for group in re.findall(r"by \(([^)]*)\)", expression) for label in re.findall(r"\w+", group)}
        used |= set(re.findall(r"[{,](\w+)=~?\"", expression))
        known = {label for figure in figures_of(expression) for label in has[figure]} | OF_PROMETHEUS
        assert used <= known, f"{where} asks for {used - known}"


def test_every_alarm_says_what_to_do(project: Path, telemetry: Path) -> None:
    """Whoever is woken reads the summary in their language and finds the page under the alarm's name."""
    page = (project / "docs" / "operations.md").read_text("utf-8")
    headings = re.findall(r"^### (\w+)$", page, re.MULTILINE)
    names = [rule["alert"] for rule in rules(telemetry)]
    assert len(names) == len(set(names))
    assert headings == names
    for rule in rules(telemetry):
        assert rule["labels"]["severity"] in SEVERITIES
        assert rule["annotations"]["runbook"] == f"docs/operations.md#{rule['alert'].lower()}"
        assert " · " in rule["annotations"]["summary"]
        assert re.fullmatch(r"\d+[smhd]", rule["for"])


def test_prometheus_asks_every_process(telemetry: Path) -> None:
    """By its name and at its port; over TLS where the process speaks nothing else."""
    jobs = {job["job_name"]: job for job in read(telemetry / "prometheus.yml")["scrape_configs"]}
    assert set(jobs) == {process.name for process in PROCESSES}
    for process in PROCESSES:
        job = jobs[process.name]
        assert job["static_configs"] == [{"targets": [f"{process.name}:{process.port}"]}]
        assert job.get("scheme", "http") == ("https" if process.name in ("vault", "files") else "http")


def test_boards_are_provisioned_and_laid_out(telemetry: Path) -> None:
    """Grafana finds them where compose puts them; no panel covers another, and each has its title in both languages."""
    (source,) = read(telemetry / "grafana/provisioning/datasources/prometheus.yaml")["datasources"]
    (provider,) = read(telemetry / "grafana/provisioning/dashboards/lienthong.yaml")["providers"]
    assert len({board["uid"] for board in boards(telemetry).values()}) == len(boards(telemetry)) == 2
    for board in boards(telemetry).values():
        ids = [panel["id"] for panel in board["panels"]]
        assert len(ids) == len(set(ids))
        for panel in board["panels"]:
            assert panel["datasource"]["uid"] == source["uid"]
            assert " · " in panel["title"]
            assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24
        for one, other in combinations([panel["gridPos"] for panel in board["panels"]], 2):
            assert not overlap(one, other)
    grafana = compose_file(telemetry.parent.parent)["services"]["grafana"]
    assert any(volume.split(":")[1] == provider["options"]["path"] for volume in grafana["volumes"] if "/" in volume)


def overlap(one: dict[str, int], other: dict[str, int]) -> bool:
    across = one["x"] < other["x"] + other["w"] and other["x"] < one["x"] + one["w"]
    down = one["y"] < other["y"] + other["h"] and other["y"] < one["y"] + one["h"]
    return across and down


def test_the_collector_takes_what_the_processes_send(project: Path, telemetry: Path) -> None:
    """Its pipelines name parts that it has, and it listens where the processes are told that it does."""
    collector = read(telemetry / "otel-collector.yaml")
    (pipeline,) = collector["service"]["pipelines"].values()
    for part in ("receivers", "processors", "exporters"):
        assert set(pipeline[part]) == set(collector[part])
    endpoint = collector["receivers"]["otlp"]["protocols"]["http"]["endpoint"]
    told = compose_file(project)["x-everybody"]["OTEL_EXPORTER_OTLP_ENDPOINT"]
    assert told == "http://otel-collector:" + endpoint.rpartition(":")[2]
    for config in compose_file(project)["configs"].values():
        assert (project / config["file"]).is_file()


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        ({"x": 0, "y": 0, "w": 12, "h": 8}, {"x": 12, "y": 0, "w": 12, "h": 8}, False),
        ({"x": 0, "y": 0, "w": 12, "h": 8}, {"x": 0, "y": 8, "w": 12, "h": 8}, False),
        ({"x": 0, "y": 0, "w": 13, "h": 8}, {"x": 12, "y": 0, "w": 12, "h": 8}, True),
        ({"x": 0, "y": 0, "w": 12, "h": 9}, {"x": 0, "y": 8, "w": 12, "h": 8}, True),
    ],
)
def test_covered_panels_are_found(one: dict[str, int], other: dict[str, int], found: bool) -> None:
    """A guard that never barked may be asleep."""
    assert overlap(one, other) is found
