"""What each agency was given, decided and was late with, and whose clock made dossiers late.

Law: TT 01/2018/TT-VPCP art. 17; NĐ 61/2018/NĐ-CP art. 19.9 (whoever is late answers for it).

Nothing is counted twice over: the figures are read from the steps and dossiers themselves. A late dossier is laid at
the door of every agency whose step passed its own limit; where none did, of whoever had it when the appointment passed.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from services.reporting.projections.dossiers import DUE_AT, IS_LATE
from services.reporting.projections.lateness import COUNTED, lateness_by_agency
from services.reporting.projections.rows import Readable

STEPS: Final = """
SELECT agency, count(*) AS received, count(*) FILTER (WHERE stage='decided') AS decided,
  count(*) FILTER (WHERE stage='refused') AS refused, count(*) FILTER (WHERE stage='cancelled') AS cancelled,
  count(*) FILTER (WHERE stage IN ('ready', 'taken_over', 'acknowledged')) AS in_progress,
  sum(late) AS late, sum(alerts) AS alerts
FROM steps WHERE round>0 AND agency<>'' AND (:agency='' OR agency=:agency) GROUP BY agency
"""
LATE_DOSSIERS: Final = f"""
SELECT ref, {DUE_AT} AS due_at, receiving_agency FROM dossiers WHERE (on_time=0 OR overdue_at IS NOT NULL) AND {IS_LATE}
"""
BY_STEP: Final = """
SELECT late_dossiers.ref, steps.agency, 'step' AS why FROM late_dossiers JOIN steps
  ON steps.ref=late_dossiers.ref AND steps.late=1 AND steps.agency<>''
"""
BY_HOLDING: Final = """
SELECT late_dossiers.ref, CASE WHEN holdings.party='desk' THEN receiving_agency ELSE holdings.agency END AS agency,
  CASE WHEN holdings.party='desk' THEN 'desk' ELSE 'held' END AS why
FROM late_dossiers JOIN holdings ON holdings.ref=late_dossiers.ref
  AND holdings.since<=due_at AND (holdings.until IS NULL OR holdings.until>due_at)
WHERE holdings.party IN ('agency', 'desk', 'system') AND NOT EXISTS (
  SELECT 1 FROM steps WHERE steps.ref=late_dossiers.ref AND steps.late=1 AND steps.agency<>'')
"""
CAUSES: Final = f"""
WITH late_dossiers AS ({LATE_DOSSIERS}), named AS ({BY_STEP} UNION {BY_HOLDING})
SELECT ref, agency, why FROM named UNION
SELECT ref, receiving_agency, 'desk' FROM late_dossiers WHERE ref NOT IN (SELECT ref FROM named)
"""
CAUSED: Final = f"SELECT agency, count(DISTINCT ref) AS caused_late FROM ({CAUSES}) AS causes GROUP BY agency"
CAUSES_OF: Final = f"""
WITH late_dossiers AS ({LATE_DOSSIERS} AND ref=:ref), named AS ({BY_STEP} UNION {BY_HOLDING})
SELECT agency, why FROM named UNION
SELECT receiving_agency, 'desk' FROM late_dossiers WHERE ref NOT IN (SELECT ref FROM named)
ORDER BY 1
"""

NOTHING: Final[dict[str, int]] = dict.fromkeys(
    ("received", "decided", "refused", "cancelled", "in_progress", "late", "alerts", "caused_late", *COUNTED), 0
)


def agencies_of(store: Readable, agency: str = "") -> list[dict[str, Any]]:
    """Return the figures of every agency that was given a step or made a dossier late, or of one; by id."""
    rows = {row["agency"]: NOTHING | dict(row) for row in store.query(STEPS, {"agency": agency})}
    for late, row in lateness_by_agency(store, agency).items():
        rows[late] = rows.get(late, {"agency": late, **NOTHING}) | dict(row)
    for row in store.query(CAUSED):
        if agency in ("", row["agency"]):
            known = rows.get(row["agency"], {"agency": row["agency"], **NOTHING})
            rows[row["agency"]] = known | {"caused_late": row["caused_late"]}
    return [rows[id] for id in sorted(rows)]


def causes_of(store: Readable, ref: str) -> Sequence[Mapping[str, Any]]:
    """Return whose clock made this dossier late; nobody's where it is not late.

    `why` is `step` (its own limit passed), `held` (it had the dossier when the appointment passed) or `desk`.
    """
    return store.query(CAUSES_OF, {"ref": ref})
