"""A dossier's code leads to its reference in every service, so that every path takes either."""

from collections.abc import Mapping, Sequence
from typing import Any

from chassis.service import Projection
from chassis.stores.store import Statement, Store
from kernel.codes import DossierCode, InvalidCode

TABLE = "CREATE TABLE IF NOT EXISTS dossier_codes(code TEXT PRIMARY KEY, ref TEXT NOT NULL)"
INSERT = "INSERT INTO dossier_codes(code, ref) VALUES(:code, :ref) ON CONFLICT(code) DO NOTHING"
REFERENCE_LENGTH = 26


def known_code(code: str, ref: str) -> Statement:
    """Return the row that lets `code` stand for `ref`."""
    return Statement(INSERT, {"code": code, "ref": ref})


def resolve(store: Store, text: str) -> str:
    """Return the reference that a path names, by itself or by the dossier's code; an unknown code stays as it is.

    A code is found in whichever generation's form it is typed (TT 01/2018 art. 19, TT 03/2025 art. 13).
    """
    if len(text) == REFERENCE_LENGTH and text.isalnum():
        return text
    row = _row_of(store, text)
    return text if row is None else str(row["ref"])


def as_issued(store: Store, typed: str) -> str:
    """Return a code as it was issued, in whichever generation's form it is typed; an unknown one stays as it is."""
    row = _row_of(store, typed)
    return typed if row is None else str(row["code"])


def _row_of(store: Store, typed: str) -> Mapping[str, Any] | None:
    code = typed.strip().upper()
    rows = store.query("SELECT code, ref FROM dossier_codes WHERE code=:code", {"code": code})
    return next(iter(rows or _spelled_otherwise(store, code)), None)


def _spelled_otherwise(store: Store, code: str) -> Sequence[Mapping[str, Any]]:
    try:
        spellings = DossierCode.parse(code).spellings
    except InvalidCode:
        return ()
    named = {f"code_{place}": spelling for place, spelling in enumerate(spellings)}
    wanted = ", ".join(f":{name}" for name in named)
    return store.query(f"SELECT code, ref FROM dossier_codes WHERE code IN ({wanted}) ORDER BY code", named)


def codes_projection(own: dict[type, object] | None = None) -> Projection:
    """Return the read model for a service whose own events named in `own` carry `code` and `ref`."""
    return Projection(
        name="dossier_codes",
        tables=(TABLE,),
        own=dict.fromkeys(own or (), _row),
    )


def _row(event: object) -> tuple[Statement, ...]:
    return (known_code(event.code, event.ref),)  # type: ignore[attr-defined]
