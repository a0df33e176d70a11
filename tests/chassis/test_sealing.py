"""The sealing reader: behind the head, never in the way, one signed head for each day that is over."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chassis import sealing
from chassis import seals as seals_module
from chassis.heads import Head, day_of, heads_in, leaf_of, named_day, read_heads
from chassis.merkle import consistency_path, inclusion_path, is_consistent, is_included, root_of
from chassis.sealing import Sealer
from chassis.sealing_keys import KeyInUse, SealingKeys, signed_by
from chassis.seals import Leaves
from chassis.seals_sqlite import seals_in
from chassis.web.heads import heads
from tests.chassis import savings_border
from tests.chassis.border import MINE, REF, open_account
from tests.chassis.running import START, Stage, opened, paid, staged
from tests.chassis.savings_desk import SAVINGS
from tests.http_harness import HttpPlatform

SERVICE = "savings"


@contextmanager
def sealed(stage: Stage, folder: Path) -> Iterator[Sealer]:
    """Give a sealer of the stage's logs."""
    stores = {name: running.store for name, running in stage.engine.running.items()}
    sealer = Sealer(seals_in(folder / "seals.db", stores), SealingKeys(folder / "heads.json"), stores, stage.clock)
    try:
        yield sealer
    finally:
        sealer.close()


@pytest.fixture
def sealer(desk: Stage, tmp_path: Path) -> Iterator[Sealer]:
    with sealed(desk, tmp_path) as made:
        yield made


def leaves_of(stage: Stage, size: int) -> list[bytes]:
    return [leaf_of(link) for link in stage.running().store.links(0, size)]


def days(sealer: Sealer) -> list[tuple[str, int]]:
    return [(head.day, head.size) for head in sealer.heads(SERVICE)]


def work(stage: Stage, ref: str) -> int:
    """Let something be stored, and return where the log ends."""
    stage.give(opened(ref), paid(ref, 5, "slip"))
    return stage.running().store.head()


def test_each_day_that_is_over_has_its_head(desk: Stage, sealer: Sealer) -> None:
    """Days are those of Vietnam: the first is over at 17:00 UTC; one on which nothing was stored has no head."""
    first = work(desk, "a")
    sealer.advance()
    assert days(sealer) == []
    desk.pass_time(hours=15, minutes=59)
    assert desk.now.hour == 16
    sealer.advance()
    assert days(sealer) == []
    desk.pass_time(minutes=1)
    sealer.advance()
    assert days(sealer) == [("2026-09-07", first)]
    desk.pass_time(days=2)
    sealer.advance()
    second = work(desk, "b")
    desk.pass_time(days=1)
    sealer.advance()
    assert days(sealer) == [("2026-09-07", first), ("2026-09-10", second)]


def test_days_are_told_apart_however_late_the_reader_comes(desk: Stage, sealer: Sealer) -> None:
    """In rehearsal weeks pass in seconds; the days are the events', not the reader's."""
    ends = []
    for ref in ("a", "b", "c"):
        ends.append((named_day(day_of(int(desk.now.timestamp() * 1_000_000))), work(desk, ref)))
        desk.pass_time(days=1)
    sealer.advance()
    assert days(sealer) == ends


def test_a_head_is_the_root_over_the_log_in_its_order(desk: Stage, sealer: Sealer) -> None:
    """Signed by a published key, and tied to the head before it."""
    work(desk, "a")
    (first,) = sealer.seal_now()
    work(desk, "b")
    (second,) = sealer.seal_now()
    for head in (first, second):
        assert head.root == root_of(leaves_of(desk, head.size)).hex()
        assert head.wrong(sealer.published_keys()) == ""
    assert (first.previous, second.previous) == ("", first.hash)
    assert first.service == SERVICE


def test_whoever_keeps_heads_can_check_them_and_an_event(desk: Stage, sealer: Sealer) -> None:
    """The later log begins with the earlier one; an event stands where it is said to stand."""
    work(desk, "a")
    (first,) = sealer.seal_now()
    work(desk, "b")
    (second,) = sealer.seal_now()
    leaves, root = leaves_of(desk, second.size), bytes.fromhex(second.root)
    path = consistency_path(leaves, first.size)
    assert is_consistent(first.size, bytes.fromhex(first.root), second.size, root, path)
    assert is_included(leaves[2], 2, second.size, inclusion_path(leaves, 2), root)


