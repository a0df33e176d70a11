"""Reads the forms in which the topology is written down (compose, manifests, supervisord) into one shape.

Hosts, folders and ways of naming differ from form to form, and only those: an address is told by its port, a file by
its name, a database's connection by its words. What is left must be the same everywhere.
"""

import os
import re
import shlex
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch as for_a_while

import yaml
from supervisor.options import ServerOptions

from chassis.web.door_instances import Instances
from services.topology import (
    CLIENT_PORTS,
    CONTROLLER_PORTS,
    INTERNAL_PORTS,
    POSTGRES_PORT,
    PROCESSES,
)
from tests.architecture.kustomize import LOADER, Object, built

OVERLAYS: Final = ("rehearsal", "province")
FORMS: Final = ("compose", *OVERLAYS, "native")
COMMON: Final = frozenset(
    {
        "LIENTHONG_HOST", "LIENTHONG_INSTANCE", "LIENTHONG_PUBLIC_URL", "LIENTHONG_REHEARSAL",
        "OTEL_EXPORTER_OTLP_ENDPOINT",
    }
)  # fmt: skip
"""What every process is told in the same way, or not at all; the rest is its own."""

PLACE_S_OWN: Final = frozenset({"FORWARDED_ALLOW_IPS"})
"""What only the place decides: who stands before the front. `operator_findings.callers` looks at it."""

AT: Final[Mapping[int, str]] = {
    **{process.port: process.name for process in PROCESSES},
    **{port: f"kafka-{node}" for ports in (CLIENT_PORTS, INTERNAL_PORTS, CONTROLLER_PORTS)
       for node, port in enumerate(ports, 1)},
    POSTGRES_PORT: "postgres",
}  # fmt: skip
"""Port → who answers there."""

ADDRESS: Final = re.compile(r"(?P<host>[A-Za-z0-9.-]*):(?P<port>\d{4,5})")
HERE: Final = ("", "127.0.0.1", "0.0.0.0")
PLACES: Final = ("/run/secrets/", "{cluster}/secrets/", "{cluster}/tls/")


@dataclass(frozen=True, slots=True)
class Told:
    """What one process is started with."""

    command: tuple[str, ...]
    environment: Mapping[str, str]


def told(form: str, project: Path) -> dict[str, Told]:
    """Return every process of a form, and `init`, by name; each as it is told, whatever the form."""
    readers: Mapping[str, Callable[[Path], dict[str, Told]]] = {"compose": _compose, "native": _native}
    if form in readers:
        return readers[form](project)
    return _manifests(overlay(form, project))


def own(environment: Mapping[str, str]) -> dict[str, Any]:
    """Return what is a process's own of its environment, hosts and folders taken out."""
    left_out = COMMON | PLACE_S_OWN
    return {name: plain(name, value) for name, value in environment.items() if name not in left_out}


def plain(name: str, value: str) -> Any:
    """Return a value with its addresses told by their ports and its files by their names."""
    if name == "LIENTHONG_DATABASE":
        words = dict(word.split("=", 1) for word in value.split())
        there = f"{words.pop('host')}:{words.pop('port')}"
        words["at"] = ADDRESS.sub(_named, there)
        words.pop("target_session_attrs", None)  # a province's PostgreSQL has copies, a rehearsal's has none
        return {word: filed(said) for word, said in words.items()}
    if name == "LIENTHONG_SERVICES":
        return {service: {ADDRESS.sub(_named, url) for url in urls} for service, urls in instances_in(value).items()}
    return ADDRESS.sub(_named, filed(value))


def instances_in(value: str) -> dict[str, list[str]]:
    """Return the addresses of each service's instances in LIENTHONG_SERVICES, as the front reads it."""
    told = Instances(value, "").by_service
    return {service: [one.url for one in several] for service, several in told.items()}


def _named(address: re.Match[str]) -> str:
    """Name who answers at an address, where the host is theirs, a pod of theirs or this machine; else leave it."""
    name = AT.get(int(address["port"]), "")
    host = address["host"]
    pod, _, of = host.partition(".")
    is_pod = of == name and re.fullmatch(rf"{name}-\d+", pod)
    return name if name and (pod == name or is_pod or host in HERE) else address[0]


def filed(value: str) -> str:
    """Return the file's name alone where a value is the path of a secret, `secrets` where it is their folder."""
    for place in PLACES:
        if value.startswith(place):
            return value.removeprefix(place)
    return "secrets" if value in ("/run/secrets", "{cluster}/secrets") else value


# --- Compose ---------------------------------------------------------------------------------------------------------


def compose_file(project: Path) -> Object:
    """Return docker-compose.yml, each variable at its default."""
    text = (project / "docker-compose.yml").read_text("utf-8")
    read: Object = yaml.load(re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text), LOADER)
    return read


