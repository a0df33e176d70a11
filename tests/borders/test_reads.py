"""Everything that can be looked at, asked for in every hostile way and by everybody: nothing breaks, nothing leaks.

Law: TT 01/2018/TT-VPCP art. 16 and NĐ 61/2018 art. 25 (without signing in only a dossier's code and degree of
completion); Luật 91/2025/QH15 (personal data is opened for a stated purpose).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.borders.documents import given_away, problem
from tests.borders.doors import doors, filled, needed, parts_of
from tests.borders.places import BY_POST, REFUSED, TO_HOME, UNFIT, asked, on_the_way, refund_owed
from tests.borders.province import APPLICANT, DESK, PROCEDURE, STEP, STRANGER_ID, SUBMITTER, Header, Province

ROLES = (
    "nobody", "applicant", "submitter", "desk", "officer", "accountant", "postman", "inspector", "system",
    "stranger", "other_desk", "other_officer", "other_accountant",
)  # fmt: skip
READERS = ("applicant", "submitter", "desk", "officer", "inspector", "system", "postman")
NOTICES, NO_REF = "/api/v1/payments/vnpay/ipn", "0" * 26
FORMS = ("slip", "supplement-request", "refusal", "apology", "stop-notice")
OPENED_AT = {
    *(f"/api/v1/dossiers/{{ref}}/{form}" for form in FORMS),
    *(f"/dossiers/{{ref}}/{form}" for form in FORMS),
    "/api/v1/dossiers/{ref}/apologies",
    "/api/v1/dossiers/{ref}/corrections",
    "/api/v1/dossiers/{ref}/steps/{step}/note",
    "/api/v1/parcels/{ref}/{leg}/address/{purpose}",
}
"""The only doors behind which something personal is read, each for those who need it, and written down."""


@dataclass(frozen=True, slots=True)
class Planted:
    """Dossiers with something personal in every place that has one; `ids` name them and their people."""

    refs: tuple[str, ...]
    codes: tuple[str, ...]
    ids: tuple[str, ...]
    digest: str


@pytest.fixture(scope="session")
def planted(province: Province) -> Planted:
    refused = province.submitted()
    province.do("refuse_dossier", province.desk, REFUSED, ref=refused)
    unfit = province.acknowledged()
    province.do("refuse_step", province.officer, UNFIT, ref=unfit, step=STEP)
    collected = province.submitted(**BY_POST)
    coded = (unfit, province.resolved(), refund_owed(province), on_the_way(province, "delivery"), province.accepted())
    txn_ref = str(province.do("start_payment", province.applicant, ref=coded[-1])["txn_ref"])
    province.client.get(NOTICES, params={"vnp_TxnRef": txn_ref})
    province.settle()
    callbacks = province.get("/api/v1/payment-callbacks", province.inspector, limit=500).json()["items"]
    parcels = province.get("/api/v1/parcels", province.postman, limit=500).json()["items"]
    refs = (refused, collected, asked(province), *coded)
    people = (province.person(one) for one in (APPLICANT["personal_id"], SUBMITTER["personal_id"], STRANGER_ID))
    return Planted(
        refs=refs,
        codes=tuple(province.code_of(ref) for ref in coded),
        ids=(*refs, *people, txn_ref, *(parcel["item_code"] for parcel in parcels)),
        digest=str(callbacks[-1]["digest"]),
    )


def who_is(province: Province, role: str) -> Header:
    return {} if role == "nobody" else dict(getattr(province, role))


def addresses(province: Province, planted: Planted, *dossiers: str) -> Iterator[tuple[str, str]]:
    """Yield every door that answers to GET, with each address there that leads to something; a notice's apart."""
    parts = {
        "step": STEP, "leg": "delivery", "purpose": "visit", "digest": planted.digest, "procedure": PROCEDURE,
        "path": "lienthong.css", "person": province.person(APPLICANT["personal_id"]),
    }  # fmt: skip
    for path in doors(province.app, "GET"):
        if path == NOTICES:
            continue
        for dossier in dossiers if {"ref", "text"} & set(parts_of(path)) else dossiers[:1]:
            known = parts | {"ref": dossier, "text": dossier}
            yield path, filled(path, known)
            for purpose in ("visit", "call", "label") if "purpose" in path else ():
                yield path, filled(path, known | {"leg": "collection", "purpose": purpose})


