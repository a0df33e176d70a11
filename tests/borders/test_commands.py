"""Every command that the product takes, asked for wrongly in every way: a problem document, and nothing changes."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest

from chassis.limits import BODY_BYTES_MAX, KEY_LENGTH_MAX
from chassis.web.auth import ALL, AUDIENCE, PLATFORM, DevelopmentIssuer, Principal
from tests.borders.documents import bare, problem
from tests.borders.places import PLACES, in_order, place
from tests.borders.province import COMMITTEE, DESK, Header, Place, Province

NO_REF = "0" * 26
NO_CODE = "H48.23293.01-260907-9999"


def test_every_act_has_a_place_where_it_is_granted(province: Province) -> None:
    """What is refused below is refused for its one fault only: the same request without it succeeds."""
    assert set(PLACES) == set(province.acts)
    for name in in_order(province):
        right = place(province, name)
        answer = province.post(right.path(), right.who, right.body)
        assert answer.status_code == right.act.status, f"{name}: {answer.text}"


# --- what is sent ---

CONTENTS: dict[str, tuple[bytes, tuple[int, ...]]] = {
    "half an object": (b"{", (400, 422)),
    "not quite JSON": (b"{'note': 5}", (400, 422)),
    "two values": (b"{}{}", (400, 422)),
    "a list": (b"[]", (422,)),
    "a list of objects": (b"[{}]", (422,)),
    "a number": (b"5", (422,)),
    "a text": (b'"text"', (422,)),
    "true": (b"true", (422,)),
    "infinity": (b"Infinity", (400, 422)),
    "invalid UTF-8": (b'{"note":"\xff\xfe"}', (400, 422)),
    "a bare NUL": (b'{"note":"a\x00b"}', (400, 422)),
    "half a letter in a name": (b'{"\\ud800":1}', (422,)),
    "a number of 5 000 digits": (b'{"note":' + b"9" * 5_000 + b"}", (400, 422)),
    "deep nesting": (b"[" * 100_000, (400, 422)),
    "deep nesting in a field": (b'{"note":' + b"[" * 50_000 + b"]" * 50_000 + b"}", (400, 422)),
    "many unknown fields": (json.dumps({f"x{n}": n for n in range(5_000)}).encode(), (422,)),
    "an unknown field": (b'{"surprise":1}', (422,)),
    "a form": (b"note=5&amount_vnd=15000", (400, 422)),
}


@pytest.mark.parametrize("name", CONTENTS)
def test_content_that_is_no_command_changes_nothing(province: Province, granted: list[Place], name: str) -> None:
    """Also where a command takes no content: what nobody would read is a mistake worth hearing of."""
    content, statuses = CONTENTS[name]
    with province.unchanged():
        for right in granted:
            problem(province.post(right.path(), right.who, content=content), *statuses)


def test_nothing_is_no_content_where_some_is_needed(province: Province, granted: list[Place]) -> None:
    """Neither an empty body, nor null, nor another media type."""
    with province.unchanged():
        for right in granted:
            if right.act.body is not None and any(one.is_required() for one in right.act.body.model_fields.values()):
                problem(province.post(right.path(), right.who, content=b""), 422)
                problem(province.post(right.path(), right.who, content=b"null"), 422)
                sent = json.dumps(right.body).encode()
                plain = {"Content-Type": "text/plain"}
                problem(province.post(right.path(), right.who, content=sent, headers=plain), 422)


def chunks() -> Iterator[bytes]:
    """Yield a body over the limit whose length is not announced."""
    for _ in range(BODY_BYTES_MAX // 65_536 + 1):
        yield b" " * 65_536


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_over_the_limit_is_refused(province: Province, granted: list[Place], announced: bool) -> None:
    """Whether its length is announced or only found out."""
    with province.unchanged():
        for right in granted:
            content = b" " * (BODY_BYTES_MAX + 1) if announced else chunks()
            problem(province.post(right.path(), right.who, content=content), 413)


# --- what stands in a body ---

Values = tuple[Any, ...]
WRONG_INTEGERS: Values = (1.5, 15_000.0, "1000", True, 10**40, -1, float("nan"), float("inf"), None, [], {}, "")
WRONG_TEXTS: Values = (5, True, [], {}, ["x"], "x" * 5_000, "a\0b", "\ud800", float("nan"))
WRONG_OPTIONS: Values = ([], {}, "x" * 5_000)
WRONG_FLAGS: Values = ("perhaps", 5, None, [], {}, 1.5)
WRONG_LISTS: Values = (5, "x", {}, True, [None], [[]], ["x" * 5_000], [{}] * 2_000)
WRONG_OBJECTS: Values = (5, "x", [], True)


def test_every_field_of_a_body_is_tried(granted: list[Place]) -> None:
    """A field that is added to a command is tried here too, or this says that it is not."""
    for right in granted:
        fields = right.act.body.model_fields if right.act.body else {}
        assert set(right.body or {}) == set(fields), right.act.name


def spoilt(value: Any) -> Iterator[Any]:
    """Yield values that cannot stand where `value` stands."""
    match value:
        case bool():
            yield from WRONG_FLAGS
        case int():
            yield from WRONG_INTEGERS
        case str():
            yield from WRONG_TEXTS
        case None:
            yield from WRONG_OPTIONS
        case list():
            yield from WRONG_LISTS
            for index, part in enumerate(value[:1]):
                yield from ([*value[:index], wrong, *value[index + 1 :]] for wrong in spoilt(part))
        case dict():
            yield from WRONG_OBJECTS
            yield {**value, "surprise": 1}
            for name, part in value.items():
                yield from ({**value, name: wrong} for wrong in spoilt(part))


def spoilt_bodies(body: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each field's name with a body in which it is wrong."""
    for name, part in body.items():
        yield from ((name, {**body, name: wrong}) for wrong in spoilt(part))
    yield "surprise", {**body, "surprise": 1}


