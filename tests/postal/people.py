"""Who stands around a parcel, and a platform on which the post runs beside a teller of the desk's news."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from chassis.web.auth import (
    AGENCY_OFFICER,
    APPLICANT,
    DESK_OFFICER,
    INSPECTOR,
    NOBODY,
    POSTAL_STAFF,
    Principal,
)
from services.postal.domain.item_numbers import ItemRange
from services.postal.wiring import ITEMS
from services.postal.wiring import service as postal
from tests.harness import Platform
from tests.postal import teller

AGENCY = "H48.01"
ELSEWHERE = "H48.02"
POSTMAN = Principal("postal_staff:3", POSTAL_STAFF)
OFFICER = Principal("desk_officer:7", DESK_OFFICER, agency=AGENCY)
OTHER_OFFICER = Principal("desk_officer:8", DESK_OFFICER, agency=ELSEWHERE)
SPECIALIST = Principal("agency_officer:9", AGENCY_OFFICER, agency=AGENCY)
INSPECTOR_1 = Principal("inspector:1", INSPECTOR)
ANYBODY = NOBODY
PARTICULARS = {
    "name": "Nguyễn Văn An",
    "personal_id": "051099000017",
    "address": "12 Lê Lợi",
    "phone": "0905000017",
    "email": "an@example.vn",
}


def reference(number: int) -> str:
    """Return a dossier reference: 26 characters, as the desk gives them."""
    return f"01K4POST{number:018d}"


def applicant(platform: Platform) -> Principal:
    """Return the one applicant of these tests."""
    person = platform.vault.person("personal_id", PARTICULARS["personal_id"])
    return Principal(person, APPLICANT, person=person)


def submit_by_post(platform: Platform, number: int, agency: str = AGENCY) -> str:
    """Let the desk say that a dossier was sent by post; return its reference."""
    person = applicant(platform).person
    ref, sealed = reference(number), platform.vault.seal(person, PARTICULARS)
    teller.tell(platform, teller.DossierSubmitted(ref, "post", agency, person, sealed, platform.clock.now()))
    return ref


def dispatch(platform: Platform, ref: str) -> None:
    """Let the desk give a result to the post."""
    person = applicant(platform).person
    to = platform.vault.seal(person, {key: PARTICULARS[key] for key in ("name", "address", "phone")})
    teller.tell(platform, teller.ResultDispatched(ref, to, AGENCY, person, platform.clock.now()))


@contextmanager
def post_office(data: Path, items: ItemRange = ITEMS) -> Iterator[Platform]:
    """Run the post beside the teller in a folder."""
    platform = Platform(data, (teller.service, partial(postal, items=items)))
    try:
        yield platform
    finally:
        platform.close()


def digest(number: int) -> str:
    """Return something with the shape of a SHA-256."""
    return f"{number:064x}"


def pick_up(**change: Any) -> dict[str, Any]:
    return {
        "counted_papers": 4,
        "seal_number": "NP-9",
        "signature_sha256": digest(1),
        "photo_sha256": digest(2),
    } | change


def record(**change: Any) -> dict[str, Any]:
    return {"record_no": "BB-1", "officer": OFFICER.id, "accepted_papers": 4} | change


def failed(number: int, **change: Any) -> dict[str, Any]:
    measure = "hold_at_office" if number == 1 else "return_to_desk"
    return {"reason": "not_home", "measure": measure, "photo_sha256": digest(100 + number)} | change


def delivery(**change: Any) -> dict[str, Any]:
    return {
        "relation": "self", "id_document_kind": "identity_card",
        "signature_sha256": digest(3), "photo_sha256": digest(4),
    } | change  # fmt: skip