def sound(answer: httpx.Response) -> httpx.Response:
    """Return an answer that is no fault of ours: what is asked for, a problem document, or a page that says so."""
    about = f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text[:200]}"
    assert answer.status_code < 500, about[:600]
    if answer.status_code >= 400 and not answer.headers["content-type"].startswith("text/html"):
        problem(answer)
    return answer


def content_of(answer: httpx.Response) -> httpx.Response:
    """Return a page without what only a rehearsal shows: the buttons by which one can be anybody."""
    cut = re.sub(r'<[a-z]+ [^>]*class="card-plain roles".*?</main>', "", answer.text, flags=re.DOTALL)
    return httpx.Response(answer.status_code, headers={}, text=cut, request=answer.request)


# --- what is asked for ---


HOSTILE = (
    "' OR 1=1 --", "x'; DROP TABLE dossiers; --", ":a", ":principal_person", "<script>alert(1)</script>", "../../etc/x",
    "x" * 40, "x" * 199, "x" * 5_000, "9" * 30, "9" * 5_000, "-1", "0", "1.5", "NaN", "null", "true", "[]", "{}", "",
    " ", "%", "_", "%%%", "!", "\\", "%FF", "\r\nX-Y: z", "\u202e", "\ufeff", "a\u0301" * 50, "\U0001f600", "2026-13",
)  # fmt: skip
PAGES_READ = ("q", "phase", "agency", "procedure", "late", "after", "lang", "seen", "part", "v")


def asked_by(province: Province) -> dict[str, dict[str, bool]]:
    """Return what each door reads of a query, as the product describes itself: name → whether any text will do."""
    described = province.app.openapi()["paths"]
    reads = {
        path: dict.fromkeys(PAGES_READ, True) for path in doors(province.app, "GET") if not path.startswith("/api")
    }
    for path, methods in described.items():
        asked = [one for one in methods.get("get", {}).get("parameters", ()) if one["in"] == "query"]
        reads[path] = {one["name"]: _any_text_will_do(one["schema"]) for one in asked}
    return reads


def _any_text_will_do(schema: dict[str, Any]) -> bool:
    kinds = schema.get("anyOf", [schema])
    return any(kind.get("type") == "string" and "pattern" not in kind for kind in kinds)


@pytest.mark.slow
@pytest.mark.parametrize("role", ["nobody", "desk", "inspector"])
def test_a_hostile_query_breaks_nothing(province: Province, planted: Planted, role: str) -> None:
    """Whatever is read of it as a text is searched for as it is; what is no text is refused by name."""
    who, reads, searched = who_is(province, role), asked_by(province), 0
    with province.unchanged("vault"):
        for path, address in addresses(province, planted, planted.codes[0]):
            names = reads.get(path, {})
            for text in HOSTILE if names else ():
                answer = sound(province.get(address, who, **{name: text for name, free in names.items() if free}))
                assert "<script>alert" not in answer.text or "html" not in answer.headers["content-type"]
                searched += answer.status_code == 200 and path.startswith("/api")
            for name, free in names.items():
                answer = sound(province.get(address, who, **{name: HOSTILE[0]}))
                assert free or problem(answer, 404, 422)
    assert searched > 100


@pytest.mark.parametrize(
    "query", ["a=%00", "after=%FF%FE", "after=%ED%A0%80", "limit=1&limit=2", "&&&===;;;", "%", "=", "x" * 30_000]
)
def test_a_query_that_is_none_breaks_nothing(province: Province, planted: Planted, query: str) -> None:
    """What a query's bytes can be, beside what its parameters can."""
    for _, address in addresses(province, planted, planted.codes[0]):
        for who in ({}, province.desk):
            answer = sound(province.client.get(f"{address}?{query}", headers=who))
            assert answer.status_code == 400 or "%00" not in query


def test_a_position_of_any_length_breaks_nothing(province: Province) -> None:
    """`?seen=` comes back from a page, and from strangers."""
    sound(province.get("/", seen=f"intake:{'9' * 5_000}"))


LIMITS = ("0", "-1", "501", "1e3", "1.5", "9" * 5_000, "", "ten", "true", "0x10", "\u0661", " 5 5 ", "NaN")


