"""Tokens of another issuer, over real HTTP: whatever it signs with, when its keys change, and when it is silent.

Law: Luật 91/2025/QH15 (a personal id that an issuer tells becomes the vault's opaque one).
"""

import hmac
import json
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fastapi import APIRouter, Request
from starlette.testclient import TestClient

from chassis.settings import Settings
from chassis.vault import SqliteVault
from chassis.web import oidc_keys
from chassis.web.app import application
from chassis.web.auth import CLOCK_SKEW_S, DevelopmentIssuer, Principal
from chassis.web.oidc_other import KeysAtHand, OtherIssuer, other_issuer, roles_in
from tests.chassis.other_issuer import KEYS, Outside, outside

PERSONAL_ID = "062185009871"


@pytest.fixture
def issuer() -> Iterator[Outside]:
    with outside() as there:
        yield there


class Door:
    """A server with one door that tells who came."""

    def __init__(self, data: Path, url: str, **settings: str) -> None:
        self.vault = SqliteVault(data / "vault.db", data / "vault.key")
        other = other_issuer(Settings(oidc_issuer=url, **settings), self.vault)
        assert other is not None
        self.other: OtherIssuer = other
        self.own = DevelopmentIssuer(data / "issuer.key", other=other)
        router = APIRouter()

        @router.get("/who")
        async def who(request: Request) -> dict[str, Any]:
            found = self.own.principal_of(request)
            return {"id": found.id, "role": found.role, "agency": found.agency, "person": found.person,
                    "procedures": found.procedures, "steps": found.steps}  # fmt: skip

        app = application("x", [router])
        app.add_middleware(KeysAtHand, other=other)
        self.client = TestClient(app, raise_server_exceptions=False)

    def ask(self, token: str) -> httpx.Response:
        return self.client.get("/who", headers={"Authorization": f"Bearer {token}"})

    def code(self, token: str) -> str:
        """Return the code of the problem that a token is answered with, or an empty text."""
        answer = self.ask(token)
        return "" if answer.is_success else str(answer.json()["code"])


@pytest.fixture
def door(tmp_path: Path, issuer: Outside) -> Iterator[Door]:
    there = Door(tmp_path, issuer.url)
    yield there
    there.vault.close()


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every reading of keys be allowed at once."""
    monkeypatch.setattr(oidc_keys, "REFETCH_FLOOR_S", 0.0)


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
def test_a_token_of_the_configured_issuer_is_taken(door: Door, issuer: Outside, algorithm: str) -> None:
    """Whatever of the three it signs with; and the own issuer's are taken beside."""
    issuer.publish("k", algorithm)
    token = issuer.token("k", algorithm, agency="H48.23", procedures=["1.004873"], steps=["certificate"])
    for _ in range(3):
        told = door.ask(token).json()
        assert (told["id"], told["role"], told["agency"]) == ("officer-7", "inspector", "H48.23")
        assert (told["procedures"], told["steps"]) == (["1.004873"], ["certificate"])
    assert issuer.asked == {"/.well-known/openid-configuration": 1, "/keys": 1}
    assert door.code(door.own.issue(Principal("x", "system"))) == ""


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"aud": "another platform"}, "token_invalid"),
    ({"aud": None}, "token_invalid"),
    ({"exp": None}, "token_invalid"),
    ({"exp": timedelta(seconds=-CLOCK_SKEW_S - 60)}, "token_expired"),
    ({"exp": timedelta(seconds=-CLOCK_SKEW_S + 20)}, ""),
    ({"nbf": timedelta(seconds=3_600)}, "token_invalid"),
    ({"nbf": timedelta(seconds=CLOCK_SKEW_S - 20)}, ""),
    ({"iss": "https://elsewhere.example"}, "token_invalid"),
    ({"iss": "lienthong"}, "token_invalid"),
    ({"role": "mayor"}, "token_invalid"),
    ({"sub": None}, "token_invalid"),
    ({"person": "somebody-else"}, ""),
]


@pytest.mark.parametrize(("other", "code"), WRONG)
def test_it_must_be_for_us_whole_and_fresh(door: Door, issuer: Outside, other: dict[str, Any], code: str) -> None:
    """Audience, issuer, expiry and beginning, each with the same tolerance of clocks."""
    issuer.publish("k", "ES256")
    assert door.code(issuer.token("k", "ES256", **other)) == code


def test_it_cannot_say_which_of_our_people_it_speaks_for(door: Door, issuer: Outside) -> None:
    """The vault's opaque ids are not an issuer's to give, unless the operator names the claim."""
    issuer.publish("k", "ES256")
    assert door.ask(issuer.token("k", "ES256", role="applicant", person="p-1")).json()["person"] == ""


