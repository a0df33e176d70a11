"""What of somebody's money is still under way; while there is any, the person cannot be forgotten.

Law: Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15 art. 14; NĐ 118/2025/NĐ-CP art. 24.
"""

from typing import Final

from chassis.stores.store import Store

OPEN: Final = """
SELECT 'a fee is unpaid' AS what, code FROM obligations
WHERE (applicant=:person OR submitter=:person) AND standing='open'
UNION
SELECT 'a refund is due', code FROM refunds WHERE (applicant=:person OR submitter=:person) AND standing='owed'
UNION
SELECT 'a payment is under way', code FROM payment_attempts
WHERE (applicant=:person OR submitter=:person) AND (standing IN ('started', 'unheard') OR asking > 0)
"""


def open_matters(store: Store, person: str) -> tuple[str, ...]:
    """Return a line for each fee that is unpaid, each attempt under way and each refund that is due."""
    return tuple(f"{row['what']} for dossier {row['code']}" for row in store.query(OPEN, {"person": person}))
