"""`lienthong verify`: prove a stopped server's data: what was checked, what is broken, what is only pending."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from chassis.stores.sqlite import StoreInUse
from chassis.verification import Checked
from chassis.verification import verify as checks_of
from cli.books import cross_checks
from services.__main__ import compose

console = Console()
EXIT_BROKEN = 1
EXIT_UNUSABLE = 2
EXIT_IN_USE = 3
SHOWN = 20


def verify(
    data: Annotated[Path, typer.Option(help="Folder that keeps the stores.", exists=False)],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a script.")] = False,
) -> None:
    """Re-fold every stream and check every invariant (exit code 0: all hold, 1: something is broken, 2: no data)."""
    if not (data / "intake.db").exists():
        console.print(f"[red]{data} holds no stores.[/red] Name the folder that `serve --data` was given.")
        raise typer.Exit(EXIT_UNUSABLE)
    try:
        platform = compose(data, rehearsal=(data / "clock.json").exists())
    except StoreInUse as error:
        console.print(f"[red]{error}[/red]\nStop the server first: a proof needs data that stand still.")
        raise typer.Exit(EXIT_IN_USE) from error
    try:
        found = [*checks_of(platform.engine, platform.vault), *cross_checks(platform.engine)]
    finally:
        platform.close()
    if as_json:
        print(json.dumps([asdict(one) for one in found], ensure_ascii=False))
    else:
        _print(found)
    raise typer.Exit(EXIT_BROKEN if any(one.broken for one in found) else 0)


def _print(found: list[Checked]) -> None:
    table = Table("service", "check", "looked at", "broken", "pending", "what holds")
    for one in found:
        state = f"[red]{len(one.broken)}[/red]" if one.broken else "[green]0[/green]"
        table.add_row(one.service, one.name, str(one.counted), state, str(len(one.pending)), one.says)
    console.print(table)
    for one in found:
        for line in one.broken[:SHOWN]:
            console.print(f"[red]{one.service} {one.name}[/red]: {line}")
        if len(one.broken) > SHOWN:
            console.print(f"… and {len(one.broken) - SHOWN} more in {one.service} {one.name}")
        for line in one.pending[:SHOWN]:
            console.print(f"[yellow]{one.service} {one.name}[/yellow] pending: {line}")
