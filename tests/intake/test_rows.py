"""The list of dossiers as rows: where each stands and whom it waits for, after every event of its life."""

import sqlite3
from dataclasses import replace
from typing import Any

import pytest

from services.intake.projections.dossiers import codes, dossiers
from tests.intake.cases import (
    ACCEPTED,
    ASKED,
    AWAITED,
    BY_POST,
    CODE,
    DISPATCHED,
    EXAMINED,
    HANDED_OUT,
    INCOMPLETE,
    PAID_FIRST,
    PAPERS,
    RECEIVED,
    RECEIVED_AGAIN,
    REF,
    RESOLVED,
    RESULT,
    SENT_BACK,
    SETTLED,
    STOPPED,
    SUBMITTED,
    WITHDRAWAL,
    WITHDRAWN,
    WITHDRAWN_WITH_RESULTS,
)
from tests.intake.test_acceptance import REFUSED
from tests.intake.test_course import ANSWERED, TURNED_DOWN
from tests.intake.test_handing_out import KEPT


def rows_after(*history: Any) -> sqlite3.Connection:
    """Return a database in which the read models followed a dossier's events."""
    database = sqlite3.connect(":memory:")
    for projection in (dossiers, codes):
        for table in projection.tables:
            database.execute(table)
        for event in history:
            for statement in projection.own.get(type(event), lambda event: ())(event):
                database.execute(statement.sql, dict(statement.params))
    return database


@pytest.mark.parametrize(
    ("history", "status", "awaits"),
    [
        ((SUBMITTED,), "submitted", ""),
        ((BY_POST,), "submitted", "papers"),
        ((BY_POST, PAPERS), "submitted", ""),
        ((INCOMPLETE, ASKED), "submitted", "supplement"),
        ((INCOMPLETE, ASKED, RECEIVED), "submitted", ""),
        ((INCOMPLETE, ASKED, STOPPED), "stopped", ""),
        ((PAID_FIRST, AWAITED), "awaiting_payment", "payment"),
        ((PAID_FIRST, AWAITED, SETTLED, ACCEPTED), "accepted", ""),
        ((SUBMITTED, REFUSED), "refused", ""),
        ((SUBMITTED, WITHDRAWN), "withdrawn", ""),
        ((SUBMITTED, ACCEPTED, SENT_BACK), "accepted", "answer"),
        ((SUBMITTED, ACCEPTED, SENT_BACK, EXAMINED), "accepted", "supplement"),
        ((SUBMITTED, ACCEPTED, SENT_BACK, EXAMINED, RECEIVED_AGAIN), "accepted", "answer"),
        ((SUBMITTED, ACCEPTED, SENT_BACK, EXAMINED, RECEIVED_AGAIN, ANSWERED), "accepted", ""),
        ((SUBMITTED, ACCEPTED, WITHDRAWAL), "accepted", "withdrawal"),
        ((SUBMITTED, ACCEPTED, WITHDRAWAL, TURNED_DOWN), "accepted", ""),
        ((SUBMITTED, ACCEPTED, WITHDRAWAL, WITHDRAWN_WITH_RESULTS), "withdrawn", "collection"),
        ((SUBMITTED, ACCEPTED, RESULT, RESOLVED), "resolved", "collection"),
        ((SUBMITTED, ACCEPTED, RESULT, RESOLVED, DISPATCHED), "resolved", "delivery"),
        ((SUBMITTED, ACCEPTED, RESULT, RESOLVED, DISPATCHED, KEPT), "resolved", "collection"),
        ((SUBMITTED, ACCEPTED, RESULT, RESOLVED, SETTLED, HANDED_OUT), "handed_out", ""),
    ],
)
def test_a_row_says_where_a_dossier_stands_and_whom_it_waits_for(
    history: tuple[Any, ...], status: str, awaits: str
) -> None:
    """TT 01/2018 art. 17: every step is seen when it happens."""
    (row,) = rows_after(*history).execute("SELECT status, awaits FROM dossiers").fetchall()
    assert row == (status, awaits)


def test_a_restarted_appointment_is_seen_in_the_list() -> None:
    """NĐ 61/2018 art. 19.4: it moved, and the desk counts by the new hour."""
    answered = replace(ANSWERED, due_at=ANSWERED.at)
    database = rows_after(SUBMITTED, ACCEPTED, SENT_BACK, EXAMINED, RECEIVED_AGAIN, answered)
    assert database.execute("SELECT due_at FROM dossiers").fetchall() == [("2026-09-11T08:00:00Z",)]


@pytest.mark.parametrize(
    ("history", "known"),
    [
        ((SUBMITTED,), []),
        ((replace(SUBMITTED, portal_code="H48-260907-00009"),), [("H48-260907-00009", REF)]),
        ((SUBMITTED, ACCEPTED), [(CODE, REF)]),
        ((PAID_FIRST, AWAITED, SETTLED, ACCEPTED), [(CODE, REF)]),
    ],
)
def test_a_code_leads_to_its_dossier_as_soon_as_somebody_has_it(history: tuple[Any, ...], known: list[Any]) -> None:
    """The portal's from the beginning, ours from the slip or the request to pay."""
    assert rows_after(*history).execute("SELECT code, ref FROM dossier_codes").fetchall() == known
