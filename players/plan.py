"""What will become of one dossier, drawn from the mix before it begins: who asks for what, and what goes wrong.

The plan says what people intend; what the product makes of it is for the product to say.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Final

from chassis.registry import Registry
from kernel.agency import Agency
from kernel.calendar import VIETNAM
from kernel.procedure import Procedure, Step
from kernel.working_time import is_working_day
from players.mix import Mix
from players.people import Person, address, citizen, karaoke_house, newborn

MARITAL_STATUS: Final = "1.004873"
ARCHITECT: Final = "1.008891"
BIRTH: Final = "3.000722"
KARAOKE: Final = "9.000297"

ROOMS: Final = (3, 12)
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
        own_message: it arrives as the portal's own message instead of through our own form.
        lacking: components left out at first.
        at_desk, at_agency, payment, collection, delivery: which of the mix's choices it takes.
        step: the step at which the unusual thing of `at_agency` happens.
        late_step: the step whose agency decides only after the appointment, or "".
        pays_online: at the gateway instead of in cash at the desk.
    """

    procedure: str
    channel: str
    own_message: bool
    desk: str
    submits_at: datetime
    applicant: Person
    applicant_kind: str
    submitter: Person
    relation: str
    category: str
    facts: dict[str, bool | int]
    options: tuple[str, ...]
    given: tuple[str, ...]
    lacking: tuple[str, ...]
    hand_out_by: str
    hand_out_to: str
    at_desk: str
    at_agency: str
    step: str
    late_step: str
    pays_online: bool
    payment: str
    collection: str
    delivery: str


@dataclass(frozen=True, slots=True)
class World:
    """What plans are made from: the law and the agencies as data, the mix, the weeks and their working days."""

    registry: Registry
    mix: Mix
    weeks: Weeks
    days: tuple[date, ...]
    commune_desks: tuple[Agency, ...]
    province_desks: tuple[Agency, ...]

    def procedure(self, plan: "Plan") -> Procedure:
        return self.registry.procedure(plan.procedure, on=plan.submits_at.astimezone(VIETNAM).date())


def world_of(registry: Registry, mix: Mix, weeks: Weeks) -> World:
    """Return the world in which dossiers come in during `weeks`."""
    first, last = (edge.astimezone(VIETNAM).date() for edge in (weeks.start, weeks.end))
    standing = [agency for agency in registry.agencies() if agency.stands_on(first)]
    communes = tuple(agency for agency in standing if agency.kind == "commune_desk")
    province = tuple(agency for agency in standing if agency.kind == "province_desk")
    calendar = registry.calendar(communes[0].id)
    every = (first + timedelta(days=n) for n in range((last - first).days + 1))
    days = tuple(day for day in every if is_working_day(calendar, day))
    return World(registry, mix, weeks, days, communes, province)