def test_asked_twice_it_is_sealed_once(desk: Stage, sealer: Sealer) -> None:
    """A head that says nothing new is not signed."""
    work(desk, "a")
    assert sealer.seal_now() == sealer.seal_now()
    assert len(sealer.heads(SERVICE)) == 1


def test_it_goes_on_after_a_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over rows that are full, begun, and just filled; the tree is the same as if it had never stopped."""
    monkeypatch.setattr(seals_module, "CHUNK_LEAVES", 4)
    with staged(tmp_path, SAVINGS) as stage:
        for number in range(12):
            work(stage, f"account-{number}")
            with sealed(stage, tmp_path / "seals") as again:
                (head,) = again.seal_now()
                seals = again.kept(SERVICE)
                assert seals is not None
                leaves = leaves_of(stage, head.size)
                assert list(seals.each_leaf()) == leaves
                assert list(seals.wrong_rows()) == []
                assert head.root == root_of(leaves).hex()
        assert len(leaves) > 8


@pytest.mark.parametrize("size", [1, 3, 4, 5, 8, 11])
def test_leaves_taken_up_again_grow_as_before(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """Peaks of rows and of what is not a row yet are the peaks of the whole."""
    monkeypatch.setattr(seals_module, "CHUNK_LEAVES", 4)
    leaves, rows = Leaves((), ()), []
    for number in range(size):
        if (row := leaves.add(bytes([number]) * 32)) is not None:
            rows.append(row)
    open_row = leaves.open_row()
    last = [] if open_row is None else [open_row[1][at : at + 32] for at in range(0, len(open_row[1]), 32)]
    again = Leaves([row.root for row in rows if row.root is not None], last)
    assert (again.size, again.peaks) == (leaves.size, leaves.peaks) == (size, again.peaks)


def test_it_seals_nothing_over_a_log_that_is_not_the_one_it_sealed(tmp_path: Path) -> None:
    """To go on would put a seal on the forgery; it says so, and `verify` names the place."""
    with staged(tmp_path, SAVINGS) as stage, sealed(stage, tmp_path / "seals") as sealer:
        work(stage, "a")
        sealer.seal_now()
        stage.running().store._writer.execute("UPDATE events SET hash=zeroblob(32)")  # type: ignore[attr-defined]
        work(stage, "b")
        with sealed(stage, tmp_path / "seals") as again:
            again.advance()
            assert "is not the one that was sealed" in again.halted(SERVICE)
            assert len(again.heads(SERVICE)) == 1


def test_whoever_only_looks_makes_no_files(desk: Stage, sealer: Sealer, tmp_path: Path) -> None:
    """`verify` must not make what it is asked about."""
    assert sealer.heads(SERVICE) == []
    assert sealer.kept(SERVICE) is None
    assert sealer.published_keys() == ()
    assert not (tmp_path / "seals.db").exists()
    assert not (tmp_path / "heads.json").exists()


def test_keys_are_exchanged_with_an_overlap(desk: Stage, sealer: Sealer, tmp_path: Path) -> None:
    """Whoever trusts the old key or the new one can check every head of the time between."""
    work(desk, "a")
    (before,) = sealer.seal_now()
    old = sealer.published_keys()
    fresh = sealer.keys.add("2026-09-08T00:00:00+00:00")
    work(desk, "b")
    (between,) = sealer.seal_now()
    sealer.keys.retire(old[0].key_id, "2026-09-09T00:00:00+00:00")
    work(desk, "c")
    (after,) = sealer.seal_now()
    new = tuple(key for key in sealer.published_keys() if key.key_id == fresh)
    assert [list(head.signatures) for head in (before, between, after)] == [
        [old[0].key_id], [old[0].key_id, fresh], [fresh],
    ]  # fmt: skip
    assert [bool(head.wrong(old)) for head in (before, between, after)] == [False, False, True]
    assert [bool(head.wrong(new)) for head in (before, between, after)] == [True, False, False]
    assert all(not head.wrong(sealer.published_keys()) for head in (before, between, after))
    kept = json.loads((tmp_path / "heads.json").read_bytes())
    assert [bool(key["private"]) for key in kept] == [False, True], "nobody can sign with a retired key"
    assert (tmp_path / "heads.json").stat().st_mode & 0o077 == 0
    with pytest.raises(KeyInUse):
        sealer.keys.retire(fresh, "2026-09-10T00:00:00+00:00")
    with pytest.raises(KeyInUse):
        sealer.keys.retire(old[0].key_id, "2026-09-10T00:00:00+00:00")


def test_a_signature_by_a_known_key_must_be_true(tmp_path: Path) -> None:
    """One true signature does not excuse another that is not."""
    keys = SealingKeys(tmp_path / "heads.json")
    keys.newest("2026-09-07T00:00:00+00:00")
    keys.add("2026-09-08T00:00:00+00:00")
    first, second = keys.sign(b"content").items()
    assert signed_by(b"content", dict([first, second]), keys.published()) == ""
    assert "is not true" in signed_by(b"other", dict([first, second]), keys.published())
    assert "is not true" in signed_by(b"content", {first[0]: second[1]}, keys.published())
    assert "is not true" in signed_by(b"content", {first[0]: "no base64"}, keys.published())
    assert "nobody" in signed_by(b"content", {}, keys.published())


def test_every_field_of_a_head_is_signed(desk: Stage, sealer: Sealer) -> None:
    """Another value of any field, and the signature is not true any more."""
    work(desk, "a")
    (head,) = sealer.seal_now()
    others: dict[str, Any] = {
        "day": "2020-01-01", "time": "2020-01-01", "generation": 2, "previous": "00", "key_id": "another",
    }  # fmt: skip
    for name, other in others.items():
        assert "is not true" in replace(head, **{name: other}).wrong(sealer.published_keys()), name


def test_heads_are_read_from_whatever_they_were_kept_in(desk: Stage, sealer: Sealer) -> None:
    """A file of one, the answer of the server, a backup's manifest; each head once, in order."""
    work(desk, "a")
    (first,) = sealer.seal_now()
    work(desk, "b")
    (second,) = sealer.seal_now()
    one, two = (json.loads(head.document()) for head in (first, second))
    files = [json.dumps(kept).encode() for kept in (two, [one], {"items": [one, two]}, {"heads": [two]})]
    assert read_heads(files) == (first, second)
    assert all(isinstance(head, Head) for head in heads_in(one))


