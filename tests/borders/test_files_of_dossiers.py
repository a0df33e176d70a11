"""Files that dossiers have: taken once, read for a purpose, never shown as a page, sealed, forgotten with the person.

Law: Luật 91/2025/QH15 arts. 13–14; NĐ 118/2025 art. 15; NĐ 61/2018 arts. 5, 25.
"""

import hashlib
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chassis.backup import back_up
from chassis.file_folder import FolderStore
from chassis.limits import (
    DOSSIER_FILES_BYTES_MAX,
    FILE_BYTES_MAX,
    FILE_CHUNK_BYTES,
    UPLOAD_UNUSED_WITHIN_S,
)
from chassis.restoring import restore
from chassis.uploads import Uploads
from cli.uploaded import files_inspection
from tests.borders.at_rest import in_clear
from tests.borders.documents import bare, problem
from tests.borders.files import NAME, PDF, SECRET, begun, brought, fresh, handed_in, look, read, send, with_file
from tests.borders.province import APPLICANT, SUBMITTER, Place, Province

AT = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)


def resting(uploads: Uploads, id: str) -> Path:
    """Return where the bytes of a file rest."""
    assert isinstance(uploads.store, FolderStore)
    return uploads.store.path(id)


# --- with a dossier ---


def test_a_file_belongs_to_one_component_of_one_dossier(province: Province) -> None:
    """Taken in the transaction of the submission; a second dossier is refused whole."""
    ref, id = handed_in(province, province.desk, fresh())
    shown = province.get(f"/api/v1/dossiers/{ref}", province.desk).json()
    assert shown["components"][0]["file"] == id
    with province.unchanged("vault"):  # where it is written down that the file's key was looked for
        for place in (0, 1):
            answer = province.post("/api/v1/dossiers", province.desk, with_file(province, id, place))
            assert problem(answer, 422)["code"] in ("file_named_twice", "file_unknown")
    twice = brought(province, province.desk, fresh())
    body = with_file(province, twice)
    body["components"][1]["file"] = twice
    assert problem(province.post("/api/v1/dossiers", province.desk, body), 422)["code"] == "file_named_twice"


def test_the_same_submission_again_gets_its_first_answer(province: Province) -> None:
    """Also after the upload has become the dossier's and is no upload any more."""
    id = brought(province, province.desk, fresh())
    body, key = with_file(province, id), {"Idempotency-Key": "a file and its key"}
    first = province.post("/api/v1/dossiers", province.desk, body, headers=key)
    province.settle()
    province.platform.parts.uploads.sweep()
    again = province.post("/api/v1/dossiers", province.desk, body, headers=key)
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotent-replayed"] == "true"


def test_an_upload_that_is_not_whole_is_not_handed_in(province: Province) -> None:
    """Nor is its place in the dossier lost: whole, it is taken."""
    content = fresh()
    id = begun(province, province.desk, content)
    answer = province.post("/api/v1/dossiers", province.desk, with_file(province, id))
    assert problem(answer, 422)["code"] == "file_unknown"
    for offset in range(0, len(content), FILE_CHUNK_BYTES):
        send(province, province.desk, id, offset, content[offset : offset + FILE_CHUNK_BYTES])
    assert province.post("/api/v1/dossiers", province.desk, with_file(province, id)).status_code == 201


def test_a_supplement_brings_files_too(province: Province) -> None:
    """What was asked for comes as a file; brought again it changes nothing."""
    ref = province.submitted()
    item = {"component": "declaration", "reason": "unreadable"}
    province.do("ask_for_supplement", province.desk, {"items": [item]}, ref=ref)
    id = brought(province, province.applicant, fresh())
    given = {"components": [{"code": "declaration", "form": "electronic", "digitised": True, "file": id}]}
    province.do("receive_supplement", province.applicant, given, ref=ref)
    assert read(province, province.desk, ref, id, "reception").status_code == 200
    province.platform.parts.uploads.sweep()
    before = province.events("intake")
    province.do("receive_supplement", province.applicant, given, ref=ref)
    assert province.events("intake") == before


