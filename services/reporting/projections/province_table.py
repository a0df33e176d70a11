"""The table a province publishes: received, resolved, on time, late, online and paid, by month and receiving desk.

Law: NĐ 118/2025/NĐ-CP and TT 03/2025/TT-VPCP (what is published of the handling of dossiers); QĐ 766/QĐ-TTg.

Every figure is a count of events that happen once to a dossier, so that no order of hearing changes it. What is in
progress is not counted but follows: received, less resolved, less ended otherwise.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from chassis.service import Projection
from chassis.stores.store import Statement
from kernel.calendar import VIETNAM
from kernel.message import Envelope, type_of
from services.reporting.projections import intake_says as intake
from services.reporting.projections import payments_says as payments
from services.reporting.projections.dossiers import IS_LATE
from services.reporting.projections.lateness import delays
from services.reporting.projections.rows import Readable

Rows = tuple[Statement, ...]

FIGURES: Final = (
    "submitted", "turned_away", "received", "online", "at_counter", "by_post", "resolved", "on_time", "late",
    "ended_otherwise", "handed_out", "paid", "paid_online", "paid_vnd", "paid_online_vnd",
)  # fmt: skip
"""`received` is accepted with a code and an appointment; `turned_away` ended at the desk before that."""

TABLE: Final = f"""
CREATE TABLE IF NOT EXISTS province_table(
  month TEXT NOT NULL, agency TEXT NOT NULL, {", ".join(f"{name} INTEGER NOT NULL DEFAULT 0" for name in FIGURES)},
  PRIMARY KEY(month, agency))
"""
BY_CHANNEL: Final = {"portal": "online", "counter": "at_counter", "post": "by_post"}
SUMS: Final = ", ".join(f"coalesce(sum({name}), 0) AS {name}" for name in FIGURES)
YEAR_AND_MONTH: Final = len("2026-09")
MONTHS: Final = "month>=:first AND month<=:last AND (:agency='' OR agency=:agency)"
OVERDUE: Final = f"""
SELECT count(*) AS overdue FROM dossiers
WHERE (on_time=0 OR overdue_at IS NOT NULL) AND {IS_LATE} AND ended='' AND (:agency='' OR receiving_agency=:agency)
"""


def province_table_of(store: Readable, first: str = "", last: str = "9999", agency: str = "") -> dict[str, int]:
    """Return the figures of the months `first` to `last` (`2026-09`, both included), of one desk or of all.

    `in_progress` and `overdue` are those of the end of the period and of now; `apologies_asked`, `apologies_given` and
    `escalated` count dossiers of which that was said in the period.
    """
    params = {"first": first, "last": last, "agency": agency}
    figures = dict(store.query(f"SELECT {SUMS} FROM province_table WHERE {MONTHS}", params)[0])
    carried = figures if not first else _sums(store, params | {"first": ""})
    figures["in_progress"] = carried["received"] - carried["resolved"] - carried["ended_otherwise"]
    figures["at_desk"] = carried["submitted"] - carried["turned_away"] - carried["received"]
    figures |= delays(store, first, last, agency)
    figures["overdue"] = store.query(OVERDUE, {"agency": agency})[0]["overdue"]
    return figures


def _sums(store: Readable, params: Mapping[str, Any]) -> Mapping[str, Any]:
    return store.query(f"SELECT {SUMS} FROM province_table WHERE {MONTHS}", params)[0]


def months_of(store: Readable) -> list[str]:
    """Return the months that have figures, oldest first."""
    return [row["month"] for row in store.query("SELECT DISTINCT month FROM province_table ORDER BY month")]


def receiving_agencies(store: Readable) -> list[str]:
    """Return every agency at whose desk a dossier was handed in."""
    return [row["agency"] for row in store.query("SELECT DISTINCT agency FROM province_table ORDER BY agency")]


def _month(at: datetime) -> str:
    return at.astimezone(VIETNAM).isoformat()[:YEAR_AND_MONTH]


@lru_cache
def _adding(names: tuple[str, ...], known_by: str) -> str:
    columns, values = ", ".join(names), ", ".join(f":{name}" for name in names)
    added = ", ".join(f"{name}=province_table.{name}+excluded.{name}" for name in names)
    of_dossier = f"SELECT :month, receiving_agency, {values} FROM dossiers WHERE ref=:ref"
    rows = {
        "agency": f"VALUES(:month, :agency, {values})",
        "dossier": of_dossier,
        "accepted": f"{of_dossier} AND accepted_at IS NOT NULL",
        "not_accepted": f"{of_dossier} AND accepted_at IS NULL",
    }[known_by]
    insert = f"INSERT INTO province_table(month, agency, {columns}) {rows}"
    return f"{insert} ON CONFLICT(month, agency) DO UPDATE SET {added}"


def _add(known_by: str, said: Any, agency: str = "", **figures: int) -> Statement:
    params = {"month": _month(said.at), "agency": agency, "ref": said.ref, **figures}
    return Statement(_adding(tuple(figures), known_by), params)


def _submitted(said: intake.DossierSubmitted, envelope: Envelope) -> Rows:
    return (_add("agency", said, said.receiving_agency, submitted=1),)


def _accepted(said: intake.DossierAccepted, envelope: Envelope) -> Rows:
    channel = BY_CHANNEL.get(said.channel, "at_counter")
    return (_add("agency", said, said.receiving_agency, received=1, **{channel: 1}),)


def _turned_away(said: intake.DossierRefused, envelope: Envelope) -> Rows:
    return (_add("dossier", said, turned_away=1),)


def _ended(said: intake.DossierWithdrawn | intake.DossierStopped, envelope: Envelope) -> Rows:
    """The desk's own earlier event tells whether it had been received."""
    return _add("accepted", said, ended_otherwise=1), _add("not_accepted", said, turned_away=1)


def _resolved(said: intake.DossierResolved, envelope: Envelope) -> Rows:
    return (_add("dossier", said, resolved=1, on_time=int(said.on_time), late=int(not said.on_time)),)


def _handed_out(said: intake.DossierHandedOut, envelope: Envelope) -> Rows:
    return (_add("dossier", said, handed_out=1),)


def _paid(said: payments.ObligationSettled, envelope: Envelope) -> Rows:
    """Fees and charges; what a tax notice states is the treasury's."""
    if said.total_vnd == 0 or said.purpose != "fee":
        return ()
    online = int(said.method != "cash")
    figures = {"paid": 1, "paid_online": online, "paid_vnd": said.total_vnd, "paid_online_vnd": online * said.total_vnd}
    return (_add("agency", said, said.receiving_agency, **figures),)


province_table: Final = Projection(
    name="province_table",
    tables=(TABLE,),
    heard={
        type_of("intake", "DossierSubmitted", 1): (intake.DossierSubmitted, _submitted),
        type_of("intake", "DossierAccepted", 1): (intake.DossierAccepted, _accepted),
        type_of("intake", "DossierRefused", 1): (intake.DossierRefused, _turned_away),
        type_of("intake", "DossierWithdrawn", 1): (intake.DossierWithdrawn, _ended),
        type_of("intake", "DossierStopped", 1): (intake.DossierStopped, _ended),
        type_of("intake", "DossierResolved", 1): (intake.DossierResolved, _resolved),
        type_of("intake", "DossierHandedOut", 1): (intake.DossierHandedOut, _handed_out),
        type_of("payments", "ObligationSettled", 1): (payments.ObligationSettled, _paid),
    },
)
