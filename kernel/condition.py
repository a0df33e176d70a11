"""When a step of a procedure is taken: a condition on the typed facts of a dossier.

Law: each condition stands in a procedure's data beside the law of its step. A condition asks only facts that the
procedure declares, with values that the fact can have; `registry lint` refuses any other, so nothing passes silently.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import assert_never

FactValue = bool | int | str


@dataclass(frozen=True, slots=True)
class Is:
    """The fact has one of these values; `True` is not 1."""

    fact: str
    values: tuple[FactValue, ...]


@dataclass(frozen=True, slots=True)
class AllOf:
    conditions: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    conditions: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Not:
    condition: "Condition"


Condition = Is | AllOf | AnyOf | Not


def holds(condition: Condition, facts: Mapping[str, FactValue]) -> bool:
    """Say whether `condition` holds of a dossier with these facts.

    Raises:
        KeyError: a fact is asked for that the dossier does not have: a defect of the registry, named by its lint.
    """
    match condition:
        case Is(fact, values):
            value = facts[fact]
            return any(value == wanted and type(value) is type(wanted) for wanted in values)
        case AllOf(conditions):
            return all(holds(inner, facts) for inner in conditions)
        case AnyOf(conditions):
            return any(holds(inner, facts) for inner in conditions)
        case Not(inner):
            return not holds(inner, facts)
        case _:
            assert_never(condition)


def questions_in(condition: Condition) -> Iterator[Is]:
    """Yield every question that `condition` asks of a fact, so that a lint can check it."""
    match condition:
        case Is():
            yield condition
        case AllOf(conditions) | AnyOf(conditions):
            for inner in conditions:
                yield from questions_in(inner)
        case Not(inner):
            yield from questions_in(inner)
        case _:
            assert_never(condition)
