"""`lienthong verify`: prove a stopped server's data: what was checked, what is broken, what is only pending."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, NoReturn

import psycopg
import typer
from rich.markup import escape

from chassis.heads import Head, read_heads
from chassis.registry import PRODUCT_REGISTRY, RegistryUnusable, load_registry
from chassis.sealing_keys import PublicKey, public_keys_in
from chassis.stores.store import StoreUnavailable
from chassis.uploads import Uploads
from chassis.verification import Checked, Inspection, inspections
from chassis.verification_heads import heads_inspections, kept_heads_inspection
from chassis.verification_lost import carried_out, lost_in
from cli import files
from cli.books import cross_inspections
from cli.clock_books import clock_inspections
from cli.cluster import Place
from cli.exits import EXIT_IN_USE, EXIT_NO, EXIT_UNUSABLE
from cli.privacy import forgetting_inspection, privacy_inspection
from cli.remote import AsJson, console, errors
from cli.silence import silenced
from cli.uploaded import files_inspection
from services.__main__ import Platform, compose
from services.looking import Looking, looked_at
from services.topology import AUDITOR, SERVICES

SHOWN = 20


def verify(
    data: Annotated[Path | None, typer.Option(help="Folder that keeps the stores of a stopped server.")] = None,
    cluster: Annotated[
        Path | None, typer.Option(help="Folder of a cluster's secrets and certificates; it may run, and is looked at.")
    ] = None,
    head: Annotated[
        list[Path] | None, typer.Option(help="A head that was kept elsewhere; may be given again and again.")
    ] = None,
    keys: Annotated[
        Path | None, typer.Option(help="The list of public keys that was kept elsewhere; else the data's own.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Re-fold every stream and check every invariant of a stopped server's data, or of a cluster.

    Of a cluster that runs, what is under way is pending; whether the topic has what the logs say is `lienthong kafka
    verify`'s to prove.

    With `--head` every event up to that head is proved to be the one it was: see docs/tamper-evidence.md.

    Exit code 0: all holds (what is pending is listed); 1: something is broken; 2: the folder holds no stores, or they
    cannot be read; 3: a server is using them.
    """
    if cluster is not None:
        with silenced("lienthong"):
            found = _prove_cluster(cluster, _kept(cluster, head or [], keys, as_json), as_json)
        _end(found, as_json)
    if data is None:
        raise typer.BadParameter("name a folder with --data, or a cluster with --cluster")
    if not data.is_dir() or not any(data.glob("*.db")):
        _give_up(data, ["It holds no stores; name the folder that `serve --data` was given."], as_json)
    if files.in_use(data):
        errors.print(f"[red]A server is using {data}.[/red] Stop it first: a proof needs data that stand still.")
        raise typer.Exit(EXIT_IN_USE)
    kept = _kept(data, head or [], keys, as_json)
    with silenced("lienthong"):
        found = _prove(data, kept, as_json)
    _end(found, as_json)


def _end(found: list[Checked], as_json: bool) -> NoReturn:
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in found], ensure_ascii=False))
    else:
        _sum_up(found)
    raise typer.Exit(EXIT_NO if any(one.broken_count for one in found) else 0)


@dataclass(frozen=True, slots=True)
class Kept:
    """What somebody kept elsewhere, to hold the data to it."""

    heads: tuple[Head, ...]
    keys: tuple[PublicKey, ...] | None


def _prove_cluster(folder: Path, kept: Kept, as_json: bool) -> list[Checked]:
    """Look at every service's database as the auditor, whom each lets in and none lets write."""
    try:
        place = Place.found(folder, None)
        stores = {service: place.log(service, AUDITOR) for service in SERVICES}
        vault = place.vault(AUDITOR)
        seals = {service: place.seals(service, AUDITOR) for service in SERVICES}
        uploads = Uploads(place.files(AUDITOR), vault)
        looking = looked_at(stores, vault, uploads, seals, folder / "secrets" / "heads.json")
    except (RegistryUnusable, StoreUnavailable, psycopg.Error, OSError, ValueError) as error:
        _give_up(folder, [str(error)], as_json)
    try:
        return _carried_out(all_inspections(looking, kept), as_json, lost_in(looking.engine))
    finally:
        looking.close()


