"""What must follow a decision in the same transaction: reported money is booked, and a settlement takes its receipt.

Law: NĐ 254/2026/NĐ-CP (a receipt for every fee collected).
"""

from services.payments.domain import attempt_words, obligation_words
from services.payments.domain.attempt_words import PaymentSucceeded
from services.payments.domain.obligation_words import (
    ObligationSettled,
    PayAtDesk,
    RaiseNotice,
    RaiseObligation,
    TakePayment,
)
from services.payments.domain.receipt_book import IssueReceipt, Receipt


def after_attempt(command: attempt_words.Command, events: tuple[attempt_words.Event, ...]) -> tuple[TakePayment, ...]:
    """A payment that succeeded is booked at once, whatever has become of what was owed."""
    return tuple(
        TakePayment(
            ref=event.ref,
            txn_ref=event.txn_ref,
            gateway=event.gateway,
            amount_vnd=event.amount_vnd,
            step=event.step,
            actor=command.actor,
            now=command.now,
        )
        for event in events
        if isinstance(event, PaymentSucceeded)
    )


def after_obligation(
    command: obligation_words.Command, events: tuple[obligation_words.Event, ...]
) -> tuple[IssueReceipt, ...]:
    """A settlement takes the receipt that it was offered; without one the number stays free."""
    return tuple(
        IssueReceipt(
            ref=event.ref,
            receipt=_offered(command),
            total_vnd=event.total_vnd,
            step=event.step,
            actor=command.actor,
            now=command.now,
        )
        for event in events
        if isinstance(event, ObligationSettled)
    )


def _offered(command: obligation_words.Command) -> Receipt:
    match command:
        case RaiseObligation(assessment=assessment):
            receipt = assessment.receipt if assessment else None
        case TakePayment(receipt=receipt) | PayAtDesk(receipt=receipt) | RaiseNotice(receipt=receipt):
            pass
        case _:
            receipt = None
    assert receipt is not None, "only a command that was offered a receipt settles"
    return receipt