def test_a_page_has_a_length(province: Province) -> None:
    """Lists come in pages of a length that is a number and has an end."""
    lists = [path for path, names in asked_by(province).items() if "limit" in names and not parts_of(path)]
    assert len(lists) > 8
    for path in lists:
        more = needed(province.app, path)
        who = province.applicant if "/me/" in path else province.system
        assert province.get(path, who, limit="1", **more).status_code == 200
        for limit in LIMITS:
            document = problem(province.get(path, who, limit=limit, **more), 422)
            assert [where["name"] for where in document["invalid_params"]] == ["query.limit"]


HEADERS: dict[str, dict[str, Any]] = {
    "a media type that nobody has": {"Accept": "application/x-unheard-of"},
    "no media type": {"Accept": "*/*;q=0, ;;;,,"},
    "a language that nobody speaks": {"Accept-Language": "tlh-Latn;q=9, *;q=x"},
    "a hostile language": {"Accept-Language": "' OR 1=1 --", "Cookie": "lienthong_language=../../en"},
    "a cookie that is none": {"Cookie": "lienthong_session=x; ;;=;\xff=\xfe".encode("latin-1")},
    "a very long cookie": {"Cookie": "lienthong_session=" + "x" * 30_000},
    "a version that is none": {"If-None-Match": '"x", W/, , *x\xff'.encode("latin-1")},
    "a date that is none": {"If-Modified-Since": "yesterday", "If-Unmodified-Since": "9" * 500},
    "a host that is none": {"Host": "["},
    "another host": {"Host": "evil.example:99999"},
    "a trace that is none": {"traceparent": "00-" + "\u1ed9" * 3 + "-x"},
    "a length that is none": {"Content-Length": "many"},
    "a scheme that is none": {"X-Forwarded-Proto": "javascript", "X-Forwarded-For": "' OR 1=1"},
    "a very long header": {"X-Long": "x" * 30_000},
}


@pytest.mark.parametrize("name", HEADERS)
def test_a_hostile_header_breaks_nothing(province: Province, planted: Planted, name: str) -> None:
    """Whatever a client says of itself."""
    sent = {key: value.encode() if isinstance(value, str) else value for key, value in HEADERS[name].items()}
    with province.unchanged("vault"):
        for _, address in addresses(province, planted, planted.codes[0]):
            for who in ({}, province.desk):
                answer = sound(province.client.get(address, headers={**who, **sent}))
                assert "evil.example" not in answer.text
    province.client.forget()


SHAPED = ("person", "service")
"""Parts of an address whose shape is said in its description: what has another one is unfit, not absent."""
HOSTILE_PARTS = (
    "%00", "a%00b", "%2e%2e", "..%2F..%2Fetc%2Fpasswd", "x" * 20_000, "\U0001f600", "' OR 1=1 --", "%FF%FE", "{ref}",
    "*", "%ED%A0%80", "%25", "%0d%0aX-Y:%20z", "%20", "%3Cscript%3Ealert(1)%3C%2Fscript%3E", "%3Fa=b", "%23",
    "%2F%2Fx.example",
)  # fmt: skip


@pytest.mark.slow
def test_a_hostile_address_leads_nowhere(province: Province, planted: Planted) -> None:
    """In every part of every address: nothing of that name is there."""
    usual = {
        "ref": planted.codes[0], "text": planted.codes[0], "step": STEP, "leg": "delivery", "purpose": "visit",
        "digest": planted.digest, "procedure": PROCEDURE, "path": "lienthong.css",
        "person": province.person(APPLICANT["personal_id"]),
    }  # fmt: skip
    with province.unchanged("vault"):
        for path in doors(province.app, "GET"):
            for part in parts_of(path):
                for text in HOSTILE_PARTS:
                    for who in ({}, province.desk, province.postman):
                        address = filled(path, usual | {part: text})
                        answer = sound(province.get(address, who, **needed(province.app, path)))
                        assert answer.status_code in (404, 200, 414) or (part in SHAPED and answer.status_code == 422)
                        assert "<script>alert" not in answer.text


