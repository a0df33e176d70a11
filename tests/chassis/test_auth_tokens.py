"""Tokens of the own issuer: what they must say, who cannot forge them, and keys that are rotated and withdrawn."""

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from chassis.web import oidc_keys, oidc_tokens
from chassis.web.auth import ANONYMOUS, AUDIENCE, CLOCK_SKEW_S, DevelopmentIssuer, Principal
from chassis.web.problem import Problem
from tests.chassis.other_issuer import from_now

OFFICER = Principal("officer:7", "agency_officer", "H48.23", "", ("1.004873",), ("certificate",))


@pytest.fixture
def issuer(tmp_path: Path) -> DevelopmentIssuer:
    return DevelopmentIssuer(tmp_path / "issuer.key")


def code_of(issuer: DevelopmentIssuer, token: str) -> str:
    """Return the code of the problem that a token is answered with, or an empty text."""
    try:
        issuer.check(token)
    except Problem as problem:
        return problem.kind.code
    return ""


def claims(**other: Any) -> dict[str, Any]:
    """Return claims that are good but for `other`: None leaves one out, a timedelta is counted from now."""
    now = int(time.time())
    whole = {"iss": AUDIENCE, "aud": AUDIENCE, "sub": "x", "iat": now, "exp": now + 60, "role": "system", **other}
    return {name: from_now(value, now) for name, value in whole.items() if value is not None}


def test_a_token_speaks_for_whom_it_was_issued(issuer: DevelopmentIssuer, tmp_path: Path) -> None:
    """All of the principal; also after a restart, for the key is kept."""
    token = issuer.issue(OFFICER)
    assert issuer.check(token) == issuer.check(token) == OFFICER
    assert DevelopmentIssuer(tmp_path / "issuer.key").check(token) == OFFICER


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({}, ""),
        ({"exp": timedelta(seconds=-3_600)}, "token_expired"),
        ({"exp": timedelta(seconds=-CLOCK_SKEW_S + 20)}, ""),
        ({"exp": timedelta(seconds=-CLOCK_SKEW_S - 1)}, "token_expired"),
        ({"exp": "soon"}, "token_invalid"),
        ({"exp": 10**400}, ""),
        ({"aud": "another platform"}, "token_invalid"),
        ({"aud": ["another platform", AUDIENCE]}, ""),
        ({"iss": "another issuer"}, "token_invalid"),
        ({"role": "mayor"}, "token_invalid"),
        ({"role": ANONYMOUS}, "token_invalid"),
        ({"role": None}, "token_invalid"),
        ({"role": ["system"]}, ""),
        ({"role": ["system", "inspector"]}, "token_invalid"),
        ({"role": {"system": True}}, "token_invalid"),
        ({"agency": ["H48"]}, "token_invalid"),
        ({"agency": "x" * 201}, "token_invalid"),
        ({"agency": "H48\n"}, "token_invalid"),
        ({"procedures": "1.004873"}, "token_invalid"),
        ({"procedures": [1]}, "token_invalid"),
        ({"steps": {"certificate": True}}, "token_invalid"),
        ({"sub": ""}, "token_invalid"),
        ({"exp": None}, "token_invalid"),
        ({"sub": None}, "token_invalid"),
        ({"aud": None}, "token_invalid"),
        ({"iss": None}, "token_invalid"),
        ({"nbf": timedelta(seconds=3_600)}, "token_invalid"),
        ({"nbf": timedelta(seconds=CLOCK_SKEW_S - 20)}, ""),
        ({"iat": timedelta(seconds=3_600)}, "token_invalid"),
    ],
)
def test_a_token_must_be_ours_whole_and_fresh(issuer: DevelopmentIssuer, wrong: dict[str, Any], code: str) -> None:
    """Signed with the right key, and still refused for what it says; a narrowing that cannot be read widens nothing."""
    assert code_of(issuer, issuer.keys.sign(claims(**wrong))) == code


def spliced(token: str, header: str = "", payload: str = "") -> str:
    parts = token.split(".")
    return ".".join([header or parts[0], payload or parts[1], parts[2]])


def confused(issuer: DevelopmentIssuer) -> str:
    """Return a token that takes the public key for a shared secret (RFC 8725 §2.1)."""
    public = jwt.PyJWK(issuer.keys.published()["keys"][0])
    secret = public.key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return jwt.encode(claims(), secret, algorithm="HS256", headers={"kid": public.key_id or ""})


def with_own_key(issuer: DevelopmentIssuer) -> str:
    """Return a token that brings its own key along (RFC 8725 §3.10)."""
    key = Ed25519PrivateKey.generate()
    kid = issuer.keys.published()["keys"][0]["kid"]
    jwk = jwt.algorithms.OKPAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return jwt.encode(claims(), key, algorithm="EdDSA", headers={"kid": kid, "jwk": jwk, "jku": "https://evil.example"})


