"""Whatever strangers send: never our fault, always a problem document, and nothing changes."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from chassis.limits import BODY_BYTES_MAX
from tests.chassis.border import AGENCY, REF, Header, amount, head, problem
from tests.http_harness import HttpPlatform


def chunks(size: int) -> Iterator[bytes]:
    """Yield a body whose length is not announced."""
    for _ in range(size // 1_000 + 1):
        yield b" " * 1_000


GOOD = json.dumps(amount(5, "s1")).encode()
JSON = {"Content-Type": "application/json"}
UGLY: dict[str, tuple[Any, dict[str, Any], int]] = {
    "nothing": (b"", {}, 422),
    "no JSON": (b"{", {}, 400),
    "not quite JSON": (b"{'amount_vnd': 5}", {}, 400),
    "two values": (GOOD + GOOD, {}, 400),
    "a list": (b"[]", {}, 422),
    "null": (b"null", {}, 422),
    "a number": (b"5", {}, 422),
    "invalid UTF-8": (b'{"amount_vnd":5,"slip":"\xff\xfe"}', {}, 400),
    "half a letter": (b'{"amount_vnd":5,"slip":"\\ud800"}', {}, 422),
    "half a letter in a name": (b'{"amount_vnd":5,"slip":"s","\\ud800":1}', {}, 422),
    "a NUL": (b'{"amount_vnd":5,"slip":"a\\u0000b"}', {}, 422),
    "a NUL after a backslash": (b'{"amount_vnd":5,"slip":"\\\\\\u0000"}', {}, 422),
    "a bare NUL": (b'{"amount_vnd":5,"slip":"a\x00b"}', {}, 400),
    "an unknown field": (b'{"amount_vnd":5,"slip":"s","x":1}', {}, 422),
    "a field missing": (b'{"amount_vnd":5}', {}, 422),
    "an amount as text": (b'{"amount_vnd":"5","slip":"s"}', {}, 422),
    "an amount with a fraction": (b'{"amount_vnd":5.5,"slip":"s"}', {}, 422),
    "an amount as a float": (b'{"amount_vnd":5.0,"slip":"s"}', {}, 422),
    "an amount that is true": (b'{"amount_vnd":true,"slip":"s"}', {}, 422),
    "no amount": (b'{"amount_vnd":0,"slip":"s"}', {}, 422),
    "a negative amount": (b'{"amount_vnd":-5,"slip":"s"}', {}, 422),
    "an amount too large": (b'{"amount_vnd":9999999999999999999999,"slip":"s"}', {}, 422),
    "an amount of 5 000 digits": (b'{"amount_vnd":' + b"9" * 5_000 + b',"slip":"s"}', {}, 400),
    "infinity": (b'{"amount_vnd":1e999,"slip":"s"}', {}, 422),
    "not a number": (b'{"amount_vnd":NaN,"slip":"s"}', {}, 422),
    "a text too long": (b'{"amount_vnd":5,"slip":"' + b"s" * 41 + b'"}', {}, 422),
    "a text that is a list": (b'{"amount_vnd":5,"slip":["s"]}', {}, 422),
    "deep nesting": (b"[" * 100_000, {}, 400),
    "deep nesting in a field": (b'{"slip":' + b"[" * 50_000 + b"]" * 50_000 + b"}", {}, 400),
    "many unknown fields": (json.dumps({f"x{n}" * 20: n for n in range(5_000)}).encode(), {}, 422),
    "no content type": (GOOD, {"Content-Type": ""}, 422),
    "another content type": (GOOD, {"Content-Type": "text/plain"}, 422),
    "a form": (b"amount_vnd=5&slip=s", {"Content-Type": "application/x-www-form-urlencoded"}, 422),
    "an unknown charset": (GOOD, {"Content-Type": "application/json; charset=klingon"}, 200),
    "a broken content type": (GOOD, {"Content-Type": ";;;\xff".encode("latin-1")}, 422),
    "too long": (b" " * (BODY_BYTES_MAX + 1), {}, 413),
    "too long, not announced": (chunks, {}, 413),
    "a length that is none": (GOOD, {"Content-Length": "many"}, 200),
    "a length of 5 000 digits": (GOOD, {"Content-Length": "9" * 5_000}, 413),
    "a key too long": (GOOD, {"Idempotency-Key": "k" * 256}, 400),
    "a key with strange letters": (GOOD, {"Idempotency-Key": "khóa \xff".encode("latin-1")}, 200),
    "a very long header": (GOOD, {"X-Long": "x" * 50_000}, 431),
}


@pytest.mark.parametrize("name", UGLY)
def test_an_ugly_body_gets_a_problem_document_and_changes_nothing(
    shared: HttpPlatform, shared_me: Header, name: str
) -> None:
    """Nothing that anybody sends is our fault: no 500, and an answer that tells what to mend."""
    before = head(shared)
    content, headers, status = UGLY[name]
    sent = chunks(BODY_BYTES_MAX) if content is chunks else content
    headers = {**shared_me, "Idempotency-Key": "k", **JSON, **headers}
    answer = shared.client.post(f"/api/v1/accounts/{REF}/deposits", content=sent, headers=headers)
    assert answer.status_code == status, answer.text[:500]
    if answer.is_error:
        problem(answer)
        assert len(answer.content) < 50_000
        assert head(shared) == before


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/accounts/%00", 404),
        ("/api/v1/accounts/a%00b", 404),
        ("/api/v1/accounts/%FF%FE", 404),
        ("/api/v1/accounts/%ED%A0%80", 404),
        ("/api/v1/accounts/" + "x" * 5_000, 404),
        ("/api/v1/accounts/..%2F..%2Fetc%2Fpasswd", 404),
        ("/api/v1/accounts/' OR 1=1 --", 404),
        ("/api/v1/accounts/😀", 404),
        ("/api/v1/accounts/%25", 404),
        ("/api/v1/accounts?limit=0", 422),
        ("/api/v1/accounts?limit=-1", 422),
        ("/api/v1/accounts?limit=501", 422),
        ("/api/v1/accounts?limit=many", 422),
        ("/api/v1/accounts?limit=1e3", 422),
        ("/api/v1/accounts?limit=" + "9" * 5_000, 422),
        ("/api/v1/accounts?after=" + "x" * 201, 422),
        ("/api/v1/accounts?after=%00", 400),
        ("/api/v1/accounts?after=%FF", 200),
        ("/api/v1/accounts?after=%ED%A0%80", 200),
        ("/api/v1/accounts?after=' OR 1=1 --", 200),
        ("/api/v1/accounts?around=99999999999999999999999", 200),
        ("/api/v1/accounts?agency=a&agency=b&nonsense=1", 200),
        ("/api/v1/accounts?;;;&&&===", 200),
    ],
)
def test_an_ugly_address_gets_a_problem_document(
    shared: HttpPlatform, shared_me: Header, path: str, status: int
) -> None:
    """Paths and queries are what strangers send, too."""
    answer = shared.client.get(path, headers=shared_me)
    assert answer.status_code == status, answer.text[:500]
    if answer.is_error:
        problem(answer)


@pytest.mark.parametrize("path", ["%00", "a%00b", "%FF%FE", "😀", "x" * 5_000, "' OR 1=1 --", "..%2F.."])
def test_a_command_to_an_ugly_address_is_answered_like_one_to_nobody(shared: HttpPlatform, path: str) -> None:
    """It names nothing, so nothing is there; and no stream of that name begins."""
    before, officer = head(shared), shared.token("desk_officer", agency=AGENCY)
    answer = shared.post(f"/api/v1/accounts/{path}/deposits", officer, amount(5, "s1"))
    assert (answer.status_code, problem(answer)) == (404, "not_found")
    assert head(shared) == before