def draw(world: World, chance: Random) -> Plan:
    """Return one dossier's plan; the same chance always gives the same one."""
    mix = world.mix
    code = mix.chosen(mix.chosen("kind", chance), chance)
    connected = code in (BIRTH, KARAOKE)
    portal = connected or mix.happens("online", chance)
    level = "province" if code == ARCHITECT else "commune"
    channel = "portal" if portal else mix.chosen(f"channel_of_{level}", chance)
    own_message = portal and code != KARAOKE and mix.happens("own_message", chance)
    submits_at = _arrival(world, portal, chance)
    procedure = world.registry.procedure(code, on=submits_at.astimezone(VIETNAM).date())
    at_province = code == ARCHITECT and mix.happens("at_province_desk", chance)
    desk = chance.choice(world.province_desks if at_province else world.commune_desks)
    home = chance.choice(world.commune_desks) if at_province else desk
    submitter = citizen(chance, home)
    applicant, kind, relation = _applicant(code, submitter, home, submits_at.year, mix, chance)
    facts = _facts(code, mix, chance)
    category = "poor_household" if code == MARITAL_STATUS and mix.happens("poor_household", chance) else "normal"
    options = ("identity_card",) if code == BIRTH and mix.happens("identity_card_too", chance) else ()
    needed = _needed(procedure, relation, facts)
    at_desk = mix.chosen("at_desk", chance)
    lacking = tuple(chance.sample(needed, 2 if at_desk == "supplemented_in_part" else chance.randint(1, 2)))
    hand_out_by = _hand_out(procedure, portal, level, mix, chance)
    at_agency = mix.chosen(f"at_{'connected_agencies' if connected else 'plain_agency'}", chance)
    steps = [step for step in procedure.steps if not step.optional or step.code in options]
    late = mix.happens("late", chance)
    return Plan(
        procedure=code,
        channel=channel,
        own_message=own_message,
        desk=desk.id,
        submits_at=submits_at,
        applicant=applicant,
        applicant_kind=kind,
        submitter=submitter,
        relation=relation,
        category=category,
        facts=facts,
        options=options,
        given=needed,
        lacking=lacking if "supplement" in at_desk else (),
        hand_out_by=hand_out_by,
        hand_out_to=address(chance, home) if hand_out_by == "post" else "",
        at_desk=at_desk,
        at_agency=at_agency,
        step=_unusual_step(steps, at_agency, chance),
        late_step=chance.choice(steps).code if late else "",
        pays_online=mix.happens("paid_online_from_portal" if portal else "paid_online_otherwise", chance),
        payment=mix.chosen("payment", chance),
        collection=mix.chosen("collection", chance),
        delivery=mix.chosen("delivery", chance),
    )


def _arrival(world: World, portal: bool, chance: Random) -> datetime:
    """Return an instant of the weeks at which people hand in: desk hours, and the evenings too for the portal."""
    while True:
        hour = int(world.mix.chosen("portal_hour" if portal else "hour", chance))
        minute = chance.randrange(MINUTES_OF_HOUR)
        instant = datetime.combine(chance.choice(world.days), time(hour, minute), VIETNAM)
        if world.weeks.start <= instant < world.weeks.end:
            return instant


def _applicant(
    code: str, submitter: Person, home: Agency, year: int, mix: Mix, chance: Random
) -> tuple[Person, str, str]:
    """Return the applicant, what kind of applicant it is, and what the submitter is to it."""
    if code == KARAOKE:
        return karaoke_house(chance, home), "household_business", "legal_representative"
    if code == BIRTH:
        return newborn(chance, home, year), "citizen", "parent"
    if mix.happens("by_attorney", chance):
        return citizen(chance, home), "citizen", "attorney"
    return submitter, "citizen", "self"


def _facts(code: str, mix: Mix, chance: Random) -> dict[str, bool | int]:
    match code:
        case "1.004873":
            return {"married_before": mix.happens("married_before", chance), "issued_before": False}
        case "1.008891":
            return {"foreign_degree": mix.happens("foreign_degree", chance)}
        case "3.000722":
            differs = mix.happens("residence_differs", chance)
            return {"abandoned": False, "surrogacy": False, "residence_differs": differs}
        case _:
            return {"rooms": chance.randint(*ROOMS)}


def _needed(procedure: Procedure, relation: str, facts: dict[str, bool | int]) -> tuple[str, ...]:
    """Return the components that this dossier needs."""
    authority = next((rule.authority for rule in procedure.submitters if rule.relation == relation), None)
    wanted = {"always", *(fact for fact, value in facts.items() if value is True)}
    if authority is not None:
        wanted.add("by_attorney")
    return tuple(part.code for part in procedure.components if part.required in wanted or part.code == authority)


def _hand_out(procedure: Procedure, portal: bool, level: str, mix: Mix, chance: Random) -> str:
    name = "hand_out_from_portal" if portal else f"hand_out_of_{level}"
    offered = tuple(way for way in mix.choices[name] if way in procedure.hand_out_ways)
    return mix.chosen(name, chance, offered)


def _unusual_step(steps: list[Step], at_agency: str, chance: Random) -> str:
    """Return where in the chain the unusual thing happens; only a step that needs another can send back to it."""
    if at_agency == "decided":
        return ""
    after_others = [step for step in steps if step.needs]
    return chance.choice(after_others if at_agency == "sent_back_to_step" else steps).code
