"""The few words in which SQLite and PostgreSQL differ, of the SQL that services write for both.

Parameters are `:named` there. A read model's columns are TEXT, INTEGER, REAL or BLOB; its texts are ordered by their
bytes, as in SQLite, wherever the database was made.
"""

import re
from functools import lru_cache
from typing import Final

PIECES: Final = re.compile(r"('(?:[^']|'')*')|(?<![:\w]):([a-z_]\w*)|(%)", re.IGNORECASE)
TYPES: Final = {
    "TEXT": 'text COLLATE "C"',
    "INTEGER": "bigint",
    "REAL": "double precision",
    "BLOB": "bytea",
}
TYPE: Final = re.compile(r"\b(TEXT|INTEGER|REAL|BLOB)\b")
ONLY_SQLITE: Final = re.compile(r"\)\s*(?:STRICT|WITHOUT ROWID)(?:\s*,\s*(?:STRICT|WITHOUT ROWID))*", re.IGNORECASE)
STATEMENTS_REMEMBERED: Final = 2_048


@lru_cache(STATEMENTS_REMEMBERED)
def as_postgres(sql: str) -> str:
    """Return a statement with its parameters as psycopg names them."""

    def piece(found: re.Match[str]) -> str:
        text, name, _ = found.groups()
        if text is not None:
            return text.replace("%", "%%")
        return "%%" if name is None else f"%({name})s"

    return PIECES.sub(piece, sql)


def as_table(sql: str) -> str:
    """Return a statement that makes a table or an index, with the types that PostgreSQL has."""
    return TYPE.sub(lambda found: TYPES[found[1]], ONLY_SQLITE.sub(")", sql))
