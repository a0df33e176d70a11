"""`lienthong vault`: another master key, people forgotten on a stopped server, and the copies that it has to reach."""

import base64
import json
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from chassis.forgetting import open_matters
from chassis.registry import Registry
from chassis.stores.sqlite import SqliteStore
from chassis.vault import CannotOpen, SqliteVault
from cli.__main__ import app
from cli.exits import EXIT_IN_USE, EXIT_NO, EXIT_UNUSABLE
from services.__main__ import compose
from tests.cli.served import served


def run(*words: object) -> Result:
    return CliRunner().invoke(app, ["vault", *map(str, words)])


def vault_of(data: Path) -> SqliteVault:
    return SqliteVault(data / "vault.db", data / "keys" / "vault.key")


def people(data: Path, laws: Registry) -> tuple[list[str], list[str]]:
    """Return who has nothing open, and who has."""
    platform = compose(data, rehearsal=True, registry=laws)
    platform.engine.run_until_idle()
    known = [person for (person,) in platform.vault._asked("SELECT person FROM people ORDER BY person")]
    open_still = {person for person in known if open_matters(platform.engine, person)}
    platform.close()
    return [person for person in known if person not in open_still], sorted(open_still)


def test_a_rotation_leaves_a_store_that_verifies(copied_store: Callable[[], Path], tmp_path: Path) -> None:
    data = copied_store()
    before = (data / "keys" / "vault.key").read_bytes()
    register = run("copies", "--data", data, "--add", tmp_path / "elsewhere" / "vault.db")
    assert str(tmp_path / "elsewhere" / "vault.db") in register.output
    outcome = run("rotate", "--data", data, "--keep-old", tmp_path / "old.key")
    assert outcome.exit_code == 0, outcome.output
    assert "keys are wrapped" in outcome.output
    assert f"opened by the old key only: {tmp_path}" in outcome.output.replace("\n", "")
    assert (tmp_path / "old.key").read_bytes() == before != (data / "keys" / "vault.key").read_bytes()
    assert CliRunner().invoke(app, ["verify", "--data", str(data)]).exit_code == 0


def test_a_key_of_the_environment_is_changed_for_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (base64.b64encode(secrets.token_bytes(32)).decode() for _ in range(2))
    monkeypatch.setenv("LIENTHONG_VAULT_KEY", first)
    compose(tmp_path, rehearsal=True).close()
    assert not (tmp_path / "keys" / "vault.key").exists()
    assert run("rotate", "--data", tmp_path).exit_code == EXIT_UNUSABLE
    monkeypatch.setenv("LIENTHONG_VAULT_KEY_NEXT", second)
    assert run("rotate", "--data", tmp_path).exit_code == 0
    with pytest.raises(CannotOpen):
        compose(tmp_path, rehearsal=True)
    monkeypatch.setenv("LIENTHONG_VAULT_KEY", second)
    compose(tmp_path, rehearsal=True).close()
    assert CliRunner().invoke(app, ["verify", "--data", str(tmp_path)]).exit_code == 0
    assert list(tmp_path.glob("keys/vault*")) == []


def test_a_person_is_forgotten_on_a_stopped_server(
    copied_store: Callable[[], Path], laws: Registry, tmp_path: Path
) -> None:
    """Refused while something is open, with what; a copy out of reach is named until it is reached."""
    data = copied_store()
    free, busy = people(data, laws)
    refused = run("forget", busy[0], "--data", data, "--decision", "12/QD")
    assert refused.exit_code == EXIT_NO
    assert "still open" in refused.output
    run("copies", "--data", data, "--add", tmp_path / "usb" / "vault.db")
    copy = shutil.copytree(data, tmp_path / "drawer")
    done = run("forget", free[0], "--data", data, "--decision", "12/QD", "--by", "system:archive")
    assert done.exit_code == EXIT_NO, "a copy is pending"
    assert f"{free[0]} is forgotten" in done.output
    assert str(tmp_path / "usb") in done.output.replace("\n", "")
    assert "1 not forgotten there yet" in run("copies", "--data", data).output
    assert run("forget", "--pending", "--data", data).exit_code == EXIT_NO
    waiting = CliRunner().invoke(app, ["verify", "--data", str(data)])
    assert waiting.exit_code == 0
    assert f"{free[0]} is not forgotten yet in {tmp_path / 'usb' / 'vault.db'}" in waiting.output.replace("\n", "")
    copy.rename(tmp_path / "usb")
    assert run("forget", "--pending", "--data", data).exit_code == 0
    for place in (data, tmp_path / "usb"):
        (proof,) = json.loads(run("forgotten", "--data", place, "--json").output)
        assert (proof["person"], proof["by"], proof["decision"]) == (free[0], "system:archive", "12/QD")
        shutil.copy(data / "keys" / "vault.key", place / "keys" / "vault.key") if place != data else None
        vault = vault_of(place)
        assert not vault.is_known(free[0])
        assert vault.is_known(free[1])
        vault.close()
    verified = CliRunner().invoke(app, ["verify", "--data", str(data)])
    assert verified.exit_code == 0, verified.output
    assert "erased on request" in verified.output
    assert run("copies", "--data", data, "--gone", tmp_path / "usb" / "vault.db").exit_code == 0
    assert run("copies", "--data", data, "--gone", tmp_path / "usb" / "vault.db").exit_code == EXIT_NO


