"""What payments tells the others: every fact about money, but neither receipt books nor what passes with a gateway.

The stored events named here have exactly the public shape, so they are handed out as they are.
"""

from typing import assert_never

from kernel.message import PublicEvent
from services.payments.domain import attempt_words, callback, obligation_words, receipt_book
from services.payments.domain.attempt_words import (
    InquiryBegun,
    InquiryEnded,
    PaymentCancelledByPayer,
    PaymentExpired,
    PaymentFailed,
    PaymentStarted,
    PaymentSucceeded,
)
from services.payments.domain.callback import CallbackKept
from services.payments.domain.obligation_words import (
    FeeKept,
    ObligationCancelled,
    ObligationRaised,
    ObligationSettled,
    RefundOwed,
    RefundPaid,
)
from services.payments.domain.receipt_book import ReceiptIssued

StoredEvent = obligation_words.Event | attempt_words.Event | receipt_book.Event | callback.Event

PUBLISHED: tuple[tuple[str, int, type], ...] = (
    ("ObligationRaised", 1, ObligationRaised),
    ("ObligationSettled", 1, ObligationSettled),
    ("ObligationCancelled", 1, ObligationCancelled),
    ("RefundOwed", 1, RefundOwed),
    ("RefundPaid", 1, RefundPaid),
    ("PaymentStarted", 1, PaymentStarted),
    ("PaymentSucceeded", 1, PaymentSucceeded),
    ("PaymentFailed", 1, PaymentFailed),
    ("PaymentCancelledByPayer", 1, PaymentCancelledByPayer),
    ("PaymentExpired", 1, PaymentExpired),
)


def publish(event: StoredEvent) -> PublicEvent | None:
    """Return what others may know of `event`; the receipt's number leaves with `ObligationSettled`."""
    match event:
        case (
            ObligationRaised()
            | ObligationSettled()
            | ObligationCancelled()
            | RefundOwed()
            | RefundPaid()
            | PaymentStarted()
            | PaymentSucceeded()
            | PaymentFailed()
            | PaymentCancelledByPayer()
            | PaymentExpired()
        ):
            return PublicEvent(type(event).__name__, 1, subject=event.ref, root=event.ref, data=event)
        case FeeKept() | ReceiptIssued() | CallbackKept() | InquiryBegun() | InquiryEnded():
            return None
        case _:
            assert_never(event)
