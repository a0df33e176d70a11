"""What a chain will do, fixed at acceptance: which steps, who acts in each, on which calendar, within which limits.

Law: NĐ 118/2025 and every decree it amends: a dossier is finished under the rules it was accepted under.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from kernel.calendar import Calendar
from kernel.condition import FactValue, questions_in
from kernel.procedure import AppointmentRule, Procedure, SpecialLimit, Step
from kernel.working_time import Limit
from services.routing.domain import graph
from services.routing.domain.words import GROUNDS, Ground, Silence, StepParty

Calendars = Callable[[str, str], Calendar]
"""Id and version → the calendar that was pinned."""

# NĐ 61/2018 art. 19.4, where the procedure's own law says nothing else.
SEND_BACK_WITHIN: Final = Limit(3.0, "working_days")


def no_calendars(id: str, version: str) -> Calendar:
    """Stand where the shell has not filled in the calendars yet."""
    raise LookupError(f"nobody filled in the calendars, and {id} {version} was asked for")


@dataclass(frozen=True, slots=True)
class LongerLimit:
    """A longer limit that the step may be given on one ground, with the law that allows it."""

    ground: str
    limit: Limit
    law: str


@dataclass(frozen=True, slots=True)
class PlannedPause:
    """A ground on which the step's agency may stop the clock, at most for `limit`."""

    ground: Ground
    law: str
    limit: Limit | None


@dataclass(frozen=True, slots=True)
class PlannedAppointment:
    """One of the appointments given one after the other: by its limit `step` is done."""

    step: str
    limit: Limit


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One step of a chain as it was planned at acceptance.

    Args:
        needs: steps of this chain whose results must exist first.
        calendar_id, calendar_version: the calendar of its agency, pinned.
        silence: what it means when the limit passes without an answer.
        law: what gives the step its limit.
        never_deemed: those of `needs` of which a deemed result does not do.
        party: `applicant` where the applicant has to act (pay a tax notice); `agency` is "" then.
        not_counted: the ground on which the chain's clock stands still while only such steps are open, or None.
        internal: its result is not handed out to the applicant.
        superiors: the agencies above its own, nearest first, as they stood at acceptance.
    """

    step: str
    agency: str
    needs: tuple[str, ...]
    limit: Limit
    acknowledge_within: Limit | None
    hand_over_within: Limit | None
    send_back_within: Limit
    result_code: str
    calendar_id: str
    calendar_version: str
    silence: Silence
    longer_limits: tuple[LongerLimit, ...]
    law: str
    never_deemed: tuple[str, ...] = ()
    party: StepParty = "agency"
    not_counted: Ground | None = None
    pauses: tuple[PlannedPause, ...] = ()
    internal: bool = False
    states_dues: bool = False
    superiors: tuple[str, ...] = ()

    @property
    def lateness_counts(self) -> bool:
        """Say whether an agency is late once the limit has passed; where its silence is agreement nobody is."""
        return self.party == "agency" and self.silence == "escalate"

    @property
    def grants(self) -> bool:
        """Say whether its result is something that the applicant asked for."""
        return self.party == "agency" and not self.internal and not self.states_dues

    def longer_limit(self, ground: str) -> LongerLimit | None:
        return next((longer for longer in self.longer_limits if longer.ground == ground), None)


@dataclass(frozen=True, slots=True)
class Seat:
    """The agency that acts where a procedure names only its kind, its calendar of that day, and who stands above it."""

    agency: str
    calendar_id: str
    calendar_version: str
    superiors: tuple[str, ...] = ()


NOBODY = Seat("", "", "")


def plan_of(
    procedure: Procedure,
    asked: tuple[str, ...],
    facts: Mapping[str, FactValue],
    seats: Mapping[str, Seat],
    applicants: Seat = NOBODY,
) -> tuple[PlannedStep, ...]:
    """Return the steps of `procedure` that this dossier takes, with the limits that it has there.

    Args:
        asked: codes of the optional steps that the applicant asked for.
        facts: what the dossier answered to the procedure's questions.
        seats: kind of agency → who of that kind acts for this dossier; a missing kind leaves the agency empty, and
            the chain will refuse to open with it.
        applicants: where the applicant acts: no agency, and the calendar of the desk, on which the appointment runs.
    """
    taken = {step.code: step for step in procedure.steps_for(asked, facts)}
    left_out = {step.code for step in procedure.steps} - taken.keys()
    needs = graph.without({step.code: step.needs for step in procedure.steps}, left_out)
    return tuple(
        _planned(
            step,
            needs[code],
            applicants if step.party == "applicant" else seats.get(step.agency_kind, NOBODY),
            step.limit_for(facts),
        )
        for code, step in taken.items()
    )


def appointments_of(
    procedure: Procedure, plan: tuple[PlannedStep, ...], facts: Mapping[str, FactValue]
) -> tuple[PlannedAppointment, ...]:
    """Return the appointments given one after the other; one whose step this dossier does not take is not given."""
    taken = {planned.step for planned in plan}
    return tuple(
        PlannedAppointment(rule.step, _storable(rule.limit_for(facts)))
        for rule in procedure.appointments
        if rule.step in taken
    )


def facts_that_matter(procedure: Procedure) -> tuple[str, ...]:
    """Return the facts that a plan or its limits depend on; whatever else dossiers answer, they share their plan."""
    with_limits: tuple[Step | AppointmentRule, ...] = (*procedure.steps, *procedure.appointments)
    special: list[SpecialLimit] = [limit for one in with_limits for limit in one.special_limits]
    conditions = [limit.when for limit in special] + [step.when for step in procedure.steps if step.when is not None]
    return tuple(sorted({question.fact for condition in conditions for question in questions_in(condition)}))


def storable(limit: Limit | None) -> Limit | None:
    """Return the same limit with a value that JSON gives back as it was: a float, even where the registry has 3."""
    return None if limit is None else _storable(limit)


def _storable(limit: Limit) -> Limit:
    return Limit(float(limit.value), limit.unit, limit.counting)


def _planned(step: Step, needs: tuple[str, ...], seat: Seat, limit: Limit) -> PlannedStep:
    return PlannedStep(
        step=step.code,
        agency=seat.agency,
        needs=needs,
        limit=_storable(limit),
        acknowledge_within=storable(step.acknowledge_within),
        hand_over_within=storable(step.hand_over_within),
        send_back_within=_storable(step.supplement_within or SEND_BACK_WITHIN),
        result_code=step.result.code,
        calendar_id=seat.calendar_id,
        calendar_version=seat.calendar_version,
        silence="deemed_agreed" if step.silence == "deemed_agreed" else "escalate",
        longer_limits=tuple(
            LongerLimit(longer.ground, _storable(longer.limit), longer.law) for longer in step.extensions
        ),
        law=step.law,
        never_deemed=tuple(need for need in step.never_deemed if need in needs),
        party="applicant" if step.party == "applicant" else "agency",
        not_counted=None if step.not_counted is None else GROUNDS[step.not_counted],
        pauses=tuple(PlannedPause(GROUNDS[pause.ground], pause.law, storable(pause.limit)) for pause in step.pauses),
        internal=step.internal,
        states_dues=step.states_dues,
        superiors=seat.superiors,
    )
