"""`lienthong verify` finds every damage that it claims to find, and cries over nothing else."""

import json
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from chassis.registry import Registry
from chassis.verification import Checked
from cli.__main__ import app
from cli.verify import all_inspections
from services.__main__ import Platform, compose
from tests.cli.damages import DAMAGES, Damage

Copy = Callable[[], Path]

CHECKS = {(damage.service, damage.check) for damage in DAMAGES}
"""What is damaged here, and therefore all that there is to check."""


@contextmanager
def opened(data: Path, laws: Registry) -> Iterator[Platform]:
    platform = compose(data, rehearsal=True, registry=laws)
    try:
        yield platform
    finally:
        platform.close()


def looked_at(data: Path, laws: Registry, service: str, check: str) -> Checked:
    """Carry out one check of one service."""
    with opened(data, laws) as platform:
        (inspection,) = (one for one in all_inspections(platform) if (one.service, one.name) == (service, check))
        return inspection.carry_out()


def verify(data: Path, *options: str) -> Result:
    return CliRunner().invoke(app, ["verify", "--data", str(data), *options])


def test_an_undamaged_store_holds_and_nothing_was_overlooked(copied_store: Copy) -> None:
    """A check that looked at nothing has shown nothing; one that cries without reason is soon not heard."""
    result = verify(copied_store(), "--json")
    found = json.loads(result.stdout)
    assert {one["service"] for one in found} == {"intake", "routing", "payments", "postal", "reporting", "platform"}
    assert [(one["service"], one["name"]) for one in found if not one["counted"]] == []
    assert [one for one in found if one["broken"] or one["pending"]] == []
    assert result.exit_code == 0


def test_a_person_reads_what_was_checked(copied_store: Copy) -> None:
    """One plain line for each check, and one for all of them."""
    result = verify(copied_store())
    lines = result.stdout.splitlines()
    assert result.exit_code == 0
    assert lines[-1].endswith("all of them hold.")
    assert len(lines) == 1 + int(lines[-1].split()[0])
    assert "nothing is paid and forgotten" in result.stdout


def test_every_check_has_its_damages(copied_store: Copy, laws: Registry) -> None:
    """The issue: it must fail on a store damaged in each way that it claims to find, and a test shows each."""
    with opened(copied_store(), laws) as platform:
        checks = [(one.service, one.name) for one in all_inspections(platform)]
    assert len(set(checks)) == len(checks), "every name is one check"
    assert set(checks) == CHECKS


def each_damage() -> Iterator[Any]:
    """Give every damage, the first of each check to the fast tests and the others to the slow ones."""
    seen: set[tuple[str, str]] = set()
    for damage in DAMAGES:
        check = (damage.service, damage.check)
        yield pytest.param(damage, id=str(damage), marks=[pytest.mark.slow] if check in seen else [])
        seen.add(check)


@pytest.mark.parametrize("damage", tuple(each_damage()))
def test_each_damage_is_found_by_its_check(copied_store: Copy, laws: Registry, damage: Damage) -> None:
    """What was done to the store behind everybody's back is named, where it happened."""
    data = copied_store()
    damage.strike(data)
    checked = looked_at(data, laws, damage.service, damage.check)
    assert any(damage.says in line for line in checked.broken), checked.broken[:5]


@pytest.mark.slow
@pytest.mark.parametrize("store", ["intake", "routing", "payments", "postal"])
def test_a_log_full_of_rubbish_is_reported_by_every_check_that_meets_it(copied_store: Copy, store: str) -> None:
    """Damage must not keep the other checks from being carried out, and nobody wants to read a traceback."""
    data = copied_store()
    with closing(sqlite3.connect(data / f"{store}.db")) as log:
        log.execute("UPDATE events SET data=x'ff7b' WHERE position%3=0")
        log.execute("UPDATE events SET data=CAST('[1, null]' AS BLOB) WHERE position%5=0")
        log.commit()
    result = verify(data, "--json")
    found = json.loads(result.stdout)
    assert result.exit_code == 1
    assert {(one["service"], one["name"]) for one in found} == CHECKS
    assert "folds" in {one["name"] for one in found if one["service"] == store and one["broken"]}
    assert "Traceback" not in result.output


def test_a_broken_store_ends_with_1_and_names_the_place(copied_store: Copy) -> None:
    """A script reads the code, a person the line."""
    data = copied_store()
    with closing(sqlite3.connect(data / "payments.db")) as store:
        store.execute("UPDATE obligations SET total_vnd=total_vnd+1")
        store.commit()
    result = verify(data)
    assert result.exit_code == 1
    assert re.search(r"payments rows broken: obligations: \{.*'ref': ", result.stdout)
    assert "… and " in result.stdout
    assert "1 of them found something broken" in result.stdout.splitlines()[-1]


def test_lines_are_counted_beyond_those_that_are_kept(copied_store: Copy) -> None:
    """A store that is broken all over must not fill the memory with complaints."""
    data = copied_store()
    with closing(sqlite3.connect(data / "reporting.db")) as store:
        store.execute("UPDATE timeline SET actor='x'")
        store.commit()
    found = json.loads(verify(data, "--json").stdout)
    (rows,) = (one for one in found if (one["service"], one["name"]) == ("reporting", "rows"))
    assert rows["broken_count"] > len(rows["broken"]) == 1_000


