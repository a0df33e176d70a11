"""What the post does when a dossier moves: papers to fetch and results to bring are ordered, and called off in time.

Law: QĐ 45/2016/QĐ-TTg art. 5 (the applicant chooses collection, delivery or both).
"""

from dataclasses import dataclass
from typing import Final

from kernel.message import CancelTimer, Heard, Hearing, Timer, type_of
from services.postal.domain.item_numbers import ItemNumberTaken
from services.postal.domain.words import CancelParcel, CancelReason, Event, OrderParcel

ACTOR: Final = "system:postal"


@dataclass(frozen=True, slots=True)
class DossierSubmitted:
    """A dossier was submitted; `particulars` are the applicant's, sealed, the address among them."""

    ref: str
    channel: str
    receiving_agency: str
    applicant: str
    particulars: str


@dataclass(frozen=True, slots=True)
class ResultDispatched:
    """The desk gives results to the post, for the sealed address `hand_out_to`."""

    ref: str
    hand_out_to: str
    receiving_agency: str
    applicant: str


@dataclass(frozen=True, slots=True)
class DossierEnded:
    """A dossier was withdrawn, refused or stopped."""

    ref: str


def collect_papers(submitted: DossierSubmitted, heard: Heard) -> tuple[OrderParcel, ...]:
    """Fetch the papers of a dossier that was submitted by post."""
    if submitted.channel != "post":
        return ()
    return (
        OrderParcel(
            submitted.ref,
            "collection",
            submitted.receiving_agency,
            submitted.applicant,
            submitted.particulars,
            actor=ACTOR,
            now=heard.now,
        ),
    )


def deliver_result(dispatched: ResultDispatched, heard: Heard) -> tuple[OrderParcel, ...]:
    """Bring the results to the applicant."""
    return (
        OrderParcel(
            dispatched.ref,
            "delivery",
            dispatched.receiving_agency,
            dispatched.applicant,
            dispatched.hand_out_to,
            actor=ACTOR,
            now=heard.now,
        ),
    )


def call_off(ended: DossierEnded, heard: Heard, reason: CancelReason) -> tuple[CancelParcel, ...]:
    """Spare the applicant a visit for papers that nobody needs any more.

    Only the collection: whatever ends a dossier in these ways comes before its results are dispatched.
    """
    return (CancelParcel(ended.ref, "collection", reason, actor=ACTOR, now=heard.now),)


def call_off_withdrawn(ended: DossierEnded, heard: Heard) -> tuple[CancelParcel, ...]:
    return call_off(ended, heard, "withdrawn")


def call_off_refused(ended: DossierEnded, heard: Heard) -> tuple[CancelParcel, ...]:
    return call_off(ended, heard, "refused")


def call_off_stopped(ended: DossierEnded, heard: Heard) -> tuple[CancelParcel, ...]:
    return call_off(ended, heard, "stopped")


HEARS: Final[tuple[Hearing, ...]] = (
    Hearing(type_of("intake", "DossierSubmitted", 1), DossierSubmitted, collect_papers),
    Hearing(type_of("intake", "ResultDispatched", 1), ResultDispatched, deliver_result),
    Hearing(type_of("intake", "DossierWithdrawn", 1), DossierEnded, call_off_withdrawn),
    Hearing(type_of("intake", "DossierRefused", 1), DossierEnded, call_off_refused),
    Hearing(type_of("intake", "DossierStopped", 1), DossierEnded, call_off_stopped),
)


def timers(event: Event | ItemNumberTaken) -> tuple[Timer | CancelTimer, ...]:
    """Return no timer for any event: an attempt has a first moment (`next_attempt_from`) and no last one."""
    return ()
