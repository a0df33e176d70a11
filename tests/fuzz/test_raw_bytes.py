"""Bytes that no client of ours would send: at every door, as anybody, never a 500 and always a problem document."""

import json
import random
from collections.abc import Callable, Iterator
from typing import Any, Final

import httpx
import pytest

from chassis.limits import (
    BODY_BYTES_MAX,
    HEADER_BYTES_MAX,
    HEADERS_MAX,
    NESTING_MAX,
    TARGET_BYTES_MAX,
)
from chassis.web.bounds import is_deep
from tests.borders.documents import problem
from tests.borders.doors import doors, filled
from tests.fuzz.played import Played

SEED: Final = 20261121
JSON: Final = {"Content-Type": "application/json"}
BODIES: Final[dict[str, bytes]] = {
    "nothing": b"",
    "no JSON": b"{{{{",
    "half of it": b'{"procedure": "1.0048',
    "two of them": b'{"a": 1}{"b": 2}',
    "a number": b"5",
    "a huge number": b'{"amount_vnd": ' + b"9" * 5_000 + b"}",
    "a huge exponent": b'{"amount_vnd": 1e999999}',
    "no number": b'{"amount_vnd": NaN, "sequence": Infinity}',
    "a list": b"[" + b"{}," * 50_000 + b"{}]",
    "deep": b"[" * 100_000 + b"]" * 100_000,
    "deep in a field": b'{"items": ' * 400 + b"1" + b"}" * 400,
    "just too deep": b"[" * (NESTING_MAX + 1) + b"]" * (NESTING_MAX + 1),
    "never closed": b'{"a": [' * 300,
    "brackets in a text": b'{"note": "' + b"[" * 1_000 + b'"}',
    "half of a letter": b'{"note": "\\ud800"}',
    "a NUL": b'{"note": "\\u0000", "reason": "\\u0000\\u0000\\u0000"}',
    "a raw NUL": b'{"note": "\x00"}',
    "Latin-1": '{"note": "Nguyễn"}'.encode("utf-16"),
    "no letters": b"\xff\xfe\xfd\x80",
    "the same twice": b'{"note": "a", "note": "b"}',
    "a prototype": b'{"__proto__": {"role": "system"}, "constructor": {}, "__class__": "x"}',
    "a form": b"note=a&reason=b",
    "XML": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "marks that turn text around": '{"note": "\u202etxt.exe\u202c\u200b"}'.encode(),
    "many combining marks": ('{"note": "' + "a" + "\u0301" * 5_000 + '"}').encode(),
}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def posts(played: Played) -> list[str]:
    """Return every address that takes a JSON body, leading to a dossier that exists."""
    parts = {name: known[0] for name, known in played.parts.items()}
    described = played.province.app.openapi()["paths"].items()
    return [filled(path, parts) for path, offered in described if "requestBody" in offered.get("post", {})]


@pytest.mark.parametrize("name", BODIES)
def test_ugly_bodies_are_refused_at_every_door(played: Played, posts: list[str], name: str) -> None:
    """As somebody who may, where anybody may; with its own media type, another, and none."""
    assert len(posts) >= 25
    for path in posts:
        for kind in ("application/json", "application/json; charset=utf-7", "text/html"):
            headers = {**played.callers["system"], "Idempotency-Key": f"{name} {kind}", "Content-Type": kind}
            answer = played.province.client.post(path, content=BODIES[name], headers=headers)
            problem(answer, 400, 404, 409, 413, 422)


