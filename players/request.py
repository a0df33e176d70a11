"""What is asked for and for whom: the applicant of each procedure, the facts that are stated, the papers they need."""

from collections.abc import Callable, Mapping
from random import Random
from typing import Final

from chassis.registry import Registry
from kernel.agency import Agency
from kernel.condition import FactValue, holds
from kernel.procedure import Procedure, SubmitterRule
from players.mix import Mix
from players.people import Person, child, citizen, elder, enterprise, karaoke_house, newborn

MARITAL_STATUS: Final = "1.004873"
ARCHITECT: Final = "1.008891"
BIRTH: Final = "3.000722"
KARAOKE: Final = "9.000297"
DEATH: Final = "2.002913"
LAND: Final = "1.013831"
JUDICIAL_RECORD: Final = "3.000333"
PERMIT: Final = "1.013225"
INVESTMENT: Final = "1.009645"
SOCIAL_BENEFIT: Final = "1.001776"

OF_FIRMS: Final = frozenset({KARAOKE, INVESTMENT})
"""Asked for by firms, of which the portal's own message as it is sent here knows nothing."""

Facts = dict[str, FactValue]
Applicant = tuple[Person, str, str]
"""The applicant, what kind of applicant it is, and what the submitter is to it."""


def facts_of(procedure: Procedure, mix: Mix, chance: Random) -> Facts:
    """Return what is stated: each fact as often as the mix says, whatever the procedure asks."""
    return {name: _fact(name, kind, mix, chance) for name, kind in procedure.facts.items()}


def _fact(name: str, kind: str | tuple[str, ...], mix: Mix, chance: Random) -> FactValue:
    if kind == "bool":
        return mix.happens(name, chance)
    if kind == "int":
        return chance.randint(*mix.counts[name])
    return mix.chosen(name, chance)


def applicant_of(
    procedure: Procedure, facts: Facts, submitter: Person, home: Agency, year: int, mix: Mix, chance: Random
) -> Applicant:
    """Return for whom `submitter` asks."""
    made = BY_ANOTHER.get(procedure.code)
    if made is not None:
        person, kind, relation = made
        return person(chance, home, year), kind, relation
    if procedure.code == SOCIAL_BENEFIT and facts["for_a_child"]:
        return child(chance, home, year), "citizen", "guardian"
    attorney = next((rule for rule in procedure.submitters if rule.relation == "attorney"), None)
    if attorney is not None and _admitted(attorney, facts) and mix.happens("by_attorney", chance):
        return citizen(chance, home), "citizen", "attorney"
    return submitter, "citizen", "self"


def _admitted(rule: SubmitterRule, facts: Facts) -> bool:
    return rule.when is None or holds(rule.when, facts)


BY_ANOTHER: Final[Mapping[str, tuple[Callable[[Random, Agency, int], Person], str, str]]] = {
    KARAOKE: (lambda chance, home, _: karaoke_house(chance, home), "household_business", "legal_representative"),
    INVESTMENT: (lambda chance, home, _: enterprise(chance, home), "enterprise", "legal_representative"),
    BIRTH: (newborn, "citizen", "parent"),
    DEATH: (lambda chance, home, _: elder(chance, home), "citizen", "relative"),
}
"""Procedures that nobody asks for on one's own: who the applicant is, and what the submitter is to them."""


def papers_needed(procedure: Procedure, relation: str, facts: Facts) -> tuple[str, ...]:
    """Return the components that a dossier needs."""
    authority = next((rule.authority for rule in procedure.submitters if rule.relation == relation), None)
    wanted = {"always", *(fact for fact, value in facts.items() if value is True)}
    if authority is not None:
        wanted.add("by_attorney")
    return tuple(part.code for part in procedure.components if part.required in wanted or part.code == authority)


def exempts_the_poor(procedure: Procedure, registry: Registry) -> bool:
    """Say whether the fee of a procedure is another for a poor household."""
    if procedure.fee_rule is None:
        return False
    rule = registry.fee_rule(procedure.fee_rule)
    return any("poor_household" in tariff.categories for line in rule.lines for tariff in line.tariffs)
