"""What agencies, procedures, steps and papers are called in the registry; what it does not know shows its code."""

from chassis.registry import NotInRegistry, Registry
from kernel.calendar import Words
from kernel.procedure import Component, Procedure, Step


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
