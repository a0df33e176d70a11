"""What of somebody's the desk still has in hand; while there is any, the person cannot be forgotten.

Law: Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15 art. 14; NĐ 61/2018/NĐ-CP art. 5.
"""

from typing import Final

from chassis.stores.store import Store

OPEN: Final = """
SELECT ref, code, status FROM dossiers WHERE (applicant=:person OR submitter=:person)
  AND (status NOT IN ('handed_out', 'refused', 'withdrawn', 'stopped') OR awaits<>'') ORDER BY ref
"""


def open_matters(store: Store, person: str) -> tuple[str, ...]:
    """Return a line for each dossier that has not come to its end, or whose results wait to be handed out."""
    rows = store.query(OPEN, {"person": person})
    return tuple(f"dossier {row['code'] or row['ref']} is {row['status']}" for row in rows)
