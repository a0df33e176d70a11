"""`lienthong parked`: messages that could not be taken, for staff to see, try again or discharge with a reason."""

import json
from typing import Annotated

import typer
from rich.table import Table

from cli.remote import DEFAULT_URL, EXIT_REFUSED, AsJson, Remote, Url, console

app = typer.Typer(help="Parked messages.", no_args_is_help=True)

Service = Annotated[str, typer.Argument(help="The service that could not take it.")]
Source = Annotated[str, typer.Argument(help="The source that said it.")]
Subject = Annotated[str, typer.Argument(help="The dossier's reference.")]
Sequence = Annotated[int, typer.Argument(help="Its number on that subject.", min=1)]


@app.command("list")
def show(url: Url = DEFAULT_URL, as_json: AsJson = False) -> None:
    """List what is parked, and what waits behind it."""
    items = Remote(url).get("/api/v1/operations/parked")["items"]
    if as_json:
        print(json.dumps(items, ensure_ascii=False))
        return
    if not items:
        console.print("Nothing is parked.")
        return
    table = Table("service", "source", "subject", "sequence", "type", "state", "error")
    for one in items:
        table.add_row(
            one["service"], one["source"], one["subject"], str(one["sequence"]), one["type"], one["state"],
            one["error"] or "waits for an earlier message",
        )  # fmt: skip
    console.print(table)


@app.command()
def retry(service: Service, source: Source, subject: Subject, sequence: Sequence, url: Url = DEFAULT_URL) -> None:
    """Try a parked message again; exit code 1 when it still cannot be taken."""
    which = {"source": source, "subject": subject, "sequence": sequence}
    taken = Remote(url, "system").post(f"/api/v1/operations/parked/{service}/retry", which)["taken"]
    console.print("Taken." if taken else "It still fails and stays parked.")
    raise typer.Exit(0 if taken else EXIT_REFUSED)


@app.command()
def discharge(
    service: Service,
    source: Source,
    subject: Subject,
    sequence: Sequence,
    reason: Annotated[str, typer.Option(help="Why it may be left without effect; kept.")],
    url: Url = DEFAULT_URL,
) -> None:
    """Lay a parked message aside without effect; what waits behind it goes on."""
    which = {"source": source, "subject": subject, "sequence": sequence, "reason": reason}
    done = Remote(url, "system").post(f"/api/v1/operations/parked/{service}/discharge", which)["discharged"]
    console.print("Discharged." if done else "It was not parked.")
    raise typer.Exit(0 if done else EXIT_REFUSED)
