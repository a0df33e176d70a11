"""`lienthong issuer` and `lienthong token`: keys are rotated beside a running server, tokens are made without one."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from chassis.web import oidc_keys
from chassis.web.auth import DevelopmentIssuer, Principal
from chassis.web.problem import Problem
from cli.__main__ import app


@pytest.fixture
def served(tmp_path: Path) -> DevelopmentIssuer:
    """The issuer of a server that has used the folder."""
    return DevelopmentIssuer(tmp_path / "keys" / "issuer.key")


def run(*arguments: str | Path, code: int = 0) -> str:
    done = CliRunner().invoke(app, [str(one) for one in arguments])
    assert done.exit_code == code, done.output
    return done.output.strip()


def test_a_token_is_made_without_a_server_and_taken_by_it(served: DevelopmentIssuer, tmp_path: Path) -> None:
    """All of the principal is said on the command line."""
    token = run("token", "agency_officer", "--data", tmp_path, "--agency", "H48.23", "--procedure", "1.004873",
                "--step", "certificate", "--name", "officer:7")  # fmt: skip
    assert served.check(token) == Principal(
        "officer:7", "agency_officer", "H48.23", "", ("1.004873",), ("certificate",)
    )


def test_rotation_and_withdrawal_reach_a_running_server(
    served: DevelopmentIssuer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old key checks until it is withdrawn; the new one signs at once."""
    monkeypatch.setattr(oidc_keys, "OWN_KEYS_LOOKED_AT_EVERY_S", 0.0)
    before = run("token", "inspector", "--data", tmp_path)
    assert served.check(before).role == "inspector"
    told = run("issuer", "rotate", "--data", tmp_path)
    names = run("issuer", "keys", "--data", tmp_path).splitlines()
    assert len(names) == 2
    assert names[1].split()[0] in told
    assert served.check(before).role == "inspector"
    run("issuer", "rotate", "--data", tmp_path, "--withdraw-old")
    with pytest.raises(Problem, match="no key"):
        served.check(before)
    assert served.check(run("token", "inspector", "--data", tmp_path)).role == "inspector"
    assert len(run("issuer", "keys", "--data", tmp_path).splitlines()) == 1


@pytest.mark.parametrize("command", [("issuer", "rotate"), ("issuer", "keys"), ("token", "system")])
def test_where_no_server_was_no_key_is_made(tmp_path: Path, command: tuple[str, ...]) -> None:
    """A key that no server reads would make tokens that nobody takes."""
    assert "no keys" in run(*command, "--data", tmp_path, code=2)
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_is_refused(served: DevelopmentIssuer, tmp_path: Path) -> None:
    """A role that there is not; a key that was cut short."""
    assert "mayor" in run("token", "mayor", "--data", tmp_path, code=2)
    (tmp_path / "keys" / "issuer.key").write_bytes(b"short")
    assert "cannot be read" in run("token", "system", "--data", tmp_path, code=2)
