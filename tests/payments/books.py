"""The three deciders of payments, run together as the shell does: one transaction for all that follows a command."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from kernel.decider import Decider
from kernel.refusal import Refused
from services.payments.domain import attempt, obligation, receipt_book
from services.payments.domain.attempt_words import ExpireAttempt, RecordOutcome, StartAttempt
from services.payments.domain.obligation_words import PayAtDesk, RaiseObligation, TakePayment
from services.payments.domain.receipt_book import IssueReceipt, Receipt, next_receipt
from services.payments.domain.settlement import after_attempt, after_obligation
from tests.payments import examples as ex


class Books:
    """Streams in memory. A refusal anywhere leaves nothing behind, as in the store."""

    def __init__(self) -> None:
        self.streams: dict[str, tuple[Any, ...]] = defaultdict(tuple)
        self.log: tuple[Any, ...] = ()

    def do(self, command: Any) -> tuple[Any, ...] | Refused:
        """Carry out `command` and all that must follow it, or nothing."""
        before, log = self.streams.copy(), self.log
        answer = self._do(command)
        if isinstance(answer, Refused):
            self.streams, self.log = before, log
        return answer

    def _do(self, command: Any) -> tuple[Any, ...] | Refused:
        stream, decider = self._place(command)
        prepared = self._prepared(command)
        events = decider.decide(prepared, decider.fold(self.streams[stream]))
        if isinstance(events, Refused):
            return events
        self.streams[stream] += events
        self.log += events
        for following in self._following(prepared, events):
            answer = self._do(following)
            if isinstance(answer, Refused):
                return answer
        return events

    def _place(self, command: Any) -> tuple[str, Decider[Any, Any, Any]]:
        match command:
            case StartAttempt() | RecordOutcome() | ExpireAttempt():
                return f"attempt-{command.txn_ref}", attempt.decider
            case IssueReceipt(receipt=receipt):
                return f"receipts-{receipt.agency}-{receipt.serial}-{receipt.year}", receipt_book.decider
            case _:
                return f"obligation-{command.ref}", obligation.decider

    def _prepared(self, command: Any) -> Any:
        match command:
            case StartAttempt():
                return replace(command, obligation=self.obligation(command.ref))
            case RaiseObligation(assessment=assessment) if assessment is not None:
                return replace(command, assessment=replace(assessment, receipt=self._offered()))
            case TakePayment() | PayAtDesk():
                return replace(command, receipt=self._offered())
            case _:
                return command

    def _following(self, command: Any, events: tuple[Any, ...]) -> tuple[Any, ...]:
        match command:
            case StartAttempt() | RecordOutcome() | ExpireAttempt():
                return after_attempt(command, events)
            case IssueReceipt():
                return ()
            case _:
                return after_obligation(command, events)

    def _offered(self) -> Receipt:
        book = receipt_book.decider.fold(self.streams[f"receipts-{ex.AGENCY}-{ex.SERIAL}-2026"])
        return next_receipt(book, ex.AGENCY, ex.SERIAL, 2026)

    def obligation(self, ref: str) -> obligation.Obligation:
        return obligation.decider.fold(self.streams[f"obligation-{ref}"])

    def told(self, *kinds: type) -> Iterator[Any]:
        """Yield all events of these kinds in the order in which they were stored."""
        return (event for event in self.log if isinstance(event, kinds))