def _carried_out(inspections: Iterable[Inspection], as_json: bool, lost: Mapping[str, str]) -> list[Checked]:
    found = []
    for inspection in inspections:
        found.append(carried_out(inspection, lost))
        if not as_json:
            _print(found[-1])
    return found


def _kept(data: Path, heads: list[Path], keys: Path | None, as_json: bool) -> Kept:
    try:
        known = None if keys is None else public_keys_in(json.loads(keys.read_bytes()))
        return Kept(read_heads(path.read_bytes() for path in heads), known)
    except (OSError, ValueError) as error:
        _give_up(data, [f"What was kept cannot be read: {error}"], as_json)


def _prove(data: Path, kept: Kept, as_json: bool) -> list[Checked]:
    try:
        laws = load_registry(PRODUCT_REGISTRY)
        if hindrances := list(files.unusable(data, laws)):
            _give_up(data, hindrances, as_json)
        platform = compose(data, rehearsal=(data / files.CLOCK).exists(), registry=laws)
    except (RegistryUnusable, StoreUnavailable, sqlite3.Error, OSError, ValueError, LookupError, TypeError) as error:
        _give_up(data, [str(error)], as_json)
    try:
        return _carried_out(all_inspections(platform, kept), as_json, lost_in(platform.engine))
    finally:
        platform.close()


def all_inspections(platform: Platform | Looking, kept: Kept | None = None) -> Iterator[Inspection]:
    """Yield every check that there is: of each service, between them, and against what was kept elsewhere."""
    yield from inspections(platform.engine, platform.vault)
    yield from heads_inspections(platform.engine, platform.sealer)
    if kept is not None and kept.heads:
        yield kept_heads_inspection(platform.engine, platform.sealer, kept.heads, kept.keys)
    yield from cross_inspections(platform.engine)
    yield from clock_inspections(platform.engine, platform.parts.registry)
    yield privacy_inspection(platform.engine)
    yield files_inspection(platform.engine, platform.parts.uploads)
    yield forgetting_inspection(platform.vault)


def _give_up(data: Path, hindrances: list[str], as_json: bool) -> NoReturn:
    if as_json:
        typer.echo(json.dumps({"path": str(data), "unusable": hindrances}, ensure_ascii=False))
    else:
        errors.print(f"[red]{escape(str(data))} cannot be verified.[/red]")
        for line in hindrances:
            errors.print(line, markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(EXIT_UNUSABLE)


def _print(one: Checked) -> None:
    mark = f"[red]{one.broken_count:>6} broken[/red]" if one.broken_count else "[green]      holds[/green] "
    waiting = f" [yellow]({one.pending_count} pending)[/yellow]" if one.pending_count else ""
    waiting += f" [yellow]({one.erased_count} erased on request)[/yellow]" if one.erased_count else ""
    line = f"{one.service:<10}{one.name:<13}{one.counted:>9} {mark}  {escape(one.says)}{waiting}"
    console.print(line, highlight=False, soft_wrap=True)


def _sum_up(found: list[Checked]) -> None:
    for one in found:
        for colour, lines, count in (("red", one.broken, one.broken_count), ("yellow", one.pending, one.pending_count)):
            word = "broken" if colour == "red" else "pending"
            for line in lines[:SHOWN]:
                said = f"[{colour}]{one.service} {one.name} {word}[/{colour}]: {escape(line)}"
                console.print(said, highlight=False, soft_wrap=True)
            if count > SHOWN:
                console.print(f"… and {count - SHOWN} more {word} in {one.service} {one.name}")
    counted = sum(one.counted for one in found)
    broken = sum(one.broken_count > 0 for one in found)
    outcome = f"[red]{broken} of them found something broken[/red]" if broken else "[green]all of them hold[/green]"
    console.print(f"{len(found)} checks looked at {counted:,} things: {outcome}.", highlight=False)
