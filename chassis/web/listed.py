"""What a page of a list looks like, made of the list itself: its columns as the read model's table declares them."""

import re
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, create_model

from chassis.stores.store import Store
from chassis.web.acts import Listing

TYPES: Final[dict[str, Any]] = {"TEXT": str, "INTEGER": int, "BIGINT": int, "REAL": float}
TABLE_NAME: Final = re.compile(r"\b(?:FROM|JOIN)\s+([a-z_]+)", re.IGNORECASE)


class Line(BaseModel):
    """What lines of lists have in common: nothing stands in them that is not said here."""

    model_config = ConfigDict(extra="forbid")


def page_of(listing: Listing, store: Store) -> type[BaseModel]:
    """Return the model of a page of a list.

    Raises:
        KeyError: a column of the list is in none of the tables that it is made of.
    """
    columns = _columns(listing.table, store)
    shown = dict.fromkeys((*listing.columns, listing.cursor))
    named = "".join(word.capitalize() for word in listing.name.split("_"))
    line: type[BaseModel] = create_model(
        f"{named}Line", __base__=Line, __doc__="One line of the list.", **{name: (columns[name], ...) for name in shown}
    )  # type: ignore[call-overload]
    page: type[BaseModel] = create_model(
        f"{named}Page", __doc__=f"{listing.summary_en}; `next` is what to ask `after` for, null at the end.",
        items=(list[line], ...), next=(str | None, ...),  # type: ignore[valid-type]
    )  # fmt: skip
    return page


def _columns(table: str, store: Store) -> dict[str, Any]:
    """Return column → type of a table, or of the tables that a query in its place is made of."""
    tables = TABLE_NAME.findall(table) if table.lstrip().startswith("(") else [table]
    found: dict[str, Any] = {}
    for name in tables:
        for row in store.query("SELECT * FROM pragma_table_info(:name)", {"name": name}):
            kind = TYPES[str(row["type"])]
            found.setdefault(str(row["name"]), kind if row["notnull"] or row["pk"] else kind | None)
    return found
