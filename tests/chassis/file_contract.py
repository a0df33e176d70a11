"""What every file store must do: one suite, run on each implementation by subclassing `FileContract`.

Sealed in chunks, bound to place and file, and nothing of it readable without its key.

Law: Luật 91/2025/QH15 arts. 13–14; NĐ 61/2018 art. 5 (what was handed in is not altered).
"""

import os
from pathlib import Path

import pytest

from chassis.file_folder import Folder
from chassis.file_store import SEALED_CHUNK_BYTES, FileDamaged, FileGone, FileMoved, FileStore, SealedFiles
from chassis.limits import FILE_CHUNK_BYTES
from tests.borders.at_rest import in_clear

CONTENT = "Giấy khai sinh của Đặng Quỳnh Thảo Vân. ".encode() * 5_000


def kept(store: FileStore, content: bytes = CONTENT) -> tuple[str, bytes]:
    id, key = store.begin()
    for start in range(0, len(content), 2 * FILE_CHUNK_BYTES):
        store.append(id, key, content[start : start + 2 * FILE_CHUNK_BYTES])
    return id, key


def flip(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


class FileContract:
    """Subclass it and give two fixtures: the store, and the folder in which its bytes rest."""

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        raise NotImplementedError

    @pytest.fixture
    def store(self, folder: Path) -> FileStore:
        raise NotImplementedError

    @pytest.mark.parametrize("size", [1, FILE_CHUNK_BYTES - 1, FILE_CHUNK_BYTES, FILE_CHUNK_BYTES + 1, 200_001])
    def test_a_file_comes_out_as_it_went_in(self, store: FileStore, folder: Path, size: int) -> None:
        """At every border of a chunk."""
        id, key = kept(store, CONTENT[:size])
        assert store.size(id) == size
        assert b"".join(store.content(id, key, size)) == CONTENT[:size]

    def test_nothing_of_a_file_stands_in_clear(self, store: FileStore, folder: Path) -> None:
        """Neither its text nor its key: whoever has the disk alone has nothing."""
        _, key = kept(store)
        assert in_clear(folder, "Đặng Quỳnh Thảo Vân", "khai sinh") == []
        assert key not in b"".join(path.read_bytes() for path in folder.rglob("f*") if path.is_file())

    def test_the_same_content_rests_otherwise_each_time(self, store: FileStore, folder: Path) -> None:
        """Nobody learns from two files that they are the same."""
        (one, _), (other, _) = kept(store), kept(store)
        assert store.digest(one) != store.digest(other)

    @pytest.mark.parametrize("at", [0, 12, SEALED_CHUNK_BYTES - 1, SEALED_CHUNK_BYTES + 40])
    def test_an_altered_file_is_found_out(self, store: FileStore, folder: Path, at: int) -> None:
        """In its nonce, its content or its tag; and without any key, by its hash."""
        id, key = kept(store)
        before = store.digest(id)
        flip(Folder(folder).path(id), at)
        with pytest.raises(FileDamaged):
            list(store.content(id, key, len(CONTENT)))
        assert store.digest(id) != before

    def test_chunks_cannot_change_places_nor_files(self, store: FileStore, folder: Path) -> None:
        """Each is bound to its file and its number, so that a whole one elsewhere is none."""
        id, key = kept(store)
        path = Folder(folder).path(id)
        sealed = path.read_bytes()
        first, second = sealed[:SEALED_CHUNK_BYTES], sealed[SEALED_CHUNK_BYTES : 2 * SEALED_CHUNK_BYTES]
        path.write_bytes(second + first + sealed[2 * SEALED_CHUNK_BYTES :])
        with pytest.raises(FileDamaged):
            list(store.content(id, key, len(CONTENT)))
        other, _ = store.begin()
        Folder(folder).path(other).write_bytes(sealed)
        with pytest.raises(FileDamaged):
            list(store.content(other, key, len(CONTENT)))

    def test_a_file_cut_short_is_found_out(self, store: FileStore, folder: Path) -> None:
        """At the end of a chunk too, where every chunk that is left is whole."""
        id, key = kept(store)
        with Folder(folder).path(id).open("r+b") as file:
            file.truncate(SEALED_CHUNK_BYTES)
        with pytest.raises(FileDamaged):
            list(store.content(id, key, len(CONTENT)))

    def test_half_a_chunk_that_a_power_cut_left_is_taken_away(self, store: FileStore, folder: Path) -> None:
        """What was durable before stays, and the upload goes on from there."""
        id, key = store.begin()
        store.append(id, key, CONTENT[:FILE_CHUNK_BYTES])
        with Folder(folder).path(id).open("ab") as file:
            file.write(os.urandom(100))
        assert store.cut(id) == FILE_CHUNK_BYTES
        store.append(id, key, CONTENT[FILE_CHUNK_BYTES:])
        assert b"".join(store.content(id, key, len(CONTENT))) == CONTENT

    @pytest.mark.parametrize(
        "id", ["", "f" + "0" * 24 + "/", "../../etc/passwd", "f" + "G" * 24, "f" + "0" * 23, "é" * 25]
    )
    def test_an_id_leads_nowhere_else(self, store: FileStore, folder: Path, id: str) -> None:
        """An id that is none of ours names no file, wherever it points."""
        with pytest.raises(FileGone):
            store.size(id)
        with pytest.raises(FileGone):
            store.digest("f" + "0" * 24)

    def test_files_are_for_the_one_who_runs_the_product(self, store: FileStore, folder: Path) -> None:
        """Whoever else has an account on the machine reads none."""
        kept(store)
        assert {oct(path.stat().st_mode & 0o077) for path in folder.rglob("f*") if path.is_file()} == {"0o0"}

    def test_a_file_that_is_discarded_is_gone(self, store: FileStore, folder: Path) -> None:
        """And to discard it again is no fault."""
        id, _ = kept(store)
        assert [one for one, _ in store.every()] == [id]
        store.discard(id)
        store.discard(id)
        assert list(store.every()) == []

    def test_what_two_add_at_once_is_added_by_one(self, store: SealedFiles, folder: Path) -> None:
        """The other is told how long the file is; what is said twice, its answer being lost, is there once."""
        id, key = store.begin()
        whole = CONTENT[:FILE_CHUNK_BYTES]
        store.append(id, key, whole)
        first = Folder(folder).path(id).read_bytes()
        assert store.shelf.write(id, 0, first) == len(first)
        with pytest.raises(FileMoved):
            store.shelf.write(id, 0, os.urandom(len(first)))
        with pytest.raises(FileMoved):
            store.shelf.write(id, 2 * len(first), first)
        assert store.size(id) == FILE_CHUNK_BYTES
        store.append(id, key, b"the end")
        with pytest.raises(FileMoved):
            store.shelf.write(id, 0, first)
        assert b"".join(store.content(id, key, FILE_CHUNK_BYTES + 7)) == whole + b"the end"

    def test_a_part_that_was_cut_off_is_ended_when_it_comes_again(self, store: SealedFiles, folder: Path) -> None:
        """The same bytes go on where the first half of them stopped."""
        id, key = store.begin()
        store.append(id, key, CONTENT)
        sealed = Folder(folder).path(id).read_bytes()
        with Folder(folder).path(id).open("r+b") as file:
            file.truncate(SEALED_CHUNK_BYTES + 100)
        store.shelf.write(id, 0, sealed)
        assert b"".join(store.content(id, key, len(CONTENT))) == CONTENT

    def test_a_note_rests_beside_its_file_until_it_is_destroyed(self, store: FileStore, folder: Path) -> None:
        """Its bytes are written over first; notes are no files."""
        (one, _), (other, _) = kept(store), kept(store)
        assert store.note(one) is None
        store.keep_note(one, b"first")
        store.keep_note(one, b"second")
        store.keep_note(other, b"another")
        assert store.note(one) == b"second"
        assert dict(store.notes()) == {one: b"second", other: b"another"}
        assert {id for id, _ in store.every()} == {one, other}
        store.destroy_note(one)
        store.destroy_note(one)
        assert dict(store.notes()) == {other: b"another"}
        with pytest.raises(FileGone):
            store.note("../../etc/passwd")

    def test_however_many_there_are_each_is_listed_once(
        self, store: FileStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """In the order of their ids, with the time at which each was written."""
        made = [store.begin()[0] for _ in range(40)]
        for id in made[::2]:
            store.keep_note(id, id.encode())
        assert [id for id, _ in store.every()] == sorted(made)
        assert list(store.notes()) == [(id, id.encode()) for id in sorted(made[::2])]
        assert all(at > 1_700_000_000 for _, at in store.every())
