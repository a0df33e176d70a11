"""The file store's process: the contract of all file stores over HTTP, who is let in, and what a kill leaves.

Law: Luật 91/2025/QH15 arts. 13–14; NĐ 61/2018 art. 5.
"""

import secrets
import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest

from chassis.file_remote import RemoteFiles
from chassis.file_store import FileStore
from chassis.file_types import ENDINGS
from chassis.inner_client import Refused
from chassis.limits import FILE_CHUNK_BYTES, UPLOAD_UNUSED_WITHIN_S
from chassis.stores.store import StoreUnavailable
from chassis.uploads import UploadRefused, Uploads
from chassis.vault import SqliteVault
from tests.chassis.file_contract import CONTENT, FileContract, kept
from tests.chassis.inner_process import InnerProcess

AT = datetime(2026, 9, 7, 1, 0, tzinfo=UTC)
XML = b"<?xml version='1.0'?><to_khai>" + b"<dong/>" * 30_000 + b"</to_khai>"


def made(folder: Path, files: Path) -> InnerProcess:
    """Return a file store's process, not started yet."""
    folder.mkdir(exist_ok=True)
    return InnerProcess(
        "chassis.file_server", folder, {"FILES_FOLDER": str(files)}, "FILES_TOKENS", {"all": "", "reader": ":read"}
    )


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[InnerProcess, Path]]:
    """A process for all tests that let it live, and where its files rest."""
    folder = tmp_path_factory.mktemp("files")
    process = made(folder, folder / "kept")
    process.start()
    yield process, folder / "kept"
    process.close()


@pytest.fixture
def process(shared: tuple[InnerProcess, Path]) -> InnerProcess:
    """That process over an empty folder."""
    shutil.rmtree(shared[1], ignore_errors=True)
    return shared[0]


def client(process: InnerProcess, name: str = "all") -> RemoteFiles:
    return RemoteFiles(process.url, process.tokens[name])


class TestRemoteFiles(FileContract):
    """Every promise of the port, kept over HTTP by a process of its own."""

    @pytest.fixture
    def folder(self, shared: tuple[InnerProcess, Path]) -> Path:
        return shared[1]

    @pytest.fixture
    def store(self, process: InnerProcess, monkeypatch: pytest.MonkeyPatch) -> Iterator[FileStore]:
        with closing(client(process)) as store:
            yield store


def test_the_process_sees_neither_content_nor_keys(process: InnerProcess) -> None:
    """Nor does its log tell of tokens or files."""
    with closing(client(process)) as store:
        id, key = kept(store)
        raw = httpx.get(f"{process.url}/v1/files/{id}", headers={"authorization": f"Bearer {process.tokens['all']}"})
    assert sha256(raw.content).hexdigest() == store_digest(process, id)
    assert "Đặng Quỳnh".encode() not in raw.content
    assert key not in raw.content
    for secret in (*process.tokens.values(), id, "Đặng"):
        assert secret not in process.said


def store_digest(process: InnerProcess, id: str) -> str:
    with closing(client(process, "reader")) as reader:
        return reader.digest(id)


def test_nobody_is_let_in_without_a_token_nor_to_what_they_may_not(process: InnerProcess) -> None:
    """Each refusal tells an operator what to do."""
    with closing(client(process)) as store, closing(client(process, "reader")) as reader:
        id, key = kept(store)
        assert b"".join(reader.content(id, key, len(CONTENT))) == CONTENT
        for refused in (lambda: reader.begin(), lambda: reader.discard(id), lambda: reader.keep_note(id, b"x")):
            with pytest.raises(Refused, match="LIENTHONG_FILES_TOKENS"):
                refused()
        for token, said in (("", "LIENTHONG_FILES_TOKEN_FILE"), (secrets.token_urlsafe(24), "LIENTHONG_FILES_TOKENS")):
            with closing(RemoteFiles(process.url, token)) as stranger:
                with pytest.raises(Refused, match=said):
                    stranger.size(id)
                with pytest.raises(Refused, match=said):
                    list(stranger.content(id, key, len(CONTENT)))
        assert [one for one, _ in store.every()] == [id]


