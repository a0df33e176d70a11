"""What Kubernetes is told: manifests that fit its schemas, probes, budgets, ways that are closed, and no secret."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import kubernetes_validate
import pytest
import yaml

from services.topology import CLIENT_PORTS, POSTGRES_PORT, PROCESSES, Process
from tests.architecture.credentials import ASKS_FILES, ASKS_VAULT, kept
from tests.architecture.forms import OVERLAYS, container, of_kind, overlay
from tests.architecture.kustomize import Object

KUBERNETES: Final = "1.33"
OUTSIDE: Final = frozenset(ASKS_VAULT) & {process.name for process in PROCESSES}
"""They ask the issuer of tokens for its keys, payments the gateway too."""


@pytest.mark.parametrize("name", OVERLAYS)
def test_manifests_fit_the_schemas_of_kubernetes(project: Path, name: str) -> None:
    """Every object, with no field that Kubernetes does not know."""
    objects = overlay(name, project)
    assert len(objects) > 40
    for one in objects:
        kubernetes_validate.validate(one, KUBERNETES, strict=True)
    wrong = next(one for one in objects if one["kind"] == "Deployment")
    container(wrong)["livenesProbe"] = {}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, KUBERNETES, strict=True)


@pytest.mark.parametrize("name", OVERLAYS)
def test_overlays_are_built_as_kustomize_builds_them(project: Path, name: str) -> None:
    """Where kubectl is there, its own answer is the same as the reader's."""
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.skip("kubectl is not on this machine")
    folder = project / "deploy" / "kubernetes" / "overlays" / name
    printed = subprocess.run([kubectl, "kustomize", str(folder)], capture_output=True, text=True, check=True).stdout
    assert _sorted(yaml.safe_load_all(printed)) == _sorted(overlay(name, project))


def _sorted(objects: Iterator[Object] | list[Object]) -> list[Object]:
    """Return objects by kind and name, lists of named things by their names: order means nothing there."""
    found = []
    for one in objects:
        if "template" in one.get("spec", {}):
            pod = one["spec"]["template"]["spec"]
            pod["volumes"].sort(key=lambda volume: volume["name"])
            container(one)["env"].sort(key=lambda variable: variable["name"])
            container(one)["volumeMounts"].sort(key=lambda mount: mount["mountPath"])
        found.append(one)
    return sorted(found, key=lambda one: (one["kind"], one["metadata"]["name"]))


@pytest.mark.parametrize("name", OVERLAYS)
def test_every_process_is_probed_guarded_and_ends_gracefully(project: Path, name: str) -> None:
    """What Kubernetes needs in order to replace one pod after the other without a gap."""
    objects = overlay(name, project)
    budgets, services = of_kind(objects, "PodDisruptionBudget"), of_kind(objects, "Service")
    for process in PROCESSES:
        one = of_kind(objects, "Deployment", "StatefulSet")[process.name]
        pod, only = one["spec"]["template"]["spec"], container(one)
        for probe in ("startup", "liveness", "readiness"):
            asked = only[f"{probe}Probe"]["httpGet"]
            path = {"startup": "/startupz", "liveness": "/livez", "readiness": "/readyz"}[probe]
            assert (asked["path"], asked["port"]) == (path, "http")
            assert asked.get("scheme", "HTTP") == ("HTTPS" if process.name in ("vault", "files") else "HTTP")
        assert only["ports"] == [{"name": "http", "containerPort": process.port}]
        assert services[process.name]["spec"]["ports"] == [{"name": "http", "port": process.port, "targetPort": "http"}]
        assert pod["terminationGracePeriodSeconds"] > only["lifecycle"]["preStop"]["sleep"]["seconds"] + 30
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert only["securityContext"]["readOnlyRootFilesystem"] is True
        assert only["resources"]["limits"]["memory"] == ("1Gi" if name == "province" else "768Mi")
        matched = budgets[process.name]["spec"]["selector"]["matchLabels"]
        assert matched.items() <= one["spec"]["template"]["metadata"]["labels"].items()
        wanted = 2 if name == "province" and process.scales else 1
        assert one["spec"].get("replicas", 1) == wanted


def test_a_pod_reaches_what_it_needs_and_nothing_else(project: Path) -> None:
    """Everything is closed; labels open Kafka to those with a principal, PostgreSQL to those with a database."""
    objects = overlay("rehearsal", project)
    policies = {name: one["spec"] for name, one in of_kind(objects, "NetworkPolicy").items()}
    assert policies["everything-is-closed"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    for process in PROCESSES:
        labels = of_kind(objects, "Deployment", "StatefulSet")[process.name]["spec"]["template"]["metadata"]["labels"]
        assert {label for label in labels if label.startswith("reaches-")} == _ways_of(process)
    ports = {
        "reaches-kafka": set(CLIENT_PORTS), "reaches-postgres": {POSTGRES_PORT},
        "reaches-vault": {8111}, "reaches-files": {8112},
        "reaches-services": {one.port for one in PROCESSES if one.name in ASKS_FILES or one.name == "live"},
        "reaches-outside": {443},
    }  # fmt: skip
    for name, wanted in ports.items():
        (way,) = policies[name]["egress"]
        assert {port["port"] for port in way["ports"]} == wanted
        assert policies[name]["podSelector"] == {"matchLabels": {name: "yes"}}


def _ways_of(process: Process) -> set[str]:
    needs = {
        "kafka": process.principal, "postgres": process.database, "vault": process.name in ASKS_VAULT,
        "files": process.name in ASKS_FILES, "services": process.name == "front", "outside": process.name in OUTSIDE,
    }  # fmt: skip
    return {f"reaches-{name}" for name, needed in needs.items() if needed}


def test_secrets_reach_the_pods_that_mount_them(project: Path, tmp_path: Path) -> None:
    """`secrets.sh` puts every file that a pod reads into a Secret that it mounts; no value is in a command line."""
    kubectl = tmp_path / "kubectl"
    kubectl.write_text(
        '#!/bin/sh\ncase "$*" in *apply*) cat >/dev/null ;; *) printf "%s\\n" "$*" >>"$ASKED" ;; esac\n', "utf-8"
    )
    kubectl.chmod(0o755)
    asked = tmp_path / "asked"
    run = [str(project / "deploy/kubernetes/secrets.sh"), "DIR", "lienthong"]
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "ASKED": str(asked)}
    subprocess.run(run, env=environment, check=True, capture_output=True)
    made: dict[str, dict[str, str]] = {}
    for line in asked.read_text("utf-8").splitlines():
        words = line.split()
        assert words[:5] == ["-n", "lienthong", "create", "secret", "generic"]
        files = [word.removeprefix("--from-file=").split("=") for word in words if word.startswith("--from-file=")]
        made[words[5]] = {key: Path(path).name for key, path in files}
    assert {file for files in made.values() for file in files.values()} <= kept(project)
    for one in of_kind(overlay("rehearsal", project), "Deployment", "StatefulSet", "Job").values():
        mounted: dict[str, str] = {}
        for volume in one["spec"]["template"]["spec"]["volumes"]:
            for source in volume.get("projected", {}).get("sources", ()):
                mounted |= made[source["secret"]["name"]]
        for variable in container(one)["env"]:
            value = str(variable.get("value", ""))
            if value.startswith("/run/secrets/"):
                assert value.removeprefix("/run/secrets/") in mounted, f"{one['metadata']['name']} reads {value}"
