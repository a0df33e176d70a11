"""What will become of one dossier, drawn from the mix before it begins: who asks for what, and what goes wrong.

The plan says what people intend; what the product makes of it is for the product to say.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Final

from chassis.registry import Registry
from kernel.agency import Agency
from kernel.calendar import VIETNAM
from kernel.condition import FactValue
from kernel.procedure import Procedure, Step
from kernel.working_time import is_working_day
from players.mix import Mix
from players.people import Person, address, citizen
from players.request import (
    ARCHITECT,
    BIRTH,
    INVESTMENT,
    JUDICIAL_RECORD,
    OF_FIRMS,
    applicant_of,
    exempts_the_poor,
    facts_of,
    papers_needed,
)

AT_PROVINCE: Final = frozenset({ARCHITECT, JUDICIAL_RECORD, INVESTMENT})
"""Procedures of the province; its communes receive all of them but investments."""

KINDS: Final = ("connected", "plain")
DEEMED: Final = "deemed_agreed"
MINUTES_OF_HOUR: Final = 60


@dataclass(frozen=True, slots=True)
class Weeks:
    """The weeks that are played: dossiers come in from `start` until `end`; with `cut` nothing happens after it."""

    start: datetime
    end: datetime
    cut: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """One dossier's plan.

    Args:
        area: the commune that a dossier of the province's desk concerns, "" where the desk's own tells.
        own_message: it arrives as the portal's own message instead of through our own form.
        lacking: components left out at first.
        at_desk, at_agency, payment, collection, delivery: which of the mix's choices it takes.
        step: the step at which the unusual thing of `at_agency` happens.
        late_step: the step whose agency decides only after the appointment, or "".
        apologises: the late agency writes to the applicant before its limit passes.
        silent: the steps whose agency never answers, because its silence is agreement.
        verified: the step that claims the longer limit of a verification, or "".
        pays_online: at the gateway instead of in cash at the desk.
    """

    procedure: str
    channel: str
    own_message: bool
    desk: str
    area: str
    submits_at: datetime
    applicant: Person
    applicant_kind: str
    submitter: Person
    relation: str
    category: str
    facts: dict[str, FactValue]
    options: tuple[str, ...]
    given: tuple[str, ...]
    lacking: tuple[str, ...]
    hand_out_by: str
    hand_out_to: str
    at_desk: str
    at_agency: str
    step: str
    late_step: str
    apologises: bool
    silent: tuple[str, ...]
    verified: str
    pays_online: bool
    payment: str
    collection: str
    delivery: str


@dataclass(frozen=True, slots=True)
class World:
    """What plans are made from: the law and the agencies as data, the mix, the weeks and their working days.

    Args:
        offered: the codes of the procedures that may be asked for.
    """

    registry: Registry
    mix: Mix
    weeks: Weeks
    days: tuple[date, ...]
    commune_desks: tuple[Agency, ...]
    province_desks: tuple[Agency, ...]
    offered: frozenset[str]

    @property
    def is_open(self) -> bool:
        """Whether there is anything that may be asked for, and anywhere to ask for it."""
        asked = {code for kind in KINDS for code in self.mix.choices[kind]}
        return bool(self.days and self.commune_desks and asked & self.offered)

    def procedure(self, plan: "Plan") -> Procedure:
        return self.registry.procedure(plan.procedure, on=plan.submits_at.astimezone(VIETNAM).date())


def world_of(registry: Registry, mix: Mix, weeks: Weeks, only: frozenset[str] = frozenset()) -> World:
    """Return the world in which dossiers come in during `weeks`: of all procedures in force throughout, or some."""
    first, last = (edge.astimezone(VIETNAM).date() for edge in (weeks.start, weeks.end))
    standing = [agency for agency in registry.agencies() if agency.stands_on(first) and agency.stands_on(last)]
    communes = tuple(agency for agency in standing if agency.kind == "commune_desk")
    province = tuple(agency for agency in standing if agency.kind == "province_desk")
    every = (first + timedelta(days=n) for n in range((last - first).days + 1))
    days = tuple(day for day in every if communes and is_working_day(registry.calendar(communes[0].id), day))
    in_force = {one.code for one in registry.procedures(on=first)} & {one.code for one in registry.procedures(on=last)}
    return World(registry, mix, weeks, days, communes, province, frozenset(in_force & only if only else in_force))


def draw(world: World, chance: Random) -> Plan:
    """Return one dossier's plan; the same chance always gives the same one."""
    mix = world.mix
    code = _asked_for(world, chance)
    submits_at, portal = _arrival(world, code, chance)
    procedure = world.registry.procedure(code, on=submits_at.astimezone(VIETNAM).date())
    level = "province" if code in AT_PROVINCE else "commune"
    channel = "portal" if portal else mix.chosen(f"channel_of_{level}", chance)
    at_province = code == INVESTMENT or (code in AT_PROVINCE and mix.happens("at_province_desk", chance))
    home = chance.choice(world.commune_desks)
    desk = chance.choice(world.province_desks) if at_province else home
    submitter = citizen(chance, home)
    facts = facts_of(procedure, mix, chance)
    applicant, kind, relation = applicant_of(procedure, facts, submitter, home, submits_at.year, mix, chance)
    poor = exempts_the_poor(procedure, world.registry) and mix.happens("poor_household", chance)
    options = ("identity_card",) if code == BIRTH and mix.happens("identity_card_too", chance) else ()
    needed = papers_needed(procedure, relation, facts)
    at_desk = mix.chosen("at_desk", chance)
    lacking = tuple(chance.sample(needed, 2 if at_desk == "supplemented_in_part" else chance.randint(1, 2)))
    hand_out_by = _hand_out(procedure, portal, level, mix, chance)
    steps = _of_agencies(procedure.steps_for(options, facts))
    at_agency = mix.chosen(f"at_{'connected_agencies' if len(steps) > 1 else 'plain_agency'}", chance)
    silent = tuple(step.code for step in steps if step.silence == DEEMED and mix.happens("silent", chance))
    return Plan(
        procedure=code,
        channel=channel,
        own_message=portal and code not in OF_FIRMS and mix.happens("own_message", chance),
        desk=desk.id,
        area=home.area or "" if code == INVESTMENT else "",
        submits_at=submits_at,
        applicant=applicant,
        applicant_kind=kind,
        submitter=submitter,
        relation=relation,
        category="poor_household" if poor else "normal",
        facts=facts,
        options=options,
        given=needed,
        lacking=lacking if "supplement" in at_desk else (),
        hand_out_by=hand_out_by,
        hand_out_to=address(chance, home) if hand_out_by == "post" else "",
        at_desk=at_desk,
        at_agency=at_agency,
        step=_unusual_step(steps, at_agency, chance),
        late_step=_late_step(steps, mix, chance),
        apologises=mix.happens("apologises", chance),
        silent=silent,
        verified=_verified_step(steps, mix, chance),
        pays_online=mix.happens("paid_online_from_portal" if portal else "paid_online_otherwise", chance),
        payment=mix.chosen("payment", chance),
        collection=mix.chosen("collection", chance),
        delivery=mix.chosen("delivery", chance),
    )


