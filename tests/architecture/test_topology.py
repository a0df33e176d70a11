"""Compose file, manifests and supervisord describe one topology: that of `services/topology.py`."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

import jsonschema
import pytest
import yaml

from services.topology import PROCESSES
from tests.architecture.credentials import kept
from tests.architecture.forms import FORMS, OVERLAYS, compose_file
from tests.architecture.operator_findings import FINDERS as OF_OPERATORS
from tests.architecture.topology_findings import FINDERS as OF_THE_TABLE
from tests.contracts.test_validators import VALIDATORS

COMPARED: Final = ("docker-compose.yml", "pyproject.toml", "deploy")
FINDERS: Final = (*OF_THE_TABLE, *OF_OPERATORS)


@pytest.mark.parametrize("findings", FINDERS, ids=lambda one: one.__name__)
def test_every_form_describes_one_topology(project: Path, findings: Any) -> None:
    """Whoever starts it in containers, in Kubernetes or by hand starts the same thing."""
    assert list(findings(project)) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "old", "new", "found_by"),
    [
        ("docker-compose.yml", 'LIENTHONG_PORT: "8101"', 'LIENTHONG_PORT: "8102"', "processes"),
        ("docker-compose.yml", "dbname=routing user=routing", "dbname=routing user=intake", "processes"),
        ("docker-compose.yml", "LIENTHONG_KAFKA_USER: postal", "LIENTHONG_KAFKA_USER: admin", "processes"),
        ("docker-compose.yml", "https://vault:8111", "https://files:8111", "processes"),
        ("docker-compose.yml", '"services.front"', '"services"', "processes"),
        ("docker-compose.yml", "LIENTHONG_HOST: 0.0.0.0", "LIENTHONG_HOST: 127.0.0.1", "processes"),
        ("docker-compose.yml", "  postal:\n", "  post:\n", "processes"),
        ("docker-compose.yml", "kafka-3:20093\n  LIENTHONG", "kafka-3:20094\n  LIENTHONG", "processes"),
        ("docker-compose.yml", 'MIN_INSYNC_REPLICAS: "2"', 'MIN_INSYNC_REPLICAS: "1"', "brokers"),
        ("docker-compose.yml", "AUTO_CREATE_TOPICS_ENABLE", "AUTO_CREATE_TOPIC_ENABLE", "brokers"),
        ("docker-compose.yml", "CLIENT://kafka-2:20092", "CLIENT://kafka-2:20192", "brokers"),
        ("docker-compose.yml", "2@kafka-2:20192", "2@kafka-2:20193", "same_servers"),
        ("docker-compose.yml", "-cmax_connections=200", "-cmax_connections=100", "same_servers"),
        ("docker-compose.yml", "-cwal_recycle=off", "-cwal_recycle=on", "same_servers"),
        ("docker-compose.yml", "apache/kafka:4.3.1", "apache/kafka:4.3.0", "versions"),
        ("docker-compose.yml", "lienthong:0.1.0", "lienthong:latest", "versions"),
        ("docker-compose.yml", "secrets/vault.key", "secrets/master.key", "secrets"),
        ("docker-compose.yml", "LIENTHONG_VAULT_TOKEN_FILE:", "LIENTHONG_VAULT_TOKEN:", "secrets"),
        ("deploy/kubernetes/base/payments.yaml", "value: payments}", "value: postal}", "processes"),
        ("deploy/kubernetes/base/reporting.yaml", "dbname=reporting", "dbname=routing", "processes"),
        ("deploy/kubernetes/base/front.yaml", "value: http://live:8106", "value: http://live:8105", "processes"),
        ("deploy/kubernetes/base/servers.yaml", "intake-0.intake:8101", "intake-0.intake:8102", "processes"),
        ("deploy/kubernetes/base/servers.yaml", "intake-0.intake:8101", "intake-1.intake:8101", "instances"),
        ("deploy/kubernetes/base/servers.yaml", "intake-0.intake:8101", "intake:8101", "instances"),
        ("deploy/kubernetes/overlays/province/kustomization.yaml", "intake, count: 2", "intake, count: 3", "instances"),
        ("deploy/kubernetes/overlays/province/kustomization.yaml", "postal, count: 2", "postal, count: 1", "instances"),
        ("deploy/kubernetes/overlays/province/servers.yaml", ",http://routing-1.routing:8102", "", "instances"),
        ("deploy/kubernetes/overlays/province/servers.yaml", "payments-1.", "payments-0.", "instances"),
        ("deploy/kubernetes/base/payments.yaml", "kind: StatefulSet", "kind: Deployment", "instances"),
        ("deploy/kubernetes/base/postal.yaml", "clusterIP: None", "clusterIP: 10.0.0.1", "instances"),
        ("deploy/kubernetes/base/intake.yaml", "publishNotReadyAddresses: true", "type: ClusterIP", "instances"),
        ("deploy/kubernetes/base/routing.yaml", "serviceName: routing", "serviceName: postal", "instances"),
        ("deploy/kubernetes/base/reporting.yaml", "Policy: Parallel", "Policy: OrderedReady", "instances"),
        ("deploy/kubernetes/base/every-process.yaml", ": metadata.name}", ": spec.nodeName}", "instances"),
        ("deploy/kubernetes/overlays/province/servers.yaml", "192.0.2.32/28", '"*"', "callers"),
        ("deploy/kubernetes/overlays/province/servers.yaml", "  FORWARDED_ALLOW_IPS: 192.0.2.32/28\n", "", "callers"),
        ("deploy/kubernetes/base/every-process.yaml", "LIENTHONG_HOST", "FORWARDED_ALLOW_IPS", "callers"),
        ("deploy/kubernetes/base/every-process.yaml", "name: settings, optional: true", "name: settings", "additions"),
        ("deploy/kubernetes/base/payments.yaml", "secretName: payments-", "secretName: front-", "additions"),
        ("deploy/kubernetes/base/front.yaml", "{name: front-", "{name: payments-", "additions"),
        ("docker-compose.yml", "settings.env\", required: false}\n", "settings.env\", required: true}\n", "additions"),
        ("docker-compose.yml", "payments-settings:/run", "front-settings:/run", "additions"),
        ("docker-compose.yml", "streams\"]\n    env_file: [*settings]", "streams\"]", "additions"),
        ("docker-compose.yml", "LIENTHONG_REHEARSAL:", "LIENTHONG_REHERSAL:", "settings"),
        ("deploy/native/supervisord.conf", "LIENTHONG_INSTANCE=", "LIENTHONG_INSTANC=", "settings"),
        ("deploy/kubernetes/base/kustomization.yaml", "  - live.yaml\n", "", "processes"),
        ("deploy/kubernetes/base/every-process.yaml", "value: 0.0.0.0", "value: 127.0.0.1", "processes"),
        ("deploy/kubernetes/overlays/province/servers.yaml", "port=25432", "port=5432", "processes"),
        ("deploy/kubernetes/servers/kafka.yaml", "6000", "9000", "brokers"),
        ("deploy/kubernetes/servers/kafka.yaml", "umask 077", "umask 022", "same_servers"),
        ("deploy/kubernetes/servers/postgres.yaml", "sameuser  all ", "all       all ", "same_servers"),
        ("deploy/kubernetes/servers/postgres.yaml", "postgres:15-bookworm", "postgres:16-bookworm", "versions"),
        ("deploy/kubernetes/base/every-process.yaml", "lienthong:0.1.0", "lienthong:0.0.9", "versions"),
        ("deploy/kubernetes/base/init.yaml", "kafka apply", "kafka diff", "processes"),
        ("deploy/native/supervisord.conf", 'KAFKA_USER="routing"', 'KAFKA_USER="intake"', "processes"),
        ("deploy/native/supervisord.conf", "-m services.postal", "-m services.post", "processes"),
        ("deploy/native/cluster.env", "LIENTHONG_LIVE_PORT:=8106", "LIENTHONG_LIVE_PORT:=8107", "processes"),
        ("deploy/native/cluster.env", "LIENTHONG_POSTGRES_PORT:=25432", "LIENTHONG_POSTGRES_PORT:=5432", "processes"),
        ("deploy/native/kafka.sh", "unclean.leader.election.enable=false", "x=y", "brokers"),
        ("deploy/native/postgres.sh", "jit = off", "jit = on", "same_servers"),
        ("deploy/native/pom.xml", "<version>4.3.1</version>", "<version>4.3.0</version>", "versions"),
    ],
)  # fmt: skip
def test_each_difference_is_found(project: Path, tmp_path: Path, path: str, old: str, new: str, found_by: str) -> None:
    """A comparison that never found anything may compare nothing."""
    for name in COMPARED:
        there = project / name
        if there.is_dir():
            shutil.copytree(there, tmp_path / name, ignore=shutil.ignore_patterns("node_modules"))
        else:
            shutil.copy(there, tmp_path / name)
    text = (tmp_path / path).read_text("utf-8")
    assert old in text
    (tmp_path / path).write_text(text.replace(old, new), "utf-8")
    (finder,) = [one for one in FINDERS if one.__name__ == found_by]
    assert list(finder(tmp_path)) != []


# --- Compose ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def compose_schema() -> Any:
    """The schema of the Compose Specification, as a checker of compose files that is not ours brings it."""
    there = VALIDATORS / "node_modules" / "dclint" / "schemas" / "compose.schema.json"
    npm = shutil.which("npm")
    assert npm is not None, "the schema of compose files comes with a package of npm: install node and npm"
    lock, stamp = VALIDATORS / "package-lock.json", VALIDATORS / "node_modules" / ".package-lock.json"
    if not there.exists() or stamp.stat().st_mtime < lock.stat().st_mtime:
        done = subprocess.run([npm, "ci", "--no-progress"], cwd=VALIDATORS, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    return json.loads(there.read_text("utf-8"))


@pytest.mark.slow
def test_the_compose_file_fits_its_schema(project: Path, compose_schema: Any) -> None:
    """Compose itself refuses what does not; so does the schema here."""
    judge = jsonschema.Draft7Validator(compose_schema)
    read = yaml.safe_load((project / "docker-compose.yml").read_text("utf-8"))
    assert [error.message for error in judge.iter_errors(read)] == []
    read["services"]["front"]["healthchek"] = {}
    assert [error.message for error in judge.iter_errors(read)] != []


def test_containers_wait_for_each_other_and_end_gracefully(project: Path) -> None:
    """Whoever depends on another waits until it works; whoever is stopped has time to finish."""
    services = compose_file(project)["services"]
    image = (project / "deploy/image/Dockerfile").read_text("utf-8")
    assert "HEALTHCHECK" in image
    for process in PROCESSES:
        one = services[process.name]
        assert one["stop_grace_period"] == "30s"
        assert one["image"].startswith("lienthong:")  # its health check is the image's
        assert one["read_only"] is True
    for name, one in services.items():
        for other, how in dict(one.get("depends_on", {}) if isinstance(one.get("depends_on"), dict) else {}).items():
            assert how["condition"] == ("service_completed_successfully" if other == "init" else "service_healthy"), (
                f"{name} does not wait for {other}"
            )
            assert (
                other == "init" or "healthcheck" in services[other] or services[other]["image"].startswith("lienthong")
            )
    published = {name: one["ports"] for name, one in services.items() if "ports" in one}
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)
    assert published.keys() & {process.name for process in PROCESSES} == {"front"}


def test_the_image_holds_what_the_processes_run(project: Path, tmp_path: Path) -> None:
    """What the Dockerfile copies is enough for the command line and every service, and nothing ignored is copied."""
    lines = (project / "deploy/image/Dockerfile").read_text("utf-8").splitlines()
    copied = [line.split()[1:-1] for line in lines if line.startswith("COPY ") and "--from" not in line]
    kept_in = (project / ".dockerignore").read_text("utf-8").splitlines()
    for path in (path for paths in copied for path in paths):
        assert f"!{path}" in kept_in
        if path == "requirements.txt":
            continue
        if (project / path).is_dir():
            shutil.copytree(project / path, tmp_path / path, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(project / path, tmp_path / path)
    modules = ["cli.__main__", *(_started(tmp_path, process.module) for process in PROCESSES)]
    check = (
        "import sys; sys.path[:0] = [sys.argv[1]]; import importlib; [importlib.import_module(n) for n in sys.argv[2:]]"
    )
    done = subprocess.run(
        [str(project / ".venv/bin/python"), "-P", "-c", check, str(tmp_path), *modules],
        cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    made = [str(project / ".venv/bin/python"), "-P", "deploy/native/credentials.py", "cluster", "--host", "kafka-1"]
    told = {"PATH": "/usr/bin:/bin", "PYTHONPATH": f"{tmp_path}:{tmp_path}/deploy/native"}
    subprocess.run(made, cwd=tmp_path, env=told, check=True, capture_output=True)
    assert {path.name for path in (tmp_path / "cluster").rglob("*") if path.is_file()} == kept(project)
    assert any("--require-hashes -r requirements.txt" in line for line in lines)
    assert "USER 10001:0" in lines


def _started(image: Path, module: str) -> str:
    """Return what `python -m` runs of a module or a package."""
    there = image / module.replace(".", "/")
    return f"{module}.__main__" if there.is_dir() else module


def test_forms_are_the_ones_that_are_told_of(project: Path) -> None:
    """A further overlay is compared as well, or this says that it is not."""
    there = {path.name for path in (project / "deploy/kubernetes/overlays").iterdir()}
    assert there == set(OVERLAYS)
    assert set(FORMS) == {"compose", "native", *OVERLAYS}
