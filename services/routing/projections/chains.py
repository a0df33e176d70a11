"""Every chain with its appointment, who leads it and how it ended; newest last, `turn` is the cursor of its pages."""

from datetime import datetime
from typing import Final

from chassis.instants import by_second
from chassis.service import Projection
from chassis.stores.store import Statement
from services.routing.domain.clock_events import AppointmentMoved
from services.routing.domain.events import (
    ChainClosed,
    ChainOpened,
    ChainOverdue,
    ChainStopped,
    ChainWithdrawn,
    ClockRestarted,
)

TABLE: Final = """
CREATE TABLE IF NOT EXISTS chains(
  ref TEXT PRIMARY KEY, turn TEXT NOT NULL, code TEXT NOT NULL, procedure TEXT NOT NULL,
  procedure_version TEXT NOT NULL, receiving_agency TEXT NOT NULL, lead_agency TEXT NOT NULL, agencies TEXT NOT NULL,
  applicant TEXT NOT NULL, submitter TEXT NOT NULL, state TEXT NOT NULL, overdue TEXT NOT NULL,
  opened_at TEXT NOT NULL, due_at TEXT NOT NULL, ended_at TEXT)
"""
BY_TURN: Final = "CREATE INDEX IF NOT EXISTS chains_by_turn ON chains(turn)"
BY_LEAD: Final = "CREATE INDEX IF NOT EXISTS chains_by_lead ON chains(lead_agency, state, turn)"

OPENED: Final = """
INSERT INTO chains(
  ref, turn, code, procedure, procedure_version, receiving_agency, lead_agency, agencies, applicant, submitter, state,
  overdue, opened_at, due_at)
VALUES(:ref, :turn, :code, :procedure, :procedure_version, :receiving_agency, :lead_agency, :agencies, :applicant,
  :submitter, 'open', 'no', :opened_at, :due_at)
ON CONFLICT(ref) DO NOTHING
"""
ENDED: Final = "UPDATE chains SET state=:state, ended_at=:at WHERE ref=:ref"
OVERDUE: Final = "UPDATE chains SET overdue='yes' WHERE ref=:ref"
REDATED: Final = "UPDATE chains SET due_at=:due_at, overdue='no' WHERE ref=:ref"


def opened(event: ChainOpened) -> tuple[Statement, ...]:
    acting = (planned.agency for planned in event.steps if planned.party == "agency")
    agencies = dict.fromkeys((event.lead_agency, *acting))
    opened_at = by_second(event.at)
    row = {
        "ref": event.ref,
        "turn": f"{opened_at} {event.ref}",
        "code": event.code,
        "procedure": event.procedure,
        "procedure_version": event.procedure_version,
        "receiving_agency": event.receiving_agency,
        "lead_agency": event.lead_agency,
        "agencies": f" {' '.join(agencies)} ",
        "applicant": event.applicant,
        "submitter": event.submitter,
        "opened_at": opened_at,
        "due_at": by_second(event.due_at),
    }
    return (Statement(OPENED, row),)


def _ended(ref: str, state: str, at: datetime) -> tuple[Statement, ...]:
    return (Statement(ENDED, {"ref": ref, "state": state, "at": by_second(at)}),)


def closed(event: ChainClosed) -> tuple[Statement, ...]:
    return _ended(event.ref, event.outcome, event.at)


def withdrawn(event: ChainWithdrawn) -> tuple[Statement, ...]:
    return _ended(event.ref, "withdrawn", event.at)


def stopped(event: ChainStopped) -> tuple[Statement, ...]:
    return _ended(event.ref, "stopped", event.at)


def overdue(event: ChainOverdue) -> tuple[Statement, ...]:
    return (Statement(OVERDUE, {"ref": event.ref}),)


def redated(event: ClockRestarted | AppointmentMoved) -> tuple[Statement, ...]:
    """A date that is promised with an apology hides nothing: the lawful one stays, and the chain late."""
    if isinstance(event, AppointmentMoved) and event.cause == "apology":
        return ()
    return (Statement(REDATED, {"ref": event.ref, "due_at": by_second(event.due_at)}),)


chains: Final = Projection(
    name="chains",
    tables=(TABLE, BY_TURN, BY_LEAD),
    own={
        ChainOpened: opened,
        ChainClosed: closed,
        ChainWithdrawn: withdrawn,
        ChainStopped: stopped,
        ChainOverdue: overdue,
        ClockRestarted: redated,
        AppointmentMoved: redated,
    },
)