def _compose(project: Path) -> dict[str, Told]:
    ours = {
        name: one for name, one in compose_file(project)["services"].items() if "environment" in one and "build" in one
    }
    found = {}
    for name, one in ours.items():
        given = {part["target"]: part["source"] for part in one["secrets"] if isinstance(part, dict)}
        environment = {key: _renamed(str(value), given) for key, value in one["environment"].items()}
        found[name] = Told(tuple(one["command"]), environment)
    return found


def _renamed(value: str, given: Mapping[str, str]) -> str:
    """Return the path of a secret under the name that it has outside of the container."""
    folder, slash, name = value.rpartition("/")
    return folder + slash + given.get(name, name)


# --- Manifests -------------------------------------------------------------------------------------------------------


def overlay(name: str, project: Path) -> list[Object]:
    return built(project / "deploy" / "kubernetes" / "overlays" / name)


def of_kind(objects: list[Object], *kinds: str) -> dict[str, Object]:
    """Return the objects of some kinds by their names."""
    return {one["metadata"]["name"]: one for one in objects if one["kind"] in kinds}


def container(one: Object) -> Object:
    """Return the one container of a Deployment, StatefulSet or Job."""
    (only,) = one["spec"]["template"]["spec"]["containers"]
    found: Object = only
    return found


def variables(one: Object, objects: list[Object], before: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of a container as Kubernetes makes it: maps looked up, `$(NAME)` filled in, in order."""
    maps = {name: config["data"] for name, config in of_kind(objects, "ConfigMap").items()}
    made: dict[str, str] = dict(before or {})
    for variable in container(one)["env"]:
        name = variable["name"]
        if "value" in variable:
            made[name] = re.sub(r"\$\((\w+)\)", lambda word: made.get(word[1], word[0]), str(variable["value"]))
        elif "configMapKeyRef" in variable["valueFrom"]:
            ref = variable["valueFrom"]["configMapKeyRef"]
            there = maps.get(ref["name"], {})
            assert ref.get("optional") or ref["key"] in there
            if ref["key"] in there:
                made[name] = there[ref["key"]]
        else:
            assert "secretKeyRef" not in variable["valueFrom"], "secrets come as files"
            made.setdefault(name, "")
    return made


def _manifests(objects: list[Object]) -> dict[str, Told]:
    found = {}
    for name, one in of_kind(objects, "Deployment", "StatefulSet", "Job").items():
        if name in ("kafka", "postgres"):
            continue
        environment = variables(one, objects)
        environment.pop("POSTGRES", None)
        shown = {f"{what}-token": f"{name}.{what}-token" for what in ("vault", "files")}
        found[name] = Told(
            tuple(container(one)["command"]), {key: _renamed(value, shown) for key, value in environment.items()}
        )
    return found


# --- supervisord -----------------------------------------------------------------------------------------------------


def native_ports(project: Path) -> dict[str, str]:
    """Return what `cluster.env` gives whoever starts supervisord, as the shell understands it."""
    read = ["sh", "-c", "set -a; . deploy/native/cluster.env; env"]
    clean = {"PATH": os.environ["PATH"], "LIENTHONG_CLUSTER": "{cluster}"}
    lines = subprocess.run(read, cwd=project, env=clean, capture_output=True, text=True, check=True).stdout.splitlines()
    return dict(line.split("=", 1) for line in lines if line.startswith("LIENTHONG_"))


def supervised(project: Path, logs: Path) -> dict[str, Any]:
    """Return the programs of supervisord.conf as supervisor itself reads them; their logs would lie in `logs`."""
    (logs / "logs").mkdir(exist_ok=True)
    options = ServerOptions()
    with for_a_while.dict(os.environ, native_ports(project) | {"LIENTHONG_CLUSTER": str(logs)}):
        options.environ_expansions = {f"ENV_{name}": value for name, value in os.environ.items()}
        options.realize(["-c", str(project / "deploy" / "native" / "supervisord.conf")])
    return {one.name: one for group in options.process_group_configs for one in group.process_configs}


def _native(project: Path) -> dict[str, Told]:
    with tempfile.TemporaryDirectory() as folder:
        programs = supervised(project, Path(folder))
        return {
            name: Told(
                tuple(_words(one.command.replace(f"{folder}/secrets", "/run/secrets"))),
                {key: value.replace(folder, "{cluster}") for key, value in one.environment.items()},
            )
            for name, one in programs.items()
            if not name.startswith(("kafka", "postgres"))
        }


def _words(command: str) -> list[str]:
    return shlex.split(command.replace(".venv/bin/python", "python"))
