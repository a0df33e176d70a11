"""Words for tests of the HTTP border: who asks, what is sent, and what a whole problem document is."""

from typing import Any

import httpx

from tests.http_harness import HttpPlatform

AGENCY = "H48.23"
MINE, THEIRS = "051185003187", "051185003188"
REF = "A" * 26
NO_REF = "Z" * 26

Header = dict[str, str]


def open_account(platform: HttpPlatform, who: Header, ref: str, personal_id: str = MINE) -> httpx.Response:
    body = {"ref": ref, "personal_id": personal_id, "name": "Nguyễn Ánh", "agency": AGENCY}
    answer: httpx.Response = platform.post("/api/v1/accounts", who, body)
    return answer


def amount(vnd: int, slip: str) -> dict[str, Any]:
    return {"amount_vnd": vnd, "slip": slip}


def head(platform: HttpPlatform) -> int:
    return platform.engine.running["savings"].store.head()


def problem(answer: httpx.Response) -> str:
    """Return the code of a problem document that is whole."""
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert {"type", "title", "title_en", "status", "code", "origin", "instance"} <= set(document)
    assert all(document[field] for field in ("title", "title_en", "code", "instance")), document
    assert document["status"] == answer.status_code
    assert document["type"].endswith(document["code"])
    return str(document["code"])
