"""Which parcels of somebody's are on their way; while there are any, the person cannot be forgotten.

Law: Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15 art. 14; QĐ 45/2016/QĐ-TTg.
"""

from typing import Final

from chassis.stores.store import Store

OPEN: Final = """
SELECT item_code, status FROM parcels WHERE (applicant=:person OR submitter=:person)
  AND status NOT IN ('handed_over', 'delivered', 'back_at_desk', 'cancelled') ORDER BY item_code
"""


def open_matters(store: Store, person: str) -> tuple[str, ...]:
    """Return a line for each parcel that the post has not delivered, handed over or brought back."""
    return tuple(f"parcel {row['item_code']} is {row['status']}" for row in store.query(OPEN, {"person": person}))