class TestOverHttp:
    """What strangers see of it."""

    @pytest.fixture
    def platform(self, tmp_path: Path) -> Iterator[HttpPlatform]:
        with staged_over_http(tmp_path) as platform:
            yield platform

    def test_anybody_may_have_the_heads_and_the_keys(self, platform: HttpPlatform) -> None:
        """They are worth something only where the platform cannot reach them."""
        inspector = platform.token("inspector")
        made = platform.client.post("/api/v1/heads", headers=inspector)
        assert made.status_code == 201
        assert platform.get("/api/v1/heads", service="savings").json()["items"] == made.json()["items"][:1]
        (key,) = platform.get("/api/v1/heads/keys").json()["items"]
        assert key["algorithm"] == "Ed25519"
        assert set(key) == {"key_id", "public", "since", "retired_at", "algorithm"}, "and nothing that is secret"

    def test_an_inspector_is_given_proofs_that_anybody_can_check(self, platform: HttpPlatform) -> None:
        """An event stands in the log of a head, and the later log begins with the earlier one."""
        inspector = platform.token("inspector")

        def sealed_now() -> dict[str, Any]:
            items = platform.client.post("/api/v1/heads", headers=inspector).json()["items"]
            (head,) = (one for one in items if one["source"].endswith("/savings"))
            return dict(head)

        before = sealed_now()
        assert open_account(platform, platform.token("applicant", personal_id=MINE), "B" * 26).status_code == 201
        after = sealed_now()
        size, root = after["size"], bytes.fromhex(after["root"])
        found = platform.get("/api/v1/heads/savings/inclusion", inspector, position=2, size=size).json()
        path = [bytes.fromhex(one) for one in found["path"]]
        assert found["root"] == after["root"]
        assert is_included(bytes.fromhex(found["leaf"]), 1, size, path, root)
        found = platform.get("/api/v1/heads/savings/consistency", inspector, first=before["size"], size=size).json()
        path = [bytes.fromhex(one) for one in found["path"]]
        assert is_consistent(before["size"], bytes.fromhex(before["root"]), size, root, path)
        for where, who, asked in (
            ("savings", inspector, {"position": size + 1, "size": size}),
            ("savings", inspector, {"position": 1, "size": size + 1}),
            ("nowhere", inspector, {"position": 1, "size": 1}),
            ("savings", {}, {"position": 1, "size": size}),
        ):
            assert platform.get(f"/api/v1/heads/{where}/inclusion", who, **asked).status_code == 404

    @pytest.mark.parametrize("role", ["", "applicant", "desk_officer", "agency_officer", "accountant"])
    def test_only_inspectors_and_the_system_ask_for_one(self, platform: HttpPlatform, role: str) -> None:
        """For others there is no such thing."""
        who = platform.token(role) if role else {}
        assert platform.client.post("/api/v1/heads", headers=who).status_code == 404


