"""A head that is kept elsewhere finds what nobody finds otherwise: a past that was changed without a trace."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from chassis.heads import Head
from chassis.registry import Registry
from chassis.sealing_keys import SealingKeys
from chassis.vault import CannotOpen, Forgotten, SqliteVault
from cli.__main__ import app
from services.__main__ import compose
from tests.cli.conftest import copy_of
from tests.cli.forging import CHANGES, altered, forge_log, forge_seals

Copy = Callable[[], Path]


def verify(data: Path, *options: str) -> Result:
    return CliRunner().invoke(app, ["verify", "--data", str(data), "--json", *options])


def found_by(result: Result, service: str, check: str) -> list[str]:
    (lines,) = (one["broken"] for one in json.loads(result.stdout) if (one["service"], one["name"]) == (service, check))
    return list(lines)


def heads_of(data: Path, laws: Registry, service: str) -> list[Head]:
    platform = compose(data, rehearsal=True, registry=laws)
    try:
        return platform.sealer.heads(service)
    finally:
        platform.close()


@pytest.fixture(scope="module")
def signed(played_store: Path, laws: Registry, tmp_path_factory: pytest.TempPathFactory) -> list[Head]:
    """The heads of intake, oldest first."""
    heads = heads_of(copy_of(played_store, tmp_path_factory.mktemp("signed")), laws, "intake")
    assert heads[0].size + 5 < heads[1].size < heads[-1].size, "something is between two heads, to be tampered with"
    return heads


@pytest.fixture(scope="module")
def at(signed: list[Head]) -> int:
    """The position that is tampered with: the first and the second head enclose it."""
    return signed[0].size + 3


@pytest.fixture
def kept(signed: list[Head], tmp_path: Path) -> list[str]:
    """The options that name every head of intake, kept as a stranger keeps them."""
    options: list[str] = []
    for head in signed:
        file = tmp_path / head.name
        file.write_bytes(head.document())
        options += ["--head", str(file)]
    return options


def test_heads_that_were_kept_agree_with_a_log_that_nobody_touched(copied_store: Copy, kept: list[str]) -> None:
    """What would cry over a true log is worth nothing."""
    result = verify(copied_store(), *kept)
    assert (result.exit_code, found_by(result, "platform", "kept_heads")) == (0, [])


@pytest.mark.parametrize("change", CHANGES)
def test_what_was_changed_and_hashed_anew_is_named_by_the_seals(
    copied_store: Copy, kept: list[str], at: int, change: str
) -> None:
    """The seals are another database: they name the position and the event, with and without a kept head."""
    data = copied_store()
    forge_log(data, "intake", CHANGES[change], at)
    result = verify(data, *kept)
    assert result.exit_code == 1
    assert found_by(result, "intake", "hashes") == [], "they were all computed anew"
    named = found_by(result, "intake", "heads")
    where = f"at position {at}, and nothing" if change == "cut off" else f"position {at} of intake ("
    assert any(where in line for line in named), named
    assert found_by(result, "platform", "kept_heads")


@pytest.mark.parametrize("change", CHANGES)
def test_what_was_changed_hashed_sealed_and_signed_anew_is_found_by_a_kept_head(
    copied_store: Copy, kept: list[str], at: int, signed: list[Head], laws: Registry, change: str
) -> None:
    """Whoever has every file and every key can make them agree, but not with what somebody else keeps."""
    data = copied_store()
    forge_log(data, "intake", CHANGES[change], at)
    forge_seals(data, lambda: compose(data, rehearsal=True, registry=laws))
    result = verify(data, *kept)
    assert found_by(result, "intake", "hashes") == found_by(result, "intake", "heads") == []
    (line, *_) = found_by(result, "platform", "kept_heads")
    if change == "cut off":
        assert f"the log ends at {at - 1}: the store was rolled back to an older copy, or its end was cut off" in line
    else:
        between = line.partition("between positions ")[2].partition(" (")[0]
        first, last = map(int, between.split(" and "))
        assert signed[0].size < first <= at <= last <= signed[1].size, "between the head before it and the one after it"
    assert result.exit_code == 1


def test_a_change_that_leaves_no_other_trace_is_found(
    copied_store: Copy, kept: list[str], at: int, laws: Registry
) -> None:
    """Without a kept head such a store proves itself; that is why heads are published."""
    data = copied_store()
    forge_log(data, "intake", altered, at)
    forge_seals(data, lambda: compose(data, rehearsal=True, registry=laws))
    assert verify(data).exit_code == 0
    assert verify(data, *kept).exit_code == 1


def test_a_store_rolled_back_to_an_older_copy_is_found(copied_store: Copy, laws: Registry, tmp_path: Path) -> None:
    """All its files come from the same true copy, so that only somebody who knows more can tell."""
    older, newer = copied_store(), copied_store()
    platform = compose(newer, rehearsal=True, registry=laws)
    platform.engine.pass_time(platform.engine.clock.now() + timedelta(days=40))
    kept = [head.document() for head in platform.sealer.seal_now()]
    platform.close()
    heads = tmp_path / "heads.json"
    heads.write_text(json.dumps([json.loads(one) for one in kept]))
    assert verify(newer, "--head", str(heads)).exit_code == 0
    assert verify(older).exit_code == 0
    result = verify(older, "--head", str(heads))
    lines = found_by(result, "platform", "kept_heads")
    assert any(line.startswith("intake-") and "rolled back to an older copy" in line for line in lines)


def test_forgetting_a_person_breaks_no_hash_and_no_head(copied_store: Copy, kept: list[str]) -> None:
    """What is hashed is what is stored, and what is personal is stored sealed: its key goes, its bytes stay."""
    data = copied_store()
    with closing(sqlite3.connect(data / "intake.db")) as log:
        ((stored,),) = log.execute("SELECT data FROM events WHERE type='DossierSubmitted' LIMIT 1").fetchall()
    sealed = json.loads(stored)["particulars"]
    person = sealed.split(".")[1]
    with closing(SqliteVault(data / "vault.db", data / "keys" / "vault.key")) as vault:
        vault.prove(sealed)
        vault.forget(Forgotten(person, "2026-11-22T00:00:00+00:00", "officer:7", "Luật 91/2025/QH15 art. 14", "12/QĐ"))
        with pytest.raises(CannotOpen):
            vault.prove(sealed)
    result = verify(data, *kept)
    assert {line for check in ("hashes", "heads") for line in found_by(result, "intake", check)} == set()
    assert found_by(result, "platform", "kept_heads") == []


def changed(head: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {**head, **fields}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"day": "2026-01-01"}, "is not true"),
        ({"root": "00" * 32}, "its peaks do not give its root"),
        ({"size": 1}, "its peaks do not fit its size"),
        ({"signatures": {}}, "signed by nobody"),
        ({"source": "/lienthong/quangngai/nowhere"}, "no such service"),
        ({"form": "lienthong.head.2"}, "no head of this installation"),
    ],
)
def test_a_head_that_is_not_true_accuses_nobody_but_itself(
    copied_store: Copy, kept: list[str], tmp_path: Path, change: dict[str, Any], says: str
) -> None:
    """Whoever holds one up must hold up what was signed."""
    head = json.loads(Path(kept[-1]).read_bytes())
    (tmp_path / "changed.json").write_text(json.dumps(changed(head, **change)))
    result = verify(copied_store(), "--head", str(tmp_path / "changed.json"))
    assert result.exit_code == 1
    assert says in found_by(result, "platform", "kept_heads")[0]


def test_keys_that_were_kept_find_exchanged_ones(copied_store: Copy, laws: Registry, tmp_path: Path) -> None:
    """Whoever signs everything anew with another key is found by who knows the true one."""
    data = copied_store()
    keys = tmp_path / "keys.json"
    true = [{"key_id": one.key_id, "public": one.public, "since": one.since} for one in _keys(data).published()]
    keys.write_text(json.dumps({"items": true}))
    (data / "keys" / "heads.json").unlink()
    forge_seals(data, lambda: compose(data, rehearsal=True, registry=laws))
    head = tmp_path / "head.json"
    head.write_bytes(heads_of(data, laws, "intake")[-1].document())
    assert verify(data, "--head", str(head)).exit_code == 0
    result = verify(data, "--head", str(head), "--keys", str(keys))
    assert "whom nobody here knows" in found_by(result, "platform", "kept_heads")[0]


def _keys(data: Path) -> SealingKeys:
    return SealingKeys(data / "keys" / "heads.json")


@pytest.mark.parametrize("content", [b"{}", b"[1]", b"no json", b'{"items": 3}'])
def test_a_file_that_holds_no_head_is_said_so(copied_store: Copy, tmp_path: Path, content: bytes) -> None:
    """Before anything is looked at."""
    (tmp_path / "head.json").write_bytes(content)
    result = verify(copied_store(), "--head", str(tmp_path / "head.json"))
    assert result.exit_code == 2
    assert "What was kept cannot be read" in json.loads(result.stdout)["unusable"][0]
