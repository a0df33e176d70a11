"""The file store: sealed in chunks, bound to place and file, and nothing of it readable without its key.

Law: Luật 91/2025/QH15 arts. 13–14; NĐ 61/2018 art. 5 (what was handed in is not altered).
"""

import os
from pathlib import Path

import pytest

from chassis.file_store import SEALED_CHUNK_BYTES, FileDamaged, FileGone, FolderStore
from chassis.limits import FILE_CHUNK_BYTES
from tests.borders.at_rest import in_clear

CONTENT = "Giấy khai sinh của Đặng Quỳnh Thảo Vân. ".encode() * 5_000


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "files")


def kept(store: FolderStore, content: bytes = CONTENT) -> tuple[str, bytes]:
    id, key = store.begin()
    for start in range(0, len(content), 2 * FILE_CHUNK_BYTES):
        store.append(id, key, content[start : start + 2 * FILE_CHUNK_BYTES])
    return id, key


@pytest.mark.parametrize("size", [1, FILE_CHUNK_BYTES - 1, FILE_CHUNK_BYTES, FILE_CHUNK_BYTES + 1, 200_001])
def test_a_file_comes_out_as_it_went_in(store: FolderStore, size: int) -> None:
    """At every border of a chunk."""
    id, key = kept(store, CONTENT[:size])
    assert store.size(id) == size
    assert b"".join(store.content(id, key, size)) == CONTENT[:size]


def test_nothing_of_a_file_stands_in_clear(store: FolderStore) -> None:
    """Neither its text nor its key: whoever has the disk alone has nothing."""
    _, key = kept(store)
    assert in_clear(store.folder, "Đặng Quỳnh Thảo Vân", "khai sinh") == []
    assert key not in b"".join(path.read_bytes() for path in store.folder.rglob("f*") if path.is_file())


def test_the_same_content_rests_otherwise_each_time(store: FolderStore) -> None:
    """Nobody learns from two files that they are the same."""
    (one, _), (other, _) = kept(store), kept(store)
    assert store.digest(one) != store.digest(other)


def flip(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("at", [0, 12, SEALED_CHUNK_BYTES - 1, SEALED_CHUNK_BYTES + 40])
def test_an_altered_file_is_found_out(store: FolderStore, at: int) -> None:
    """In its nonce, its content or its tag; and without any key, by its hash."""
    id, key = kept(store)
    before = store.digest(id)
    flip(store.path(id), at)
    with pytest.raises(FileDamaged):
        list(store.content(id, key, len(CONTENT)))
    assert store.digest(id) != before


def test_chunks_cannot_change_places_nor_files(store: FolderStore) -> None:
    """Each is bound to its file and its number, so that a whole one elsewhere is none."""
    id, key = kept(store)
    path = store.path(id)
    sealed = path.read_bytes()
    first, second = sealed[:SEALED_CHUNK_BYTES], sealed[SEALED_CHUNK_BYTES : 2 * SEALED_CHUNK_BYTES]
    path.write_bytes(second + first + sealed[2 * SEALED_CHUNK_BYTES :])
    with pytest.raises(FileDamaged):
        list(store.content(id, key, len(CONTENT)))
    other, _ = store.begin()
    store.path(other).write_bytes(sealed)
    with pytest.raises(FileDamaged):
        list(store.content(other, key, len(CONTENT)))


def test_a_file_cut_short_is_found_out(store: FolderStore) -> None:
    """At the end of a chunk too, where every chunk that is left is whole."""
    id, key = kept(store)
    with store.path(id).open("r+b") as file:
        file.truncate(SEALED_CHUNK_BYTES)
    with pytest.raises(FileDamaged):
        list(store.content(id, key, len(CONTENT)))


def test_half_a_chunk_that_a_power_cut_left_is_taken_away(store: FolderStore) -> None:
    """What was durable before stays, and the upload goes on from there."""
    id, key = store.begin()
    store.append(id, key, CONTENT[:FILE_CHUNK_BYTES])
    with store.path(id).open("ab") as file:
        file.write(os.urandom(100))
    assert store.cut(id) == FILE_CHUNK_BYTES
    store.append(id, key, CONTENT[FILE_CHUNK_BYTES:])
    assert b"".join(store.content(id, key, len(CONTENT))) == CONTENT


@pytest.mark.parametrize("id", ["", "f" + "0" * 24 + "/", "../../etc/passwd", "f" + "G" * 24, "f" + "0" * 23, "é" * 25])
def test_an_id_leads_nowhere_else(store: FolderStore, id: str) -> None:
    """An id that is none of ours names no file, wherever it points."""
    with pytest.raises(FileGone):
        store.size(id)
    with pytest.raises(FileGone):
        store.digest("f" + "0" * 24)


def test_files_are_for_the_one_who_runs_the_product(store: FolderStore) -> None:
    """Whoever else has an account on the machine reads none."""
    kept(store)
    assert {oct(path.stat().st_mode & 0o077) for path in store.folder.rglob("f*") if path.is_file()} == {"0o0"}


def test_a_file_that_is_discarded_is_gone(store: FolderStore) -> None:
    """And to discard it again is no fault."""
    id, _ = kept(store)
    assert [one for one, _ in store.every()] == [id]
    store.discard(id)
    store.discard(id)
    assert list(store.every()) == []