def test_a_head_is_what_get_would_say_without_saying_it(province: Province, planted: Planted) -> None:
    """Or it is not known there; never a fault."""
    with province.unchanged("vault"):
        for _, address in addresses(province, planted, planted.codes[0]):
            for who in ({}, province.desk):
                answer = province.client.request("HEAD", address, headers=who)
                assert answer.status_code in (200, 303, 400, 404, 405, 422), address


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "OPTIONS", "BREW"])
def test_no_door_knows_another_method(province: Province, planted: Planted, method: str) -> None:
    """Commands are POSTs to their own addresses; nothing is put, patched or deleted."""
    with province.unchanged():
        for _, address in addresses(province, planted, planted.refs[0]):
            problem(province.client.request(method, address, headers=province.desk), 405)


@pytest.mark.parametrize("role", [role for role in ROLES if role not in ("nobody", "submitter", "stranger")])
def test_a_token_for_some_procedures_only_shows_those(province: Province, planted: Planted, role: str) -> None:
    """A right may be narrowed to procedures; every list and every thing keeps to that, whatever it is a list of."""
    plain = province.platform.issuer.check(getattr(province, role)["Authorization"].removeprefix("Bearer "))
    who = province.token(plain.role, agency=plain.agency, person=plain.person, procedures=("9.000297",))
    for path, address in addresses(province, planted, *planted.refs):
        if not path.startswith(("/api/v1/operations", "/submissions")):
            shown = content_of(sound(province.get(address, who))).text
            assert [ref for ref in planted.refs if ref in shown and ref not in address] == [], f"{role}: {address}"


# --- what is told ---


@pytest.mark.parametrize("role", ["nobody", "stranger", "other_desk", "other_officer", "other_accountant"])
def test_whoever_is_not_concerned_sees_code_and_completion_only(
    province: Province, planted: Planted, role: str
) -> None:
    """No name, number, address or id, whichever door is tried, in whatever way; error texts included."""
    who, seen = who_is(province, role), 0
    for _, address in addresses(province, planted, *planted.codes):
        asked_for = ("", f"?q={planted.codes[0]}", "?after=x&limit=x&lang=en", "?seen=intake:1&part=rows")
        for query in asked_for if not any(code in address for code in planted.codes[1:]) else asked_for[:1]:
            answer = content_of(sound(province.client.get(f"{address}{query}", headers=who)))
            assert given_away(answer, *planted.ids, planted.digest) == [], f"{role}: {address}{query}"
            seen += any(code in answer.text for code in planted.codes)
    assert seen > 5, "the code itself is everybody's"


def test_what_anybody_sees_of_a_dossier_is_two_things(province: Province, planted: Planted) -> None:
    """By code or by reference: the code, and how far it is."""
    for dossier in (*planted.codes, *planted.refs):
        for path in ("dossiers/{}", "dossiers/{}/chain", "dossiers/{}/timeline", "reports/dossiers/{}"):
            answer = province.get(f"/api/v1/{path.format(dossier)}")
            if answer.status_code != 404 or not path.endswith("chain"):
                assert set(answer.json()) <= {"code", "completion"}, answer.text


@pytest.mark.parametrize("role", ROLES)
def test_something_personal_is_told_only_where_it_is_opened(province: Province, planted: Planted, role: str) -> None:
    """Every door, for everybody: beside papers and readings of a purpose nothing is, and looking changes nothing."""
    who, told = who_is(province, role), set()
    with province.unchanged("vault"):
        for path, address in addresses(province, planted, *planted.refs, planted.codes[0], NO_REF):
            if given_away(sound(province.get(address, who))):
                told.add(path)
    assert told <= OPENED_AT
    assert bool(told) is (role in READERS)


def test_each_opening_is_written_down(province: Province) -> None:
    """Who read what of whom, why and when; a look that opens nothing writes nothing."""
    ref = province.accepted(**TO_HOME)
    person = province.person(APPLICANT["personal_id"])
    before = len(province.platform.vault.openings(person))
    for who in ({}, province.stranger, province.other_desk, province.officer):
        problem(province.get(f"/api/v1/dossiers/{ref}/slip", who), 404)
    assert len(province.platform.vault.openings(person)) == before
    assert province.get(f"/api/v1/dossiers/{ref}/slip", province.desk).status_code == 200
    opened = province.platform.vault.openings(person)[before:]
    assert {(one["by"], one["purpose"]) for one in opened} == {(f"desk_officer:{DESK}", "acknowledgement_slip")}
