"""The desk's examples: three procedures like the registry's, one week of a calendar, and a dossier on its way."""

from dataclasses import fields, is_dataclass, replace
from datetime import UTC, date, datetime, time
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from kernel.agency import Agency
from kernel.calendar import VIETNAM
from kernel.procedure import Component, Procedure, ResultKind, Step, SubmitterRule
from kernel.working_time import Calendar, Limit
from services.intake.domain.commands import AcceptDossier, AskForSupplement, HandOut, ReceiveSupplement, SubmitDossier
from services.intake.domain.events import (
    DossierAccepted,
    DossierHandedOut,
    DossierResolved,
    DossierStopped,
    DossierSubmitted,
    DossierWithdrawn,
    FeeSettled,
    PapersReceived,
    PaymentAwaited,
    ResultDispatched,
    ResultReceived,
    SentBackReceived,
    SupplementReceived,
    SupplementRequested,
    WithdrawalRequested,
)
from services.intake.domain.words import ComponentGiven, MissingItem

REF = "01M3G5W0000000000000000001"
OFFICER = "officer:H48.23293.01:7"
DESK = "H48.23293.01"
CODE = "H48.23293.01-260907-0001"


def at(text: str) -> datetime:
    """Return the instant of a Vietnamese wall clock, `2026-09-07 08:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM).astimezone(UTC)


MONDAY = at("2026-09-07 08:00")
LATER = at("2026-09-07 10:30")
TUESDAY = at("2026-09-08 09:00")

CALENDAR = Calendar(
    id="early",
    version="2026-1",
    first_day=date(2026, 1, 1),
    last_day=date(2026, 12, 31),
    desk_hours=dict.fromkeys(range(1, 6), ((7 * 60, 11 * 60 + 30), (13 * 60 + 30, 17 * 60))),
    closed={},
    worked={},
)
AGENCY = Agency(
    id=DESK,
    kind="commune_desk",
    level="commune",
    name_vi="Trung tâm Phục vụ hành chính công phường Kon Tum",
    name_en="Public Administration Service Centre of Kon Tum Ward",
    parent="H48",
    area="23293",
    calendar="early",
    valid_from=date(2025, 7, 1),
    valid_to=None,
    source="NQ 1677/NQ-UBTVQH15",
)


def days(value: float) -> Limit:
    return Limit(value, "working_days")


def component(code: str, required: str = "always", substitutes: tuple[str, ...] = ()) -> Component:
    return Component(code, f"Giấy {code}", f"Paper {code}", 1, 0, required, substitutes)


def step(code: str, limit: Limit, needs: tuple[str, ...] = (), optional: bool = False) -> Step:
    result = ResultKind("KQ.G15.000038", "Giấy xác nhận", "Certificate")
    return Step(
        code, code, code, "commune_committee", limit, needs, optional, None, None, result, "escalate", "NĐ 123/2015"
    )


CERTIFICATE = Procedure(
    code="1.004873",
    version="2025-07-01",
    name_vi="Cấp Giấy xác nhận tình trạng hôn nhân",
    name_en="Marital status certificate",
    field_vi="Hộ tịch",
    law=("NĐ 123/2015/NĐ-CP",),
    valid_from=date(2025, 7, 1),
    valid_to=date(2027, 1, 1),
    receiving_kinds=("commune_desk", "province_desk"),
    lead_kind="commune_committee",
    channels=("portal", "counter", "post"),
    hand_out_ways=("desk", "online", "post"),
    submitters=(SubmitterRule("self", None), SubmitterRule("attorney", "authorisation"), SubmitterRule("parent", None)),
    components=(
        component("declaration"),
        component("identity_paper"),
        component("previous_certificate", "issued_before", ("statement_of_reasons",)),
        component("statement_of_reasons", "never"),
        component("authorisation", "by_attorney"),
    ),
    steps=(step("certificate", days(3)),),
    total_limit=None,
    clock_starts="acceptance",
    same_day_until=None,
    supplement_limit=days(7),
    payment_limit=None,
    fee_rule="marital_status_certificate",
    fee_due="before_hand_out",
    facts={"issued_before": "bool"},
    source="national portal",
)
KARAOKE = replace(
    CERTIFICATE,
    code="9.000297",
    version="2025-11-17",
    channels=("portal",),
    components=(component("declaration"), component("authorisation", "by_attorney")),
    steps=(
        step("household_business", days(3)),
        step("security_certificate", days(3), ("household_business",)),
        step("karaoke_licence", days(10), ("household_business", "security_certificate")),
    ),
    total_limit=days(16),
    clock_starts="payment",
    same_day_until=time(16),
    payment_limit=days(15),
    fee_rule="karaoke_chain",
    fee_due="before_clock",
    facts={"rooms": "int"},
)
BUNDLE = replace(
    CERTIFICATE,
    code="3.000722",
    version="2026-09-01",
    channels=("portal",),
    components=(component("declaration"), component("birth_notice", "always", ("witness_statement",))),
    steps=(
        step("birth_registration", days(1)),
        step("permanent_residence", days(2), ("birth_registration",)),
        step("health_insurance_card", days(3), ("birth_registration",)),
        step("identity_card", days(5), ("permanent_residence",), optional=True),
    ),
    same_day_until=time(15),
    fee_rule=None,
    fee_due="before_hand_out",
    facts={},
)


def given_paper(
    code: str, substitute_for: str | None = None, reused: bool = False, from_e_store: bool = False
) -> ComponentGiven:
    return ComponentGiven(code, "original", True, from_e_store, reused, substitute_for)


DECLARATION, IDENTITY = given_paper("declaration"), given_paper("identity_paper")
NEW_IDENTITY = replace(IDENTITY, form="copy")

SUBMIT = SubmitDossier(
    ref=REF,
    procedure="1.004873",
    channel="counter",
    receiving_agency=DESK,
    area=None,
    applicant="p1",
    applicant_kind="citizen",
    category="normal",
    particulars="s1.p1.sealed",
    submitter="p1",
    submitter_particulars="",
    relation="self",
    components=(DECLARATION, IDENTITY),
    options=(),
    hand_out_by="desk",
    hand_out_to="",
    facts={"issued_before": False},
    portal_code=None,
    actor=OFFICER,
    now=MONDAY,
    published=CERTIFICATE,
    agency=AGENCY,
    agencies=("H48.23293.01", "H48.23293"),
    categories=("normal", "poor_household"),
)
SUBMITTED = DossierSubmitted(
    ref=REF,
    procedure="1.004873",
    procedure_version="2025-07-01",
    channel="counter",
    receiving_agency=DESK,
    area=None,
    applicant="p1",
    applicant_kind="citizen",
    category="normal",
    particulars="s1.p1.sealed",
    submitter="p1",
    submitter_particulars="",
    relation="self",
    components=(DECLARATION, IDENTITY),
    options=(),
    hand_out_by="desk",
    hand_out_to="",
    facts={"issued_before": False},
    fee_due="before_hand_out",
    agencies=("H48.23293.01", "H48.23293"),
    portal_code=None,
    by=OFFICER,
    at=MONDAY,
)
INCOMPLETE = replace(SUBMITTED, components=(DECLARATION,))
BY_POST = replace(SUBMITTED, channel="post")
PAPERS = PapersReceived(REF, "BBGN-17", LATER)
PAID_FIRST = replace(
    SUBMITTED,
    procedure="9.000297",
    procedure_version="2025-11-17",
    channel="portal",
    components=(DECLARATION,),
    facts={"rooms": 5},
    fee_due="before_clock",
)

ACCEPT = AcceptDossier(ref=REF, actor=OFFICER, now=LATER, published=CERTIFICATE, calendar=CALENDAR, code=CODE)
ACCEPTED = DossierAccepted(
    ref=REF,
    code=CODE,
    procedure="1.004873",
    procedure_version="2025-07-01",
    channel="counter",
    category="normal",
    facts={"issued_before": False},
    receiving_agency=DESK,
    area=None,
    applicant="p1",
    submitter="p1",
    options=(),
    agencies=("H48.23293.01", "H48.23293"),
    fee_due="before_hand_out",
    due_at=at("2026-09-10 10:30"),
    calendar_id="early",
    calendar_version="2026-1",
    clock_from=LATER,
    by=OFFICER,
    at=LATER,
)
AWAITED = PaymentAwaited(
    ref=REF,
    code=CODE,
    procedure="9.000297",
    procedure_version="2025-11-17",
    channel="portal",
    category="normal",
    facts={"rooms": 5},
    receiving_agency=DESK,
    applicant="p1",
    submitter="p1",
    pay_by=at("2026-09-28 10:30"),
    by=OFFICER,
    at=LATER,
)
MISSING_IDENTITY = MissingItem("identity_paper", "missing", "")
ASK = AskForSupplement(
    ref=REF, items=(MISSING_IDENTITY,), actor=OFFICER, now=LATER, published=CERTIFICATE, calendar=CALENDAR
)
ASKED = SupplementRequested(REF, (MISSING_IDENTITY,), "desk", at("2026-09-16 10:30"), OFFICER, LATER)
RECEIVE = ReceiveSupplement(ref=REF, components=(IDENTITY,), actor=OFFICER, now=TUESDAY, published=CERTIFICATE)
RECEIVED = SupplementReceived(REF, (IDENTITY,), "desk", OFFICER, TUESDAY)

COMMITTEE = "H48.23293"
SENT_BACK = SentBackReceived(REF, "certificate", "papers_contradict", TUESDAY, COMMITTEE, True, "s1.p1.found")
EXAMINED = replace(
    ASKED, stage="examination", at=TUESDAY, due_at=at("2026-09-17 09:00"), step="certificate", agency=COMMITTEE
)
RECEIVED_AGAIN = SupplementReceived(REF, (NEW_IDENTITY,), "examination", OFFICER, at("2026-09-11 14:00"))

RESULT = ResultReceived(REF, "certificate", "KQ.G15.000038", "12/UBND-XNHN", at("2026-09-09 09:00"))
RESOLVED = DossierResolved(REF, "granted", True, at("2026-09-10 10:30"), at("2026-09-09 09:00"))
REJECTED = replace(RESOLVED, outcome="refused")
SETTLED = FeeSettled(REF, TUESDAY)
WITHDRAWAL = WithdrawalRequested(REF, "citizen:1", TUESDAY)
WITHDRAWN = DossierWithdrawn(REF, (), "citizen:1", TUESDAY)
WITHDRAWN_WITH_RESULTS = replace(WITHDRAWN, kept_results=("birth_registration",))
STOPPED = DossierStopped(REF, "no_supplement", (), at("2026-09-16 10:30"))
DISPATCHED = ResultDispatched(REF, "s1.p1.address", ("KQ.G15.000038",), DESK, "p1", at("2026-09-09 09:00"))
AT_DESK = HandOut(ref=REF, way="desk", collector="self", paper_shown="slip", actor=OFFICER, now=at("2026-09-10 08:00"))
HANDED_OUT = DossierHandedOut(REF, "desk", "self", "slip", OFFICER, at("2026-09-10 08:00"))

INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 1), timezones=st.just(UTC))
TEXTS = st.text(max_size=8)


def any_of(kind: Any) -> st.SearchStrategy[Any]:
    """Return a strategy for every value of a type made of dataclasses, literals, tuples and the plain types."""
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        assert isinstance(kind, type)
        return st.builds(kind, **{field.name: any_of(hints[field.name]) for field in fields(kind)})
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin in (Union, UnionType):
        return st.one_of(*map(any_of, arguments))
    if origin is tuple:
        return st.lists(any_of(arguments[0]), max_size=3).map(tuple)
    if origin is dict:
        return st.dictionaries(any_of(arguments[0]), any_of(arguments[1]), max_size=3)
    plain: dict[Any, st.SearchStrategy[Any]] = {
        str: TEXTS,
        bool: st.booleans(),
        int: st.integers(0, 2**31),
        datetime: INSTANTS,
        date: st.dates(date(2026, 1, 1), date(2026, 12, 1)),
        type(None): st.none(),
    }
    return plain[kind]
