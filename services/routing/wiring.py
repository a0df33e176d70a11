"""Routing's table of contents, put together from the parts it is given."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, time
from functools import lru_cache
from typing import Any, Final, NamedTuple, get_args

from chassis.registry import Registry
from chassis.service import Invariant, Parts, Route, Service
from chassis.unit import Unit
from chassis.web.refs import codes_projection
from kernel.agency import Agency
from kernel.calendar import VIETNAM
from kernel.condition import FactValue
from kernel.working_time import Limit
from services.routing.api import LISTINGS, acts, views
from services.routing.api_clock import clock_acts, clock_views
from services.routing.domain.chain import decider
from services.routing.domain.clock_commands import (
    ApologiseForDelay,
    DeclareIncident,
    EndIncident,
    EndPause,
    PassEscalation,
    PassPause,
    PassWarning,
    RedateAppointment,
    ResumeStepClock,
    SettleNotice,
    StopStepClock,
    TellNextAbove,
)
from services.routing.domain.commands import (
    AcknowledgeStep,
    DecideStep,
    ExtendLimit,
    JudgeStepLimit,
    OpenChain,
    PassAcknowledgeLimit,
    PassChainLimit,
    PassHandOverLimit,
    PassStepLimit,
    RecordSupplement,
    RefuseStep,
    ResumeStep,
    SendBack,
    StopChain,
    SuspendClock,
    TakeOverStep,
    WithdrawChain,
)
from services.routing.domain.events import ChainEvent, ChainOpened
from services.routing.domain.honest_lateness import dishonest_lateness
from services.routing.domain.invariants import unexplained_results, unfinished_chains, wrong_standstills
from services.routing.domain.plan import (
    PlannedAppointment,
    PlannedStep,
    Seat,
    appointments_of,
    facts_that_matter,
    plan_of,
    storable,
)
from services.routing.policies import HEARS, timers
from services.routing.projections.apologies import apologies
from services.routing.projections.chains import chains
from services.routing.projections.steps import steps
from services.routing.publishing import PUBLISHED, publish

PLANS_REMEMBERED: Final = 4_096

TIMER_COMMANDS: Final = (
    PassHandOverLimit,
    PassAcknowledgeLimit,
    PassStepLimit,
    PassChainLimit,
    PassWarning,
    PassEscalation,
    PassPause,
)

INVARIANTS: Final = (
    Invariant("results", "every result is the act of the agency whose step it was, in its turn", unexplained_results),
    Invariant("standstills", "a clock stands still for an open reason, or it ran again", wrong_standstills),
    Invariant("lateness", "a delay is told when it is one, upwards, and a date moves for it once", dishonest_lateness),
    Invariant("chains", "nothing is open in a chain that ended, and an open one lies with somebody", unfinished_chains),
)


class Course(NamedTuple):
    """What the registry says of a chain; each field is the one of `OpenChain` that it fills in."""

    plan: tuple[PlannedStep, ...]
    lead_agency: str
    total_limit: Limit | None
    appointments: tuple[PlannedAppointment, ...]
    escalate_every: Limit | None
    same_day_until: time | None


class Asked(NamedTuple):
    """What a course depends on: all that dossiers which share one have in common."""

    procedure: str
    version: str
    options: tuple[str, ...]
    agencies: tuple[str, ...]
    facts: tuple[tuple[str, FactValue], ...]
    calendar_id: str
    calendar_version: str
    day: date


def stream_of(command: Any) -> str:
    return f"chain-{command.ref}"


def planned_by(registry: Registry) -> Callable[[OpenChain, Unit], OpenChain]:
    """Return what fills in the plan of a chain; dossiers of one day that ask the same of one desk share theirs."""

    @lru_cache(PLANS_REMEMBERED)
    def asked_by(procedure: str, version: str) -> tuple[str, ...]:
        return facts_that_matter(registry.procedure(procedure, version))

    @lru_cache(PLANS_REMEMBERED)
    def course(asked: Asked) -> Course:
        published, facts = registry.procedure(asked.procedure, asked.version), dict(asked.facts)
        seats = {agency.kind: _seat(registry, agency, asked.day) for agency in map(registry.agency, asked.agencies)}
        lead = seats.get(published.lead_kind)
        applicants = Seat("", asked.calendar_id, asked.calendar_version)
        plan = plan_of(published, asked.options, facts, seats, applicants)
        return Course(
            plan,
            lead.agency if lead else "",
            storable(published.total_limit),
            appointments_of(published, plan, facts),
            storable(published.escalate_every),
            published.same_day_until,
        )

    def prepare(command: OpenChain, unit: Unit) -> OpenChain:
        matter = asked_by(command.procedure, command.procedure_version)
        asked = Asked(
            command.procedure,
            command.procedure_version,
            command.asked,
            command.agencies,
            tuple((fact, command.facts[fact]) for fact in matter),
            command.calendar_id,
            command.calendar_version,
            command.accepted_at.astimezone(VIETNAM).date(),
        )
        return replace(command, **course(asked)._asdict(), calendars=registry.calendar_version)

    return prepare


def _seat(registry: Registry, agency: Agency, day: date) -> Seat:
    calendar = registry.calendar(agency.id)
    return Seat(agency.id, calendar.id, calendar.version, tuple(_superiors(registry, agency, day)))


def _superiors(registry: Registry, agency: Agency, day: date) -> Iterator[str]:
    """Yield the agencies above one, nearest first; one that does not stand that day is passed over, not those above."""
    passed = {agency.id}
    while agency.parent is not None and agency.parent not in passed:
        agency = registry.agency(agency.parent)
        passed.add(agency.id)
        if agency.stands_on(day):
            yield agency.id


def _clock_routes(registry: Registry) -> dict[type, Route]:
    """Return the routes of what is told about clocks and lateness; bells get the calendars that they need here."""
    calendars = registry.calendar_version

    def told_above(command: PassEscalation, unit: Unit) -> TellNextAbove:
        return TellNextAbove(
            ref=command.ref,
            step=command.step,
            round=command.round,
            rung=command.rung,
            actor=command.actor,
            now=command.now,
            calendars=calendars,
        )

    def pause_over(command: PassPause, unit: Unit) -> EndPause:
        return EndPause(
            ref=command.ref,
            step=command.step,
            round=command.round,
            until=command.until,
            actor=command.actor,
            now=command.now,
            calendars=calendars,
        )

    def corrected(command: RedateAppointment, unit: Unit) -> RedateAppointment:
        """The corrected calendar is the newest version of the one that the dossier was pinned to."""
        pinned: str = unit.state(stream_of(command))[0].calendar_id
        newest = registry.calendars.get(pinned)
        if newest is None:
            return command
        return replace(command, calendar_id=newest.id, calendar_version=newest.version, calendars=calendars)

    plain = Route(decider, stream_of)
    told = (StopStepClock, ResumeStepClock, ApologiseForDelay, DeclareIncident, EndIncident, PassWarning)
    return {
        **dict.fromkeys(told, plain),
        RedateAppointment: Route(decider, stream_of, prepare=corrected),
        PassEscalation: Route(decider, stream_of, prepare=told_above),
        PassPause: Route(decider, stream_of, prepare=pause_over),
    }


def service(parts: Parts) -> Service:
    """Return routing, to be run on `parts`."""
    calendars = parts.registry.calendar_version

    def dated(command: Any, unit: Unit) -> Any:
        return replace(command, calendars=calendars)

    def judged(command: PassStepLimit, unit: Unit) -> JudgeStepLimit:
        return JudgeStepLimit(
            ref=command.ref,
            step=command.step,
            round=command.round,
            actor=command.actor,
            now=command.now,
            calendars=calendars,
        )

    plain = Route(decider, stream_of)
    without_context = (
        TakeOverStep,
        AcknowledgeStep,
        ExtendLimit,
        DecideStep,
        RefuseStep,
        SendBack,
        SuspendClock,
        RecordSupplement,
        WithdrawChain,
        StopChain,
        PassHandOverLimit,
        PassAcknowledgeLimit,
        PassChainLimit,
    )
    return Service(
        name="routing",
        events=get_args(ChainEvent),
        streams={"chain": decider},
        routes={
            **dict.fromkeys(without_context, plain),
            OpenChain: Route(decider, stream_of, prepare=planned_by(parts.registry)),
            ResumeStep: Route(decider, stream_of, prepare=dated),
            SettleNotice: Route(decider, stream_of, prepare=dated),
            PassStepLimit: Route(decider, stream_of, prepare=judged),
            **_clock_routes(parts.registry),
        },
        publish=publish,
        published=PUBLISHED,
        hears=HEARS,
        timers=timers,
        timer_commands=TIMER_COMMANDS,
        projections=(steps, chains, apologies, codes_projection({ChainOpened: None})),
        acts=(*acts(parts.vault, calendars), *clock_acts(parts.vault, calendars)),
        views=(*views(parts.vault, calendars), *clock_views(parts.vault)),
        listings=LISTINGS,
        invariants=INVARIANTS,
    )
