"""A command on its way in, what it may come to, and what a lane asks of every piece of work."""

from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from chassis.clock import to_us
from chassis.service import Scope
from chassis.stores.store import AnswerRow
from chassis.unit import Batch, Unit
from kernel.refusal import Refused

if TYPE_CHECKING:
    from chassis.executor import Lane


class Answered(NamedTuple):
    """What a command came to, durable by the time anybody reads it.

    `version` is that of the command's own stream, `position` the head of the service's log.
    """

    status: int
    body: bytes
    version: int
    position: int
    replayed: bool = False


class Done(NamedTuple):
    """A command that was carried out: the events it led to in its own stream, and the state after them."""

    events: tuple[Any, ...]
    state: Any
    version: int


class NotThere(NamedTuple):
    """The thing does not exist, or the principal may not see it: one answer for both."""


class Stale(NamedTuple):
    """`If-Match` named another version than the present one."""

    version: int


class KeyReused(NamedTuple):
    """The same idempotency key came with another body."""


Outcome = Done | Refused | NotThere | Stale | KeyReused


def promise() -> "Future[Any]":
    """Return a future that whoever waits cannot cancel: a command on its way is carried out all the same."""
    future: Future[Any] = Future()
    future.set_running_or_notify_cancel()
    return future


def _anybody(scope: Scope | None) -> bool:
    return True


def _no_scope(state: Any) -> Scope | None:
    return Scope()


def _plain(outcome: Outcome) -> tuple[int, bytes]:
    return (200, b"{}") if isinstance(outcome, Done) else (409, b"{}")


class Piece(Protocol):
    """A piece of work for a lane: a command, some heard events, a due timer."""

    def carry(self, lane: "Lane", batch: Batch) -> None:
        """Do the work into `batch`; nothing is durable yet, and it may be done anew into another batch.

        What it hands to the batch it hands over last: if it raises, the batch goes on without it.
        """
        ...

    def durable(self, lane: "Lane", head: int) -> None:
        """The batch is durable and the log ends at `head`: tell whoever waits."""
        ...

    def failed(self, lane: "Lane", error: Exception) -> None:
        """This piece alone could not be carried out, for a reason that will not pass."""
        ...

    def alone(self) -> "Iterable[Piece]":
        """Return the same work in pieces as small as they get."""
        ...


@dataclass(slots=True, repr=False)
class Job:
    """A command on its way in, with whoever waits for the answer.

    Args:
        id: command id; the same id again gets the first answer ("" is never remembered).
        fingerprint: keyed hash of the body; another one under the same id is `KeyReused`.
        allow: the authorisation filter, given the scope of the thing (None: it does not exist).
        scope: state → whom it concerns.
        expected: version demanded by `If-Match`, or None.
        render: outcome → HTTP status and body.
    """

    command: Any
    id: str = ""
    fingerprint: str = ""
    allow: Callable[[Scope | None], bool] = _anybody
    scope: Callable[[Any], Scope | None] = _no_scope
    expected: int | None = None
    render: Callable[[Outcome], tuple[int, bytes]] = _plain
    correlation: str = ""
    traceparent: str | None = None
    future: "Future[Answered]" = field(default_factory=promise)
    _answer: Answered | None = None

    def __repr__(self) -> str:
        return f"Job({type(self.command).__name__})"

    def carry(self, lane: "Lane", batch: Batch) -> None:
        name = type(self.command).__name__
        kept = self._kept(lane, batch)
        if kept is not None:
            self._answer = self._first_answer(kept)
            batch.came_to(name, "replayed" if self._answer.replayed else "KeyReused")
            return
        unit = Unit(lane, batch, self.id, self.correlation, self.traceparent, "command", name)
        outcome = self._outcome(lane, unit)
        status, body = self.render(outcome)
        version = outcome.version if isinstance(outcome, Done | Stale) else 0
        if isinstance(outcome, Done):
            unit.join()
        if self.id and isinstance(outcome, Done | Refused):
            row = AnswerRow(self.id, self.fingerprint, status, body, version, to_us(unit.now))
            batch.answers[self.id] = row
            batch.writes.answers.append(row)
        self._answer = Answered(status, body, version, 0)
        came_to = "done" if isinstance(outcome, Done) else getattr(outcome, "code", type(outcome).__name__)
        batch.count(came_to)
        batch.came_to(name, came_to)
        if unit.step is not None and not isinstance(outcome, Done):
            unit.step.came_to(came_to, lane.service.routes[type(self.command)].stream(self.command))

    def _kept(self, lane: "Lane", batch: Batch) -> AnswerRow | None:
        if not self.id:
            return None
        return batch.answers[self.id] if self.id in batch.answers else lane.store.answer(self.id)

    def _first_answer(self, kept: AnswerRow) -> Answered:
        if kept.fingerprint != self.fingerprint:
            return Answered(*self.render(KeyReused()), 0, 0)
        return Answered(kept.status, kept.body, kept.version, 0, replayed=True)

    def _outcome(self, lane: "Lane", unit: Unit) -> Outcome:
        stream = lane.service.routes[type(self.command)].stream(self.command)
        state, version = unit.state(stream)
        if not self.allow(self.scope(state)):
            return NotThere()
        if self.expected is not None and self.expected != version:
            return Stale(version)
        decided = unit.run(self.command)
        if isinstance(decided, Refused):
            return decided
        unit.settle()
        state, version = unit.state(stream)
        return Done(decided, state, version)

    def durable(self, lane: "Lane", head: int) -> None:
        assert self._answer is not None
        self.future.set_result(self._answer._replace(position=head))

    def failed(self, lane: "Lane", error: Exception) -> None:
        self.future.set_exception(error)

    def alone(self) -> Iterable[Piece]:
        return (self,)


@dataclass(slots=True)
class Staged:
    """One turn's work between its two halves.

    Args:
        carried: pieces whose work is in the batch.
        spoiled: pieces that could not be carried out, with the reason.
        failure: why the store would not take the batch as a whole.
        put_off: it only says what a reader has passed over, and is written together with the next batch; if it is lost
            before, the reader passes over the same messages again.
    """

    batch: Batch
    carried: list[Piece]
    spoiled: list[tuple[Piece, Exception]]
    failure: Exception | None = None
    put_off: bool = False
