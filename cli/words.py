"""How the command line writes what a server says: names for codes, clocks as they show in Vietnam, tables."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from rich.markup import escape
from rich.table import Table

from cli.remote import Remote, console
from kernel.calendar import VIETNAM

MINUTES_OF_HOUR: Final = 60

Seen = dict[str, Any]


class Names:
    """What procedures, steps and agencies are called by the server; what it does not know shows its code.

    Args:
        agencies: id → names, where an answer said how the agencies in it are called; None: those of the figures.
    """

    def __init__(self, remote: Remote, procedure: str, agencies: Mapping[str, Seen] | None = None) -> None:
        published = remote.find(f"/api/v1/procedures/{procedure}") or {}
        if agencies is None:
            items = (remote.find("/api/v1/reports/agencies") or {}).get("items", ())
            agencies = {agency["agency"]: agency for agency in items}
        self.procedure = f"{procedure} {published.get('name_vi', '')}".rstrip()
        self._steps = {step["code"]: step["name_vi"] for step in published.get("steps", ())}
        self._agencies = {id: agency["name_vi"] for id, agency in agencies.items()}

    def step(self, code: str | None) -> str:
        return self._steps.get(code or "", code or "")

    def agency(self, id: str | None) -> str:
        return f"{self._agencies[id]} ({id})" if id in self._agencies else id or ""


def in_path(code: str) -> str:
    """Return a code as one part of a path: what no code has in it can lead to no other path."""
    return "".join(letter for letter in code.strip() if letter.isalnum() or letter in "-._") or "-"


def party(one: Seen, names: Names) -> str:
    """Return who it is; an agency by its name alone, the system by the agency that it hands over to."""
    agency = names.agency(one["agency"])
    parts = (agency,) if agency and one["party"] == "agency" else (plain(one["party"]), agency)
    return " ".join(part for part in parts if part)


def table(title: str, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    """Print a table; nothing in it is markup."""
    shown = Table(*columns, title=escape(title), title_justify="left", title_style="bold")
    for row in rows:
        shown.add_row(*map(escape, row))
    console.print(shown)


def moment(instant: str | None) -> str:
    """Return an instant as a clock in Vietnam shows it."""
    return f"{datetime.fromisoformat(instant).astimezone(VIETNAM):%d/%m/%Y %H:%M}" if instant else ""


def hours(minutes: float) -> str:
    """Return minutes as people reckon with them: "11 h 20 min"."""
    whole, rest = divmod(round(minutes), MINUTES_OF_HOUR)
    return f"{whole} h {rest:02d} min" if whole else f"{rest} min"


def plain(word: str | None) -> str:
    """Return a word of the glossary as people write it."""
    return (word or "").replace("_", " ")
