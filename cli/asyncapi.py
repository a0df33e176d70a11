"""The AsyncAPI 3 document: who says what to whom, in which envelope, on which topic; made from the services' wiring."""

from collections.abc import Iterable, Mapping
from typing import Any

from chassis.service import Service
from chassis.wire import HEADERS, OPTIONAL_ATTRIBUTES, PARTITIONS, TOPIC
from kernel.message import INSTALLATION, type_of

BINDING_VERSION = "0.5.0"
CHANNEL = {"$ref": f"#/channels/{TOPIC}"}


def document(services: Mapping[str, Service]) -> dict[str, Any]:
    """Return the whole document; every message names who says it and who hears it."""
    messages = {
        f"{name}.{event}.v{version}": _message(services, name, event, version)
        for name, service in services.items()
        for event, version, _ in service.published
    }
    keys = sorted(messages)
    return {
        "asyncapi": "3.0.0",
        "id": f"urn:lienthong:{INSTALLATION}",
        "info": {
            "title": "Liên Thông: dossier events",
            "version": "1",
            "description": "CloudEvents 1.0; `sequence` counts 1, 2, 3 … without a gap for each source and subject. "
            "Personal data is sealed (`s1.<person>.<cipher>`) and opened with a purpose only.",
        },
        "defaultContentType": "application/json",
        "channels": {TOPIC: _channel(keys)},
        "operations": dict(_operations(services)),
        "components": {
            "messages": {key: messages[key] for key in keys},
            "messageTraits": {"cloudEvent": _cloud_event()},
        },
    }


def _channel(keys: Iterable[str]) -> dict[str, Any]:
    return {
        "address": TOPIC,
        "title": "What the services of this installation say to each other",
        "messages": {key: {"$ref": f"#/components/messages/{key}"} for key in keys},
        "bindings": {"kafka": {"topic": TOPIC, "partitions": PARTITIONS, "bindingVersion": BINDING_VERSION}},
    }


def _operations(services: Mapping[str, Service]) -> Iterable[tuple[str, dict[str, Any]]]:
    for name, service in services.items():
        said = sorted(f"{name}.{event}.v{version}" for event, version, _ in service.published)
        heard = sorted(kind.removeprefix("lienthong.") for kind in heard_by(service))
        if said:
            yield f"{name}.say", {"action": "send", "summary": f"{name} says"} | _about(said)
        if heard:
            group = {"type": "string", "const": f"lienthong.{name}"}
            binding = {"kafka": {"groupId": group, "bindingVersion": BINDING_VERSION}}
            yield f"{name}.hear", {"action": "receive", "summary": f"{name} hears", "bindings": binding} | _about(heard)


def _about(keys: Iterable[str]) -> dict[str, Any]:
    return {"channel": CHANNEL, "messages": [{"$ref": f"#/channels/{TOPIC}/messages/{key}"} for key in keys]}


def heard_by(service: Service) -> set[str]:
    """Return the public types that a service's policies, sagas and read models listen to."""
    hearings = (*service.hears, *(hearing for route in service.sagas for hearing in route.hears))
    return {one.type for one in hearings} | {kind for one in service.projections for kind in one.heard}


def _message(services: Mapping[str, Service], service: str, event: str, version: int) -> dict[str, Any]:
    wire = type_of(service, event, version)
    return {
        "name": wire,
        "title": event,
        "contentType": "application/json",
        "payload": {"$ref": f"./{service}/{event}.v{version}.json"},
        "correlationId": {"location": "$message.header#/ce_correlationid"},
        "traits": [{"$ref": "#/components/messageTraits/cloudEvent"}],
        "x-said-by": service,
        "x-heard-by": sorted(name for name, one in services.items() if wire in heard_by(one)),
    }


def _cloud_event() -> dict[str, Any]:
    """Return what surrounds every message: the headers of the CloudEvents Kafka binding, binary mode, and the key."""
    headers = {
        "type": "object",
        "required": [f"ce_{name}" for name in HEADERS if name not in OPTIONAL_ATTRIBUTES],
        "properties": {f"ce_{name}": {"type": "string", "description": says} for name, says in HEADERS.items()},
    }
    key = {"type": "string", "description": "ce_partitionkey: a chain's children keep their root's place in line"}
    return {"headers": headers, "bindings": {"kafka": {"key": key, "bindingVersion": BINDING_VERSION}}}
