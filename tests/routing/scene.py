"""Two real chains and who acts in them, as the tests tell it: November 2026 in one commune of Quảng Ngãi."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from kernel.calendar import VIETNAM, Calendar
from kernel.refusal import Refused
from kernel.working_time import Limit, due
from services.routing.domain.chain import decider
from services.routing.domain.commands import (
    AcknowledgeStep,
    ChainCommand,
    DecideStep,
    ExtendLimit,
    OpenChain,
    RefuseStep,
    ResumeStep,
    SendBack,
    SuspendClock,
    TakeOverStep,
    WithdrawChain,
)
from services.routing.domain.events import ChainEvent
from services.routing.domain.plan import SEND_BACK_WITHIN, LongerLimit, PlannedStep
from services.routing.domain.progress import Chain

REF = "01KAF2V8T0J6ZC4M9XQ3W7B5ND"
CODE = "H48.01.23284-261116-0001"
DESK_AGENCY = "H48.01.23284"
COMMUNE = "H48.23284"
POLICE = "G01.51.23284"
INSURANCE = "G18.51"
PROVINCE = "H48"
APPLICANT = "p7f3a"

OFFICE_HOURS = ((7 * 60 + 30, 11 * 60 + 30), (13 * 60 + 30, 17 * 60 + 30))
CULTURE_DAY = {date(2026, 11, 24): "culture_day"}
CALENDAR = Calendar(
    id="office",
    version="1",
    first_day=date(2026, 11, 1),
    last_day=date(2027, 3, 31),
    desk_hours=dict.fromkeys(range(1, 6), OFFICE_HOURS),
    closed=CULTURE_DAY,
    worked={},
)
CORRECTED = replace(CALENDAR, version="2", closed={**CULTURE_DAY, date(2026, 11, 23): "storm"})
"""The office's calendar once a storm had closed Monday 23 November."""
SATURDAYS = replace(CALENDAR, id="police", desk_hours=dict.fromkeys(range(1, 6), OFFICE_HOURS) | {6: OFFICE_HOURS[:1]})


def calendars_of(id: str, version: str) -> Calendar:
    """Return one of the calendars."""
    return {(calendar.id, calendar.version): calendar for calendar in (CALENDAR, CORRECTED, SATURDAYS)}[id, version]


def at(text: str) -> datetime:
    """Return the UTC instant of a Vietnamese wall time of November 2026, written `16 09:00` (the 16th is a Monday)."""
    day, _, clock = text.partition(" ")
    hour, minute = clock.split(":")
    return datetime(2026, 11, int(day), int(hour), int(minute), tzinfo=VIETNAM).astimezone(UTC)


MONDAY = at("16 09:00")


def step(code: str, agency: str, needs: tuple[str, ...] = (), days: float = 3, **other: Any) -> PlannedStep:
    """Return a planned step with a limit in working days and, unless said otherwise, nothing else."""
    calendar = SATURDAYS if agency == POLICE else CALENDAR
    planned = PlannedStep(
        step=code,
        agency=agency,
        needs=needs,
        limit=Limit(days, "working_days"),
        acknowledge_within=None,
        hand_over_within=None,
        send_back_within=SEND_BACK_WITHIN,
        result_code=f"KQ.H48.{sum(map(ord, code)):06d}",
        calendar_id=calendar.id,
        calendar_version=calendar.version,
        silence="escalate",
        longer_limits=(),
        law="NĐ 297/2025/NĐ-CP",
    )
    return replace(planned, **other)


BUSINESS = step("household_business", COMMUNE)
SECURITY = step("security_certificate", POLICE, ("household_business",))
LICENCE = step("karaoke_licence", PROVINCE, ("household_business", "security_certificate"), days=10)
KARAOKE = (BUSINESS, SECURITY, LICENCE)
"""NĐ 297/2025: a strict sequence."""

BUNDLE_LIMITS: dict[str, Any] = {
    "acknowledge_within": Limit(2, "working_hours"),
    "hand_over_within": Limit(10, "minutes"),
    "law": "NĐ 301/2026/NĐ-CP",
}
VERIFICATION = (LongerLimit("verification", Limit(5, "working_days"), "NĐ 301/2026/NĐ-CP"),)
BIRTH = step("birth_registration", COMMUNE, days=1, **BUNDLE_LIMITS)
RESIDENCE = step(
    "permanent_residence", POLICE, ("birth_registration",), days=2, longer_limits=VERIFICATION, **BUNDLE_LIMITS
)
INSURANCE_CARD = step(
    "health_insurance_card", INSURANCE, ("birth_registration",), longer_limits=VERIFICATION, **BUNDLE_LIMITS
)
IDENTITY_CARD = step("identity_card", POLICE, ("permanent_residence",), days=5, **BUNDLE_LIMITS)
BUNDLE = (BIRTH, RESIDENCE, INSURANCE_CARD, IDENTITY_CARD)
"""NĐ 301/2026: residence and insurance side by side after the birth certificate."""


