"""The published language as files, made from the code: one JSON Schema for each public event, AsyncAPI and OpenAPI."""

import inspect
import json
from collections.abc import Iterator, Mapping
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any

import msgspec
import yaml
from fastapi import APIRouter

from chassis.codec import encode
from chassis.forgetting import forget_when_idle
from chassis.service import Service
from chassis.web.app import application
from chassis.web.heads import heads
from chassis.web.operations import operations
from chassis.web.privacy import privacy
from chassis.web.rehearsal import rehearsal
from chassis.web.routes import router_of
from chassis.web.uploads import uploads_routes
from chassis.wire import schema_of
from cli import asyncapi, compatibility
from cli.compatibility import EVENT_FILE, events_of, last_released
from cli.examples import example
from kernel.message import type_of
from services.__main__ import PROJECT, Platform, compose
from services.intake.wiring import file_routes
from services.reporting.wiring import pages

FOLDER = PROJECT / "schemas"
DRAFT = "https://json-schema.org/draft/2020-12/schema"
RELEASED = "released"
NOT_OURS = ("registry", RELEASED)
"""Folders beside the generated ones: what `registry/` is checked against, and what was released before."""


@cache
def files() -> Mapping[str, str]:
    """Return relative path → text of every generated file; a process has one code, so it makes them once."""
    with TemporaryDirectory() as folder:
        platform = compose(Path(folder), rehearsal=True)
        try:
            return MappingProxyType(dict(_files_of(platform)))
        finally:
            platform.close()


def _files_of(platform: Platform) -> Iterator[tuple[str, str]]:
    services = {name: border.running.service for name, border in platform.borders.items()}
    for name, service in services.items():
        for event, version, _ in service.published:
            yield f"{name}/{event}.v{version}.json", _json(event_schema(service, event, version))
    for name, routers in _routers(platform).items():
        yield f"openapi/{name}.json", _json(application(f"Liên Thông: {name}", routers).openapi())
    yield "asyncapi.yaml", yaml.safe_dump(asyncapi.document(services), allow_unicode=True, sort_keys=False, width=120)


def _routers(platform: Platform) -> dict[str, list[APIRouter]]:
    """Return every border of the product: each service's, the operators' and the rehearsal's."""
    engine, issuer, borders = platform.engine, platform.issuer, platform.borders
    routers = {name: [router_of(border, issuer)] for name, border in borders.items()}
    routers["intake"].append(file_routes(platform.parts, issuer, borders["intake"]))
    routers["reporting"].append(pages(platform.parts, engine, issuer, borders["reporting"]))
    routers["operations"] = [operations(engine, issuer)]
    routers["heads"] = [heads(platform.sealer, issuer)]
    forget = partial(forget_when_idle, engine, platform.vault)
    routers["people"] = [privacy(engine.clock, issuer, platform.vault, forget)]
    routers["uploads"] = [uploads_routes(platform.parts.uploads, issuer, engine.clock)]
    routers["rehearsal"] = [rehearsal(engine, issuer, platform.vault)]
    return routers


def event_schema(service: Service, event: str, version: int) -> dict[str, Any]:
    """Return the JSON Schema of a public event's data."""
    kind = next(data for name, number, data in service.published if (name, number) == (event, version))
    (schema,), components = msgspec.json.schema_components([kind], ref_template="#/$defs/{name}")
    own: dict[str, Any] = components.pop(kind.__name__)
    wire = type_of(service.name, event, version)
    described = {"$schema": DRAFT, "$id": schema_of(wire), "title": event} | own
    described["examples"] = [json.loads(encode(example(kind)))]
    if components:
        described["$defs"] = components
    assert schema == {"$ref": f"#/$defs/{kind.__name__}"}
    for part in (described, *components.values()):
        if "description" in part:
            part["description"] = inspect.cleandoc(part["description"])
    return described


def write(folder: Path, texts: Mapping[str, str]) -> None:
    """Make the files of `folder` equal to `texts`; what is made no more is removed."""
    for path in _generated(folder):
        if str(path.relative_to(folder)) not in texts:
            path.unlink()
    for name, text in texts.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


def differences(folder: Path, texts: Mapping[str, str]) -> list[str]:
    """Return what differs between the code and the files: changed, missing, or left over."""
    found = {str(path.relative_to(folder)): path.read_text(encoding="utf-8") for path in _generated(folder)}
    lines = [f"{path} is missing" for path in sorted(texts.keys() - found.keys())]
    lines += [f"{path} is not made by the code" for path in sorted(found.keys() - texts.keys())]
    return lines + [f"{path} differs" for path in sorted(texts.keys() & found.keys()) if texts[path] != found[path]]


def _generated(folder: Path) -> list[Path]:
    ours = [path for path in folder.rglob("*.json") if path.relative_to(folder).parts[0] not in NOT_OURS]
    return ours + list(folder.glob("asyncapi.yaml"))


def events_in(texts: Mapping[str, str]) -> dict[str, Any]:
    """Return path → schema of the public events among the generated files."""
    return {path: json.loads(text) for path, text in texts.items() if EVENT_FILE.fullmatch(path)}


def breaking_changes(folder: Path, texts: Mapping[str, str]) -> list[str]:
    """Return what would break whoever knows the last release below `folder`; what came since may still change."""
    last = last_released(folder / RELEASED)
    return [] if last is None else compatibility.breaking_changes(events_of(last), events_in(texts))


def release(folder: Path, version: str, texts: Mapping[str, str]) -> int:
    """Keep the public events as what was released under `version`, and return how many there are."""
    for path in events_in(texts):
        target = folder / RELEASED / version / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(texts[path], encoding="utf-8")
    return len(events_in(texts))


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