def test_a_dossier_has_a_limit_over_all_its_files(province: Province, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of bytes together; what is there already counts."""
    monkeypatch.setattr("services.intake.api.DOSSIER_FILES_BYTES_MAX", len(PDF) + 100)
    one, other = (brought(province, province.desk, fresh()) for _ in range(2))
    body = with_file(province, one)
    body["components"][1]["file"] = other
    assert problem(province.post("/api/v1/dossiers", province.desk, body), 422)["code"] == "files_too_many"
    assert DOSSIER_FILES_BYTES_MAX > FILE_BYTES_MAX


# --- out ---


@pytest.fixture(scope="module")
def there(province: Province) -> tuple[str, str]:
    """An accepted dossier with a file."""
    ref, id = handed_in(province, province.desk, PDF)
    province.do("accept_dossier", province.desk, ref=ref)
    return ref, id


def test_whoever_is_concerned_reads_it_and_it_is_written_down(province: Province, there: tuple[str, str]) -> None:
    """For the purpose of the role, by the dossier's code too; the applicant sees who did."""
    ref, id = there
    for who, purpose in (
        (province.desk, "reception"),
        (province.officer, "examination"),
        (province.applicant, "own_dossier"),
        (province.inspector, "inspection"),
    ):
        answer = read(province, who, province.code_of(ref), id, purpose)
        assert (answer.status_code, answer.content) == (200, PDF)
    lines = province.get("/api/v1/people/me/openings", province.applicant, limit=500).json()["items"]
    purposes = {line["purpose"] for line in lines if line["about"] == ref}
    assert {"file_reception", "file_examination", "file_own_dossier", "file_inspection"} <= purposes


def test_it_goes_out_as_an_attachment_and_never_as_a_page(province: Province, there: tuple[str, str]) -> None:
    """A browser neither guesses, runs, frames nor keeps it; its name travels in a form that breaks no header."""
    headers = read(province, province.desk, *there, "reception").headers
    assert headers["content-type"] == "application/pdf"
    assert headers["content-disposition"].startswith("attachment; filename=\"declaration.pdf\"; filename*=UTF-8''Gi%E1")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert headers["cache-control"] == "no-store"


def test_to_anybody_else_it_does_not_exist(province: Province, there: tuple[str, str]) -> None:
    """The hidden and the absent answer alike, for every kind of caller."""
    ref, id = there
    other = province.submitted()
    for who, purpose in (
        ({}, "own_dossier"),
        (province.stranger, "own_dossier"),
        (province.other_desk, "reception"),
        (province.other_officer, "examination"),
        (province.postman, "reception"),
        (province.accountant, "reception"),
        (province.system, "inspection"),
    ):
        hidden = read(province, who, ref, id, purpose)
        absent = read(province, who, "0" * 26, id, purpose)
        assert problem(hidden, 404)
        assert bare(hidden) == bare(absent)
    for wrong_ref, wrong_id in ((other, id), (ref, "f" + "0" * 24), (ref, "..%2f..%2fintake.db"), (ref, "é")):
        problem(read(province, province.desk, wrong_ref, wrong_id, "reception"), 404)


def test_it_is_read_for_a_stated_purpose(province: Province, there: tuple[str, str]) -> None:
    """None, another role's, or any word: refused, and nothing is opened."""
    with province.unchanged():
        problem(province.get(f"/api/v1/dossiers/{there[0]}/files/{there[1]}", province.desk), 422)
        problem(read(province, province.desk, *there, "inspection"), 422)
        problem(read(province, province.desk, *there, "curiosity"), 422)


def test_a_file_that_was_changed_behind_our_back_is_not_given_out(province: Province) -> None:
    """Its hash stands in the log: not one byte of another goes out."""
    ref, id = handed_in(province, province.desk, fresh())
    path = resting(province.platform.parts.uploads, id)
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert problem(read(province, province.desk, ref, id, "reception"), 409)["code"] == "file_unreadable"
    path.unlink()
    gone = problem(read(province, province.desk, ref, id, "reception"), 409)
    assert (gone["code"], gone["detail"]) == ("file_unreadable", "Tệp không còn trong kho.")
    assert gone["detail_en"] == "The file is not in the store any more."
    path.write_bytes(whole)
    path.chmod(0o600)
    assert read(province, province.desk, ref, id, "reception").status_code == 200


# --- at rest ---


def test_nothing_of_a_file_or_its_name_stands_in_clear(province: Province, there: tuple[str, str]) -> None:
    """On its way, waiting, and handed in: neither content, name, nor the key that opens them."""
    brought(province, province.applicant, fresh())
    send(province, province.desk, begun(province, province.desk, fresh()), 0, PDF[:FILE_CHUNK_BYTES])
    assert in_clear(province.data, SECRET, NAME, "Đặng Mai Trâm", APPLICANT["name"]) == []
    digest = hashlib.sha256(PDF).digest()
    files = b"".join(path.read_bytes() for path in province.data.rglob("*") if path.is_file())
    assert digest not in files
    assert digest.hex().encode() not in files


def test_the_key_that_brought_it_is_destroyed_once_a_dossier_has_it(province: Province) -> None:
    """Or whoever has the desk's key would read it, and forgetting the applicant would not reach it."""
    _, id = handed_in(province, province.desk, fresh())
    province.platform.parts.uploads.sweep()
    left = [path.name for path in (province.data / "files").rglob(f"{id}*")]
    assert left == [id]


def test_whoever_is_forgotten_takes_the_files_along(tmp_path: Path) -> None:
    """The key of each was sealed with theirs; that the files were there, and are whole, is provable still."""
    province = Province(tmp_path)
    try:
        ref, id = handed_in(province, province.desk, fresh())
        refusal = {"reason_code": "not_conforming", "law": "NĐ 118/2025 art. 17"}
        province.do("refuse_dossier", province.desk, refusal, ref=ref)
        for personal_id in (APPLICANT["personal_id"], SUBMITTER["personal_id"]):
            path = f"/api/v1/people/{province.person(personal_id)}/forgetting"
            assert province.post(path, province.system, {"decision": "12/QD-STP"}).status_code == 200
        assert problem(read(province, province.desk, ref, id, "reception"), 409)["code"] == "file_unreadable"
        proof = files_inspection(province.engine, province.platform.parts.uploads).carry_out()
        assert (proof.counted, proof.broken) == (1, [])
    finally:
        province.close()


def test_a_backup_has_the_files_of_dossiers_and_no_key_of_others(province: Province, tmp_path: Path) -> None:
    """Brought back they are read as before; what was on its way there cannot be read by anybody."""
    content = fresh()
    ref, id = handed_in(province, province.desk, content)
    province.platform.parts.uploads.sweep()
    waiting = brought(province, province.desk, fresh())
    back_up(province.data, tmp_path / "backup", AT, AT, with_keys=True)
    copied = {path.name for path in (tmp_path / "backup" / "files").rglob("f*") if path.is_file()}
    assert {id, waiting} <= copied
    assert not any(name.endswith(".upload") for name in copied)
    restore(tmp_path / "backup", tmp_path / "again", AT)
    again = Province(tmp_path / "again")
    try:
        assert read(again, again.desk, ref, id, "reception").content == content
        proof = files_inspection(again.engine, again.platform.parts.uploads).carry_out()
        assert proof.counted >= 1
        assert proof.broken == []
        assert look(again, again.desk, waiting).status_code == 404
    finally:
        again.close()


def test_verify_names_a_file_that_is_missing_altered_or_nobodys(tmp_path: Path) -> None:
    """Each by its id; without any key."""
    province = Province(tmp_path)
    uploads = province.platform.parts.uploads
    try:
        (ref, lost), (_, altered), (_, cut) = (handed_in(province, province.desk, fresh()) for _ in range(3))
        look = files_inspection(province.engine, uploads)
        assert (look.carry_out().counted, look.carry_out().broken) == (3, [])
        uploads.store.discard(lost)
        path = resting(uploads, altered)
        path.write_bytes(bytes(path.stat().st_size))
        with resting(uploads, cut).open("r+b") as file:
            file.truncate(100)
        strange, _ = uploads.store.begin()
        os.utime(resting(uploads, strange), (0, 0))
        broken = " ".join(look.carry_out().broken)
        assert f"{lost} of dossier {ref} is not there" in broken
        assert f"{altered} of dossier" in broken
        assert f"{cut} of dossier" in broken
        assert f"{strange} is named by nobody" in broken
        assert look.carry_out().broken_count == 4
        uploads.remove_orphans()
        assert strange not in {id for id, _ in uploads.store.every()}
        assert look.carry_out().broken_count == 3
    finally:
        province.close()


def test_what_nobody_names_in_time_is_removed(province: Province, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unfinished or whole; what a dossier has stays."""
    uploads = province.platform.parts.uploads
    _, kept = handed_in(province, province.desk, fresh())
    whole, part = brought(province, province.desk, fresh()), begun(province, province.desk, fresh())
    uploads.sweep()
    assert {whole, part, kept} <= {id for id, _ in uploads.store.every()}
    later = uploads._wall() + UPLOAD_UNUSED_WITHIN_S + 1
    monkeypatch.setattr(uploads, "_wall", lambda: later)
    assert uploads.sweep() >= 2
    left = {id for id, _ in uploads.store.every()}
    assert kept in left
    assert not {whole, part} & left
    assert list(uploads.orphans()) == []


def test_an_act_says_which_file_in_its_own_words(province: Province) -> None:
    """An id of another form is a fault of the request, not of the file."""
    act = Place(*province.acts["submit_dossier"], province.desk)
    for wrong in ("../../intake.db", "f" + "0" * 23, "F" + "0" * 24, 5, ["f" + "0" * 24]):
        problem(province.post(act.path(), province.desk, with_file(province, wrong)), 422)  # type: ignore[arg-type]


def test_the_folder_of_files_is_the_owners(province: Province) -> None:
    """Whoever else has an account on the machine reads nothing there."""
    handed_in(province, province.desk, fresh())
    files = [path for path in Path(province.data / "files").rglob("*") if path.is_file()]
    assert {oct(path.stat().st_mode & 0o077) for path in files} == {"0o0"}