@pytest.mark.parametrize(
    "forge",
    [
        confused,
        with_own_key,
        lambda issuer: jwt.encode(claims(), "another key that is long enough for it", algorithm="HS256"),
        lambda issuer: jwt.encode(claims(), "", algorithm="none"),
        lambda issuer: jwt.encode(claims(), Ed25519PrivateKey.generate(), algorithm="EdDSA"),
        lambda issuer: issuer.issue(OFFICER)[:-40] + issuer.issue(OFFICER)[-40:].swapcase(),
        lambda issuer: issuer.issue(OFFICER) + "x",
        lambda issuer: spliced(issuer.issue(OFFICER), payload="e30"),
        lambda issuer: spliced(issuer.issue(OFFICER), payload=issuer.issue(Principal("x", "system")).split(".")[1]),
        lambda issuer: spliced(issuer.issue(OFFICER), header=jwt.encode({}, "", algorithm="none").split(".")[0]),
        lambda issuer: "",
        lambda issuer: "not.a.token",
        lambda issuer: "a.b",
        lambda issuer: "\x00\xff…",
        lambda issuer: "a" * 100_000,
        lambda issuer: ".".join([jwt.utils.base64url_encode(b"[" * 9_000).decode()] * 3),
    ],
)
def test_a_forged_token_is_refused(issuer: DevelopmentIssuer, forge: Any) -> None:
    """Another key, no signature, another algorithm, a changed letter, other claims, no token at all."""
    assert code_of(issuer, forge(issuer)) == "token_invalid"


def test_what_a_browser_keeps_is_no_token(issuer: DevelopmentIssuer) -> None:
    """It is signed with the same key, for another audience."""
    kept = issuer.keep({"state": "s"}, 60)
    assert issuer.kept(kept) == {"state": "s"}
    assert code_of(issuer, kept) == "token_invalid"
    with pytest.raises(Problem):
        issuer.kept(issuer.issue(OFFICER))
    with pytest.raises(Problem):
        issuer.kept(issuer.keep({"state": "s"}, -60))


def test_a_token_that_was_good_expires(issuer: DevelopmentIssuer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Having been seen before makes it no longer lived; its times are the wall's."""
    token = issuer.issue(OFFICER, lifetime_s=60)
    assert code_of(issuer, token) == ""
    later = time.time() + 60 + CLOCK_SKEW_S + 5
    monkeypatch.setattr(time, "time", lambda: later)
    monkeypatch.setattr(jwt.api_jwt, "datetime", _Later(later))
    assert code_of(issuer, token) == "token_expired"


class _Later:
    """The wall's clock as the token library reads it."""

    def __init__(self, at: float) -> None:
        self._at = at

    def now(self, tz: object = None) -> "_Later":
        return self

    def timestamp(self) -> float:
        return self._at


def test_tokens_once_seen_do_not_fill_the_memory(issuer: DevelopmentIssuer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything has a limit."""
    monkeypatch.setattr(oidc_tokens, "TOKENS_REMEMBERED", 10)
    for number in range(35):
        issuer.check(issuer.issue(Principal(f"p{number}", "system")))
    assert len(issuer._own._known) <= 10


def test_a_rotated_key_still_checks_and_a_withdrawn_one_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`lienthong issuer rotate` writes beside a running server, which notices and forgets what it knew by the key."""
    running = DevelopmentIssuer(tmp_path / "issuer.key")
    before = running.issue(OFFICER)
    assert running.check(before) == OFFICER
    beside = DevelopmentIssuer(tmp_path / "issuer.key").keys
    fresh = beside.rotate()
    monkeypatch.setattr(oidc_keys, "OWN_KEYS_LOOKED_AT_EVERY_S", 0.0)
    after = running.issue(OFFICER)
    assert jwt.get_unverified_header(after)["kid"] == fresh
    assert running.check(before) == running.check(after) == OFFICER
    assert [key["kid"] for key in running.keys.published()["keys"]][-1] == fresh
    beside.withdraw_old()
    assert code_of(running, before) == "token_invalid"
    assert running.check(after) == OFFICER
    assert [key["kid"] for key in running.keys.published()["keys"]] == [fresh]
    assert DevelopmentIssuer(tmp_path / "issuer.key").check(after) == OFFICER


def test_what_is_published_signs_nothing(issuer: DevelopmentIssuer) -> None:
    """Public halves only; and the files are their owner's."""
    issuer.keys.rotate()
    for key in issuer.keys.published()["keys"]:
        assert set(key) == {"kty", "crv", "x", "alg", "use", "kid"}
    folder = issuer.keys._first.parent
    assert {path.name for path in folder.glob("*.key")} == {"issuer.key", "issuer.2.key", "session.key"}
    assert all(path.stat().st_mode & 0o077 == 0 for path in folder.glob("*.key"))
