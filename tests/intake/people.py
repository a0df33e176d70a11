"""Who comes to the desk, and what they bring: bodies as JSON has them, and the desk on the embedded parts."""

from pathlib import Path
from typing import Any

from chassis.web.auth import AGENCY_OFFICER, APPLICANT, DESK_OFFICER, INSPECTOR, NOBODY, POSTAL_STAFF, Principal
from services.intake.wiring import service
from tests.harness import Platform, body_of

DESK = "H48.23293.01"
OTHER_DESK = "H48.23284.01"
PROVINCE_DESK = "H48.01.01"
OFFICER = Principal(f"officer:{DESK}:7", DESK_OFFICER, DESK)
OTHER_OFFICER = Principal(f"officer:{OTHER_DESK}:1", DESK_OFFICER, OTHER_DESK)
EXAMINER = Principal("officer:H48.23293:3", AGENCY_OFFICER, "H48.23293")
INSPECTS = Principal("inspector:1", INSPECTOR)
POSTMAN = Principal("post:1", POSTAL_STAFF)
ANYBODY = NOBODY

LAN = {
    "name": "Nguyễn Thị Lan",
    "personal_id": "062190001234",
    "address": "12 Trần Phú, phường Kon Tum",
    "phone": "0905 123 456",
    "email": "lan@example.com",
}
MINH = {"name": "Trần Văn Minh", "personal_id": "051085004321", "address": "3 Lê Lợi", "phone": "0914111222"}
FIRM = {"name": "Công ty Hoa Sim", "tax_code": "0100112437", "address": "1 Hùng Vương", "phone": "02603868686"}


def papers(*codes: str) -> list[dict[str, Any]]:
    return [{"code": code, "digitised": True} for code in codes]


CERTIFICATE: dict[str, Any] = {
    "procedure": "1.004873",
    "channel": "counter",
    "receiving_agency": DESK,
    "applicant": LAN,
    "components": papers("declaration", "identity_paper", "residence_proof"),
    "facts": {"married_before": False, "issued_before": False},
}
KARAOKE: dict[str, Any] = {
    "procedure": "9.000297",
    "channel": "portal",
    "receiving_agency": DESK,
    "applicant": FIRM,
    "applicant_kind": "enterprise",
    "submitter": MINH,
    "relation": "legal_representative",
    "components": papers("declaration", "fire_acceptance_by_police", "judicial_record"),
    "facts": {"rooms": 5},
}


def applicant(platform: Platform, who: dict[str, Any]) -> Principal:
    """Return the signed-in person who has this number."""
    kind = "personal_id" if "personal_id" in who else "tax_code"
    person = platform.vault.person(kind, who[kind])
    return Principal(person, APPLICANT, person=person)


def desk(data: Path) -> Platform:
    return Platform(data, (service,))


def handed_in(platform: Platform, body: dict[str, Any] | None = None, who: Principal = OFFICER) -> str:
    """Hand a dossier in and return its reference."""
    answered = platform.give("intake", "submit_dossier", who, body or CERTIFICATE)
    assert answered.status == 201, body_of(answered)
    return str(body_of(answered)["ref"])


def accepted(platform: Platform, body: dict[str, Any] | None = None) -> str:
    """Hand a dossier in, accept it and return its reference."""
    ref = handed_in(platform, body)
    answered = platform.give("intake", "accept_dossier", OFFICER, ref=ref)
    assert answered.status == 200, body_of(answered)
    return ref
