"""`lienthong trace`: the way of one dossier through the services, as far as it was followed."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.tree import Tree

from cli.exits import EXIT_NO
from cli.remote import DEFAULT_URL, AsJson, Remote, Url, console
from kernel.calendar import VIETNAM

ELSEWHERE = "Spans go to the collector that OTEL_EXPORTER_OTLP_ENDPOINT names: look there."
NOT_FOLLOWED = (
    "This dossier was not followed, or too long ago. LIENTHONG_TRACE_SHARE says how many are; a command that comes "
    "with a sampled traceparent is followed always."
)


def trace(
    code: Annotated[str, typer.Argument(help="Code or reference of the dossier.")],
    url: Url = DEFAULT_URL,
    as_json: AsJson = False,
) -> None:
    """Print what a dossier went through, service by service: each command, message, timer and promise with its time.

    With --json one span a line. Exit code 1: nothing of it was kept, or the token may not see it; 2: no server answers.
    """
    found = Remote(url).get(f"/api/v1/operations/traces/{code}")
    if not found["spans"]:
        console.print(ELSEWHERE if found["kept"] == "elsewhere" else NOT_FOLLOWED, soft_wrap=True)
        raise typer.Exit(EXIT_NO)
    if as_json:
        for span in found["spans"]:
            typer.echo(json.dumps(span, ensure_ascii=False))
        return
    console.print(tree_of(found["ref"], found["spans"]), soft_wrap=True)


def tree_of(ref: str, spans: Iterable[Mapping[str, Any]]) -> Tree:
    """Return the spans as a tree: each below what caused it, in the order in which they began."""
    tree = Tree(f"[bold]{escape(ref)}[/bold]", guide_style="dim")
    ordered = sorted(spans, key=lambda span: str(span["at"]))
    known = {span["span"] for span in ordered}
    below: dict[str, list[Mapping[str, Any]]] = {}
    for span in ordered:
        below.setdefault(span["parent"] if span["parent"] in known else "", []).append(span)
    waiting = [(tree, span) for span in reversed(below.get("", []))]
    while waiting:
        branch, span = waiting.pop()
        here = branch.add(_line(span))
        waiting += [(here, child) for child in reversed(below.get(span["span"], []))]
    return tree


def _line(span: Mapping[str, Any]) -> str:
    told = span["attributes"]
    outcome = told.get("outcome", told.get("http.response.status_code", ""))
    at = f"  [dim]{_in_vietnam(told['business_time'])}[/dim]" if "business_time" in told else ""
    came_to = f"  {escape(str(outcome))}" if outcome not in ("", "done") else ""
    return f"{span['ms']:>8.2f} ms  [cyan]{escape(span['service'])}[/cyan]  {escape(span['name'])}{came_to}{at}"


def _in_vietnam(instant: str) -> str:
    return f"{datetime.fromisoformat(instant).astimezone(VIETNAM):%d/%m/%Y %H:%M}"
