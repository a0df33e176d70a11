"""Where a promised date cannot be kept because that day is closed or the platform was broken: the next that can be.

Law: NĐ 61/2018/NĐ-CP art. 19.9 (a date moves visibly or not at all); NĐ 301/2026/NĐ-CP art. 4.7 (a system incident).

Nobody promises anew here: the one new date of an apology is the same promise, kept on the next day on which it can be.
So no second re-appointment is used up, and the lawful date and the lateness stay what they are.
"""

from collections.abc import Callable
from datetime import datetime

from kernel.calendar import VIETNAM, Calendar
from kernel.working_time import is_working_day
from services.routing.domain.clock_dates import next_hour_ahead, on_open_day
from services.routing.domain.clock_events import AppointmentMoved, PromiseMoved
from services.routing.domain.facts import Facts
from services.routing.domain.progress import Chain
from services.routing.domain.words import PromiseCause


def on_open_days(chain: Chain, pinned: Calendar, corrected: Calendar, *, by: str, now: datetime) -> Facts:
    """Return the promises whose day a corrected calendar closed, at the same hour of the next open day.

    One that has passed is left alone, and so is one that was given for a day which was never open.
    """

    def kept_on(promised_at: datetime) -> datetime:
        ahead = now <= promised_at and is_working_day(pinned, promised_at.astimezone(VIETNAM).date())
        return on_open_day(corrected, promised_at) if ahead else promised_at

    return _moved(chain, "closed_day", kept_on, by=by, now=now)


def after_incident(chain: Chain, since: datetime, calendar: Calendar, *, by: str, now: datetime) -> Facts:
    """Return the promises for a moment at which the platform was broken, at the same hour of the next day ahead."""

    def kept_on(promised_at: datetime) -> datetime:
        return next_hour_ahead(calendar, promised_at, now) if since <= promised_at <= now else promised_at

    return _moved(chain, "incident", kept_on, by=by, now=now)


def waits_for_platform(chain: Chain, promised_at: datetime | None) -> bool:
    """Say whether a promise cannot be kept because the platform is broken: it is not a broken one, and will move."""
    since = chain.incident_since
    return since is not None and promised_at is not None and since <= promised_at


def _moved(
    chain: Chain, cause: PromiseCause, kept_on: Callable[[datetime], datetime], *, by: str, now: datetime
) -> Facts:
    """Return each promise that moves, and with that of the dossier the applicant's date; an apology is still why."""
    of_steps = tuple(
        PromiseMoved(chain.ref, step, one.plan.agency, one.round, cause, one.promised_at, new_date, by, now)
        for step, one in chain.steps.items()
        if one.is_running and one.promised_at is not None and one.due_at is not None and one.promised_at > one.due_at
        if (new_date := kept_on(one.promised_at)) != one.promised_at
    )
    whole, due_at = chain.promised_at, chain.due_at
    if whole is None or due_at is None or whole <= due_at or (new_date := kept_on(whole)) == whole:
        return of_steps
    of_dossier = PromiseMoved(chain.ref, "", chain.lead_agency, 0, cause, whole, new_date, by, now)
    whose = next((one for one in of_steps if one.promised_at == whole), of_dossier)
    appointed = AppointmentMoved(
        chain.ref,
        "apology",
        whose.step,
        whose.agency,
        chain.number,
        now,
        None,
        chain.calendar_id,
        chain.counted_on,
        new_date,
        "",
        by,
        now,
    )
    return (*of_steps, appointed) if whose in of_steps else (*of_steps, whose, appointed)
