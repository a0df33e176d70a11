"""Somebody who brings files, in parts, and hands dossiers in with them."""

import hashlib
import itertools
from typing import Any

import httpx

from chassis.limits import FILE_CHUNK_BYTES
from tests.borders.province import Header, Province

NAME = "Giấy chứng sinh cháu Đặng Mai Trâm.pdf"
SECRET = "cân nặng lúc sinh ba ký hai của cháu Trâm"
RAW = "application/octet-stream"
PDF = b"%PDF-1.7\n% " + SECRET.encode() + b"\n" + bytes(range(32, 127)) * 2_100 + b"\n%%EOF\n"
"""Three chunks and a part of a fourth."""
_NUMBERS = itertools.count(1)


def fresh() -> bytes:
    """Return a file that nobody brought before."""
    return PDF.replace(b"%%EOF", f"% {next(_NUMBERS)}\n%%EOF".encode())


def declared(content: bytes, **more: Any) -> dict[str, Any]:
    return {
        "name": NAME, "size": len(content), "sha256": hashlib.sha256(content).hexdigest(),
        "media_type": "application/pdf",
    } | more  # fmt: skip


def begun(province: Province, who: Header, content: bytes, **more: Any) -> str:
    answer = province.post("/api/v1/uploads", who, declared(content, **more))
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"/api/v1/uploads/{answer.json()['id']}"
    return str(answer.json()["id"])


def send(province: Province, who: Header, id: str, offset: int, part: Any, **more: str) -> httpx.Response:
    headers = {**who, "Upload-Offset": str(offset), "Content-Type": RAW, **more}
    return province.client.request("PATCH", f"/api/v1/uploads/{id}", content=part, headers=headers)


def look(province: Province, who: Header, id: str) -> httpx.Response:
    return province.client.request("HEAD", f"/api/v1/uploads/{id}", headers=who)


def brought(province: Province, who: Header, content: bytes, **more: Any) -> str:
    """Bring a file wholly and return its id."""
    id = begun(province, who, content, **more)
    for offset in range(0, len(content), FILE_CHUNK_BYTES):
        answer = send(province, who, id, offset, content[offset : offset + FILE_CHUNK_BYTES])
        assert answer.status_code == 200, answer.text
    assert answer.json()["complete"]
    return id


def with_file(province: Province, id: str, place: int = 0, **more: Any) -> dict[str, Any]:
    """Return a submission whose component at `place` has a file."""
    body = province.submission(**more)
    body["components"][place]["file"] = id
    return body


def handed_in(province: Province, who: Header, content: bytes, channel: str = "counter") -> tuple[str, str]:
    """Hand a dossier in with a file; return both ids."""
    id = brought(province, who, content)
    answer = province.post("/api/v1/dossiers", who, with_file(province, id, channel=channel))
    assert answer.status_code == 201, answer.text
    province.settle()
    return str(answer.json()["ref"]), id


def read(province: Province, who: Header, ref: str, id: str, purpose: str) -> httpx.Response:
    return province.get(f"/api/v1/dossiers/{ref}/files/{id}", who, purpose=purpose)
