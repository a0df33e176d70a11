"""When the applicant may expect the result, counted on the receiving agency's calendar.

Law: NĐ 61/2018 arts. 17.1, 18.2 (15:00) and 19.4 (restart); NĐ 118/2025 art. 17.3; QĐ 45/2016 art. 7.4.
"""

from dataclasses import dataclass
from datetime import datetime

from kernel.procedure import Procedure, Step
from kernel.working_time import Calendar, due, starts_at


@dataclass(frozen=True, slots=True)
class Appointment:
    """The promise on the slip, and the instant its limit runs from."""

    clock_from: datetime
    due_at: datetime


def appoint(procedure: Procedure, options: tuple[str, ...], received_at: datetime, calendar: Calendar) -> Appointment:
    """Return the appointment of a dossier that was fully and correctly received at `received_at`.

    Args:
        options: codes of the optional steps asked for.

    Raises:
        CalendarDoesNotReach: the calendar ends before the appointment.
    """
    clock_from = starts_at(calendar, received_at, procedure.same_day_until)
    if procedure.total_limit is not None:
        return Appointment(clock_from, due(calendar, clock_from, procedure.total_limit))
    return Appointment(clock_from, _end_of_chain(procedure, options, clock_from, calendar))


def _end_of_chain(procedure: Procedure, options: tuple[str, ...], clock_from: datetime, calendar: Calendar) -> datetime:
    """Return when the last step is due if each begins as soon as the steps it needs are due."""
    steps = {step.code: step for step in procedure.steps if not step.optional or step.code in options}
    ends: dict[str, datetime] = {}

    def end_of(step: Step) -> datetime:
        if step.code not in ends:
            needed = (end_of(steps[code]) for code in step.needs if code in steps)
            ends[step.code] = due(calendar, max(needed, default=clock_from), step.limit)
        return ends[step.code]

    return max(end_of(step) for step in steps.values())
