"""Attempts that fail: why, what is done then, how many there are and how far apart.

Law: TT 17/2017/TT-BTTTT (at least two invitations, two working days apart, then back to the agency). The law speaks of
delivery; collecting papers follows the same count as a house rule and ends with a cancelled order instead.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, get_args

from kernel.refusal import Invalid, Refused
from kernel.working_time import Calendar, Limit, due
from services.postal.domain.proof import wrong_digest
from services.postal.domain.rules import MEASURE_DOES_NOT_FIT, PROOF_INCOMPLETE, REASON_DOES_NOT_FIT

Leg = Literal["collection", "delivery"]
Reason = Literal[
    "not_home",
    "refused",
    "wrong_address",
    "moved",
    "premises_closed",
    "unreachable_by_phone",
    "id_check_failed",
    "fee_not_paid",
    "damaged",
    "access_restricted",
    "deceased",
    "weather",
]
Measure = Literal[
    "retry_today",
    "retry_next_working_day",
    "hold_at_office",
    "address_check",
    "return_to_desk",
    "cancel_collection",
]

ATTEMPTS: Final = 2
BETWEEN_ATTEMPTS: Final = Limit(2, "working_days")
_LAST: Final = ATTEMPTS

# Nobody shows a paper or receives a damaged bag before there is one.
_DELIVERY_ONLY: frozenset[Reason] = frozenset({"id_check_failed", "damaged"})

_MEASURES: dict[tuple[Leg, int], tuple[Measure, ...]] = {
    ("collection", 1): ("retry_today", "retry_next_working_day", "address_check"),
    ("collection", _LAST): ("cancel_collection",),
    ("delivery", 1): ("retry_today", "retry_next_working_day", "hold_at_office", "address_check"),
    ("delivery", _LAST): ("return_to_desk",),
}


@dataclass(frozen=True, slots=True)
class Failure:
    """What was found at one attempt; the photo of the closed door makes it this attempt and no other."""

    reason: Reason
    measure: Measure
    photo_sha256: str


def reasons_for(leg: Leg) -> tuple[Reason, ...]:
    """Return the reasons for which an attempt of `leg` may fail."""
    return tuple(reason for reason in get_args(Reason) if leg == "delivery" or reason not in _DELIVERY_ONLY)


def measures_for(leg: Leg, attempt: int) -> tuple[Measure, ...]:
    """Return what may be done after the `attempt`-th failure (1 or 2) of `leg`."""
    return _MEASURES[leg, attempt]


def unfit_failure(leg: Leg, failure: Failure, earlier: tuple[Failure, ...]) -> Refused | None:
    """Say why `failure` cannot be the next one of `leg` after `earlier`, of which there is at most one."""
    reasons, measures = reasons_for(leg), measures_for(leg, len(earlier) + 1)
    if failure.reason not in reasons:
        return Refused(REASON_DOES_NOT_FIT, (Invalid("reason", f"one of {', '.join(reasons)}"),))
    if failure.measure not in measures:
        return Refused(MEASURE_DOES_NOT_FIT, (Invalid("measure", f"one of {', '.join(measures)}"),))
    wrong = tuple(wrong_digest("photo_sha256", failure.photo_sha256))
    if any(failure.photo_sha256 == one.photo_sha256 for one in earlier):
        wrong = (Invalid("photo_sha256", "this photo already shows an earlier attempt"),)
    return Refused(PROOF_INCOMPLETE, wrong) if wrong else None


def next_attempt_from(calendar: Calendar, failed_at: datetime) -> datetime:
    """Return the instant from which the next failed attempt counts.

    An extra try before it is allowed and may succeed; if it fails too, it was a courtesy and not the second invitation.

    Raises:
        CalendarDoesNotReach: the calendar is not published that far.
    """
    return due(calendar, failed_at, BETWEEN_ATTEMPTS)
