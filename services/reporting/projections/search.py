"""Finds dossiers among those that somebody may see, newest first, page by page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from services.reporting.projections.dossiers import IS_LATE, WHOLE
from services.reporting.projections.rows import Readable

PAGE_LIMIT: Final = 50


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for; what is empty does not matter.

    Args:
        q: part of a code or of a reference.
        agency: receives the dossier, or acts in it.
        late: resolved after the appointment, or open and past it.
        after: reference after which the page begins, the cursor.
        people: opaque ids; one of them is applicant or submitter. None leaves it open, none of them finds nothing.
    """

    q: str = ""
    phase: str = ""
    agency: str = ""
    procedure: str = ""
    late: bool = False
    after: str = ""
    limit: int = PAGE_LIMIT
    people: tuple[str, ...] | None = None


def search(
    store: Readable, visible: str, params: Mapping[str, Any], wanted: Search
) -> tuple[Sequence[Mapping[str, Any]], str | None]:
    """Return a page of what is looked for, and the cursor of the page that follows.

    Args:
        visible: SQL condition that leaves what may be seen, with its `params`.
    """
    conditions = {
        "(code LIKE :q ESCAPE '!' OR ref LIKE :q ESCAPE '!')": wanted.q.strip(),
        "phase=:phase": wanted.phase,
        "(receiving_agency=:of_agency OR agencies LIKE :acts ESCAPE '!')": wanted.agency,
        "procedure=:of_procedure": wanted.procedure,
        IS_LATE: wanted.late,
        "ref<:after": wanted.after,
        _of_people(len(wanted.people or ())): wanted.people is not None,
    }
    where = " AND ".join((visible, "submitted_at IS NOT NULL", *(sql for sql, given in conditions.items() if given)))
    values = {
        **params,
        "q": f"%{_literal(wanted.q.strip().upper())}%",
        "phase": wanted.phase,
        "of_agency": wanted.agency,
        "acts": f"% {_literal(wanted.agency)} %",
        "of_procedure": wanted.procedure,
        "after": wanted.after,
        "limit": wanted.limit + 1,
        **{f"person_{number}": person for number, person in enumerate(wanted.people or ())},
    }
    rows = store.query(f"SELECT {WHOLE} FROM dossiers WHERE {where} ORDER BY ref DESC LIMIT :limit", values)
    return rows[: wanted.limit], rows[wanted.limit - 1]["ref"] if len(rows) > wanted.limit else None


def _of_people(count: int) -> str:
    names = ", ".join(f":person_{number}" for number in range(count))
    return f"(applicant IN ({names}) OR submitter IN ({names}))" if count else "1=0"


def _literal(text: str) -> str:
    """Return the text as LIKE finds it and nothing else."""
    return "".join(f"!{char}" if char in "!%_" else char for char in text)