@contextmanager
def staged_over_http(folder: Path) -> Iterator[HttpPlatform]:
    """Give the savings desk behind HTTP with its heads, and something in its log."""
    with HttpPlatform(folder, (savings_border.desk, savings_border.auditor)) as platform:
        stores = {name: running.store for name, running in platform.engine.running.items()}
        sealer = Sealer(
            seals_in(folder / "seals.db", stores), SealingKeys(folder / "heads.json"), stores, platform.clock
        )
        platform.engine.at_rest.append(sealer.close)
        platform.app.include_router(heads(sealer, platform.issuer))
        assert open_account(platform, platform.token("applicant", personal_id=MINE), REF).status_code == 201
        yield platform


def test_what_failed_half_way_is_done_again_from_what_is_kept(
    desk: Stage, sealer: Sealer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key that cannot be read for a while must not leave a leaf out, or put one in twice."""
    monkeypatch.setattr(seals_module, "CHUNK_LEAVES", 2)
    work(desk, "a")
    sealer.seal_now()
    desk.pass_time(days=1)
    work(desk, "b")
    with monkeypatch.context() as patch:
        patch.setattr(sealer.keys, "sign", lambda content: 1 / 0)
        work(desk, "c")
        desk.pass_time(days=1)
        with pytest.raises(ZeroDivisionError):
            sealer.seal_now()
    (head,) = sealer.seal_now()
    assert head.root == root_of(leaves_of(desk, head.size)).hex()
    seals = sealer.kept(SERVICE)
    assert seals is not None
    assert list(seals.each_leaf()) == leaves_of(desk, head.size)


def test_seals_that_cannot_be_written_hold_nobody_up(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Sealing waits, says so once, and catches up; nobody else notices."""
    (tmp_path / "seals").mkdir()
    (tmp_path / "seals" / "seals.db").write_bytes(b"no database " * 1_000)
    with staged(tmp_path, SAVINGS) as stage:
        stores = {name: running.store for name, running in stage.engine.running.items()}
        sealer = Sealer(
            seals_in(tmp_path / "seals" / "seals.db", stores), SealingKeys(tmp_path / "heads.json"), stores, stage.clock
        )
        with often(sealer) as looks:
            sealer.start()
            end = work(stage, "a")
            looks(3)
            (tmp_path / "seals" / "seals.db").unlink()
            looks(2)
            assert [head.size for head in sealer.seal_now()] == [end]
        assert [record.message.partition(":")[0] for record in caplog.records] == ["sealing waits"]


@contextmanager
def often(sealer: Sealer) -> Iterator[Callable[[int], None]]:
    """Give what waits until the sealer has looked so many times more; it looks as often as it can."""
    looked = threading.Semaphore(0)
    advance = sealer.advance

    def counted() -> int:
        try:
            return advance()
        finally:
            looked.release()

    def looks(times: int) -> None:
        for _ in range(times):
            assert looked.acquire(timeout=20)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sealing, "LOOKS_EVERY_S", 0.01)
        patch.setattr(sealer, "advance", counted)
        yield looks
        sealer.close()


def test_the_thread_keeps_up_and_ends_with_the_last_event(tmp_path: Path) -> None:
    """A stopped server's log is sealed to its end."""
    with staged(tmp_path, SAVINGS) as stage:
        stores = {name: running.store for name, running in stage.engine.running.items()}
        sealer = Sealer(
            seals_in(tmp_path / "seals" / "seals.db", stores),
            SealingKeys(tmp_path / "seals" / "heads.json"),
            stores,
            stage.clock,
        )
        stage.engine.at_rest.append(sealer.close)
        sealer.start()
        end = work(stage, "a")
    assert stage.clock.now() - START < timedelta(days=1)
    leaves = seals_in(tmp_path / "seals" / "seals.db", [SERVICE])[SERVICE].standing().leaves
    assert leaves.size == end