def opening(plan: tuple[PlannedStep, ...], now: datetime = MONDAY, **other: Any) -> OpenChain:
    """Return the order to open a chain that was accepted at `now`, promised in 16 working days."""
    promised = Limit(16, "working_days")
    command = OpenChain(
        ref=REF,
        code=CODE,
        procedure="9.000297",
        procedure_version="2025-11-17",
        receiving_agency=DESK_AGENCY,
        applicant=APPLICANT,
        submitter=APPLICANT,
        asked=(),
        agencies=tuple({planned.agency: None for planned in plan}),
        due_at=due(CALENDAR, now, promised),
        clock_from=now,
        calendar_id=CALENDAR.id,
        calendar_version=CALENDAR.version,
        accepted_at=now,
        actor="system:routing",
        now=now,
        lead_agency=PROVINCE,
        total_limit=promised,
        plan=plan,
        calendars=calendars_of,
    )
    return replace(command, **other)


def _told(planned: PlannedStep, now: datetime) -> dict[str, Any]:
    actor = f"officer:{planned.agency}:7"
    return {"ref": REF, "step": planned.step, "agency": planned.agency, "actor": actor, "now": now}


def take_over(planned: PlannedStep, now: datetime = MONDAY) -> TakeOverStep:
    return TakeOverStep(**_told(planned, now))


def acknowledge(planned: PlannedStep, now: datetime = MONDAY) -> AcknowledgeStep:
    return AcknowledgeStep(**_told(planned, now))


def extend(planned: PlannedStep, now: datetime = MONDAY, ground: str = "verification") -> ExtendLimit:
    return ExtendLimit(**_told(planned, now), ground=ground, calendars=calendars_of)


def decision(planned: PlannedStep, now: datetime = MONDAY, number: str = "01/GCN", **other: Any) -> DecideStep:
    command = DecideStep(
        **_told(planned, now),
        result_code=planned.result_code,
        number=number,
        signer="chairman",
        sha256="ab" * 32,
        calendars=calendars_of,
    )
    return replace(command, **other)


def refusal(planned: PlannedStep, now: datetime = MONDAY, reason: str = "conditions_not_met") -> RefuseStep:
    return RefuseStep(**_told(planned, now), reason_code=reason, law="NĐ 54/2019/NĐ-CP art. 4", note="s1.p7f3a.x")


def send_back(planned: PlannedStep, to: str, now: datetime = MONDAY, reason: str = "wrong_name") -> SendBack:
    return SendBack(**_told(planned, now), to=to, reason_code=reason, note="", calendars=calendars_of)


def resume(planned: PlannedStep, now: datetime, clock_from: datetime = MONDAY, due_at: datetime | None = None) -> Any:
    """Return the desk's answer; the appointment stays the one of `opening` unless another is given."""
    return ResumeStep(
        ref=REF,
        step=planned.step,
        answered_at=now,
        clock_from=clock_from,
        due_at=due_at or due(CALENDAR, MONDAY, Limit(16, "working_days")),
        actor="system:routing",
        now=now,
        calendars=calendars_of,
    )


def ask(now: datetime) -> SuspendClock:
    """Return the news that the applicant was asked for a supplement during the examination."""
    return SuspendClock(ref=REF, ground="supplement", asked_at=now, actor="system:routing", now=now)


def withdraw(now: datetime = MONDAY, requested_at: datetime | None = None) -> WithdrawChain:
    return WithdrawChain(ref=REF, requested_at=requested_at or now, actor="system:routing", now=now)


def told(*commands: ChainCommand, before: Iterable[ChainEvent] = ()) -> tuple[ChainEvent, ...]:
    """Return all that has happened once every command was carried out; none may be refused."""
    events = tuple(before)
    for command in commands:
        answer = decider.decide(command, decider.fold(events))
        assert not isinstance(answer, Refused), f"{command}: {answer}"
        events += answer
    return events


def led_to(events: Iterable[ChainEvent], command: ChainCommand) -> tuple[Any, ...]:
    """Return what one more command adds; it may not be refused."""
    before = tuple(events)
    return told(command, before=before)[len(before) :]


def done(planned: PlannedStep, now: datetime = MONDAY, number: str = "01/GCN") -> tuple[ChainCommand, ...]:
    """Return what an agency says to a step from beginning to end."""
    return acknowledge(planned, now), decision(planned, now, number)


def chain_of(*commands: ChainCommand) -> Chain:
    return decider.fold(told(*commands))


def kinds(events: Iterable[Any]) -> tuple[str, ...]:
    return tuple(type(event).__name__ for event in events)
