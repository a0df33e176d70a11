"""What an answer must be: a whole problem document that says what, where and how to mend, and gives nothing away."""

import html
from typing import Any

import httpx

from tests.borders.province import PLANTED

MEDIA_TYPE = "application/problem+json"
SAID_BY_THE_TITLE = {401, 403, 404, 405, 409}
"""Where no field of the request is at fault: the title says what is wrong and what to do."""
PASSING = ("instance", "date", "content-length")


def problem(answer: httpx.Response, *statuses: int) -> dict[str, Any]:
    """Return a problem document after making sure that it is whole; of one of `statuses`, where some are named."""
    about = f"{answer.request.method} {answer.request.url.path[:80]}: {answer.status_code} {answer.text[:300]}"
    assert 400 <= answer.status_code < 500, about
    assert not statuses or answer.status_code in statuses, about
    assert answer.headers["content-type"] == MEDIA_TYPE, about
    document: dict[str, Any] = answer.json()
    assert document["status"] == answer.status_code, about
    assert document["type"] == f"urn:lienthong:problem:{document['code']}", about
    assert document["origin"] == "platform", about
    assert document["instance"], about
    assert not document["title"].isascii(), f"not Vietnamese: {about}"
    assert document["title_en"].isascii(), f"not English: {about}"
    if "detail_en" in document:
        assert not document["detail"].isascii(), f"not Vietnamese: {about}"
        assert document["detail_en"].isascii(), f"not English: {about}"
    for where in document.get("invalid_params", ()):
        assert where["name"], about
        assert where["reason"], about
    mends = document.get("detail") or document.get("invalid_params") or document.get("law")
    assert mends or answer.status_code in SAID_BY_THE_TITLE, f"nothing says how to mend it: {about}"
    assert len(answer.content) < 20_000, about
    assert given_away(answer) == [], about
    return document


def given_away(answer: httpx.Response, *more: str) -> list[str]:
    """Return what an answer tells of what nobody but those concerned may know: planted data, and `more`."""
    said = html.unescape(answer.text) + str(answer.headers)
    return [secret for secret in (*PLANTED, *more) if secret and secret in said]


def bare(answer: httpx.Response) -> tuple[Any, ...]:
    """Return an answer as bytes and headers, without what differs from one request to the next."""
    instance = answer.json()["instance"].encode()
    headers = {name: value for name, value in answer.headers.items() if name not in PASSING}
    return answer.status_code, headers, answer.content.replace(instance, b"")