def test_a_reader_that_is_behind_is_pending_with_its_position(copied_store: Copy, laws: Registry) -> None:
    """What is not done yet is no error, as long as the position it waits behind is known."""
    data = copied_store()
    with closing(sqlite3.connect(data / "reporting.db")) as store:
        for table in ("marks", "positions", *tables_of(data, laws)):
            store.execute(f"DELETE FROM {table}")
        store.commit()
    result = verify(data)
    assert result.exit_code == 0
    assert "positions not looked at after 0" in result.stdout


def tables_of(data: Path, laws: Registry) -> list[str]:
    with opened(data, laws) as platform:
        projections = platform.engine.running["reporting"].service.projections
        built = sqlite3.connect(":memory:")
        for projection in projections:
            for table in projection.tables:
                built.executescript(table)
        return [name for (name,) in built.execute("SELECT name FROM sqlite_master WHERE type='table'")]


def not_a_database(data: Path) -> None:
    (data / "routing.db").write_text("Đây không phải là cơ sở dữ liệu.\n" * 200)


def truncated(data: Path) -> None:
    whole = (data / "intake.db").read_bytes()
    (data / "intake.db").write_bytes(whole[: len(whole) // 2])


def torn_page(data: Path) -> None:
    with (data / "payments.db").open("r+b") as file:
        file.seek(8 * 4096)
        file.write(b"\xff" * 4096)


def emptied(data: Path) -> None:
    (data / "postal.db").write_bytes(b"")


def by_sql(store: str, sql: str) -> Callable[[Path], None]:
    def strike(data: Path) -> None:
        with closing(sqlite3.connect(data / f"{store}.db")) as file:
            file.execute(sql)
            file.commit()

    return strike


def lost(name: str) -> Callable[[Path], None]:
    return lambda data: (data / name).unlink()


def replaced(name: str, content: bytes) -> Callable[[Path], None]:
    def strike(data: Path) -> None:
        (data / name).write_bytes(content)

    return strike


def nothing_left(data: Path) -> None:
    shutil.rmtree(data)


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (nothing_left, "It holds no stores"),
        (not_a_database, "routing.db cannot be read: file is not a database."),
        (truncated, "intake.db "),
        (torn_page, "payments.db "),
        (emptied, "postal.db has no table events."),
        (lost("reporting.db"), "reporting.db is missing."),
        (lost("vault.db"), "vault.db is missing."),
        (by_sql("intake", "DROP TABLE marks"), "intake.db has no table marks."),
        (by_sql("intake", "DROP TABLE dossier_codes"), "intake.db has no table dossier_codes."),
        (by_sql("routing", "ALTER TABLE steps DROP COLUMN stage"), "no column stage in its table steps."),
        (by_sql("intake", "PRAGMA user_version=99"), "intake.db was written by a later version"),
        (by_sql("vault", "DROP TABLE people"), "vault.db has no table people."),
        (lost("keys/vault.key"), "keys/vault.key is missing"),
        (replaced("keys/vault.key", b"short"), "keys/vault.key has 5 bytes instead of 32."),
        (replaced("keys/vault.key", b"x" * 32), "the master key is not the one"),
        (replaced("clock.json", b"{"), "clock.json cannot be read"),
        (replaced("clock.json", b"[]"), "clock.json cannot be read"),
        (replaced("clock.json", b'{"at": "gestern", "released": false}'), "clock.json cannot be read"),
    ],
)  # fmt: skip
def test_stores_that_cannot_be_read_end_with_2_and_say_why(
    copied_store: Copy, damage: Callable[[Path], None], says: str
) -> None:
    """What cannot be opened cannot be proved; and nothing is made in the place of what is missing."""
    data = copied_store()
    damage(data)
    before = {path: path.read_bytes() for path in data.rglob("*.*") if path.suffix in (".db", ".key", ".json")}
    result = verify(data)
    assert (result.exit_code, result.stdout) == (2, "")
    assert says in result.stderr
    assert "Traceback" not in result.stderr
    assert {path: path.read_bytes() for path in before} == before
    assert {path for path in data.rglob("*.*") if path.suffix in (".db", ".key", ".json")} == before.keys()


def test_a_script_reads_why_stores_cannot_be_read(copied_store: Copy) -> None:
    """JSON in any case, on the way that a script reads."""
    data = copied_store()
    emptied(data)
    result = verify(data, "--json")
    assert (result.exit_code, result.stderr) == (2, "")
    assert "postal.db has no table events." in json.loads(result.stdout)["unusable"]


def test_a_store_that_is_being_served_is_left_alone(copied_store: Copy, laws: Registry) -> None:
    """A proof needs data that stand still."""
    data = copied_store()
    with opened(data, laws):
        result = verify(data)
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.startswith("A server is using")
    assert verify(data, "--json").exit_code == 0