def test_a_server_that_runs_is_not_touched(copied_store: Callable[[], Path]) -> None:
    data = copied_store()
    store = SqliteStore(data / "intake.db")
    for words in (["rotate"], ["forget", "p" + "0" * 24, "--decision", "1"]):
        assert run(*words, "--data", data).exit_code == EXIT_IN_USE
    store.close()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["rotate", "--data", "{empty}"], EXIT_UNUSABLE),
        (["forgotten", "--data", "{empty}"], EXIT_UNUSABLE),
        (["copies", "--data", "{empty}"], EXIT_UNUSABLE),
        (["forget"], EXIT_UNUSABLE),
        (["forget", "p0", "--pending"], EXIT_UNUSABLE),
        (["forget", "--pending"], EXIT_UNUSABLE),
        (["forget", "p0"], EXIT_UNUSABLE),
        (["forget", "p0", "--decision", "1", "--url", "http://127.0.0.1:9"], EXIT_UNUSABLE),
        (["find", "shoe_size"], EXIT_UNUSABLE),
    ],
)
def test_what_cannot_be_used_is_said(tmp_path: Path, words: list[str], code: int) -> None:
    outcome = run(*(word.format(empty=tmp_path) for word in words))
    assert outcome.exit_code == code, outcome.output
    assert outcome.exception is None or isinstance(outcome.exception, SystemExit)


def test_somebody_is_found_looked_up_and_forgotten_on_a_running_server(
    copied_store: Callable[[], Path], laws: Registry
) -> None:
    """The number is read from standard input; the search is in the log, and the copy within reach is reached."""
    data = copied_store()
    free, busy = people(data, laws)
    with served(data, laws) as server:
        number = "051190004499"
        person = server.platform.vault.person("personal_id", number)
        server.platform.vault.keep(person)

        def asked(*words: str, typed: str = "") -> Result:
            return CliRunner().invoke(app, ["vault", *words, "--url", server.url], input=typed)

        assert asked("find", "personal_id", typed=f"{number}\n").output.split()[-1] == person
        assert asked("find", "personal_id", "--json", typed="051190000000\n").exit_code == EXIT_NO
        assert "search" in asked("openings", person).output
        assert [one["purpose"] for one in json.loads(asked("openings", person, "--json").output)] == ["search"]
        refused = asked("forget", busy[0], "--decision", "12/QD")
        assert refused.exit_code == EXIT_NO
        assert "still open" in refused.output, refused.output
        for somebody in (person, free[0]):
            done = asked("forget", somebody, "--decision", "12/QD")
            assert done.exit_code == 0, done.output
            assert f"{somebody} is forgotten" in done.output
        assert asked("find", "personal_id", typed=f"{number}\n").exit_code == EXIT_NO
        copied = run("copies", "--data", data, "--add", data.parent / "gone" / "vault.db")
        assert copied.exit_code == 0, "a server may be using the vault"
    assert CliRunner().invoke(app, ["verify", "--data", str(data)]).exit_code == 0


def test_proofs_kept_elsewhere_are_applied_to_an_old_copy(
    copied_store: Callable[[], Path], laws: Registry, tmp_path: Path
) -> None:
    """When no vault outlived, a list of opaque ids is enough; what is no list is said to be none."""
    data, old = copied_store(), copied_store()
    free, _ = people(data, laws)
    assert run("forget", free[0], "--data", data, "--decision", "12/QD").exit_code == 0
    kept = tmp_path / "proofs.json"
    kept.write_text(run("forgotten", "--data", data, "--json").stdout, encoding="utf-8")
    applied = run("forgotten", "--data", old, "--apply", kept, "--json")
    assert applied.exit_code == 0, applied.output
    assert "1 of 1 were there" in applied.stderr
    assert json.loads(applied.stdout) == json.loads(kept.read_text(encoding="utf-8"))
    vault = vault_of(old)
    assert not vault.is_known(free[0])
    assert vault.is_known(free[1])
    vault.close()
    for unreadable in ("", "{}", '[{"person": 1}]'):
        kept.write_text(unreadable, encoding="utf-8")
        assert run("forgotten", "--data", old, "--apply", kept).exit_code == EXIT_UNUSABLE
