"""`lienthong dossier`: one dossier as a clerk needs it: where it stands, whose clock runs, its money, its parcels."""

import json
from typing import Annotated, Final

import typer
from rich.markup import escape
from rich.table import Table

from cli.exits import EXIT_NO
from cli.remote import DEFAULT_URL, AsJson, Remote, Url, console, errors
from cli.words import Names, Seen, hours, in_path, moment, party, plain, table
from kernel.money import format_vnd

LEGS: Final = ("collection", "delivery")

app = typer.Typer(help="Dossiers of the running server.", no_args_is_help=True)


@app.callback()
def dossier() -> None:
    """Commands about one dossier."""


@app.command()
def show(
    code: Annotated[str, typer.Argument(help="The dossier's code, or its reference.", show_default=False)],
    url: Url = DEFAULT_URL,
    as_json: AsJson = False,
) -> None:
    """Show a dossier: state, chain, running clocks, money, parcels and timeline.

    Exit code 1: nothing has this code; 2: no server answers.
    """
    remote = Remote(url)
    found = remote.find(f"/api/v1/dossiers/{in_path(code)}")
    if found is None:
        errors.print(f"No dossier has the code or reference {escape(code)}.", highlight=False, soft_wrap=True)
        raise typer.Exit(EXIT_NO)
    # Whoever is not concerned sees the code and the degree of completion, and no reference to ask further with.
    seen = _look(remote, found) if found.get("ref") else {"dossier": _glimpse(remote, code)}
    if as_json:
        typer.echo(json.dumps(seen, ensure_ascii=False, indent=2))
    elif found.get("ref"):
        _print(seen, Names(remote, found["procedure"], (seen["report"] or {}).get("agencies")))
    else:
        done = seen["dossier"]["completion"]["percent"]
        console.print(f"{found['code'] or code}: {done} % complete", markup=False, highlight=False)


def _glimpse(remote: Remote, code: str) -> Seen:
    """Return what anybody may see; reporting has it as soon as it has heard of the dossier."""
    report = remote.find(f"/api/v1/reports/dossiers/{in_path(code)}") or {}
    return {"code": report.get("code"), "completion": report.get("completion", {"done": 0, "of": 0, "percent": 0})}


def _look(remote: Remote, found: Seen) -> Seen:
    """Return what every service says of a dossier, None where it has nothing to say."""
    ref = found["ref"]
    parcels = (remote.find(f"/api/v1/parcels/{ref}/{leg}") for leg in LEGS)
    return {
        "dossier": found,
        "report": remote.find(f"/api/v1/reports/dossiers/{ref}"),
        "chain": remote.find(f"/api/v1/dossiers/{ref}/chain"),
        "clocks": remote.find(f"/api/v1/dossiers/{ref}/chain/clocks"),
        "obligation": remote.find(f"/api/v1/dossiers/{ref}/obligation"),
        "parcels": [parcel for parcel in parcels if parcel is not None],
        "timeline": (remote.find(f"/api/v1/dossiers/{ref}/timeline") or {}).get("items", []),
    }


def _print(seen: Seen, names: Names) -> None:
    _heading(seen, names)
    if seen["chain"]:
        _chain(seen["chain"], names)
    for clock in (seen["clocks"] or {}).get("clocks", ()):
        _clock(clock, names)
    if seen["report"] and seen["report"].get("minutes"):
        _minutes(seen["report"]["minutes"], names)
    if seen["obligation"]:
        _money(seen["obligation"])
    for parcel in seen["parcels"]:
        _parcel(parcel, names)
    _timeline(seen["timeline"], names)


def _heading(seen: Seen, names: Names) -> None:
    found, report = seen["dossier"], seen["report"] or {}
    title = escape(found["code"] or f"{found['ref']} (no code yet)")
    console.print(f"[bold]{title}[/bold]  [cyan]{plain(report.get('status') or found['status'])}[/cyan]")
    facts = {
        "reference": found["ref"],
        "procedure": names.procedure,
        "received by": names.agency(found["receiving_agency"]),
        "came by": found["channel"],
        "handed in": moment(found["submitted_at"]),
        "appointment": moment(found["due_at"]) + _kept(report.get("on_time")),
        "result goes": f"{plain(found['hand_out_by'])}, {plain(found['posting'])}".removesuffix(", none"),
        "complete": f"{report['completion']['percent']} %" if report.get("completion") else "",
        "outcome": plain(found["outcome"]),
        "withdrawal": plain(found["withdrawal"]).removesuffix("none"),
        "lies with": "; ".join(_holder(holder, names) for holder in report.get("holders") or ()),
        "made late by": "; ".join(names.agency(cause["agency"]) for cause in report.get("late_because") or ()),
    }
    if supplement := found["supplement"]:
        awaited = ", ".join(item["component"] for item in supplement["items"] if item["awaited"])
        facts["supplement"] = f"asked for, awaited: {awaited}" if awaited else "asked for, complete"
    grid = Table.grid(padding=(0, 2))
    for name, value in facts.items():
        if value:
            grid.add_row(name, escape(value))
    console.print(grid)


