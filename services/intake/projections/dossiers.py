"""The list of dossiers: one row each, for the desk by agency and state, for the applicant by person.

`ref` is in the order of submission, so a page begins after the last one seen.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from chassis.instants import in_second
from chassis.service import Projection
from chassis.stores.store import Statement
from chassis.web import refs
from services.intake.domain import amendments, events

TABLE: Final = """
CREATE TABLE IF NOT EXISTS dossiers(
  ref TEXT PRIMARY KEY, code TEXT NOT NULL, procedure TEXT NOT NULL, channel TEXT NOT NULL, status TEXT NOT NULL,
  awaits TEXT NOT NULL, receiving_agency TEXT NOT NULL, agencies TEXT NOT NULL, applicant TEXT NOT NULL,
  submitter TEXT NOT NULL, hand_out_by TEXT NOT NULL, submitted_at TEXT NOT NULL, due_at TEXT NOT NULL,
  changed_at TEXT NOT NULL)
"""
AT_A_DESK: Final = "CREATE INDEX IF NOT EXISTS dossiers_at_a_desk ON dossiers(receiving_agency, status, ref)"
OF_APPLICANT: Final = "CREATE INDEX IF NOT EXISTS dossiers_of_applicant ON dossiers(applicant, ref)"
OF_SUBMITTER: Final = "CREATE INDEX IF NOT EXISTS dossiers_of_submitter ON dossiers(submitter, ref)"

INSERT: Final = """
INSERT INTO dossiers(ref, code, procedure, channel, status, awaits, receiving_agency, agencies, applicant, submitter,
  hand_out_by, submitted_at, due_at, changed_at)
VALUES(:ref, :code, :procedure, :channel, 'submitted', :awaits, :receiving_agency, '', :applicant, :submitter,
  :hand_out_by, :at, '', :at) ON CONFLICT(ref) DO NOTHING
"""
MOVE: Final = "UPDATE dossiers SET status=:status, awaits=:awaits, changed_at=:at WHERE ref=:ref"
AWAIT: Final = "UPDATE dossiers SET awaits=:awaits, changed_at=:at WHERE ref=:ref"
CODE: Final = "UPDATE dossiers SET code=:code, status=:status, awaits=:awaits, changed_at=:at WHERE ref=:ref"
ACCEPT: Final = """
UPDATE dossiers SET code=:code, status='accepted', awaits='', agencies=:agencies, due_at=:due_at, changed_at=:at
WHERE ref=:ref
"""
DUE: Final = "UPDATE dossiers SET due_at=:due_at, changed_at=:at WHERE ref=:ref"
APPOINT: Final = "UPDATE dossiers SET due_at=:due_at, awaits='', changed_at=:at WHERE ref=:ref"

Rows = Callable[[Any], tuple[Statement, ...]]


def _submitted(event: events.DossierSubmitted) -> tuple[Statement, ...]:
    row = {
        "ref": event.ref,
        "code": event.portal_code or "",
        "procedure": event.procedure,
        "channel": event.channel,
        "awaits": "papers" if event.channel == "post" else "",
        "receiving_agency": event.receiving_agency,
        "applicant": event.applicant,
        "submitter": event.submitter,
        "hand_out_by": event.hand_out_by,
        "at": in_second(event.at),
    }
    return (Statement(INSERT, row),)


def _awaited(event: events.PaymentAwaited) -> tuple[Statement, ...]:
    row = {"ref": event.ref, "code": event.code, "status": "awaiting_payment", "awaits": "payment"}
    return (Statement(CODE, row | {"at": in_second(event.at)}),)


def _accepted(event: events.DossierAccepted) -> tuple[Statement, ...]:
    row = {
        "ref": event.ref,
        "code": event.code,
        "agencies": f" {' '.join(event.agencies)} ",
        "due_at": in_second(event.due_at),
        "at": in_second(event.at),
    }
    return (Statement(ACCEPT, row),)


def _answered(event: events.SentBackAnswered) -> tuple[Statement, ...]:
    return (Statement(APPOINT, {"ref": event.ref, "due_at": in_second(event.due_at), "at": in_second(event.at)}),)


def _appointed(event: amendments.AppointmentChanged) -> tuple[Statement, ...]:
    """The list is ordered and searched by the lawful date; a promise beside it stands in the dossier itself."""
    return (Statement(DUE, {"ref": event.ref, "due_at": in_second(event.due_at), "at": in_second(event.at)}),)


def _moves_to(status: str, awaits: str = "") -> Rows:
    def rows(event: Any) -> tuple[Statement, ...]:
        return (Statement(MOVE, {"ref": event.ref, "status": status, "awaits": awaits, "at": in_second(event.at)}),)

    return rows


def _ends_as(status: str) -> Rows:
    """Results that were decided before the end still wait to be handed out."""

    def rows(event: events.DossierWithdrawn | events.DossierStopped) -> tuple[Statement, ...]:
        return _moves_to(status, "collection" if event.kept_results else "")(event)

    return rows


def _awaits(what: str) -> Rows:
    def rows(event: Any) -> tuple[Statement, ...]:
        return (Statement(AWAIT, {"ref": event.ref, "awaits": what, "at": in_second(event.at)}),)

    return rows


def _supplemented(event: events.SupplementReceived) -> tuple[Statement, ...]:
    """What came at the desk is looked at there; what an agency asked for is still to be answered to it."""
    return _awaits("answer" if event.stage == "examination" else "")(event)


_OWN: Final[Mapping[type, Rows]] = {
    events.DossierSubmitted: _submitted,
    events.PapersReceived: _awaits(""),
    events.SupplementRequested: _awaits("supplement"),
    events.SupplementReceived: _supplemented,
    events.PaymentAwaited: _awaited,
    events.DossierAccepted: _accepted,
    events.SentBackReceived: _awaits("answer"),
    amendments.AppointmentChanged: _appointed,
    events.SentBackAnswered: _answered,
    events.WithdrawalRequested: _awaits("withdrawal"),
    events.WithdrawalTurnedDown: _awaits(""),
    events.DossierResolved: _moves_to("resolved", "collection"),
    events.ResultDispatched: _awaits("delivery"),
    events.ResultKeptAtDesk: _awaits("collection"),
    events.DossierHandedOut: _moves_to("handed_out"),
    events.DossierRefused: _moves_to("refused"),
    events.DossierWithdrawn: _ends_as("withdrawn"),
    events.DossierStopped: _ends_as("stopped"),
}

dossiers: Final = Projection(name="dossiers", tables=(TABLE, AT_A_DESK, OF_APPLICANT, OF_SUBMITTER), own=_OWN)


def _portal_code(event: events.DossierSubmitted) -> tuple[Statement, ...]:
    return () if event.portal_code is None else (refs.known_code(event.portal_code, event.ref),)


def _code(event: events.PaymentAwaited | events.DossierAccepted) -> tuple[Statement, ...]:
    return (refs.known_code(event.code, event.ref),)


codes: Final = Projection(
    name="dossier_codes",
    tables=(refs.TABLE,),
    own={events.DossierSubmitted: _portal_code, events.PaymentAwaited: _code, events.DossierAccepted: _code},
)