def test_a_wrong_value_is_named_wherever_it_stands(province: Province, granted: list[Place]) -> None:
    """Amounts that are no whole numbers, texts that are none, lists without end: what, where and how to mend it."""
    tried = 0
    with province.unchanged():
        for right in granted:
            for field, body in spoilt_bodies(right.body or {}) if right.act.body else ():
                content = json.dumps(body).encode()
                answer = province.post(right.path(), right.who, content=content)
                named = [where["name"] for where in problem(answer, 422)["invalid_params"]]
                assert any(field in name for name in named), f"{right.act.name}: {field} is not among {named}"
                tried += 1
    assert tried > 600


# --- how it is sent ---

KEYS: dict[str, tuple[str | None, str]] = {
    "missing": (None, "idempotency_key_missing"),
    "empty": ("", "idempotency_key_missing"),
    "too long": ("k" * (KEY_LENGTH_MAX + 1), "malformed_request"),
}


@pytest.mark.parametrize("name", KEYS)
def test_every_command_has_a_key_of_bounded_length(province: Province, granted: list[Place], name: str) -> None:
    """Without one nobody could repeat a command safely."""
    key, code = KEYS[name]
    with province.unchanged():
        for right in granted:
            answer = province.post(right.path(), right.who, right.body, headers={"Idempotency-Key": key})
            assert problem(answer, 400)["code"] == code


IF_MATCH: dict[str, tuple[str, int]] = {
    "a word": ("latest", 400),
    "a negative version": ('"-1"', 400),
    "a fraction": ("1.5", 400),
    "several": ('"1", "2"', 400),
    "too many digits": ("9" * 30, 400),
    "other digits": ("\u0663", 400),
    "nothing": ('""', 400),
    "a version that is not yet": ('"999"', 412),
    "a weak version that is not yet": ('W/"999"', 412),
}


@pytest.mark.parametrize("name", IF_MATCH)
def test_a_version_is_one_that_was_seen(province: Province, granted: list[Place], name: str) -> None:
    """Whoever looked at another version than the present one decides anew."""
    version, status = IF_MATCH[name]
    with province.unchanged():
        for right in granted:
            answer = province.post(right.path(), right.who, right.body, headers={"If-Match": version.encode()})
            problem(answer, status)


def test_an_older_version_is_stale(province: Province, granted: list[Place]) -> None:
    """Where something exists already, version 0 was never the one to act upon."""
    with province.unchanged():
        for right in granted:
            if right.act.opens is None:
                answer = province.post(right.path(), right.who, right.body, headers={"If-Match": '"0"'})
                assert "present version" in problem(answer, 412)["detail"]


# --- who sends it ---


def bearer(token: str) -> Header:
    return {"Authorization": f"Bearer {token}"}


def forged(province: Province, **claims: Any) -> Header:
    """Return a token that somebody signed with a key of his own."""
    whole = {"iss": AUDIENCE, "aud": AUDIENCE, "sub": "x", "exp": 4_000_000_000, "role": "desk_officer", "agency": DESK}
    return bearer(jwt.encode(whole | claims, "a key that somebody made up for himself", algorithm="HS256"))


def issued_elsewhere(province: Province) -> Header:
    """Return a token of another installation's issuer."""
    other = DevelopmentIssuer(Path(province.data) / "elsewhere" / "issuer.key")
    return bearer(other.issue(Principal("x", "desk_officer", DESK)))


def altered(province: Province) -> Header:
    """Return a token of ours in which somebody wrote another agency."""
    head, claims, mark = province.other_desk["Authorization"].removeprefix("Bearer ").split(".")
    mine = province.desk["Authorization"].removeprefix("Bearer ").split(".")[1]
    assert claims != mine
    return bearer(f"{head}.{mine}.{mark}")


