"""A dossier's code leads to its reference in every service, so that every path takes either."""

from chassis.service import Projection
from chassis.stores.store import Statement, Store

TABLE = "CREATE TABLE IF NOT EXISTS dossier_codes(code TEXT PRIMARY KEY, ref TEXT NOT NULL)"
INSERT = "INSERT INTO dossier_codes(code, ref) VALUES(:code, :ref) ON CONFLICT(code) DO NOTHING"
REFERENCE_LENGTH = 26


def known_code(code: str, ref: str) -> Statement:
    """Return the row that lets `code` stand for `ref`."""
    return Statement(INSERT, {"code": code, "ref": ref})


def resolve(store: Store, text: str) -> str:
    """Return the reference that a path names, by itself or by the dossier's code; an unknown code stays as it is."""
    if len(text) == REFERENCE_LENGTH and text.isalnum():
        return text
    rows = store.query("SELECT ref FROM dossier_codes WHERE code=:code", {"code": text})
    return str(rows[0]["ref"]) if rows else text


def codes_projection(own: dict[type, object] | None = None) -> Projection:
    """Return the read model for a service whose own events named in `own` carry `code` and `ref`."""
    return Projection(
        name="dossier_codes",
        tables=(TABLE,),
        own=dict.fromkeys(own or (), _row),
    )


def _row(event: object) -> tuple[Statement, ...]:
    return (known_code(event.code, event.ref),)  # type: ignore[attr-defined]
