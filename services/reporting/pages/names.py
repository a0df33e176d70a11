"""What agencies, procedures, steps and papers are called in the registry; what it does not know shows its code."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from chassis.registry import NotInRegistry, Registry
from kernel.calendar import Words
from kernel.procedure import Component, Procedure, Step

AGENCY_KEYS: Final = frozenset({"agency", "to_agency", "receiving_agency"})


class Names:
    """The names that one page needs, for the procedure version that its dossier is pinned to."""

    def __init__(self, registry: Registry, procedure: Procedure | None = None) -> None:
        self._registry = registry
        self._steps = {step.code: step for step in procedure.steps} if procedure else {}
        self._components = {part.code: part for part in procedure.components} if procedure else {}

    def agency(self, id: str) -> Words:
        try:
            known = self._registry.agency(id)
        except NotInRegistry:
            return Words(id, id)
        return Words(known.name_vi, known.name_en)

    def step(self, code: str) -> Words:
        return _words(self._steps.get(code), code)

    def result(self, code: str) -> Words:
        step = self._steps.get(code)
        return Words(step.result.name_vi, step.result.name_en) if step else Words(code, code)

    def component(self, code: str) -> Words:
        return _words(self._components.get(code), code)

    def procedure(self, code: str, version: str) -> Words:
        try:
            known = self._registry.procedure(code, version)
        except NotInRegistry:
            return Words(code, code)
        return Words(known.name_vi, known.name_en)


def _words(known: Step | Component | None, code: str) -> Words:
    return Words(known.name_vi, known.name_en) if known else Words(code, code)


def agencies_in(told: Any) -> Iterator[str]:
    """Yield every agency that an answer names, wherever in it it stands."""
    if isinstance(told, Mapping):
        for key, value in told.items():
            if key in AGENCY_KEYS and isinstance(value, str):
                yield from (value,) if value else ()
            else:
                yield from agencies_in(value)
    elif isinstance(told, list | tuple):
        for one in told:
            yield from agencies_in(one)


def agency_names(registry: Registry, told: Any) -> dict[str, dict[str, str]]:
    """Return what each agency that an answer names is called, by id; in the answer they stand as ids."""
    names = Names(registry)
    said = {id: names.agency(id) for id in sorted(set(agencies_in(told)))}
    return {id: {"name_vi": words.vi, "name_en": words.en} for id, words in said.items()}
