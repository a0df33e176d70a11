"""What keeps a plan from being carried out: nothing to do, nobody to do it, no order to do it in, a wait without end.

Law: NĐ 61/2018/NĐ-CP arts. 19.5 (silence is agreement only where a law says so) and 19.6 (each agency its own task).
"""

from collections.abc import Iterator

from kernel.refusal import Invalid
from services.routing.domain import graph
from services.routing.domain.plan import PlannedStep
from services.routing.domain.words import DESK


def flaws(steps: tuple[PlannedStep, ...]) -> tuple[Invalid, ...]:
    """Return what is wrong with a plan, each thing with the step that it is about; `()` where it can be carried out."""
    if not steps:
        return (Invalid("steps", "a chain has at least one step"),)
    return (*_without_agency(steps), *_without_order(steps), *_never_met(steps), *_never_paid(steps))


def _without_agency(steps: tuple[PlannedStep, ...]) -> Iterator[Invalid]:
    for planned in steps:
        if planned.party == "agency" and not planned.agency:
            yield Invalid(planned.step, "no agency acts here; name one of its kind in the registry")


def _without_order(steps: tuple[PlannedStep, ...]) -> Iterator[Invalid]:
    needs = {planned.step: planned.needs for planned in steps}
    if len(needs) < len(steps) or DESK in needs:
        yield Invalid("steps", f"every step has a code of its own, and none is called {DESK}")
    unknown = graph.unknown_needs(needs)
    for step, need in unknown:
        yield Invalid(step, f"it needs {need}, which is no step of this chain")
    if not unknown and (circle := graph.cycle(needs)):
        yield Invalid(circle[0], f"the steps wait for each other: {' → '.join(circle)}")


def _never_met(steps: tuple[PlannedStep, ...]) -> Iterator[Invalid]:
    """Two laws contradict each other where one step's silence is agreement and another does not take that."""
    deemed = {planned.step for planned in steps if planned.silence == "deemed_agreed"}
    for planned in steps:
        for need in planned.never_deemed:
            if need in deemed:
                yield Invalid(planned.step, f"it needs a decision of {need}, whose silence counts as agreement")


def _never_paid(steps: tuple[PlannedStep, ...]) -> Iterator[Invalid]:
    """What the applicant has to do begins with one notice of dues, and each notice is paid in one such step."""
    states_dues = {planned.step for planned in steps if planned.states_dues}
    paid = [need for planned in steps if planned.party == "applicant" for need in planned.needs if need in states_dues]
    for planned in steps:
        if planned.states_dues and paid.count(planned.step) != 1:
            yield Invalid(planned.step, "what it determines is paid in exactly one step of the applicant")
        if planned.party == "applicant" and len(states_dues.intersection(planned.needs)) != 1:
            yield Invalid(planned.step, "the applicant pays here, so it needs exactly one step that determines dues")
        if planned.silence == "deemed_agreed" and (planned.states_dues or planned.party == "applicant"):
            yield Invalid(planned.step, "nobody's silence says what is owed, and nobody's silence pays it")
