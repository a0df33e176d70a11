"""`lienthong backup` and `restore`: while weeks are played, and back again with all that was there."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from chassis.registry import Registry
from cli.__main__ import app
from tests.cli.played import go_on, hold_still
from tests.cli.served import served

Copy = Callable[[], Path]
DOSSIERS = 60
STARTED_S, PLAYED_S = 60, 300


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def verified(data: Path, *options: str) -> list[str]:
    """Return what `verify` finds broken."""
    result = run("verify", "--data", str(data), "--json", *options)
    return [line for one in json.loads(result.stdout) for line in one["broken"]]


def in_its_own_process(*words: str) -> "subprocess.Popen[str]":
    return subprocess.Popen([sys.executable, "-m", "cli", *words], stdout=subprocess.PIPE, text=True)


@pytest.mark.slow
def test_a_server_is_backed_up_while_weeks_are_played(tmp_path: Path, laws: Registry) -> None:
    """From another process; each backup proves, and the last one's work goes on where it stood."""
    data, heads = tmp_path / "data", []
    with served(data, laws) as server:
        server.platform.sealer.start()
        demo = in_its_own_process("demo", "--url", server.url, "--dossiers", str(DOSSIERS), "--seed", "2", "--json")
        number = 0
        while demo.poll() is None:
            copying = in_its_own_process(
                "backup", "--data", str(data), "--to", str(tmp_path / f"backup-{number}"), "--with-keys", "--json"
            )
            said, _ = copying.communicate(timeout=STARTED_S)
            assert copying.returncode == 0
            heads.append(json.loads(said)["events"]["intake"])
            number += 1
        demo.communicate(timeout=PLAYED_S)
        assert demo.returncode == 0
    assert heads == sorted(heads)
    assert len(set(heads)) > 1, "none was made while something went on"
    busiest = max((head, at) for at, head in enumerate(heads[:-1]))[1]
    restored = tmp_path / "restored"
    backup = tmp_path / f"backup-{busiest}"
    assert run("restore", "--from", str(backup), "--to", str(restored)).exit_code == 0
    assert verified(restored) == []
    assert verified(restored, "--head", str(backup / "manifest.json")) == []
    hold_still(restored)  # the last backup may be of after the demo, when the clock had been let go
    go_on(restored, laws)
    assert verified(restored) == []
    assert verified(restored, "--head", str(backup / "manifest.json")) == []


@pytest.fixture
def backup(copied_store: Copy, tmp_path: Path) -> Path:
    folder = tmp_path / "backup"
    assert run("backup", "--data", str(copied_store()), "--to", str(folder), "--with-keys").exit_code == 0
    return folder


def test_a_stopped_server_is_backed_up_too(backup: Path, tmp_path: Path) -> None:
    """And what was restored names the difference: a new generation, and what others may know that is lost here."""
    result = run("restore", "--from", str(backup), "--to", str(tmp_path / "restored"), "--json")
    assert json.loads(result.stdout)["with_keys"] is True
    found = json.loads(run("verify", "--data", str(tmp_path / "restored"), "--json").stdout)
    assert [line for one in found for line in one["broken"]] == []
    (pending,) = (one["pending"] for one in found if (one["service"], one["name"]) == ("intake", "heads"))
    assert "generation 2 began after position" in pending[0]
    assert "restored from the backup of" in pending[0]


def test_what_was_lost_is_named_by_a_later_head(
    copied_store: Copy, backup: Path, laws: Registry, tmp_path: Path
) -> None:
    """A restore is no excuse: the events that are gone are named, with the reason that the store gives."""
    data = copied_store()
    go_on(data, laws, dossiers=10, days=5)
    run("backup", "--data", str(data), "--to", str(tmp_path / "b"))
    restored = tmp_path / "restored"
    run("restore", "--from", str(backup), "--to", str(restored))
    lines = verified(restored, "--head", str(tmp_path / "b" / "manifest.json"))
    assert any("the store was restored: generation 2 began after position" in line for line in lines)


def test_nothing_is_written_over(copied_store: Copy, backup: Path, tmp_path: Path) -> None:
    """Neither a backup nor data that are in use."""
    before = {path: path.read_bytes() for path in backup.rglob("*") if path.is_file()}
    for words in (
        ("backup", "--data", str(copied_store()), "--to", str(backup)),
        ("restore", "--from", str(backup), "--to", str(copied_store())),
    ):
        result = run(*words)
        assert result.exit_code == 2
        assert "not empty" in result.stderr
    assert {path: path.read_bytes() for path in backup.rglob("*") if path.is_file()} == before


def test_a_damaged_backup_is_named_line_by_line(backup: Path, tmp_path: Path) -> None:
    """Before anything is written."""
    (backup / "postal.db").unlink()
    (backup / "clock.json").write_bytes(b"{}")
    result = run("restore", "--from", str(backup), "--to", str(tmp_path / "restored"))
    assert result.exit_code == 1
    assert "postal.db is missing" in result.stderr
    assert "clock.json is not the file that was copied" in result.stderr
    assert not (tmp_path / "restored").exists()


def test_a_folder_without_stores_is_no_server(tmp_path: Path) -> None:
    result = run("backup", "--data", str(tmp_path), "--to", str(tmp_path / "backup"))
    assert (result.exit_code, (tmp_path / "backup").exists()) == (2, False)
    assert "It holds no stores" in result.stderr


def test_keys_that_are_not_in_it_are_asked_for(copied_store: Copy, tmp_path: Path) -> None:
    """Whoever restores is told what is missing, and may name where it is."""
    data = copied_store()
    without = run("backup", "--data", str(data), "--to", str(tmp_path / "backup"))
    assert "The keys are not in it" in without.stdout
    bare = run("restore", "--from", str(tmp_path / "backup"), "--to", str(tmp_path / "bare"))
    assert "Put the keys into" in bare.stderr
    keyed = ("--keys", str(data / "keys"))
    assert run("restore", "--from", str(tmp_path / "backup"), "--to", str(tmp_path / "r"), *keyed).stderr == ""
    assert verified(tmp_path / "r") == []
