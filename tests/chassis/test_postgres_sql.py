"""The SQL that services write for both databases, as PostgreSQL is given it; and what comes back."""

from contextlib import closing
from typing import Any

import pytest

from chassis.stores.postgres import PostgresStore
from chassis.stores.postgres_access import PostgresAccess
from chassis.stores.postgres_sql import as_postgres, as_table
from chassis.stores.postgres_types import blobs, numbers, texts
from chassis.stores.store import Statement, Writes

STATEMENTS = [
    ("SELECT * FROM shelf WHERE ref=:ref", "SELECT * FROM shelf WHERE ref=%(ref)s"),
    ("UPDATE a SET b=:b,c=:b WHERE d=:d_1", "UPDATE a SET b=%(b)s,c=%(b)s WHERE d=%(d_1)s"),
    ("SELECT a::text, ':b', '12:30' FROM c", "SELECT a::text, ':b', '12:30' FROM c"),
    ("SELECT 'it''s :a' WHERE b LIKE '%:c' AND d=:d", "SELECT 'it''s :a' WHERE b LIKE '%%:c' AND d=%(d)s"),
    ("SELECT a % 2 FROM b", "SELECT a %% 2 FROM b"),
    ("SELECT $$:a$$, x[1:2] FROM b WHERE c=:c", "SELECT $$%(a)s$$, x[1:2] FROM b WHERE c=%(c)s"),
]


@pytest.mark.parametrize(("written", "given"), STATEMENTS)
def test_parameters_are_named_as_the_driver_names_them(written: str, given: str) -> None:
    """What stands in quotes is text, and a colon before another is none of ours."""
    assert as_postgres(written) == given


@pytest.mark.parametrize(
    ("written", "given"),
    [
        ("CREATE TABLE a(b TEXT, c INTEGER NOT NULL)", 'CREATE TABLE a(b text COLLATE "C", c bigint NOT NULL)'),
        ("CREATE TABLE a(b REAL, c BLOB) STRICT, WITHOUT ROWID", "CREATE TABLE a(b double precision, c bytea)"),
        ("CREATE INDEX a_TEXT ON a(context, textual)", "CREATE INDEX a_TEXT ON a(context, textual)"),
    ],
)
def test_tables_have_the_types_of_the_server(written: str, given: str) -> None:
    """Whole numbers of 64 bits and texts in the order of their bytes, as SQLite has them."""
    assert as_table(written) == given


def test_values_come_back_as_they_were_given(postgres_database: PostgresAccess) -> None:
    """Sums are whole numbers, truths are 0 or 1, and texts are ordered by their bytes."""
    table = "CREATE TABLE IF NOT EXISTS all_kinds(name TEXT, count INTEGER, rate REAL, content BLOB)"
    insert = "INSERT INTO all_kinds(name, count, rate, content) VALUES(:name, :count, :rate, :content)"
    rows: list[dict[str, Any]] = [
        {"name": "đất", "count": 2**62, "rate": 0.5, "content": b"\0\xff"},
        {"name": "Z", "count": True, "rate": None, "content": None},
        {"name": "a", "count": None, "rate": 1.0, "content": b""},
    ]
    with closing(PostgresStore(postgres_database)) as store:
        store.define([table])
        store.fill(())
        store.commit(Writes(statements=[Statement(insert, row) for row in rows]))
        kept = store.query("SELECT * FROM all_kinds ORDER BY name")
        assert kept == [rows[1], rows[2], rows[0]]
        assert type(kept[0]["count"]) is int
        sums = "SELECT sum(count) AS count, count(*) AS rows, sum(count)>1 AS more, avg(rate) AS rate FROM all_kinds"
        (found,) = store.query(sums)
        assert found == {"count": 2**62 + 1, "rows": 3, "more": 1, "rate": 0.75}
        assert [type(value) for value in found.values()] == [int, int, int, float]


def test_arrays_arrive_as_they_were_written(postgres_database: PostgresAccess) -> None:
    """Of any length, with nothing in the middle, and empty."""
    given = (["a", None, "", "đ😀"], [b"", b"\0", None, b"x" * 10_000], [0, -(2**63), None, 2**63 - 1])
    with postgres_database.connect() as db:
        ask = "SELECT * FROM unnest(%b, %b, %b)"
        found = db.execute(ask, (texts(given[0]), blobs(given[1]), numbers(given[2]))).fetchall()
        assert found == list(zip(*given, strict=True))
        assert db.execute(ask, (texts(()), blobs(()), numbers(()))).fetchall() == []
