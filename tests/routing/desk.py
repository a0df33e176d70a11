"""Says to routing what the one-stop desk would say: a service under its name that knows nothing and repeats."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from chassis.web.auth import AGENCY_OFFICER, APPLICANT, DESK_OFFICER, INSPECTOR, Principal
from kernel.working_time import Limit, due
from services.routing.wiring import service as routing
from tests.harness import REGISTRY, Platform
from tests.teller import desk_that_says, tell

DESK = "H48.23284.01"
COMMUNE = "H48.23284"
POLICE = "G01.51.23284"
INSURANCE = "G24.51.01"
PROVINCE = "H48"
NEIGHBOUR = "H48.23293"
BUNDLE_AGENCIES = (COMMUNE, POLICE, INSURANCE)
KARAOKE_AGENCIES = (COMMUNE, POLICE, PROVINCE)

DESK_OFFICER_1 = Principal("desk_officer:1", DESK_OFFICER, agency=DESK)
OTHER_DESK = Principal("desk_officer:2", DESK_OFFICER, agency="H48.23293.01")
REGISTRAR = Principal("officer:commune:1", AGENCY_OFFICER, agency=COMMUNE)
POLICEMAN = Principal("officer:police:1", AGENCY_OFFICER, agency=POLICE)
INSURER = Principal("officer:insurance:1", AGENCY_OFFICER, agency=INSURANCE)
LICENSER = Principal("officer:province:1", AGENCY_OFFICER, agency=PROVINCE)
STRANGER = Principal("officer:neighbour:1", AGENCY_OFFICER, agency=NEIGHBOUR)
AUDITOR = Principal("inspector:1", INSPECTOR)
OFFICER_OF = {COMMUNE: REGISTRAR, POLICE: POLICEMAN, INSURANCE: INSURER, PROVINCE: LICENSER}


@dataclass(frozen=True, slots=True)
class DossierAccepted:
    ref: str
    code: str
    procedure: str
    procedure_version: str
    channel: str
    receiving_agency: str
    applicant: str
    submitter: str
    options: tuple[str, ...]
    agencies: tuple[str, ...]
    due_at: datetime
    calendar_id: str
    calendar_version: str
    clock_from: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class WithdrawalRequested:
    ref: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SupplementRequested:
    ref: str
    stage: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SentBackAnswered:
    ref: str
    step: str
    clock_from: datetime
    due_at: datetime
    at: datetime


News = DossierAccepted | WithdrawalRequested | SupplementRequested | SentBackAnswered
KINDS = (DossierAccepted, WithdrawalRequested, SupplementRequested, SentBackAnswered)

service = desk_that_says(KINDS)


def reference(number: int) -> str:
    """Return a dossier reference: 26 characters, as the desk gives them."""
    return f"01KAROUT{number:018d}"


def code(number: int) -> str:
    return f"{DESK}-260907-{number:04d}"


def applicant(platform: Platform) -> Principal:
    """Return the one applicant of these tests."""
    person = platform.vault.person("personal_id", "051099000017")
    return Principal(person, APPLICANT, person=person)


def accept(platform: Platform, number: int, procedure: str = "9.000297", **other: Any) -> str:
    """Let the desk say that it accepted a dossier; return its reference."""
    now = platform.clock.now()
    published = REGISTRY.procedure(procedure, on=now.date())
    calendar = REGISTRY.calendar(DESK)
    accepted = DossierAccepted(
        ref=reference(number),
        code=code(number),
        procedure=procedure,
        procedure_version=published.version,
        channel="portal",
        receiving_agency=DESK,
        applicant=applicant(platform).person,
        submitter=applicant(platform).person,
        options=(),
        agencies=KARAOKE_AGENCIES if procedure == "9.000297" else BUNDLE_AGENCIES,
        due_at=due(calendar, now, Limit(16, "working_days")),
        calendar_id=calendar.id,
        calendar_version=calendar.version,
        clock_from=now,
        at=now,
    )
    tell(platform, replace(accepted, **other))
    return accepted.ref


def result_of(step: str) -> str:
    """Return the national code of the result that a step ends with."""
    return next(one.result.code for each in REGISTRY.procedures() for one in each.steps if one.code == step)


def decision(step: str, **change: Any) -> dict[str, Any]:
    return {
        "result_code": result_of(step),
        "number": "12/GCN",
        "signer": "Chủ tịch Ủy ban nhân dân",
        "sha256": "ab" * 32,
    } | change


def refusal(**change: Any) -> dict[str, Any]:
    return {"reason_code": "conditions_not_met", "law": "NĐ 54/2019/NĐ-CP art. 4", "note": "Phòng hát quá nhỏ"} | change


def sending_back(to: str, **change: Any) -> dict[str, Any]:
    return {"to": to, "reason_code": "wrong_name", "note": "Tên mẹ ghi sai"} | change


@contextmanager
def exchange(data: Path) -> Iterator[Platform]:
    """Run routing beside the teller in a folder."""
    platform = Platform(data, (service, routing))
    try:
        yield platform
    finally:
        platform.close()
