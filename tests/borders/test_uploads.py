"""Files on their way in: in parts, gone on with after a break, one's own, typed by content, and bounded.

Law: Luật 91/2025/QH15 arts. 13–14; NĐ 118/2025 art. 15.
"""

import base64
import hashlib
from typing import Any

import pytest

from chassis import uploads as keeping
from chassis.limits import (
    FILE_BYTES_MAX,
    FILE_CHUNK_BYTES,
    UPLOADED_BYTES_PER_DAY_MAX,
)
from tests.borders.documents import bare, problem
from tests.borders.files import PDF, RAW, begun, brought, declared, fresh, look, send, with_file
from tests.borders.province import Province

# --- in ---


def test_a_broken_upload_goes_on_where_it_stood(province: Province) -> None:
    """The connection broke after the second chunk: a look tells the offset, and nothing is sent twice."""
    content = fresh()
    id = begun(province, province.desk, content)
    assert send(province, province.desk, id, 0, content[: 2 * FILE_CHUNK_BYTES]).json()["offset"] == 131_072
    there = look(province, province.desk, id)
    assert (there.headers["upload-offset"], there.headers["upload-length"]) == ("131072", str(len(content)))
    after = send(province, province.desk, id, 131_072, content[131_072:]).json()
    assert (after["offset"], after["complete"]) == (len(content), True)


def test_an_upload_outlives_the_server(province: Province) -> None:
    """What was sent before is there after a restart: the key is opened anew, and the file becomes whole."""
    content = fresh()
    id = begun(province, province.desk, content)
    send(province, province.desk, id, 0, content[:FILE_CHUNK_BYTES])
    uploads = province.platform.parts.uploads
    again = keeping.Uploads(uploads.store, province.platform.vault)
    upload = again._open[id]
    now = province.engine.clock.now()
    assert again.add(upload, FILE_CHUNK_BYTES, content[FILE_CHUNK_BYTES:], now).complete
    again.discard(upload)
    uploads.discard(upload)


def test_a_part_comes_next_and_unharmed_or_not_at_all(province: Province) -> None:
    """Another offset, half a chunk, too much, another hash, or no raw bytes: refused, and the offset stays."""
    content, who = fresh(), province.desk
    id = begun(province, who, content)
    part = content[:FILE_CHUNK_BYTES]
    right = "sha256 " + base64.b64encode(hashlib.sha256(part).digest()).decode()
    wrong = "sha256 " + base64.b64encode(hashlib.sha256(b"x").digest()).decode()
    assert problem(send(province, who, id, FILE_CHUNK_BYTES, part), 409)["code"] == "upload_offset"
    problem(send(province, who, id, 0, part[:-1]), 422)
    problem(send(province, who, id, 0, content + content[: 4 * FILE_CHUNK_BYTES]), 422)
    assert problem(send(province, who, id, 0, part, **{"Upload-Checksum": wrong}), 422)["code"] == "part_damaged"
    problem(send(province, who, id, 0, part, **{"Upload-Checksum": "md5 x"}), 400)
    problem(send(province, who, id, 0, part, **{"Content-Type": "text/html"}), 415)
    problem(send(province, who, id, 0, part, **{"Upload-Offset": "-1"}), 422)
    assert look(province, who, id).headers["upload-offset"] == "0"
    assert send(province, who, id, 0, part, **{"Upload-Checksum": right}).json()["offset"] == FILE_CHUNK_BYTES


@pytest.mark.parametrize(
    ("content", "more"),
    [
        (b"<!DOCTYPE html><script>alert(1)</script>", {}),
        (b"%PDF-1.7\n<html><script>alert(1)</script>\n%%EOF", {}),
        (PDF, {"media_type": "image/png"}),
        (PDF, {"sha256": "0" * 64}),
    ],
    ids=["a page", "two things at once", "another type", "another content"],
)
def test_what_is_not_what_was_declared_is_discarded(province: Province, content: bytes, more: dict[str, Any]) -> None:
    """Typed by content, hashed; nothing of it stays."""
    id = begun(province, province.desk, content, **more)
    refused = [
        send(province, province.desk, id, offset, content[offset : offset + FILE_CHUNK_BYTES])
        for offset in range(0, len(content), FILE_CHUNK_BYTES)
    ][-1]
    assert problem(refused, 422)["code"] == "file_not_taken"
    assert look(province, province.desk, id).status_code == 404
    assert list((province.data / "files").rglob(f"{id}*")) == []


@pytest.mark.parametrize(
    "wrong",
    [{"size": 0}, {"size": FILE_BYTES_MAX + 1}, {"sha256": "x"}, {"media_type": "text/html"}, {"name": "x" * 256},
     {"path": "/etc/passwd"}, {"size": 10**30}, {"media_type": "image/svg+xml"}],
    ids=str,
)  # fmt: skip
def test_what_cannot_be_taken_is_not_begun(province: Province, wrong: dict[str, Any]) -> None:
    """Size, type and name have their limits before a byte comes."""
    with province.unchanged():
        problem(province.post("/api/v1/uploads", province.desk, declared(PDF, **wrong)), 422)