def _holder(holder: Seen, names: Names) -> str:
    return ", ".join(part for part in (party(holder, names), names.step(holder["step"])) if part)


def _chain(chain: Seen, names: Names) -> None:
    suspended = f", clock stands still since {moment(chain['suspended_since'])}" if chain["suspended_since"] else ""
    title = f"Chain: {plain(chain['state'])}{suspended}"
    rows = []
    for step in chain["steps"]:
        result = step["result"]
        number = f"{result['number']} (version {result['version']})" if result else ""
        stage = plain(step["stage"]) + (f", round {step['round']}" if step["round"] > 1 else "")
        passed = ", ".join(plain(limit) for limit in step["passed"])
        late = f" (late: {passed})" if passed else ""
        rows.append(
            (names.step(step["step"]), names.agency(step["agency"]), stage, moment(step["due_at"]) + late, number)
        )
    table(title, ("step", "agency", "stands", "due", "result"), rows)


def _clock(clock: Seen, names: Names) -> None:
    whose = names.step(clock["step"]) or "whole chain"
    left = clock["left_minutes"]
    rest = f"{hours(left)} left" if left >= 0 else f"{hours(-left)} late"
    used = f"{hours(clock['used_minutes'])} of working time used"
    said = f"Clock of {whose}: {used}, {rest}, due {moment(clock['due_at'])}"
    console.print(said, markup=False, highlight=False, soft_wrap=True)


def _minutes(minutes: list[Seen], names: Names) -> None:
    shares = "; ".join(f"{party(share, names)}: {hours(share['minutes'])}" for share in minutes)
    console.print(f"Whose working time it was: {shares}", markup=False, highlight=False, soft_wrap=True)


def _money(owed: Seen) -> None:
    receipt = f", receipt {owed['receipt']['receipt']}" if owed["receipt"] else ""
    rows = [(line["name_vi"], format_vnd(line["amount_vnd"]), "") for line in owed["lines"]]
    rows += [
        (f"payment at {attempt['gateway']}", format_vnd(attempt["amount_vnd"]), plain(attempt["standing"]))
        for attempt in owed["attempts"]
    ]
    rows += [
        (f"refund, {plain(refund['reason'])}", format_vnd(refund["amount_vnd"]), plain(refund["standing"]))
        for refund in owed["refunds"]
    ]
    method = f" ({plain(owed['method'])})" if owed["method"] else ""
    title = f"Money: {format_vnd(owed['total_vnd'])}, {plain(owed['standing'])}{method}{receipt}"
    table(title, ("what for", "amount", "stands"), rows)


def _parcel(parcel: Seen, names: Names) -> None:
    tried = f", {parcel['attempts']} failed attempts" if parcel["attempts"] else ""
    again = f", next from {moment(parcel['next_attempt_from'])}" if parcel["next_attempt_from"] else ""
    who = f"papers with {plain(parcel['custodian'])}" if parcel["custodian"] else "no papers yet"
    said = f"Parcel {parcel['item_code']} ({parcel['leg']}): {plain(parcel['status'])}, {who}{tried}{again}"
    console.print(said, markup=False, highlight=False, soft_wrap=True)


def _timeline(items: list[Seen], names: Names) -> None:
    rows = [
        (
            moment(item["at"]), item["service"], _sentence(item["event"]), names.step(item["step"]),
            names.agency(item["agency"]), plain(item["role"]),
        )
        for item in items
    ]  # fmt: skip
    table("Timeline", ("when", "service", "what", "step", "agency", "by"), rows)


def _kept(on_time: bool | None) -> str:
    return {True: " (kept)", False: " (missed)"}.get(on_time, "") if on_time is not None else ""


def _sentence(event: str) -> str:
    """Return an event's name as words: `StepDecided` is `step decided`."""
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in event).strip()
