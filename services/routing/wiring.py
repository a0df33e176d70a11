"""Routing's table of contents, put together from the parts it is given."""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final, NamedTuple, get_args

from chassis.registry import Registry
from chassis.service import Invariant, Parts, Route, Service
from chassis.unit import Unit
from chassis.web.refs import codes_projection
from kernel.working_time import Limit
from services.routing.api import LISTINGS, acts, views
from services.routing.domain.chain import decider
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
from services.routing.domain.invariants import unexplained_results, unfinished_chains
from services.routing.domain.plan import PlannedStep, Seat, plan_of, storable
from services.routing.policies import HEARS, timers
from services.routing.projections.chains import chains
from services.routing.projections.steps import steps
from services.routing.publishing import PUBLISHED, publish

PLANS_REMEMBERED: Final = 4_096

TIMER_COMMANDS: Final = (PassHandOverLimit, PassAcknowledgeLimit, PassStepLimit, PassChainLimit)

INVARIANTS: Final = (
    Invariant("results", "every result is the act of the agency whose step it was, in its turn", unexplained_results),
    Invariant("chains", "nothing is open in a chain that ended, and an open one lies with somebody", unfinished_chains),
)


class Course(NamedTuple):
    """What the registry says of a chain: its steps, who leads it, and the limit promised for the whole."""

    plan: tuple[PlannedStep, ...]
    lead_agency: str
    total_limit: Limit | None


def stream_of(command: Any) -> str:
    return f"chain-{command.ref}"


def planned_by(registry: Registry) -> Callable[[OpenChain, Unit], OpenChain]:
    """Return what fills in the plan of a chain; dossiers of one procedure at one desk share theirs."""

    @lru_cache(PLANS_REMEMBERED)
    def course(procedure: str, version: str, asked: tuple[str, ...], agencies: tuple[str, ...]) -> Course:
        published = registry.procedure(procedure, version)
        seats = {agency.kind: _seat(registry, agency.id) for agency in map(registry.agency, agencies)}
        lead = seats.get(published.lead_kind)
        return Course(plan_of(published, asked, seats), lead.agency if lead else "", storable(published.total_limit))

    def prepare(command: OpenChain, unit: Unit) -> OpenChain:
        plan, lead, limit = course(command.procedure, command.procedure_version, command.asked, command.agencies)
        return replace(command, plan=plan, lead_agency=lead, total_limit=limit, calendars=registry.calendar_version)

    return prepare


def _seat(registry: Registry, agency: str) -> Seat:
    calendar = registry.calendar(agency)
    return Seat(agency, calendar.id, calendar.version)


def service(parts: Parts) -> Service:
    """Return routing, to be run on `parts`."""
    calendars = parts.registry.calendar_version

    def resumed(command: ResumeStep, unit: Unit) -> ResumeStep:
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
            ResumeStep: Route(decider, stream_of, prepare=resumed),
            PassStepLimit: Route(decider, stream_of, prepare=judged),
        },
        publish=publish,
        published=PUBLISHED,
        hears=HEARS,
        timers=timers,
        timer_commands=TIMER_COMMANDS,
        projections=(steps, chains, codes_projection({ChainOpened: None})),
        acts=acts(parts.vault, calendars),
        views=views(parts.vault, calendars),
        listings=LISTINGS,
        invariants=INVARIANTS,
    )
