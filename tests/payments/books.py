"""The three deciders of payments, run together as the shell does: one transaction for all that follows a command."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from kernel.decider import Decider
from kernel.refusal import Refused
from services.payments.domain import attempt, dues, receipt_book
from services.payments.domain.attempt_words import AskGateway, ExpireAttempt, RecordOutcome, RecordSilence, StartAttempt
from services.payments.domain.obligation_state import Obligation
from services.payments.domain.obligation_words import PayAtDesk, RaiseNotice, RaiseObligation, TakePayment
from services.payments.domain.receipt_book import IssueReceipt
from services.payments.domain.settlement import after_attempt, after_obligation
from services.payments.wiring import offered, offered_by_tax, offered_receipt, owing


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
            case StartAttempt() | RecordOutcome() | ExpireAttempt() | AskGateway() | RecordSilence():
                return f"attempt-{command.txn_ref}", attempt.decider
            case IssueReceipt(receipt=receipt):
                return f"receipts-{receipt.agency}-{receipt.serial}-{receipt.year}", receipt_book.decider
            case _:
                return f"obligation-{command.ref}", dues.decider

    def _prepared(self, command: Any) -> Any:
        match command:
            case StartAttempt():
                return owing(command, self._unit(command))
            case RaiseObligation(assessment=assessment) if assessment is not None:
                receipt = offered_receipt(self._unit(command), command.receiving_agency)
                return replace(command, assessment=replace(assessment, receipt=receipt))
            case TakePayment() | PayAtDesk():
                return offered(command, self._unit(command))
            case RaiseNotice():
                return offered_by_tax(command, self._unit(command))
            case _:
                return command

    def _following(self, command: Any, events: tuple[Any, ...]) -> tuple[Any, ...]:
        match command:
            case StartAttempt() | RecordOutcome() | ExpireAttempt() | AskGateway() | RecordSilence():
                return after_attempt(command, events)
            case IssueReceipt():
                return ()
            case _:
                return after_obligation(command, events)

    def _unit(self, command: Any) -> Any:
        """Return what the shell looks into when it fills a command in."""
        return SimpleNamespace(now=command.now, state=lambda stream: (self._folded(stream), 0))

    def _folded(self, stream: str) -> Any:
        decider: Any = receipt_book.decider if stream.startswith("receipts-") else dues.decider
        return decider.fold(self.streams[stream])

    def dues(self, ref: str) -> dues.Dues:
        return dues.decider.fold(self.streams[f"obligation-{ref}"])

    def obligation(self, ref: str, step: str = "") -> Obligation:
        return self.dues(ref).of(step)

    def told(self, *kinds: type) -> Iterator[Any]:
        """Yield all events of these kinds in the order in which they were stored."""
        return (event for event in self.log if isinstance(event, kinds))
