"""What the desk says to others: which of its stored events are public, under which name and version."""

from typing import Final, assert_never

from kernel.message import PublicEvent
from services.intake.domain import amendments, events, files, numbering

Stored = events.Event | numbering.Event | files.Event

PUBLISHED: Final[tuple[tuple[str, int, type], ...]] = (
    ("DossierSubmitted", 1, events.DossierSubmitted),
    ("PapersReceived", 1, events.PapersReceived),
    ("SupplementRequested", 1, events.SupplementRequested),
    ("SupplementReceived", 1, events.SupplementReceived),
    ("PaymentAwaited", 1, events.PaymentAwaited),
    ("DossierAccepted", 1, events.DossierAccepted),
    ("DossierRefused", 1, events.DossierRefused),
    ("WithdrawalRequested", 1, events.WithdrawalRequested),
    ("DossierWithdrawn", 1, events.DossierWithdrawn),
    ("DossierStopped", 1, events.DossierStopped),
    ("SentBackAnswered", 1, events.SentBackAnswered),
    ("DossierResolved", 1, events.DossierResolved),
    ("ResultDispatched", 1, events.ResultDispatched),
    ("DossierHandedOut", 1, events.DossierHandedOut),
    ("ComponentDigitised", 1, amendments.ComponentDigitised),
    ("ParticularsCorrected", 1, amendments.ParticularsCorrected),
)


def publish(event: Stored) -> PublicEvent | None:
    """Return what others may know of a stored event, or None where it is the desk's own memory."""
    match event:
        case (
            events.DossierSubmitted()
            | events.PapersReceived()
            | events.SupplementRequested()
            | events.SupplementReceived()
            | events.PaymentAwaited()
            | events.DossierAccepted()
            | events.DossierRefused()
            | events.WithdrawalRequested()
            | events.DossierWithdrawn()
            | events.DossierStopped()
            | events.SentBackAnswered()
            | events.DossierResolved()
            | events.ResultDispatched()
            | events.DossierHandedOut()
            | amendments.ComponentDigitised()
            | amendments.ParticularsCorrected()
        ):
            return PublicEvent(type(event).__name__, 1, event.ref, event.ref, event)
        case (
            events.WithdrawalTurnedDown()
            | events.FeeSettled()
            | events.ResultReceived()
            | events.ResultRevoked()
            | amendments.AppointmentChanged()
        ):
            # Whoever said it first says it to everybody: routing and payments.
            return None
        case events.SentBackReceived() | events.ResultKeptAtDesk():
            return None
        case numbering.NumberIssued() | numbering.PortalNumberKept() | files.FileTaken():
            return None
        case _:
            assert_never(event)
