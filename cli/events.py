"""`lienthong events`: the log of a service as it grows."""

import json
import time
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from cli.remote import DEFAULT_URL, AsJson, Remote, Url, console

app = typer.Typer(help="The stored events of the running server.", no_args_is_help=True)
POLL_INTERVAL_S = 0.5


@app.callback()
def events() -> None:
    """Commands about stored events."""


@app.command()
def tail(
    service: Annotated[str, typer.Argument(help="intake, routing, payments or postal")] = "intake",
    after: Annotated[int, typer.Option(help="Start after this position.", min=0)] = 0,
    limit: Annotated[int, typer.Option(help="Events to a page.", min=1, max=500)] = 100,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on waiting for new ones.")] = False,
    url: Url = DEFAULT_URL,
    as_json: AsJson = False,
) -> None:
    """Print a service's stored events in commit order; personal data stays sealed.

    With --json one object a line. Exit code 1: there is no such service, or the token may not see it; 2: no server
    answers.
    """
    remote = Remote(url)
    try:
        while True:
            page = remote.get("/api/v1/operations/events", service=service, after=after, limit=limit)
            for event in page["items"]:
                _print(event, as_json)
            after = page["next"]
            if not page["items"]:
                if not follow:
                    return
                time.sleep(POLL_INTERVAL_S)
    except KeyboardInterrupt:
        return


@app.command()
def said(
    service: Annotated[str, typer.Argument(help="intake, routing, payments or postal")] = "intake",
    after: Annotated[int, typer.Option(help="Start after this position.", min=0)] = 0,
    limit: Annotated[int, typer.Option(help="Events to a page.", min=1, max=500)] = 100,
    url: Url = DEFAULT_URL,
) -> None:
    """Print what a service has said to the others: one CloudEvent (JSON) a line, as it goes over the wire.

    Exit code 1: there is no such service, or the token may not see it; 2: no server answers.
    """
    remote = Remote(url)
    while True:
        page, headers = remote.get_with_headers("/api/v1/operations/said", service=service, after=after, limit=limit)
        for event in page:
            typer.echo(json.dumps(event, ensure_ascii=False))
        after = int(headers["Lienthong-Position"].rpartition(":")[2])
        if not page:
            return


def _print(event: dict[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(event, ensure_ascii=False))
        return
    at = datetime.fromtimestamp(event["time_us"] / 1_000_000, UTC)
    said = f"#{event['sequence']}" if event["said"] else ""
    line = f"{event['position']:>8}  {at:%Y-%m-%d %H:%M:%SZ}  {event['type']:<24} {said:>4}  {event['stream']}"
    console.print(line, markup=False, highlight=False, soft_wrap=True)
