"""A town whose dossiers concern different people, and principals of every kind to look at them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from chassis.web.auth import ROLES, Principal
from tests.borders.documents import PASSING, bare
from tests.borders.doors import doors, filled, needed, parts_of
from tests.borders.places import BY_POST, REFUSED, TO_HOME, in_order, place
from tests.borders.province import (
    APPLICANT,
    COMMITTEE,
    DECISION,
    DESK,
    OTHER_COMMITTEE,
    OTHER_DESK,
    PROCEDURE,
    STEP,
    STRANGER_ID,
    SUBMITTER,
    Header,
    Province,
)

OTHER_PROCEDURE = "9.000297"
STRANGER = {**SUBMITTER, "name": "Hoàng Thị Lạ", "personal_id": STRANGER_ID}
ABSENT_REF, ABSENT_CODE = "01KZZZZZZZZZZZZZZZZZZZZZZZ", f"{DESK}-270101-9999"
GLIMPSES = {
    "/api/v1/dossiers/{ref}", "/api/v1/dossiers/{ref}/chain", "/api/v1/dossiers/{ref}/timeline",
    "/api/v1/dossiers/{ref}/clock",
    "/api/v1/reports/dossiers/{ref}", "/dossiers/{text}", "/dossiers/{text}/clock",
}  # fmt: skip
"""The doors where anybody may see a dossier's code and how far it is (NĐ 61/2018 art. 25), and no more."""


@dataclass(frozen=True, slots=True)
class Known:
    """A dossier and whom it concerns."""

    ref: str
    code: str
    people: tuple[str, str]
    desk: str
    committee: str
    has_parcel: bool

    @property
    def is_accepted(self) -> bool:
        return bool(self.code)


@dataclass(frozen=True, slots=True)
class Somebody:
    """A principal, as the test knows it."""

    role: str
    agency: str
    person: str
    procedures: tuple[str, ...]
    steps: tuple[str, ...]

    def is_concerned(self, dossier: Known) -> bool:
        """Say whether this principal may see more of a dossier than anybody may."""
        if self.procedures and PROCEDURE not in self.procedures:
            return False
        acting = {dossier.desk, dossier.committee} if dossier.is_accepted else {dossier.desk}
        match self.role:
            case "applicant":
                return self.person in dossier.people
            case "desk_officer" | "accountant":
                return self.agency == dossier.desk
            case "agency_officer":
                return self.agency in acting
            case "postal_staff":
                return dossier.has_parcel
            case "system":
                return not self.agency or self.agency in acting
            case "inspector":
                return True
        return False


@dataclass(frozen=True, slots=True)
class Town:
    """A province with dossiers of two desks and three people, in several states."""

    province: Province
    dossiers: tuple[Known, ...]
    bodies: dict[str, Any]
    digest: str

    def header(self, who: Somebody) -> Header:
        name = f"{who.role}:{who.agency}:{who.person}:{who.procedures}:{who.steps}"
        issuer = self.province.platform.issuer
        principal = Principal(name, who.role, who.agency, who.person, who.procedures, who.steps)
        return {"Authorization": f"Bearer {issuer.issue(principal)}"}


def handed_in(province: Province, desk: str, accepts: bool = True, /, **more: Any) -> str:
    """Hand a dossier in at a desk, and accept it."""
    who = province.desk if desk == DESK else province.other_desk
    ref = str(province.do("submit_dossier", who, province.submission(receiving_agency=desk, **more))["ref"])
    if accepts:
        province.do("accept_dossier", who, ref=ref)
    return ref


def bodies_of(province: Province) -> dict[str, Any]:
    """Return a content for acts that is read without a fault, so that the filter is what answers."""
    return {name: place(province, name).body for name in in_order(province)}


