"""`lienthong clock`: why a dossier is due when it is, what each of its clocks counted, and whose minutes there were.

Law: NĐ 61/2018/NĐ-CP arts. 19.4 and 19.9; QĐ 766/QĐ-TTg. It prints what `GET /dossiers/{code}/clock` answers.
"""

import json
from datetime import datetime
from itertools import groupby
from typing import Annotated, Final

import typer
from rich.markup import escape

from cli.exits import EXIT_NO
from cli.remote import DEFAULT_URL, AsJson, Remote, Url, console, errors
from cli.words import Names, Seen, hours, in_path, moment, party, plain, table
from kernel.calendar import VIETNAM

LAW: Final = {
    "legal": "Đồng hồ pháp lý / legal clock (NĐ 61/2018 art. 19.4)",
    "scoring": "Đồng hồ chấm điểm / scoring clock (QĐ 766/QĐ-TTg)",
}
APOLOGY: Final = "apology"
PASSED_OVER: Final = frozenset({"night", "midday"})
"""Nobody expects a desk to be open then; the hours that count tell it."""


def clock(
    code: Annotated[str, typer.Argument(help="The dossier's code, or its reference.", show_default=False)],
    url: Url = DEFAULT_URL,
    as_json: AsJson = False,
) -> None:
    """Show why a dossier is due when it is: both clocks interval by interval, and whose minutes there were.

    Exit code 1: nothing has this code, or it was not accepted yet; 2: no server answers.
    """
    remote = Remote(url)
    found = remote.find(f"/api/v1/dossiers/{in_path(code)}/clock")
    if found is None:
        errors.print(f"No dossier has the code or reference {escape(code)}.", highlight=False, soft_wrap=True)
        raise typer.Exit(EXIT_NO)
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
    if "legal" not in found:
        if not as_json:
            errors.print("Its clocks have not begun: it was not accepted yet.", highlight=False)
        raise typer.Exit(EXIT_NO)
    if not as_json:
        _print(found, Names(remote, found["procedure"], found.get("agencies")))


def _print(found: Seen, names: Names) -> None:
    console.print(f"[bold]{escape(found['code'] or found['ref'])}[/bold]  {escape(names.procedure)}", highlight=False)
    ended = f", ended {moment(found['ended_at'])}" if found["ended_at"] else ""
    _line(f"Accepted {moment(found['accepted_at'])}{ended}; calendar {_calendar(found)}")
    for name, title in LAW.items():
        _clock(found[name], title)
    _appointments(found["appointments"], names)
    _standstills(found["standstills"], names)
    _lateness(found["lateness"], names)
    _shares(found["until_result"], "Whose working time it was, until the result", names)
    if found["after_result"]["whole_minutes"]:
        _shares(found["after_result"], "After the result, until it was handed out", names)


def _clock(one: Seen, title: str) -> None:
    limit = one["limit"]
    given = f"{limit['value']:g} {plain(limit['unit'])}" if limit else "the limits of its steps added up"
    if one["gained_minutes"]:
        given = f"{given}, {hours(one['gained_minutes'])} longer by law"
    if one["stands_on"]:
        now = f"stands still ({plain(one['stands_on'])}), {hours(one['left_minutes'])} left"
    elif one["overdue_since"]:
        now = f"overdue since {moment(one['overdue_since'])}, by {hours(-one['left_minutes'])}"
    else:
        now = f"due {moment(one['due_at'])}, {hours(one['left_minutes'])} left"
    head = f"{title}: {given} from {moment(one['clock_from'])}; {hours(one['used_minutes'])} used; {now}"
    table(head, ("from", "until", "counted", "so far", "why"), _rows(one["derivation"]))


def _rows(derivation: list[Seen]) -> list[tuple[str, ...]]:
    """Return a line for each day and reason; nights and midday breaks are told by the hours that count."""
    rows: list[tuple[str, ...]] = []
    total = 0
    told = (one for one in derivation if one["reason"] not in PASSED_OVER)
    for _, same in groupby(told, key=lambda one: (_day(one["start"]), one["reason"])):
        intervals = list(same)
        counted = sum(one["counted_minutes"] for one in intervals)
        total += counted
        minutes, so_far = (hours(counted), hours(total)) if counted else ("–", "")
        why = f"{intervals[0]['reason_vi']} / {intervals[0]['reason_en']}"
        rows.append((moment(intervals[0]["start"]), moment(intervals[-1]["end"]), minutes, so_far, why))
    return rows


def _day(instant: str) -> str:
    return f"{datetime.fromisoformat(instant).astimezone(VIETNAM):%Y-%m-%d}"


def _appointments(appointments: list[Seen], names: Names) -> None:
    rows = [
        (moment(one["said_at"]), plain(one["cause"]), names.step(one["step"]),
         "" if one["cause"] == APOLOGY else moment(one["clock_from"]), moment(one["due_at"]))
        for one in appointments
    ]  # fmt: skip
    table("Appointments", ("said", "because", "step", "counted from", "date"), rows)


def _standstills(standstills: list[Seen], names: Names) -> None:
    rows = [
        (plain(one["ground"]), "whole dossier" if one["whole"] else "step", names.step(one["step"]),
         moment(one["since"]), moment(one["until"]) or "still")
        for one in standstills
    ]  # fmt: skip
    if rows:
        table("The clock stood still", ("ground", "clock of", "step", "from", "until"), rows)


def _lateness(lateness: list[Seen], names: Names) -> None:
    rows = [
        (moment(one["at"]), plain(one["what"]), names.agency(one["agency"]), names.step(one["step"]) or "whole dossier",
         moment(one["due_at"]), moment(one["new_due_at"]), names.agency(one["to_agency"]))
        for one in lateness
    ]  # fmt: skip
    if rows:
        table("Delay", ("when", "what", "agency", "step", "due, or overdue since", "new date", "told above"), rows)


def _shares(minutes: Seen, title: str, names: Names) -> None:
    rows = [
        (party(share, names), names.step(share["step"]), hours(share["minutes"]), share["exact"],
         hours(share["legal_minutes"]), hours(share["scoring_minutes"]))
        for share in minutes["shares"]
    ]  # fmt: skip
    whole = minutes["whole_minutes"]
    columns = ("who", "step", "working time", "exact minutes", "legal clock counts", "scoring clock counts")
    table(f"{title}: {hours(whole)}", columns, [*rows, ("together", "", hours(whole), str(whole), "", "")])


def _calendar(found: Seen) -> str:
    return f"{found['calendar_id']} {found['calendar_version']}"


def _line(text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)
