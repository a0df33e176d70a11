"""Compares the forms in which the topology is written down with `services/topology.py`, and says where they differ."""

import re
import subprocess
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from chassis.inner_settings import InnerSettings
from chassis.settings import Settings
from services.topology import (
    ADMIN,
    BROKERS,
    CLIENT_PORTS,
    CONTROLLER_PORTS,
    INTERNAL_PORTS,
    KAFKA_VERSION,
    MIN_INSYNC,
    POSTGRES_PORT,
    PROCESSES,
    Process,
)
from tests.architecture.credentials import ASKS_FILES, ASKS_VAULT, kept
from tests.architecture.forms import (
    FORMS,
    OVERLAYS,
    Told,
    compose_file,
    container,
    of_kind,
    overlay,
    own,
    plain,
    told,
    variables,
)

OWN_SERVERS: Final = ("compose", "rehearsal", "native")
"""Forms that bring Kafka and PostgreSQL; a province has its own."""

PASSED_OVER: Final = frozenset({"ssl", "ssl_cert_file", "ssl_key_file", "hba_file"})
"""Settings of PostgreSQL that say where its files lie, which every form has elsewhere."""


def wanted(process: Process) -> dict[str, Any]:
    """Return what a process must be told, as `own` says it."""
    name = process.name
    services = [one.name for one in PROCESSES if one.database and one.principal]
    made: dict[str, Any] = {"LIENTHONG_PORT": str(process.port)}
    if process.database:
        made |= database(process.database)
    if process.principal:
        made |= kafka(process.principal)
    if name in ASKS_VAULT:
        made |= _asks("vault", name) | {
            "LIENTHONG_INTERNAL_TOKEN_FILE": "internal.token", "LIENTHONG_KEYS": "secrets",
        }  # fmt: skip
    if name in ASKS_FILES:
        made |= _asks("files", name)
    if name in ("vault", "files"):
        made |= {
            f"LIENTHONG_{name.upper()}_TOKENS_FILE": f"{name}.tokens",
            "LIENTHONG_TLS_CERTIFICATE": "http.crt", "LIENTHONG_TLS_KEY": "http.key",
        }  # fmt: skip
    if name == "vault":
        made["LIENTHONG_VAULT_KEY_FILE"] = "vault.key"
    if name == "front":
        made["LIENTHONG_SERVICES"] = {one: {f"http://{one}"} for one in services}
        made["LIENTHONG_LIVE_URL"] = "http://live"
    return made


def database(name: str, role: str = "") -> dict[str, Any]:
    role = role or name
    words = {"at": "postgres", "dbname": name, "user": role, "sslmode": "verify-full", "sslrootcert": "ca.pem"}
    return {"LIENTHONG_DATABASE": words, "LIENTHONG_DATABASE_PASSWORD_FILE": f"{role}.password"}


def kafka(principal: str) -> dict[str, Any]:
    return {
        "LIENTHONG_KAFKA": ",".join(f"kafka-{node}" for node in range(1, BROKERS + 1)),
        "LIENTHONG_KAFKA_CA": "ca.pem",
        "LIENTHONG_KAFKA_USER": principal,
        "LIENTHONG_KAFKA_PASSWORD_FILE": f"{principal}.password",
    }


def _asks(server: str, who: str) -> dict[str, str]:
    upper = server.upper()
    return {
        f"LIENTHONG_{upper}_URL": f"https://{server}",
        f"LIENTHONG_{upper}_CA": "ca.pem",
        f"LIENTHONG_{upper}_TOKEN_FILE": f"{who}.{server}-token",
    }


def processes(project: Path) -> Iterator[str]:
    """Each process has the table's command, port, database and principal, and is told where the others are."""
    for form in FORMS:
        there = told(form, project)
        if set(there) != {process.name for process in PROCESSES} | {"init"}:
            yield f"{form} starts {sorted(there)}"
            continue
        for process in PROCESSES:
            one = there[process.name]
            if one.command != ("python", "-m", process.module):
                yield f"{form}: {process.name} is started as {' '.join(one.command)}"
            is_told = own(one.environment)
            is_told.pop("LIENTHONG_FILES_FOLDER", None)
            yield from _differences(f"{form}: {process.name}", wanted(process), is_told)
            yield from _where_it_listens(form, process, one)
        yield from _init(form, there["init"], told("compose", project)["init"])


def _where_it_listens(form: str, process: Process, one: Told) -> Iterator[str]:
    here = "127.0.0.1" if form == "native" else "0.0.0.0"
    if one.environment.get("LIENTHONG_HOST") != here:
        yield f"{form}: {process.name} listens at {one.environment.get('LIENTHONG_HOST')}"
    if form != "native":
        alone = [name for name in own(one.environment) if "127.0.0.1" in one.environment[name]]
        if alone:
            yield f"{form}: {process.name} looks for others in its own container: {alone}"