UNSIGNED = jwt.encode({"sub": "x", "role": "system"}, "", algorithm="none")
TOKENS: dict[str, tuple[Callable[[Province], Header], str]] = {
    "none": (lambda province: {}, "sign_in_needed"),
    "forged": (forged, "token_invalid"),
    "issued elsewhere": (issued_elsewhere, "token_invalid"),
    "altered": (altered, "token_invalid"),
    "unsigned": (lambda province: bearer(UNSIGNED), "token_invalid"),
    "no token": (lambda province: bearer("x.y.z"), "token_invalid"),
    "a very long one": (lambda province: bearer("x" * 20_000), "token_invalid"),
    "another scheme": (lambda province: {"Authorization": "Basic eDp5"}, "token_invalid"),
    "expired": (lambda province: province.token("desk_officer", -3_600, agency=DESK), "token_expired"),
    "of an unknown role": (lambda province: province.token("mayor", agency=DESK), "token_invalid"),
    "of no role": (lambda province: province.token("", agency=DESK), "token_invalid"),
    "anonymous": (lambda province: province.token("anonymous"), "token_invalid"),
}


@pytest.mark.parametrize("name", TOKENS)
def test_a_command_needs_a_token_that_is_one(province: Province, granted: list[Place], name: str) -> None:
    """Unknown, forged and expired ones open nothing, and say which of these they are."""
    make, code = TOKENS[name]
    who = make(province)
    with province.unchanged():
        for right in granted:
            answer = province.post(right.path(), who, right.body)
            assert problem(answer, 401)["code"] == code
            assert answer.headers["www-authenticate"] == "Bearer"


def outsiders(province: Province, right: Place) -> Iterator[tuple[str, Header]]:
    """Yield everybody who may not give this command here: foreign ones of its roles, and all other roles."""
    foreign = {
        "applicant": province.stranger,
        "desk_officer": province.other_desk,
        "agency_officer": province.other_officer,
        "accountant": province.other_accountant,
        "system": province.token("system", agency="H48.23284"),
        "postal_staff": province.postman,
        "inspector": province.inspector,
    }
    for role, who in foreign.items():
        if right.act.rights.get(role) != ALL or role == "system":
            yield f"foreign {role}", who
    own = {"desk_officer": DESK, "accountant": DESK, "agency_officer": COMMITTEE, "system": COMMITTEE}
    for role, agency in own.items():
        if right.act.rights.get(role, PLATFORM) == PLATFORM:
            yield f"wrong role {role}", province.token(role, agency=agency)
    for role in right.act.rights:
        if right.act.rights[role] not in (ALL, PLATFORM):
            yield f"{role} of nothing", province.token(role)


def test_what_one_may_not_do_answers_like_what_is_not_there(province: Province, granted: list[Place]) -> None:
    """Another agency, another applicant, another role: the same bytes as for a dossier that nobody handed in."""
    tried = 0
    with province.unchanged():
        for right in granted:
            for whom, who in outsiders(province, right):
                there = province.post(right.path(), who, right.body)
                if not right.params:
                    problem(there, 404, 422)
                    continue
                assert problem(there, 404)["code"] == "not_found"
                for nothing in (NO_REF, NO_CODE):
                    assert bare(there) == bare(province.post(right.of(nothing), who, right.body)), whom
                tried += 1
    assert tried > 100


def test_nothing_is_done_to_a_dossier_that_is_not_there(province: Province, granted: list[Place]) -> None:
    """Whoever might do it to another one is told that there is none; to the system role a service may say its law."""
    somebody = (province.postman, province.desk, province.inspector)
    with province.unchanged():
        for right in granted:
            for nothing in (NO_REF, NO_CODE) if right.params else ():
                path = right.of(nothing)
                for who in (right.who, *somebody):
                    assert problem(province.post(path, who, right.body), 404)["code"] == "not_found"
                problem(province.post(path, province.system, right.body), 404, 409)


HOSTILE = (
    "%00", "a%00b", "%2e%2e", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "..%2F..", "x" * 20_000, "\U0001f600", "' OR 1=1 --",
    "%27%20OR%20%271%27%3D%271", "%3B%20DROP%20TABLE%20events", "%FF%FE", "%ED%A0%80", "%25", "%25%30%30", "%2F",
    "*%25", "%0d%0aX-Y:%20z", "%20", "-", "null", "%7Bref%7D", "%3Cscript%3E", "\u1ed9", "%E1%BB%99" * 50, "*", "1e999",
)  # fmt: skip


@pytest.mark.slow
def test_a_hostile_address_names_nothing(province: Province, granted: list[Place]) -> None:
    """In every part of an address: nothing of that name is there, nothing begins, and nothing breaks."""
    with province.unchanged():
        for right in granted:
            for part in right.params:
                for text in HOSTILE:
                    problem(province.post(right.path(**{part: text}), right.who, right.body), 404, 405, 409, 414, 422)