def settled(data: Path, bodies: dict[str, Any]) -> Town:
    """Return a town with six dossiers: of both desks, three people, accepted or not, refused, decided, sent by post."""
    province = Province(data)
    alone: Any = {"submitter": None, "relation": "self"}
    made: list[tuple[str, str, tuple[dict[str, str], dict[str, str]], bool]] = [
        (handed_in(province, DESK), DESK, (APPLICANT, SUBMITTER), False),
        (handed_in(province, DESK, **alone), DESK, (APPLICANT, APPLICANT), False),
        (
            handed_in(province, OTHER_DESK, applicant=STRANGER, **alone),
            OTHER_DESK,
            (STRANGER, STRANGER),
            False,
        ),
        (handed_in(province, OTHER_DESK, **TO_HOME), OTHER_DESK, (APPLICANT, SUBMITTER), True),
        (handed_in(province, DESK, False, **BY_POST), DESK, (APPLICANT, SUBMITTER), True),
        (
            handed_in(province, DESK, False, applicant=STRANGER, **alone),
            DESK,
            (STRANGER, STRANGER),
            False,
        ),
    ]
    for ref, desk, _, _ in made[:4:3]:
        officer = province.officer if desk == DESK else province.other_officer
        province.do("acknowledge_step", officer, ref=ref, step=STEP)
    province.do("decide_step", province.other_officer, DECISION, ref=made[3][0], step=STEP)
    province.do("pay_at_desk", province.other_desk, {"amount_vnd": 15_000}, ref=made[3][0])
    province.do("refuse_dossier", province.desk, REFUSED, ref=made[5][0])
    txn_ref = str(province.do("start_payment", province.desk, ref=made[0][0])["txn_ref"])
    province.client.get("/api/v1/payments/vnpay/ipn", params={"vnp_TxnRef": txn_ref})
    province.settle()
    callbacks = province.get("/api/v1/payment-callbacks", province.inspector).json()["items"]
    return Town(
        province,
        tuple(_known(province, *one) for one in made),
        bodies,
        str(callbacks[-1]["digest"]),
    )


def _known(province: Province, ref: str, desk: str, people: Any, has_parcel: bool) -> Known:
    code = province.get(f"/api/v1/dossiers/{ref}", province.inspector).json()["code"] or ""
    ids = tuple(province.person(one["personal_id"]) for one in people)
    return Known(ref, code, (ids[0], ids[1]), desk, COMMITTEE if desk == DESK else OTHER_COMMITTEE, has_parcel)


people = st.sampled_from(["", APPLICANT["personal_id"], SUBMITTER["personal_id"], STRANGER_ID])
somebodies = st.builds(
    Somebody,
    role=st.sampled_from([*ROLES, "anonymous"]),
    agency=st.sampled_from(["", DESK, OTHER_DESK, COMMITTEE, OTHER_COMMITTEE, "H48", "H48.23293.0", DESK.lower()]),
    person=people,
    procedures=st.sampled_from([(), (), (PROCEDURE,), (OTHER_PROCEDURE,), (OTHER_PROCEDURE, PROCEDURE)]),
    steps=st.sampled_from([(), (), (STEP,), ("another_step",)]),
)
several = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def dressed(town: Town, who: Somebody) -> tuple[Somebody, Header]:
    """Return a principal with the vault's id for its personal id, and the header that makes a request its own."""
    person = town.province.person(who.person) if who.person else ""
    known = Somebody(who.role, who.agency, person, who.procedures, who.steps)
    return known, {} if who.role == "anonymous" else town.header(known)


def secrets_of(dossier: Known) -> tuple[str, ...]:
    """Return what nobody may meet who is not concerned: a code is known to whoever asks for it, a reference not."""
    return tuple({dossier.ref, *dossier.people})


def addresses(town: Town, text: str) -> Iterator[tuple[str, str]]:
    """Yield every door that answers to GET and leads to a dossier by `text`."""
    for path in doors(town.province.app, "GET"):
        if {"ref", "text"} & set(parts_of(path)):
            for leg in ("collection", "delivery") if "leg" in parts_of(path) else ("",):
                parts = {"ref": text, "text": text, "step": STEP, "leg": leg, "purpose": "visit"}
                yield path, str(httpx.URL(filled(path, parts), params=needed(town.province.app, path) or None))


def seen(answer: httpx.Response, *names: str) -> Any:
    """Return an answer as it is compared: bytes and headers, without trace and without the name that was asked for."""
    if answer.is_error and "json" in answer.headers["content-type"]:
        status, headers, content = bare(answer)
    else:
        status, content = answer.status_code, answer.content
        headers = {name: value for name, value in answer.headers.items() if name not in PASSING}
    for name in names:
        content = content.replace(name.encode(), b"*")
    return status, headers, content