def _init(form: str, one: Told, first: Told) -> Iterator[str]:
    words = database("postgres") | kafka(ADMIN)
    yield from _differences(f"{form}: init", words, own(one.environment))
    if one.command != first.command or "kafka apply" not in " ".join(one.command):
        yield f"{form}: init does {' '.join(one.command)}"


def _differences(where: str, right: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted(right.keys() | found.keys()):
        if right.get(name) != found.get(name):
            yield f"{where}: {name} is {found.get(name)!r}, it should be {right.get(name)!r}"


# --- Brokers and PostgreSQL ------------------------------------------------------------------------------------------


def brokers(project: Path) -> Iterator[str]:
    """The brokers' settings are the same in every form that has brokers, and fit the table."""
    for node in range(1, BROKERS + 1):
        native = native_properties(project, node)
        for form, there in (("compose", _compose_broker(project, node)), ("rehearsal", _pod_broker(project, node))):
            yield from _differences(f"{form}: kafka-{node}", native, there)
        ends = f"CLIENT://kafka-{node},INTERNAL://kafka-{node},CONTROLLER://kafka-{node}"
        numbers = (CLIENT_PORTS[node - 1], INTERNAL_PORTS[node - 1], CONTROLLER_PORTS[node - 1])
        ports = "CLIENT:{} INTERNAL:{} CONTROLLER:{}".format(*numbers)
        fixed = {
            "node.id": str(node), "listeners": ends, "advertised.listeners": ends, "listeners, ports": ports,
            "advertised.listeners, ports": ports,
            "default.replication.factor": str(BROKERS), "min.insync.replicas": str(MIN_INSYNC),
            "offsets.topic.replication.factor": str(BROKERS), "auto.create.topics.enable": "false",
            "super.users": f"User:CN=broker;User:{ADMIN}",
        }  # fmt: skip
        yield from _differences(f"native: kafka-{node}", fixed, {name: native.get(name) for name in fixed})


def native_properties(project: Path, node: int) -> dict[str, str]:
    """Return the properties that kafka.sh writes for a node of three, from its own functions."""
    script = 'eval "$(sed -n "/^properties()/,/^}/p;/^voters()/,/^}/p" "$0")"; properties "$1"'
    given = {"NODES": str(BROKERS), "PORT": str(CLIENT_PORTS[0]), "kafka": f"kafka-{node}", "folder": "cluster"}
    text = subprocess.run(
        ["sh", "-c", script, str(project / "deploy/native/kafka.sh"), str(node)],
        env=given | {"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    return _compared(dict(line.split("=", 1) for line in text.splitlines() if line and not line.startswith("#")))


def _compared(properties: Mapping[str, str]) -> dict[str, str]:
    """Return properties with their addresses told by port and their files by name, and the listeners' ports."""
    made = {name: plain(name, value) for name, value in properties.items()}
    for name in ("listeners", "advertised.listeners"):
        ports = re.findall(r"(\w+)://[^:]*(:\d+)", properties[name])
        made[f"{name}, ports"] = " ".join(listener + port for listener, port in ports)
    for name in ("ssl.keystore.location", "ssl.truststore.location", "log.dirs"):
        made[name] = Path(properties[name]).name
    return made


def _properties(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the settings that broker.sh makes of an environment."""
    names = {name for name in environment if name.startswith("KAFKA_") and name != "KAFKA_HEAP_OPTS"}
    return _compared({_property(name): str(environment[name]) for name in names})


def _property(variable: str) -> str:
    words = variable.removeprefix("KAFKA_").lower().replace("___", "\1").replace("__", "\2").replace("_", ".")
    return words.replace("\1", "-").replace("\2", "_")


def _compose_broker(project: Path, node: int) -> dict[str, str]:
    return _properties(compose_file(project)["services"][f"kafka-{node}"]["environment"])


def _pod_broker(project: Path, node: int) -> dict[str, str]:
    objects = overlay("rehearsal", project)
    pods = of_kind(objects, "StatefulSet")["kafka"]
    if pods["spec"]["ordinals"]["start"] + pods["spec"]["replicas"] - 1 != BROKERS:
        return {}
    return _properties(variables(pods, objects, {"NODE": str(node)}))


def same_servers(project: Path) -> Iterator[str]:
    """Scripts, settings and addresses of the servers are those of the other forms."""
    composed, objects = compose_file(project)["services"], overlay("rehearsal", project)
    kept_here = {
        "broker": ("broker.sh", "deploy/image/broker.sh"),
        "postgres": ("pg_hba.conf", "deploy/image/pg_hba.conf"),
    }
    for name, (key, path) in kept_here.items():
        if of_kind(objects, "ConfigMap")[name]["data"][key] != (project / path).read_text("utf-8"):
            yield f"rehearsal: {key} is not {path}"
    pods = of_kind(objects, "StatefulSet")
    if container(pods["postgres"])["args"] != composed["postgres"]["command"]:
        yield "rehearsal: PostgreSQL is started with other settings than in compose"
    ours = {"CLUSTER_ID", "INITIAL_CONTROLLERS", "ADMIN_PASSWORD_FILE", "KAFKA_HEAP_OPTS"}
    of_pods = variables(pods["kafka"], objects)
    for node in range(1, BROKERS + 1):
        of_compose = composed[f"kafka-{node}"]["environment"]
        yield from _differences(f"kafka-{node}", {k: of_compose[k] for k in ours}, {k: of_pods.get(k) for k in ours})
        controller = f"{node}@kafka-{node}:{CONTROLLER_PORTS[node - 1]}:"
        if controller not in of_compose["INITIAL_CONTROLLERS"]:
            yield f"compose: kafka-{node} is not among the first controllers"
    given = dict(part.removeprefix("-c").split("=", 1) for part in composed["postgres"]["command"][1:])
    text = (project / "deploy/native/postgres.sh").read_text("utf-8").split("<<CONF\n")[1].split("\nCONF\n")[0]
    lines = (line.split(" = ", 1) for line in text.splitlines() if not line.startswith("#"))
    native = {name: value.strip("'") for name, value in lines} | {"port": str(POSTGRES_PORT)}
    shared = {name: value for name, value in given.items() if name not in PASSED_OVER}
    yield from _differences("compose: postgres", {name: native.get(name, "") for name in shared}, shared)


def versions(project: Path) -> Iterator[str]:
    """One image of the product, one version of Kafka and one of PostgreSQL, whatever the form."""
    product = "lienthong:" + tomllib.loads((project / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    services = compose_file(project)["services"]
    images = {("compose", name): one["image"] for name, one in services.items()}
    for form in OVERLAYS:
        pods = of_kind(overlay(form, project), "Deployment", "StatefulSet", "Job")
        images |= {(form, name): container(one)["image"] for name, one in pods.items()}
    ours = {process.name for process in PROCESSES} | {"init", "credentials"}
    for (form, name), image in images.items():
        right = image
        if name in ours:
            right = product
        elif name.startswith("kafka"):
            right = f"apache/kafka:{KAFKA_VERSION}"
        elif name == "postgres":
            right = services["postgres"]["image"]
        if image != right or ":" not in image or image.endswith(":latest"):
            yield f"{form}: {name} is {image}"
    if f"<version>{KAFKA_VERSION}</version>" not in (project / "deploy/native/pom.xml").read_text("utf-8"):
        yield "native: pom.xml has another Kafka"
    oldest = re.search(r"^oldest=(\d+)$", (project / "deploy/native/postgres.sh").read_text("utf-8"), re.MULTILINE)
    if oldest is None or not services["postgres"]["image"].startswith(f"postgres:{oldest[1]}-"):
        yield "native: postgres.sh takes another PostgreSQL"


# --- Secrets ---------------------------------------------------------------------------------------------------------


def secrets(project: Path) -> Iterator[str]:
    """Secrets come as files that `credentials.py` makes; none stands in an environment or an object."""
    made = kept(project)
    declared = compose_file(project)["secrets"]
    for name, one in declared.items():
        if Path(one["file"]).name != name or name not in made:
            yield f"compose: nobody makes {one['file']}"
    for name, one in compose_file(project)["services"].items():
        handed = {part["source"] if isinstance(part, dict) else part for part in one.get("secrets", ())}
        if not handed <= declared.keys():
            yield f"compose: {name} is handed {sorted(handed - declared.keys())}"
    for form in FORMS:
        for name, one in told(form, project).items():
            yield from _read(form, name, one, made)
    for form in OVERLAYS:
        if of_kind(overlay(form, project), "Secret"):
            yield f"{form}: a Secret stands in the tree"


def _read(form: str, name: str, one: Told, made: frozenset[str]) -> Iterator[str]:
    for variable, value in one.environment.items():
        if re.search(r"(PASSWORD|TOKEN|SECRET|VAULT_KEY)S?$", variable):
            yield f"{form}: {name} is given {variable} itself"
        if variable.endswith("_FILE") and plain(variable, value) not in made:
            yield f"{form}: {name} reads {value}, which nobody makes"


def settings(project: Path) -> Iterator[str]:
    """Whatever a process is told is a setting that the product has; a mistyped one would be passed over in silence."""
    known = {f"LIENTHONG_{name.upper()}" for kind in (Settings, InnerSettings) for name in kind.__slots__}
    for form in FORMS:
        for name, one in told(form, project).items():
            for variable in one.environment:
                if variable.startswith("LIENTHONG_") and variable.removesuffix("_FILE") not in known:
                    yield f"{form}: {name} is told {variable}, which nobody reads"


FINDERS: Final = (processes, brokers, same_servers, versions, secrets, settings)
