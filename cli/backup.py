"""`lienthong backup` and `restore`: keep the data of an embedded product, while it works, and bring it back."""

import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.markup import escape

from chassis.backup import MANIFEST, Manifest, back_up, services_in
from chassis.clock import RehearsalClock, WallClock
from chassis.restoring import MASTER_KEY, NotWhole
from chassis.restoring import restore as bring_back
from chassis.stores.store import StoreUnavailable
from chassis.vault import CannotOpen
from cli.exits import EXIT_NO, EXIT_UNUSABLE
from cli.files import CLOCK
from cli.remote import AsJson, console, errors


def backup(
    data: Annotated[Path, typer.Option(help="Folder that keeps the stores; a server may be using it.")],
    to: Annotated[Path, typer.Option(help="Folder for the backup; made if missing, else empty.")],
    with_keys: Annotated[
        bool, typer.Option("--with-keys", help="Copy the keys too. Then whoever has the backup can read everything.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Copy every store as it is at one moment, while the server goes on; prove the copy with `restore` and `verify`.

    Without the keys nothing personal can be read from a backup: keep them elsewhere.

    Exit code 1: no moment could be caught; 2: the folder holds no stores, or the other one is not empty.
    """
    if not services_in(data):
        _give_up(data, ["It holds no stores; name the folder that `serve --data` was given."], EXIT_UNUSABLE)
    _demand_empty(to)
    try:
        made = back_up(data, to, _clock(data), datetime.now(UTC), with_keys)
    except (StoreUnavailable, sqlite3.Error, OSError, ValueError) as error:
        _give_up(data, [str(error)], EXIT_NO)
    _say(made, to, as_json)
    if not with_keys and not as_json:
        console.print(f"The keys are not in it: keep {data / 'keys'} elsewhere.", highlight=False, soft_wrap=True)


def restore(
    backup: Annotated[Path, typer.Option("--from", help="Folder of the backup.")],
    to: Annotated[Path, typer.Option(help="Folder for the data; made if missing, else empty.")],
    keys: Annotated[Path | None, typer.Option(help="Folder of the keys, where the backup has none.")] = None,
    vault: Annotated[
        Path | None, typer.Option(help="A later vault.db: whoever was forgotten there is forgotten here again.")
    ] = None,
    nothing_said_since: Annotated[
        bool, typer.Option("--nothing-said-since", help="The server was not running after the backup was made.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Bring a backup back into an empty folder, after proving that it is whole.

    What the server said after the backup is lost here and known elsewhere, so each log begins a new generation: to
    whoever listens it is a new source. See docs/backup.md.

    Exit code 1: the backup is not as it was made; 2: the folder is not empty, or something cannot be read.
    """
    _demand_empty(to)
    try:
        made = bring_back(backup, to, datetime.now(UTC), keys, vault, nothing_said_since)
    except NotWhole as error:
        _give_up(backup, error.lines, EXIT_NO)
    except (StoreUnavailable, CannotOpen, sqlite3.Error, OSError, ValueError) as error:
        _give_up(backup, [str(error)], EXIT_UNUSABLE)
    _say(made, to, as_json)
    if not (to / MASTER_KEY).exists() and not as_json:
        errors.print(f"Put the keys into {to / 'keys'} before it is served.", highlight=False, soft_wrap=True)


def _clock(data: Path) -> datetime:
    return (RehearsalClock(data / CLOCK) if (data / CLOCK).exists() else WallClock()).now()


def _demand_empty(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        _give_up(folder, ["It is not empty, and nothing is written over."], EXIT_UNUSABLE)


def _say(made: Manifest, where: Path, as_json: bool) -> None:
    said: dict[str, Any] = {
        "path": str(where), "manifest": MANIFEST, "made_at": made.made_at, "with_keys": made.with_keys,
        "events": {name: copy.head for name, copy in made.services.items()}, "files": len(made.files),
    }  # fmt: skip
    if as_json:
        typer.echo(json.dumps(said, ensure_ascii=False))
        return
    events = ", ".join(f"{name} {head}" for name, head in said["events"].items())
    line = f"{where}: {said['files']} files of {made.made_at}; events: {events}"
    console.print(line, highlight=False, soft_wrap=True)


def _give_up(what: Path, lines: list[str], code: int) -> NoReturn:
    errors.print(f"[red]{escape(str(what))}:[/red] nothing was done.", highlight=False, soft_wrap=True)
    for line in lines:
        errors.print(line, markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(code)