@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "status"),
    [
        ("GET", "/v1/files/..%2f..%2fetc%2fpasswd", {}, b"", 404),
        ("GET", "/v1/files/f000", {}, b"", 404),
        ("GET", "/v1/files/{id}?at=7", {}, b"", 400),
        ("GET", "/v1/files/{id}?at=-1", {}, b"", 400),
        ("POST", "/v1/files/{id}?at=0", {}, b"no hash", 422),
        ("POST", "/v1/files/{id}?at=0", {"x-content-sha256": sha256(b"other").hexdigest()}, b"this", 422),
        ("POST", "/v1/files/{id}?at=5", {"x-content-sha256": sha256(b"this").hexdigest()}, b"this", 409),
        ("POST", "/v1/files/{id}?at=0", {"x-content-sha256": "0" * 64}, b"x" * 2_000_000, 413),
        ("PUT", "/v1/notes/{id}", {}, b"x" * 65_537, 413),
    ],
)
def test_what_does_not_fit_changes_nothing(
    process: InnerProcess, method: str, path: str, headers: dict[str, str], body: bytes, status: int
) -> None:
    """A part that was damaged on its way above all."""
    with closing(client(process)) as store:
        id, _ = store.begin()
        token = {"authorization": f"Bearer {process.tokens['all']}"}
        answer = httpx.request(method, f"{process.url}{path.format(id=id)}", headers=token | headers, content=body)
        assert answer.status_code == status
        assert store.size(id) == 0
        assert store.note(id) is None


def test_killed_in_the_middle_of_a_file_it_goes_on_where_it_was(tmp_path: Path) -> None:
    """The same client, and the same key: nothing that was taken is lost."""
    process = made(tmp_path, tmp_path / "kept")
    try:
        process.start()
        with closing(client(process)) as store:
            id, key = store.begin()
            store.append(id, key, CONTENT[:FILE_CHUNK_BYTES])
            process.kill()
            with pytest.raises(StoreUnavailable, match="does it run"):
                store.append(id, key, CONTENT[FILE_CHUNK_BYTES:])
            process.start()
            store.append(id, key, CONTENT[FILE_CHUNK_BYTES:])
            assert b"".join(store.content(id, key, len(CONTENT))) == CONTENT
    finally:
        process.close()


# --- what people bring, over it ---


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[SqliteVault]:
    with closing(SqliteVault(tmp_path / "vault.db", tmp_path / "vault.key")) as vault:
        yield vault


def begun(uploads: Uploads) -> Any:
    return uploads.begin("me", "officer:7", "", "to_khai.xml", len(XML), sha256(XML).hexdigest(), "application/xml")


def test_what_one_process_took_in_another_goes_on_with(process: InnerProcess, vault: SqliteVault) -> None:
    """Begun here, ended there, handed in here; its key is sealed in the vault all the while."""
    assert "application/xml" in ENDINGS
    with closing(client(process)) as one, closing(client(process)) as two:
        here, there = Uploads(one, vault), Uploads(two, vault)
        upload = begun(here)
        here.add(upload, 0, XML[:FILE_CHUNK_BYTES], AT)
        found = there.find(upload.id, "me")
        assert found is not None
        assert there.find(upload.id, "somebody else") is None
        with pytest.raises(UploadRefused):
            there.add(found, 0, XML[:FILE_CHUNK_BYTES], AT)
        assert there.add(found, FILE_CHUNK_BYTES, XML[FILE_CHUNK_BYTES:], AT).complete
        person = vault.person("personal_id", "051185003187")
        handed = here.offered(upload.id, "me", person, "01J0", AT)
        assert handed is not None
        key = vault.open(handed.sealed, "officer:7", "look", ("key",), AT)["key"]
        assert b"".join(there.content(handed, key)) == XML


def test_each_process_sweeps_what_any_has_taken_in(process: InnerProcess, vault: SqliteVault) -> None:
    """Also one that began when the file store was not there yet; a young file is left to whoever brings it."""
    with closing(client(process)) as one, closing(client(process)) as two:
        here, later = Uploads(one, vault), UPLOAD_UNUSED_WITHIN_S + 1
        there = Uploads(two, vault, wall=lambda: here._wall() + later)
        upload = begun(here)
        assert here.sweep() == 0
        assert list(here.orphans()) == []
        assert there.sweep() == 1
        assert here.find(upload.id, "me") is None
        assert list(one.every()) == []
    with closing(RemoteFiles("http://127.0.0.1:9", "token")) as nowhere:
        uploads = Uploads(nowhere, vault)
        with pytest.raises(StoreUnavailable):
            uploads.sweep()
        with pytest.raises(StoreUnavailable):
            uploads.find(upload.id, "me")
