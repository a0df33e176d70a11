"""`lienthong parked`: messages that could not be taken, for staff to see, try again or discharge with a reason."""

import json
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from chassis.web.auth import SYSTEM
from cli.remote import DEFAULT_URL, EXIT_REFUSED, AsJson, Remote, Url, console

app = typer.Typer(help="Parked messages of the running server.", no_args_is_help=True)

Service = Annotated[str, typer.Argument(help="The service that could not take it.", show_default=False)]
Source = Annotated[str, typer.Argument(help="The source that said it.", show_default=False)]
Subject = Annotated[str, typer.Argument(help="The dossier's reference.", show_default=False)]
Sequence = Annotated[int, typer.Argument(help="Its number on that subject.", min=1, show_default=False)]


@app.command("list")
def show(url: Url = DEFAULT_URL, as_json: AsJson = False) -> None:
    """List what is parked, and what waits behind it.

    Exit code 0, whether there is something or not; 2: no server answers.
    """
    items = Remote(url).get("/api/v1/operations/parked")["items"]
    if as_json:
        typer.echo(json.dumps(items, ensure_ascii=False))
        return
    if not items:
        console.print("Nothing is parked.")
        return
    table = Table("service", "source", "subject", "sequence", "type", "state", "error")
    for one in items:
        error = one["error"] or "waits for an earlier message"
        shown = (one["service"], one["source"], one["subject"], str(one["sequence"]), one["type"], one["state"], error)
        table.add_row(*map(escape, shown))
    console.print(table)


@app.command()
def retry(service: Service, source: Source, subject: Subject, sequence: Sequence, url: Url = DEFAULT_URL) -> None:
    """Try a parked message again.

    Exit code 1: it still fails and stays parked, or there is no such message; 2: no server answers.
    """
    which = {"source": source, "subject": subject, "sequence": sequence}
    taken = Remote(url, SYSTEM).post(f"/api/v1/operations/parked/{service}/retry", which)["taken"]
    console.print("Taken." if taken else "It still fails and stays parked.")
    raise typer.Exit(0 if taken else EXIT_REFUSED)


@app.command()
def discharge(
    service: Service,
    source: Source,
    subject: Subject,
    sequence: Sequence,
    reason: Annotated[str, typer.Option(help="Why it may be left without effect; kept.", show_default=False)],
    url: Url = DEFAULT_URL,
) -> None:
    """Lay a parked message aside without effect; what waits behind it goes on.

    Exit code 1: there is no such message, or it only waits for an earlier one; 2: no server answers.
    """
    which = {"source": source, "subject": subject, "sequence": sequence, "reason": reason}
    done = Remote(url, SYSTEM).post(f"/api/v1/operations/parked/{service}/discharge", which)["discharged"]
    console.print("Discharged." if done else "It is not parked: it waits for an earlier message.")
    raise typer.Exit(0 if done else EXIT_REFUSED)
