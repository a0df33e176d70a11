"""`lienthong payments`: the books against a gateway's settlement file, and the follow-up of what differs."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

from typer.testing import CliRunner, Result

from chassis.registry import Registry
from cli.__main__ import app
from tests.cli.served import served

COLUMNS = ("txn_ref", "gateway_no", "amount_vnd", "paid_at")


def reconcile(*args: str) -> Result:
    return CliRunner().invoke(app, ["payments", "reconcile", *args])


def written(file: Path, rows: list[tuple[str, str, int, str]]) -> str:
    with file.open("w", newline="", encoding="utf-8") as opened:
        csv.writer(opened).writerows([COLUMNS, *rows])
    return str(file)


def test_books_and_file_are_compared_and_the_gateway_is_asked(
    copied_store: Callable[[], Path], laws: Registry, tmp_path: Path
) -> None:
    """Exit code 0 where all agree, 1 with the differences by name, 2 where the file is none."""
    with served(copied_store(), laws) as server:
        store = server.platform.engine.running["payments"].store
        sql = "SELECT * FROM payment_attempts WHERE standing='succeeded' AND date(started_at, '+7 hours')=:day"
        days = store.query("SELECT date(started_at, '+7 hours') AS day FROM payment_attempts WHERE paid_at IS NOT NULL")
        day = sorted(row["day"] for row in days)[len(days) // 2]
        paid = [
            (row["txn_ref"], row["gateway_no"], row["amount_vnd"], row["started_at"])
            for row in store.query(sql, {"day": day})
        ]
        assert paid
        well = reconcile("--file", written(tmp_path / "well.csv", paid), "--day", day, "--url", server.url)
        assert (well.exit_code, "all agree" in well.output) == (0, True), well.output
        first, *rest = paid
        changed = [(*first[:2], first[2] + 1, first[3]), *rest, ("01JD3V70000000000000000000", "9", 5, first[3])]
        file = written(tmp_path / "changed.csv", changed)
        differs = reconcile("--file", file, "--day", day, "--url", server.url, "--inquire")
        assert differs.exit_code == 1
        assert all(word in differs.output for word in ("other_amount", "missing_here", "asked", "unknown here"))
        told = reconcile("--file", file, "--day", day, "--url", server.url, "--json")
        assert {one["kind"] for one in json.loads(told.output)["differences"]} == {"other_amount", "missing_here"}
        server.platform.engine.when_idle(lambda: None).result(timeout=30)
        (asked,) = store.query("SELECT asked FROM payment_attempts WHERE txn_ref=:txn", {"txn": first[0]})
        assert asked["asked"] == 1


def test_what_is_no_settlement_file_is_said_to_be_none(tmp_path: Path) -> None:
    file = tmp_path / "letter.csv"
    file.write_text("dear accountant", encoding="utf-8")
    answer = reconcile("--file", str(file), "--day", "2026-11-20")
    assert answer.exit_code == 2
    assert "no settlement file" in answer.output
