"""The hours of the live figures: how many dossiers were received, decided, late and paid, by agency and procedure.

What an event says of them is told here once (`TELLS`), for these rows and for the stream that keeps the same hours over
Kafka. A fee may be heard of as paid before its dossier is known: then it waits, and its hour is added to when the
dossier comes. Every addition is a count of events that happen once, so that no order of hearing changes the rows.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec

from chassis.service import Projection
from chassis.stores.store import Statement
from chassis.wire import NotOurs
from kernel.message import Envelope, type_of
from services.reporting.domain.live import WINDOWS, Hour, Place, Told, hour_of
from services.reporting.projections import intake_says as intake
from services.reporting.projections import payments_says as payments
from services.reporting.projections.rows import Readable

Rows = tuple[Statement, ...]

HOURS: Final = """
CREATE TABLE IF NOT EXISTS live_hours(
  agency TEXT NOT NULL, procedure TEXT NOT NULL, status TEXT NOT NULL, hour INTEGER NOT NULL, counted INTEGER NOT NULL,
  PRIMARY KEY(agency, procedure, status, hour))
"""
BY_HOUR: Final = "CREATE INDEX IF NOT EXISTS live_hours_by_hour ON live_hours(hour, status, counted)"
WAITING: Final = """
CREATE TABLE IF NOT EXISTS live_waiting(
  ref TEXT NOT NULL, status TEXT NOT NULL, hour INTEGER NOT NULL, counted INTEGER NOT NULL,
  PRIMARY KEY(ref, status, hour))
"""
ADDED: Final = "DO UPDATE SET counted=live_hours.counted+excluded.counted"
ADD: Final = f"""
INSERT INTO live_hours(agency, procedure, status, hour, counted)
SELECT receiving_agency, procedure, :status, :hour, 1 FROM dossiers WHERE ref=:ref AND submitted_at IS NOT NULL
ON CONFLICT(agency, procedure, status, hour) {ADDED}
"""
WAIT: Final = """
INSERT INTO live_waiting(ref, status, hour, counted) SELECT :ref, :status, :hour, 1
WHERE NOT EXISTS(SELECT 1 FROM dossiers WHERE ref=:ref AND submitted_at IS NOT NULL)
ON CONFLICT(ref, status, hour) DO UPDATE SET counted=live_waiting.counted+excluded.counted
"""
ADD_WHAT_WAITED: Final = f"""
INSERT INTO live_hours(agency, procedure, status, hour, counted)
SELECT :agency, :procedure, status, hour, counted FROM live_waiting WHERE ref=:ref
ON CONFLICT(agency, procedure, status, hour) {ADDED}
"""
WAITED: Final = "DELETE FROM live_waiting WHERE ref=:ref"
BY_STATUS: Final = """
SELECT status, hour, sum(counted) AS counted FROM live_hours WHERE hour>:after GROUP BY status, hour
"""
SINCE: Final = "SELECT agency, procedure, status, hour, counted FROM live_hours WHERE hour>:after"


def _submitted(said: intake.DossierSubmitted) -> Told:
    return Told(place=Place(said.receiving_agency, said.procedure))


def _accepted(said: intake.DossierAccepted) -> Told:
    return Told(statuses=("received",))


def _resolved(said: intake.DossierResolved) -> Told:
    return Told(statuses=("decided",) if said.on_time else ("decided", "late"))


def _ended(said: Any) -> Told:
    return Told(ends=True)


def _paid(said: payments.ObligationSettled) -> Told:
    """Fees and charges; what a tax notice states is the treasury's, and what costs nothing is not paid."""
    return Told(statuses=("paid",) if said.total_vnd and said.purpose == "fee" else ())


TELLS: Final[Mapping[str, tuple[type, Callable[[Any], Told]]]] = {
    type_of("intake", "DossierSubmitted", 1): (intake.DossierSubmitted, _submitted),
    type_of("intake", "DossierAccepted", 1): (intake.DossierAccepted, _accepted),
    type_of("intake", "DossierResolved", 1): (intake.DossierResolved, _resolved),
    type_of("payments", "ObligationSettled", 1): (payments.ObligationSettled, _paid),
    type_of("intake", "DossierRefused", 1): (intake.DossierRefused, _ended),
    type_of("intake", "DossierWithdrawn", 1): (intake.DossierWithdrawn, _ended),
    type_of("intake", "DossierStopped", 1): (intake.DossierStopped, _ended),
    type_of("intake", "DossierHandedOut", 1): (intake.DossierHandedOut, _ended),
}
"""Public type → how its data is read, and what it says as far as live figures go."""

DECODERS: Final[Mapping[str, msgspec.json.Decoder[Any]]] = {
    kind: msgspec.json.Decoder(reads) for kind, (reads, _) in TELLS.items()
}
UNVERSIONED: Final = frozenset(kind.rpartition(".v")[0] for kind in TELLS)


def told_of(envelope: Envelope) -> Told | None:
    """Return what a public event says, None where nothing of it is counted.

    Raises:
        NotOurs: it cannot be read, or is not its source's to say.
    """
    if envelope.type not in TELLS:
        if envelope.type.rpartition(".v")[0] in UNVERSIONED:
            raise NotOurs(f"{envelope.type} is a version that is not known here")
        return None
    if envelope.source.split("/")[3:4] != [envelope.type.split(".")[1]]:
        raise NotOurs(f"{envelope.type} was said by {envelope.source}")
    try:
        said = DECODERS[envelope.type].decode(envelope.data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NotOurs(f"{envelope.type} cannot be read: {error}") from error
    return TELLS[envelope.type][1](said)


def hours_by_status(store: Readable, now_hour: int) -> list[tuple[str, int, int]]:
    """Return (status, hour, how many) of the whole province, of all hours that are in a window."""
    after = now_hour - max(WINDOWS.values())
    return [(row["status"], row["hour"], row["counted"]) for row in store.query(BY_STATUS, {"after": after})]


def hours_by_place(store: Readable, now_hour: int) -> Sequence[tuple[Hour, int]]:
    """Return each agency's and procedure's hours that are in a window, with how many there were."""
    rows = store.query(SINCE, {"after": now_hour - max(WINDOWS.values())})
    return [(Hour(row["agency"], row["procedure"], row["status"], row["hour"]), row["counted"]) for row in rows]


def _rows(kind: str, tells: Callable[[Any], Told]) -> Callable[[Any, Envelope], Rows]:
    # What the desk says of a dossier always comes after it has said whose it is.
    changes = (ADD,) if kind.startswith("lienthong.intake.") else (ADD, WAIT)

    def rows(said: Any, envelope: Envelope) -> Rows:
        told = tells(said)
        if told.place is not None:
            whose = told.place._asdict() | {"ref": said.ref}
            return Statement(ADD_WHAT_WAITED, whose), Statement(WAITED, {"ref": said.ref})
        hour = hour_of(envelope.time_us)
        counted = [{"ref": said.ref, "status": status, "hour": hour} for status in told.statuses]
        return tuple(Statement(sql, params) for params in counted for sql in changes)

    return rows


live: Final = Projection(
    name="live",
    tables=(HOURS, BY_HOUR, WAITING),
    heard={kind: (reads, _rows(kind, tells)) for kind, (reads, tells) in TELLS.items() if tells is not _ended},
)