def _asked_for(world: World, chance: Random) -> str:
    """Return a procedure, among those that may be asked for, in the mix's proportions."""
    choices = world.mix.choices
    kinds = tuple(kind for kind in KINDS if world.offered & choices[kind].keys())
    kind = world.mix.chosen("kind", chance, kinds)
    return world.mix.chosen(kind, chance, tuple(code for code in choices[kind] if code in world.offered))


def _arrival(world: World, code: str, chance: Random) -> tuple[datetime, bool]:
    """Return when it comes in, and whether through the portal: in desk hours, and in the evenings too online."""
    latest = world.registry.procedure(code, on=world.weeks.start.astimezone(VIETNAM).date())
    portal = latest.channels == ("portal",) or world.mix.happens("online", chance)
    while True:
        hour = int(world.mix.chosen("portal_hour" if portal else "hour", chance))
        minute = chance.randrange(MINUTES_OF_HOUR)
        instant = datetime.combine(chance.choice(world.days), time(hour, minute), VIETNAM)
        if world.weeks.start <= instant < world.weeks.end:
            return instant, portal


def _hand_out(procedure: Procedure, portal: bool, level: str, mix: Mix, chance: Random) -> str:
    name = "hand_out_from_portal" if portal else f"hand_out_of_{level}"
    offered = tuple(way for way in mix.choices[name] if way in procedure.hand_out_ways)
    return mix.chosen(name, chance, offered)


def _of_agencies(steps: Sequence[Step]) -> list[Step]:
    return [step for step in steps if step.party == "agency"]


def _unusual_step(steps: list[Step], at_agency: str, chance: Random) -> str:
    """Return where in the chain the unusual thing happens; only a step that needs another can send back to it.

    Whoever is asked for an opinion gives one, and whoever states dues states them: neither refuses.
    """
    if at_agency == "decided":
        return ""
    deciding = [step for step in steps if step.silence != DEEMED and not step.states_dues]
    after_others = [step for step in deciding if step.needs]
    fitting = after_others if at_agency == "sent_back_to_step" else deciding
    return chance.choice(fitting).code if fitting else ""


def _late_step(steps: list[Step], mix: Mix, chance: Random) -> str:
    """Return the step whose agency is late, or ""; nobody who answers is late where silence is agreement."""
    consents = {code for step in steps for code in step.never_deemed} & {step.code for step in steps}
    if consents and mix.happens("consent_late", chance):
        return chance.choice(sorted(consents))
    if not mix.happens("late", chance):
        return ""
    return chance.choice([step for step in steps if step.silence != DEEMED]).code


def _verified_step(steps: list[Step], mix: Mix, chance: Random) -> str:
    longer = [step for step in steps if any(one.ground == "verification" for one in step.extensions)]
    return chance.choice(longer).code if longer and mix.happens("verified", chance) else ""