PUBLIC_AS_BYTES = (
    (Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
    (Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
    (Encoding.PEM, PublicFormat.PKCS1),
)


def as_secret(claims: dict[str, Any], public: bytes) -> str:
    """Return a token that takes a public key for a shared secret; the library would not help to make one."""
    parts = [{"alg": "HS256", "typ": "JWT", "kid": "rsa"}, claims]
    signed = b".".join(jwt.utils.base64url_encode(json.dumps(part).encode()) for part in parts)
    return (signed + b"." + jwt.utils.base64url_encode(hmac.digest(public, signed, "sha256"))).decode()


def test_a_key_is_for_its_own_algorithm_only(door: Door, issuer: Outside, patient: None) -> None:
    """No token chooses how it is checked: not `none`, not the public key as a secret, not a weaker kind (RFC 8725)."""
    issuer.publish("rsa", "RS256")
    public = KEYS["RS256"].public_key()
    claims = jwt.decode(issuer.token("rsa", "RS256"), options={"verify_signature": False})
    for forged in (
        *(as_secret(claims, public.public_bytes(how, form)) for how, form in PUBLIC_AS_BYTES),
        jwt.encode(claims, "", algorithm="none", headers={"kid": "rsa"}),
        jwt.encode(claims, KEYS["RS256"], algorithm="RS512", headers={"kid": "rsa"}),
        issuer.token("rsa", "ES256"),
        issuer.token("other", "RS256"),
        issuer.token("rsa", "RS256", key=rsa.generate_private_key(65537, 2048)),
    ):
        assert door.code(forged) == "token_invalid"
    assert door.code(issuer.token("rsa", "RS256")) == ""


def test_keys_that_are_unfit_are_not_used(door: Door, issuer: Outside) -> None:
    """A short one, one for encryption, a shared secret, a private half, one of another curve, and what is no key."""
    short = issuer.publish("short", "RS256", rsa.generate_private_key(65537, 1024))
    issuer.publish("enc", "ES256", use="enc")
    issuer.publish("private", "ES256", d="x")
    issuer.publish("p384", "ES256", alg="ES384")
    issuer.keys["oct"] = {"kty": "oct", "kid": "oct", "k": jwt.utils.base64url_encode(b"s" * 32).decode()}
    issuer.keys["none"] = {"kid": "none"}
    issuer.publish("good", "ES256")
    secret = jwt.encode({"iss": issuer.url}, b"s" * 32, algorithm="HS256", headers={"kid": "oct"})
    for token in (
        issuer.token("short", "RS256", key=short), issuer.token("enc", "ES256"), issuer.token("private", "ES256"),
        issuer.token("p384", "ES256"), secret, issuer.token("none", "ES256"),
    ):  # fmt: skip
        assert door.code(token) == "token_invalid"
    assert door.code(issuer.token("good", "ES256")) == ""


def test_a_rotated_key_is_fetched_once_and_a_withdrawn_one_forgotten(
    door: Door, issuer: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old key is honoured as long as it is published; however many tokens name unknown keys, the floor holds."""
    issuer.publish("old", "ES256")
    old = issuer.token("old", "ES256")
    assert door.code(old) == ""
    fresh = issuer.publish("new", "ES256", ec.generate_private_key(ec.SECP256R1()))
    new = issuer.token("new", "ES256", key=fresh)
    assert door.code(new) == "token_invalid", "the floor between readings has not passed"
    for number in range(20):
        door.code(issuer.token(f"unheard-of-{number}", "ES256"))
    assert issuer.asked["/keys"] == 1
    monkeypatch.setattr(oidc_keys, "REFETCH_FLOOR_S", 0.0)
    assert door.code(new) == door.code(old) == ""
    assert issuer.asked["/keys"] == 2
    del issuer.keys["old"]
    assert door.code(old) == "", "it is remembered until the keys are read again"
    door.other.keys.read()
    assert door.code(old) == "token_invalid"
    assert door.code(new) == ""


def test_keys_that_have_grown_old_are_read_beside_the_work(
    door: Door, issuer: Outside, monkeypatch: pytest.MonkeyPatch, patient: None
) -> None:
    """So a withdrawn key is noticed though nobody names an unknown one."""
    issuer.publish("k", "ES256")
    token = issuer.token("k", "ES256")
    with door.client:
        assert door.code(token) == ""
        issuer.keys.clear()
        monkeypatch.setattr(oidc_keys, "KEYS_READ_ANEW_AFTER_S", 0.0)
        until = time.monotonic() + 10
        while door.code(token) == "":
            assert time.monotonic() < until, "nobody read the keys again"
            time.sleep(0.02)


def test_a_silent_issuer_is_no_fault_of_the_token(door: Door, issuer: Outside, patient: None) -> None:
    """503 with the hint to try again, never 500; what was checked before and keys at hand go on working."""
    issuer.publish("k", "ES256")
    token, later = issuer.token("k", "ES256"), issuer.token("k", "ES256", sub="officer-8")
    issuer.silent = True
    answer = door.ask(token)
    assert (answer.status_code, answer.json()["code"]) == (503, "issuer_unavailable")
    assert answer.headers["Retry-After"]
    assert door.code(door.own.issue(Principal("x", "system"))) == "", "the own issuer needs nobody"
    issuer.silent = False
    assert door.code(token) == ""
    issuer.silent = True
    assert door.code(token) == door.code(later) == ""
    assert door.code(issuer.token("unheard-of", "ES256")) == "issuer_unavailable", "it may be a new key"
    signed, _, signature = door.own.issue(Principal("x", "system")).rpartition(".")
    assert door.code(f"{signed}.{signature.swapcase()}") == "token_invalid"


def test_an_issuer_that_says_it_is_another_is_not_believed(door: Door, issuer: Outside) -> None:
    """OpenID Connect Discovery §4.3: what it names must be exactly what was asked."""
    issuer.publish("k", "ES256")
    issuer.named = "https://elsewhere.example"
    assert door.code(issuer.token("k", "ES256")) == "issuer_unavailable"
    assert "/keys" not in issuer.asked


def test_an_issuer_that_is_not_there_breaks_nothing(tmp_path: Path) -> None:
    """Down at the start: the server runs, its own tokens hold, the others get 503."""
    door = Door(tmp_path, "http://127.0.0.1:9")
    token = Outside("http://127.0.0.1:9").token("k", "ES256")
    assert door.code(token) == "issuer_unavailable"
    assert door.ask("").status_code == 401
    assert door.client.get("/who").json()["role"] == "anonymous"
    door.vault.close()


def test_claims_are_mapped_by_configuration(tmp_path: Path, issuer: Outside) -> None:
    """Names, nesting, the issuer's own words for roles; a personal id becomes the vault's and is told nowhere."""
    door = Door(
        tmp_path, issuer.url, oidc_audience="https://platform.example", oidc_claim_role="realm_access.roles",
        oidc_claim_agency="https://claims.example/agency", oidc_claim_personal_id="cccd", oidc_claim_id="preferred",
        oidc_roles="can-bo-mot-cua=desk_officer, cong-dan=applicant",
    )  # fmt: skip
    issuer.publish("k", "RS256")
    more = {"aud": "https://platform.example", "role": None, "preferred": "u-17"}
    officer = issuer.token(
        "k", "RS256", realm_access={"roles": ["offline_access", "can-bo-mot-cua"]},
        **{"https://claims.example/agency": "H48.23"}, **more,
    )  # fmt: skip
    told = door.ask(officer).json()
    assert (told["id"], told["role"], told["agency"]) == ("u-17", "desk_officer", "H48.23")
    citizen = {"realm_access": {"roles": ["cong-dan"]}, "cccd": PERSONAL_ID, **more, "preferred": PERSONAL_ID}
    told = door.ask(issuer.token("k", "RS256", **citizen)).json()
    person = door.vault.person("personal_id", PERSONAL_ID)
    assert (told["id"], told["person"], told["role"]) == (person, person, "applicant")
    for wrong in (
        {"realm_access": {"roles": ["desk_officer"]}},
        {"realm_access": {"roles": ["can-bo-mot-cua", "cong-dan"]}},
        {"realm_access": ["can-bo-mot-cua"]},
        {**citizen, "cccd": "12"},
    ):
        assert door.code(issuer.token("k", "RS256", **{**more, **wrong})) == "token_invalid"
    door.vault.close()


def test_what_an_operator_writes_wrongly_is_said_at_the_start(tmp_path: Path) -> None:
    """Not at the first sign-in."""
    vault = SqliteVault(tmp_path / "vault.db", tmp_path / "vault.key")
    assert other_issuer(Settings(), vault) is None
    for url in ("issuer.example", "ftp://issuer.example", "https://", "http://[x"):
        with pytest.raises(ValueError, match="LIENTHONG_OIDC_ISSUER"):
            other_issuer(Settings(oidc_issuer=url), vault)
    for roles in ("mayor", "boss=mayor", "=system"):
        with pytest.raises(ValueError, match="LIENTHONG_OIDC_ROLES"):
            roles_in(roles)
    assert roles_in(" a=system , b=c=inspector,") == {"a": "system", "b=c": "inspector"}
    vault.close()
