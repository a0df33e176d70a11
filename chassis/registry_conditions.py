"""Reads the conditions of a procedure's data, and says which cases they make of its dossiers.

A case is one answer to every fact that a condition asks for: two dossiers of one case go the same way.
"""

from collections.abc import Iterator, Mapping
from itertools import product
from math import prod

from chassis.registry_files import Entry
from chassis.registry_findings import Finding
from kernel.condition import AllOf, AnyOf, Condition, FactValue, Is, Not, questions_in
from kernel.procedure import Procedure

CASES_LIMIT = 1024

At = tuple[str | int, ...]
Case = Mapping[str, FactValue]


def conditions_of(procedure: Procedure) -> Iterator[tuple[At, Condition]]:
    """Yield every condition of a procedure, with its place in the file."""
    for index, submitter in enumerate(procedure.submitters):
        if submitter.when is not None:
            yield ("submitters", index, "when"), submitter.when
    for index, step in enumerate(procedure.steps):
        if step.when is not None:
            yield ("steps", index, "when"), step.when
        for number, special in enumerate(step.special_limits):
            yield ("steps", index, "special_limits", number, "when"), special.when
    for index, appointment in enumerate(procedure.appointments):
        for number, special in enumerate(appointment.special_limits):
            yield ("appointments", index, "special_limits", number, "when"), special.when


def condition_findings(entry: Entry[Procedure]) -> Iterator[Finding]:
    """Say which conditions ask for a fact that is not declared, or for a value that it cannot have."""
    facts = entry.thing.facts
    for place, condition in conditions_of(entry.thing):
        for at, question in _questions(place, condition):
            if question.fact not in facts:
                yield entry.finding("fact_undeclared", *at, "fact", fact=question.fact)
                continue
            for value in question.values:
                if not _can_be(value, facts[question.fact]):
                    yield entry.finding("value_never_given", *at, fact=question.fact, value=shown(value))


def _questions(at: At, condition: Condition) -> Iterator[tuple[At, Is]]:
    match condition:
        case Is(_, values):
            yield (*at, "is" if len(values) == 1 else "in"), condition
        case AllOf(conditions) | AnyOf(conditions):
            key = "all" if isinstance(condition, AllOf) else "any"
            for index, inner in enumerate(conditions):
                yield from _questions((*at, key, index), inner)
        case Not(inner):
            yield from _questions((*at, "not"), inner)


def _can_be(value: FactValue, answers: str | tuple[str, ...]) -> bool:
    """Say whether a fact that is answered so can have this value; a yes is no number."""
    match answers:
        case "bool":
            return isinstance(value, bool)
        case "int":
            return isinstance(value, int) and not isinstance(value, bool) and value >= 0
        case "str":
            return isinstance(value, str)
        case words:
            return value in words


def cases_of(procedure: Procedure) -> tuple[Case, ...] | None:
    """Return every case that the conditions of a procedure make, or None where they are more than `CASES_LIMIT`.

    Its conditions have no `condition_findings`. A number or a text is answered by each value that is asked for, and by
    one that is not.
    """
    asked: dict[str, dict[FactValue, None]] = {}
    for _, condition in conditions_of(procedure):
        for question in questions_in(condition):
            asked.setdefault(question.fact, {}).update(dict.fromkeys(question.values))
    answers = {fact: _answers(procedure.facts[fact], tuple(values)) for fact, values in asked.items()}
    if prod(map(len, answers.values())) > CASES_LIMIT:
        return None
    return tuple(dict(zip(answers, each, strict=True)) for each in product(*answers.values()))


def _answers(declared: str | tuple[str, ...], asked: tuple[FactValue, ...]) -> tuple[FactValue, ...]:
    match declared:
        case "bool":
            return (False, True)
        case "int":
            return (*asked, max(int(value) for value in asked) + 1)
        case "str":
            return (*asked, "".join(map(str, asked)) + "_")
        case words:
            return tuple(words)


def shown(value: FactValue) -> str:
    """Write a value as it stands in a file."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def in_words(case: Case) -> str:
    """Write a case as a lint says it: `works = other, fire_opinion = true`."""
    return ", ".join(f"{fact} = {shown(value)}" for fact, value in case.items())
