"""`lienthong events`: the log of a service as it grows."""

import json
import time
from datetime import UTC, datetime
from typing import Annotated

import typer

from cli.remote import DEFAULT_URL, AsJson, Remote, Url, console

app = typer.Typer(help="The stored events.", no_args_is_help=True)
POLL_INTERVAL_S = 0.5


@app.command()
def tail(
    service: Annotated[str, typer.Argument(help="intake, routing, payments, postal")] = "intake",
    after: Annotated[int, typer.Option(help="Start after this position.", min=0)] = 0,
    limit: Annotated[int, typer.Option(help="Events to a page.", min=1, max=500)] = 100,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on waiting for new ones.")] = False,
    url: Url = DEFAULT_URL,
    as_json: AsJson = False,
) -> None:
    """Print a service's stored events in commit order; personal data stays sealed."""
    remote = Remote(url)
    while True:
        page = remote.get("/api/v1/operations/events", service=service, after=after, limit=limit)
        for event in page["items"]:
            if as_json:
                print(json.dumps(event, ensure_ascii=False))
                continue
            at = datetime.fromtimestamp(event["time_us"] / 1_000_000, UTC)
            said = f"[green]#{event['sequence']}[/green]" if event["said"] else "  "
            console.print(f"{event['position']:>8} {at:%Y-%m-%d %H:%M:%S} {event['type']:<24} {said} {event['stream']}")
        after = page["next"]
        if not page["items"]:
            if not follow:
                return
            time.sleep(POLL_INTERVAL_S)
