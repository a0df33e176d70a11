"""`lienthong heads`: ask a server for its signed heads, to keep them where it cannot reach; and exchange its keys."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.markup import escape

from chassis.files import SecretUnusable
from chassis.heads import Head
from chassis.sealing_keys import KeyInUse, SealingKeys
from cli import files
from cli.exits import EXIT_IN_USE, EXIT_NO, EXIT_UNUSABLE
from cli.remote import DEFAULT_URL, AsJson, Remote, Url, console, errors

HEADS = "/api/v1/heads"
HEAD_KEYS = Path("keys") / "heads.json"

app = typer.Typer(
    no_args_is_help=True, help="Signed heads: keep them elsewhere, and hold the data to them with `verify --head`."
)

Data = Annotated[Path, typer.Option(help="Folder that keeps the stores of a stopped server.")]
To = Annotated[Path | None, typer.Option(help="Folder to keep them in, one file for each.")]


@app.command("seal")
def seal(url: Url = DEFAULT_URL, to: To = None, as_json: AsJson = False) -> None:
    """Seal every log up to now, and print or keep the signed heads."""
    _show(Remote(url).post(HEADS, {})["items"], to, as_json)


@app.command("list")
def listed(
    service: Annotated[str, typer.Argument(help="intake, routing, payments or postal")],
    url: Url = DEFAULT_URL,
    to: To = None,
    as_json: AsJson = False,
) -> None:
    """Print or keep the heads of one service, the newest first."""
    _show(Remote(url).get(HEADS, service=service)["items"], to, as_json)


@app.command("keys")
def keys(url: Url = DEFAULT_URL, to: To = None) -> None:
    """Print or keep the public keys that heads are signed with."""
    found = json.dumps(Remote(url).get(f"{HEADS}/keys"), indent=2)
    if to is None:
        typer.echo(found)
    else:
        to.mkdir(parents=True, exist_ok=True)
        (to / "keys.json").write_text(found + "\n", encoding="utf-8")


@app.command("add-key")
def add_key(data: Data) -> None:
    """Let a new key sign beside the present ones, from the next start on; the newest names the head."""
    made = _keys(data).add(datetime.now(UTC).isoformat())
    console.print(f"{made} signs from the next start on. Publish it, then retire the old one.", highlight=False)


@app.command("retire-key")
def retire_key(data: Data, key: Annotated[str, typer.Argument(help="Id of the key.")]) -> None:
    """Let a key sign no more, and destroy its private half; what it signed stays checkable."""
    try:
        _keys(data).retire(key, datetime.now(UTC).isoformat())
    except KeyInUse as error:
        errors.print(f"[red]{escape(str(error))}[/red]")
        raise typer.Exit(EXIT_NO) from error
    console.print(f"{key} signs no more.", highlight=False)


def _keys(data: Path) -> SealingKeys:
    if files.in_use(data):
        errors.print(f"[red]A server is using {escape(str(data))}.[/red] Stop it first.")
        raise typer.Exit(EXIT_IN_USE)
    if not data.is_dir():
        errors.print(f"[red]There is no folder {escape(str(data))}.[/red]")
        raise typer.Exit(EXIT_UNUSABLE)
    try:
        keys = SealingKeys(data / HEAD_KEYS)
        keys.published()  # read now, so that whoever asked is told at once if they cannot be
        return keys
    except SecretUnusable as error:
        errors.print(f"[red]{escape(str(error))}[/red]")
        raise typer.Exit(EXIT_UNUSABLE) from error


def _show(items: list[dict[str, Any]], to: Path | None, as_json: bool) -> None:
    heads = msgspec.convert(items, list[Head])
    if to is not None:
        to.mkdir(parents=True, exist_ok=True)
        for head in heads:
            (to / head.name).write_bytes(head.document())
    if as_json:
        typer.echo(json.dumps(items))
        return
    for head in heads:
        line = f"{head.service:<10} {head.day}  {head.size:>9} events  {head.root}"
        console.print(line, highlight=False, soft_wrap=True)
