"""Finds where a form does not take what only an operator knows: how many pods, which settings, whose ingress."""

import ipaddress
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from services.topology import PROCESSES, Process
from tests.architecture.forms import (
    OVERLAYS,
    compose_file,
    container,
    instances_in,
    of_kind,
    overlay,
    told,
    variables,
)
from tests.architecture.kustomize import Object

SERVED: Final = "province"
"""The form with an ingress before the front."""

APART: Final = ("payments", "front")
"""They have settings and secrets that the other processes must not know: the gateway's, and the issuer's client."""

ADDED_AT: Final = "/run/settings"


# --- Pods by name ----------------------------------------------------------------------------------------------------


def instances(project: Path) -> Iterator[str]:
    """The front knows each pod of a service by name: an address that leads now here, now there is no instance."""
    for form in OVERLAYS:
        objects = overlay(form, project)
        named = instances_in(variables(of_kind(objects, "Deployment")["front"], objects)["LIENTHONG_SERVICES"])
        for process in PROCESSES:
            if process.scales:
                for finding in _pods(process, objects, named.get(process.name, [])):
                    yield f"{form}: {finding}"


def _pods(process: Process, objects: list[Object], named: list[str]) -> Iterator[str]:
    name = process.name
    one = of_kind(objects, "StatefulSet").get(name)
    if one is None:
        yield f"{name} is no StatefulSet, so its pods have no names that last"
        return
    spec, service = one["spec"], of_kind(objects, "Service").get(one["spec"]["serviceName"])
    first, count = spec.get("ordinals", {}).get("start", 0), spec.get("replicas", 1)
    there = [f"http://{name}-{number}.{spec['serviceName']}:{process.port}" for number in range(first, first + count)]
    for address in sorted({*there, *named}):
        if named.count(address) != there.count(address):
            yield f"{address} is named {named.count(address)} times and is there {there.count(address)} times"
    if service is None or not _names(service["spec"], spec["selector"]["matchLabels"]):
        yield f"the Service of {name} gives its pods no names"
    if (spec.get("podManagementPolicy"), spec.get("updateStrategy")) != ("Parallel", {"type": "RollingUpdate"}):
        yield f"{name} is started or replaced in another way"
    (instance,) = [each for each in container(one)["env"] if each["name"] == "LIENTHONG_INSTANCE"] or [{}]
    if instance.get("valueFrom") != {"fieldRef": {"fieldPath": "metadata.name"}}:
        yield f"an instance of {name} is not called as its pod"


def _names(service: Object, pods: dict[str, str]) -> bool:
    """Say whether a Service is headless, knows these pods, and names those that are not ready too."""
    return service.get("clusterIP") == "None" and bool(service.get("publishNotReadyAddresses")) and (
        service["selector"].items() <= pods.items()
    )  # fmt: skip


# --- Who stands before the front -------------------------------------------------------------------------------------


def callers(project: Path) -> Iterator[str]:
    """Where an ingress stands before the front, it is believed about callers' addresses; nobody else is, anywhere."""
    for form in ("compose", *OVERLAYS, "native"):
        for name, one in told(form, project).items():
            said = one.environment.get("FORWARDED_ALLOW_IPS", "")
            if (form, name) != (SERVED, "front"):
                if said:
                    yield f"{form}: {name} believes {said} about its callers"
            elif not _are_addresses(said):
                yield f"{form}: the front believes {said or 'nobody'} about its callers: all have the ingress's address"


def _are_addresses(said: str) -> bool:
    try:
        return all(ipaddress.ip_network(part.strip()).prefixlen > 0 for part in said.split(","))
    except ValueError:
        return False


# --- Settings that an operator adds ----------------------------------------------------------------------------------


def additions(project: Path) -> Iterator[str]:
    """Every process takes settings that stand nowhere in the tree, and needs none; some have a place of their own."""
    services = compose_file(project)["services"]
    for name in [process.name for process in PROCESSES] + ["init", "credentials"]:
        if _of_compose(services[name]) != _wanted(name):
            yield f"compose: {name} takes {_of_compose(services[name])}"
    for form in OVERLAYS:
        for name, one in of_kind(overlay(form, project), "Deployment", "StatefulSet", "Job").items():
            if name not in ("kafka", "postgres") and _of_pod(one) != _wanted(name):
                yield f"{form}: {name} takes {_of_pod(one)}"


def _wanted(name: str) -> tuple[set[str], set[str]]:
    """Return from where a process takes settings, and what it sees at `/run/settings`."""
    own = {f"{name}-settings"} if name in APART else set()
    return ({"settings"} | own if name in {process.name for process in PROCESSES} else set(), own)


def _of_compose(one: dict[str, Any]) -> tuple[set[str], set[str]]:
    files = {Path(file["path"]).stem if file["required"] is False else file["path"] for file in one.get("env_file", ())}
    mounted = (volume.split(":") for volume in one.get("volumes", ()))
    return files, {Path(source).name for source, at, *how in mounted if at == ADDED_AT and how == ["ro"]}


def _of_pod(one: Object) -> tuple[set[str], set[str]]:
    only = container(one)
    refs = [source["configMapRef"] for source in only.get("envFrom", ())]
    refs += [each.get("valueFrom", {}).get("configMapKeyRef", {"name": "servers"}) for each in only["env"]]
    maps = {f"{ref['name']}{'' if ref.get('optional') else ', always'}" for ref in refs if ref["name"] != "servers"}
    mounted = {mount["name"] for mount in only["volumeMounts"] if mount["mountPath"] == ADDED_AT}
    volumes = (volume["secret"] for volume in one["spec"]["template"]["spec"]["volumes"] if volume["name"] in mounted)
    return maps, {volume["secretName"] for volume in volumes if volume["optional"]}


FINDERS: Final = (instances, callers, additions)
