"""`lienthong payments`: compare the books with what a gateway says it took."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from chassis.web.auth import SYSTEM
from cli.exits import EXIT_NO, EXIT_UNUSABLE
from cli.remote import DEFAULT_URL, AsJson, Remote, Url, console, errors
from kernel.calendar import VIETNAM
from kernel.money import format_vnd
from services.payments.wiring import Booked, Difference, SettlementUnreadable, differences, read_settlement

app = typer.Typer(help="Payments of the running server.", no_args_is_help=True)
PAGE = 500


@app.command()
def reconcile(
    file: Annotated[Path, typer.Option(help="The gateway's settlement file (CSV).", exists=True, dir_okay=False)],
    day: Annotated[datetime, typer.Option(help="The day in Vietnam that the file is of.", formats=["%Y-%m-%d"])],
    inquire: Annotated[bool, typer.Option("--inquire", help="Ask the gateway about each difference.")] = False,
    url: Url = DEFAULT_URL,
    as_json: AsJson = False,
) -> None:
    """Compare a gateway's settlement file with the books: missing here or there, another amount, twice, another day.

    Exit code 0: all agree; 1: something differs; 2: the file cannot be read, or no server answers.
    """
    try:
        settled = read_settlement(file.read_bytes())
    except SettlementUnreadable as error:
        errors.print(f"[red]{escape(str(file))} is no settlement file:[/red] {escape(str(error))}", soft_wrap=True)
        raise typer.Exit(EXIT_UNUSABLE) from error
    remote = Remote(url, SYSTEM)
    found = differences(day.date(), settled, _booked(remote, day))
    asked = [_ask(remote, one) for one in found] if inquire else []
    if as_json:
        typer.echo(json.dumps({"settled": len(settled), "differences": [asdict(one) for one in found]}))
    else:
        _print(len(settled), found, asked)
    raise typer.Exit(EXIT_NO if found else 0)


def _booked(remote: Remote, day: datetime) -> Iterator[Booked]:
    """Yield the attempts that may be in the file of a day: begun on it, or on the day before."""
    midnight = datetime.combine(day.date(), time(), VIETNAM)
    began = {
        "started_from": (midnight - timedelta(days=1)).astimezone(UTC).isoformat(),
        "started_before": (midnight + timedelta(days=1)).astimezone(UTC).isoformat(),
    }
    after: dict[str, str] = {}
    while True:
        page = remote.get("/api/v1/payment-attempts", **began, **after, limit=PAGE)
        yield from (_attempt(item) for item in page["items"])
        if page["next"] is None:
            return
        after = {"after": page["next"]}


def _attempt(item: dict[str, Any]) -> Booked:
    paid_at = item["paid_at"]
    return Booked(
        txn_ref=item["txn_ref"],
        code=item["code"],
        gateway_no=item["gateway_no"],
        amount_vnd=item["amount_vnd"],
        standing=item["standing"],
        started_at=datetime.fromisoformat(item["started_at"]),
        paid_at=datetime.fromisoformat(paid_at) if paid_at else None,
    )


def _ask(remote: Remote, one: Difference) -> str:
    """Ask the gateway about an attempt; one that nobody here began can only be looked for by people."""
    if not one.code:
        return "unknown here"
    remote.give(f"/api/v1/payment-attempts/{one.txn_ref}/inquiry", str(uuid.uuid4()))
    return "asked"


def _print(settled: int, found: tuple[Difference, ...], asked: list[str]) -> None:
    if not found:
        console.print(f"{settled} payments, all agree.")
        return
    table = Table("difference", "transaction", "dossier", "there", "here", "inquiry")
    for place, one in enumerate(found):
        there, here = ("" if vnd is None else format_vnd(vnd) for vnd in (one.there_vnd, one.here_vnd))
        table.add_row(one.kind, escape(one.txn_ref), one.code, there, here, asked[place] if asked else "")
    console.print(table)
    console.print(f"{settled} payments, {len(found)} differences.")