@pytest.mark.parametrize(
    ("wrong", "vi", "en"),
    [
        ({"size": FILE_BYTES_MAX + 1}, "từ 1 byte đến 20 MB", "from 1 byte to 20 MB"),
        ({"media_type": "text/html"}, "Chỉ nhận các loại tệp: PDF, JPG,", "Only these types of files are taken: PDF,"),
        ({"name": "x" * 256}, "dài nhất 255 ký tự", "at most 255 characters"),
        ({"sha256": "x"}, "64 chữ số thập lục phân", "64 hexadecimal digits"),
    ],
    ids=["size", "type", "name", "hash"],
)
def test_what_does_not_fit_is_said_in_both_languages(
    province: Province, wrong: dict[str, Any], vi: str, en: str
) -> None:
    """Whoever brings files is a person in front of a page: Vietnamese first, English beside it, and where it is."""
    document = problem(province.post("/api/v1/uploads", province.desk, declared(PDF, **wrong)), 422)
    assert vi in document["detail"]
    assert en in document["detail_en"]
    assert [one["name"] for one in document["invalid_params"]] == [f"body.{next(iter(wrong))}"]


def test_every_refusal_of_an_upload_is_said_in_both_languages(
    province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On its way, by its content, and where there is no room."""
    content, who = fresh(), province.desk
    id = begun(province, who, content)
    part = content[:FILE_CHUNK_BYTES]
    answers = [
        (send(province, who, id, FILE_CHUNK_BYTES, part), "Phần tiếp theo bắt đầu từ 0."),
        (send(province, who, id, 0, part[:-1]), "Mỗi phần là bội số của 65536 byte"),
        (send(province, who, id, 0, part, **{"Upload-Checksum": "md5 x"}), "Tiêu đề Upload-Checksum"),
        (send(province, who, id, 0, part, **{"Content-Type": "text/html"}), f"Hãy gửi ở dạng {RAW}."),
        (send(province, who, id, 0, part, **{"Upload-Offset": "-1"}), "Tiêu đề Upload-Offset"),
        (send(province, who, id, 0, part, **{"Upload-Checksum": "sha256 " + "A" * 43 + "="}), "Hãy gửi lại phần này."),
    ]
    page = b"<!DOCTYPE html><script>alert(1)</script>"
    answers.append((send(province, who, begun(province, who, page), 0, page), "Phần đầu của tệp không đúng"))
    for limit, said in (
        ("UPLOADS_UNUSED_MAX", "tệp được chờ gắn vào hồ sơ"),
        ("UPLOADED_BYTES_PER_DAY_MAX", "Mỗi ngày nhận nhiều nhất 500 MB."),
    ):
        with monkeypatch.context() as less:
            less.setattr(keeping, limit, 0)
            answers.append((province.post("/api/v1/uploads", who, declared(content)), said))
    for answer, said in answers:
        document = problem(answer)
        assert said in document["detail"]
        assert document["detail_en"]
    monkeypatch.setattr(keeping, "UPLOADS_UNUSED_BYTES_MAX", 0)
    full = province.post("/api/v1/uploads", who, declared(content))
    assert (full.status_code, full.json()["detail"]) == (503, keeping.FULL.vi)
    assert full.json()["detail_en"] == keeping.FULL.en


def test_a_day_has_a_limit_for_each_and_not_for_others(province: Province) -> None:
    """Whoever fills it is told so, and somebody else still brings theirs."""
    greedy = province.token("desk_officer", agency="H48.23293.01", name="greedy")
    big = declared(PDF, size=FILE_BYTES_MAX)
    answers = [
        province.post("/api/v1/uploads", greedy, big) for _ in range(UPLOADED_BYTES_PER_DAY_MAX // FILE_BYTES_MAX)
    ]
    assert {answer.status_code for answer in answers} == {201}
    assert problem(province.post("/api/v1/uploads", greedy, big), 429)["code"] == "uploads_too_many"
    assert province.post("/api/v1/uploads", province.desk, big).status_code == 201
    for answer in answers:
        gone = province.client.request("DELETE", f"/api/v1/uploads/{answer.json()['id']}", headers=greedy)
        assert gone.status_code == 204


def test_anothers_upload_is_like_one_that_does_not_exist(province: Province) -> None:
    """For looking, sending, discarding, and for naming it in a dossier."""
    id = brought(province, province.desk, fresh())
    nowhere = "f" + "0" * 24
    for who in (province.other_desk, province.applicant, province.officer, province.inspector):
        for method in ("HEAD", "PATCH", "DELETE"):
            headers = {**who, "Upload-Offset": "0", "Content-Type": RAW}
            answers = [
                province.client.request(method, f"/api/v1/uploads/{one}", headers=headers) for one in (id, nowhere)
            ]
            assert {answer.status_code for answer in answers} == {404}
            if method != "HEAD":
                assert bare(answers[0]) == bare(answers[1])
    problem(province.client.request("DELETE", f"/api/v1/uploads/{id}"), 401)
    body = with_file(province, id, channel="portal")
    with province.unchanged("intake: answers"):
        answer = problem(province.post("/api/v1/dossiers", province.applicant, body), 422)
    assert answer["code"] == "file_unknown"
    assert answer["invalid_params"][0]["name"] == "components[0].file"
