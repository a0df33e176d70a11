"""When the applicant may expect the result, counted on the receiving agency's calendar.

Law: NĐ 61/2018 arts. 17.1, 18.2 (15:00), 19.4 (restart) and 19.9 (one new date, promised with an apology); NĐ 118/2025
art. 17.3 (received elsewhere); QĐ 45/2016 art. 7.4; NĐ 63/2024 and NĐ 301/2026 (limits along a chain without a total);
NĐ 101/2024 (land: several appointments, tax and payment not counted).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from kernel.condition import FactValue
from kernel.procedure import Procedure, Step
from kernel.working_time import Calendar, due, starts_at


@dataclass(frozen=True, slots=True)
class Appointment:
    """The promise on the slip, and the instant its limit runs from.

    Args:
        number: which of the dossier's appointments it is, 1 for the first.
        promised_at: what the applicant was promised with an apology, where that is later than the lawful `due_at`.
    """

    clock_from: datetime
    due_at: datetime
    number: int = 1
    promised_at: datetime | None = None


def appoint(
    procedure: Procedure,
    options: tuple[str, ...],
    facts: Mapping[str, FactValue],
    received_at: datetime,
    calendar: Calendar,
    number: int = 1,
) -> Appointment:
    """Return the appointment of a dossier that was fully and correctly received at `received_at`.

    Args:
        options: codes of the optional steps asked for.
        number: which appointment is counted, where the procedure gives several one after the other.

    Raises:
        CalendarDoesNotReach: the calendar ends before the appointment.
    """
    clock_from = starts_at(calendar, received_at, procedure.same_day_until)
    if procedure.appointments:
        rule = procedure.appointments[min(number, len(procedure.appointments)) - 1]
        return Appointment(clock_from, due(calendar, clock_from, rule.limit_for(facts)), number)
    if procedure.total_limit is not None:
        return Appointment(clock_from, due(calendar, clock_from, procedure.total_limit), number)
    return Appointment(clock_from, _end_of_chain(procedure, options, facts, clock_from, calendar), number)


def _end_of_chain(
    procedure: Procedure,
    options: tuple[str, ...],
    facts: Mapping[str, FactValue],
    clock_from: datetime,
    calendar: Calendar,
) -> datetime:
    """Return when the last step is due if each begins as soon as the steps it needs are due.

    A step that is not taken, or whose time is not counted, passes on what it needs and adds nothing.
    """
    counted = {step.code for step in procedure.steps_for(options, facts) if step.not_counted is None}
    steps = {step.code: step for step in procedure.steps}
    ends: dict[str, datetime] = {}

    def end_of(step: Step) -> datetime:
        if step.code not in ends:
            begins = max((end_of(steps[code]) for code in step.needs), default=clock_from)
            ends[step.code] = due(calendar, begins, step.limit_for(facts)) if step.code in counted else begins
        return ends[step.code]

    return max((end_of(steps[code]) for code in counted), default=clock_from)