def pieces(content: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


@pytest.mark.parametrize("name", ["no JSON", "deep", "never closed", "half of a letter"])
def test_chunked_bodies_are_judged_like_whole_ones(played: Played, name: str) -> None:
    """Depth and size are looked for over the pieces, not in each."""
    headers = {**played.callers["desk"], **JSON, "Idempotency-Key": "k"}
    content = BODIES[name][:20_000]
    answer = played.province.client.post("/api/v1/dossiers", content=pieces(content, 7), headers=headers)
    problem(answer, 400, 422)


def test_a_chunked_body_without_end_is_cut_off(played: Played) -> None:
    """It is counted as it comes; whoever sends it is told at the limit."""

    def endless() -> Iterator[bytes]:
        while True:
            yield b" " * 65_536

    answer = played.province.client.post(
        "/api/v1/dossiers", content=endless(), headers={**played.callers["desk"], **JSON}
    )
    assert problem(answer, 413)["code"] == "body_too_large"


HEADS: Final[dict[str, tuple[dict[str, str], int]]] = {
    "one that is too long": ({"X-Long": "x" * (HEADER_BYTES_MAX + 1)}, 431),
    "too many": ({f"X-{number}": "y" for number in range(HEADERS_MAX + 1)}, 431),
    "a length that is none": ({"Content-Length": "9" * 40}, 413),
    "too long a body announced": ({"Content-Length": str(BODY_BYTES_MAX + 1)}, 413),
    "a token that is none": ({"Authorization": "Bearer " + "a." * 3_000}, 401),
    "another scheme": ({"Authorization": "Basic YTpi"}, 401),
    "a trace that is none": ({"traceparent": "00-" + "g" * 32 + "-" + "0" * 16 + "-00"}, 401),
    "a cookie that is none": ({"Cookie": "lienthong_session=" + "x" * 4_000}, 403),
}


@pytest.mark.parametrize("name", HEADS)
def test_ugly_headers_are_refused(played: Played, name: str) -> None:
    """With the name of the limit, or as nobody's."""
    headers, status = HEADS[name]
    answer = played.province.client.post(f"/api/v1/dossiers/{played.refs[0]}/acceptance", headers=headers)
    problem(answer, status)
    played.province.client.forget()


def test_addresses_have_a_length(played: Played) -> None:
    """Of path and query together; at the limit it is only unknown."""
    client = played.province.client
    for path in ("/" + "x" * TARGET_BYTES_MAX, "/api/v1/dossiers?code=" + "x" * TARGET_BYTES_MAX):
        assert problem(client.get(path), 414)["code"] == "address_too_long"
    problem(client.get("/" + "x" * (TARGET_BYTES_MAX - 100)), 404)


REFS: Final = (
    "..", "../../etc/passwd", "..%2f..%2f..%2fetc%2fpasswd", "%2e%2e%2f", "%252e%252e%252f", "..\\..\\windows", "%00",
    "a%00b", "' OR 1=1 --", "%27%20OR%201=1", "1;DROP TABLE events", "${jndi:ldap://x}", "{{7*7}}", "%s%n", "\u202e",
    "hồ-sơ", "H48%2E23293", "🏛", "%FF%FE", "%ED%A0%80", "x" * 4_000, "01" + "O" * 24, " ", "+", "*", "_", "%25",
)  # fmt: skip


@pytest.mark.parametrize("ref", REFS)
def test_a_strange_reference_is_one_that_does_not_exist(played: Played, ref: str) -> None:
    """At every door that takes one, for reading and for commanding, as somebody who sees all."""
    client, who = played.province.client, played.callers["inspector"]
    for method in ("GET", "POST"):
        for path in doors(played.province.app, method):
            if "{ref}" not in path or path.startswith(("/dossiers", "/api/v1/operations/")):
                continue
            parts = {name: known[0] for name, known in played.parts.items()} | {"ref": ref}
            answer = client.request(method, filled(path, parts), headers={**who, "Idempotency-Key": "k", **JSON})
            problem(answer, 400, 404, 405, 409, 422)


def test_a_method_that_is_not_offered_is_named_so(played: Played) -> None:
    """405 with the methods that are; and none of them does anything."""
    parts = {name: known[0] for name, known in played.parts.items()}
    described: dict[str, Any] = played.province.app.openapi()["paths"]
    refused = 0
    with played.province.unchanged():
        for path, offered in described.items():
            for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "BREW"):
                if method.lower() in offered:
                    continue
                answer = played.province.client.request(method, filled(path, parts), headers=played.callers["system"])
                problem(answer, 404, 405)  # 404 where `search` may be the name of a dossier
                if answer.status_code == 405:
                    assert set(answer.headers["allow"].lower().split(", ")) >= set(offered), path
                    refused += 1
    assert refused > 400


def mangled(rng: random.Random, content: bytes) -> bytes:
    """Return a body with some bytes turned, lost, doubled or moved."""
    body = bytearray(content)
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(len(body))
        match rng.randrange(4):
            case 0:
                body[at] = rng.randrange(256)
            case 1:
                del body[at : at + rng.randint(1, 9)]
            case 2:
                body[at:at] = body[at : at + rng.randint(1, 40)]
            case _:
                body[at:at] = bytes(rng.choices(b'"{}[]:,\\u00tfn0-9', k=rng.randint(1, 9)))
        body = body or bytearray(b" ")
    return bytes(body)


def test_a_submission_with_some_bytes_wrong_is_taken_or_refused(played: Played) -> None:
    """Five hundred of them, from one seed: never anything else."""
    rng, client = random.Random(SEED), played.province.client
    whole = json.dumps(played.province.submission(), ensure_ascii=False).encode()
    send: Callable[[bytes, int], httpx.Response] = lambda body, number: client.post(  # noqa: E731
        "/api/v1/dossiers",
        content=body,
        headers={**played.callers["desk"], **JSON, "Idempotency-Key": f"mangled {number}"},
    )
    for number in range(500):
        answer = send(mangled(rng, whole), number)
        if answer.status_code != 201:
            problem(answer, 400, 409, 413, 422)


@pytest.mark.parametrize(
    ("body", "deep"),
    [
        (b"", False),
        (b"[" * NESTING_MAX + b"]" * NESTING_MAX, False),
        (b"[" * (NESTING_MAX + 1) + b"]" * (NESTING_MAX + 1), True),
        (b'{"a":' * (NESTING_MAX + 1) + b"1" + b"}" * (NESTING_MAX + 1), True),
        (b"[" + b"[]," * 100_000 + b"[]]", False),
        (b'["' + b"[" * 1_000 + b'"]', False),
        (b'["\\"' + b"[" * 1_000 + b'"]', False),
        (b'["\\\\",' + b"[" * 1_000 + b"]" * 1_000 + b"]", True),
    ],
)
def test_depth_is_told_from_breadth_and_from_texts(body: bytes, deep: bool) -> None:
    """A long list is not deep, and brackets in a text are letters."""
    assert is_deep(body) is deep
