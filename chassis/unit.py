"""One unit of work: a command or a heard event with everything that follows from it in the same service.

A unit collects events, timers and rows and joins its batch only when all of it succeeded; what is refused leaves no
trace.
"""

import dataclasses
import logging
from datetime import datetime
from typing import TYPE_CHECKING, Any

from chassis.clock import to_us
from chassis.codec import encode
from chassis.service import SagaRoute
from chassis.stores.store import AnswerRow, NewEvent, Statement, TimerRow, Writes
from chassis.telemetry import PRESENT, Step, about
from kernel.message import Timer
from kernel.refusal import Refused

if TYPE_CHECKING:
    from chassis.executor import Lane

log = logging.getLogger("lienthong.unit")

SAGA_ROUNDS_PER_UNIT = 64
TRACE_DIGITS = 32
"""A correlation of so many digits is the trace of the request that began it all."""


class SagasRestless(Exception):
    """The sagas of one unit of work did not come to rest: a defect in what they owe, never in the input."""


class Batch:
    """What the units of one turn have come to so far, not yet durable."""

    def __init__(self) -> None:
        self.writes = Writes()
        self.states: dict[str, tuple[Any, int]] = {}
        self.sequences: dict[str, int] = {}
        self.marks: dict[tuple[str, str], int] = {}
        # What was looked up at once for all of it: marks as they were before, and the first answers to its commands,
        # None where there was none yet.
        self.marks_before: dict[tuple[str, str], int] = {}
        self.answers: dict[str, AnswerRow | None] = {}
        self.counts: dict[str, int] = {}
        self.commands: dict[tuple[str, str], int] = {}
        self.steps: list[Step] = []

    def count(self, what: str) -> None:
        """Count something that holds once the batch is durable."""
        self.counts[what] = self.counts.get(what, 0) + 1

    def came_to(self, command: str, outcome: str) -> None:
        """Count what a command has come to, once the batch is durable."""
        key = (command, outcome)
        self.commands[key] = self.commands.get(key, 0) + 1


class Unit:
    """One command, heard event or due timer, with everything that follows from it in this service.

    Args:
        kind, what: what it is, as its span is named: `hear` and a wire type, `timer` and a command.
    """

    def __init__(
        self, lane: "Lane", batch: Batch, causation: str, correlation: str, traceparent: str | None,
        kind: str = "command", what: str = "",
    ) -> None:  # fmt: skip
        self.lane = lane
        self.now: datetime = lane.clock.now()
        self._time_us = to_us(self.now)
        self._batch = batch
        self._causation = causation
        self._correlation = correlation
        self._traceparent = traceparent
        self.step: Step | None = None
        if traceparent is not None:
            self.step = lane.tracer.step(traceparent, kind, what, lane.service.name, self.now)
        self.dossier = ""
        self._stream = ""
        PRESENT.unit = self
        self.states: dict[str, tuple[Any, int]] = {}
        self.expected: dict[str, int] = {}
        self.sequences: dict[str, int] = {}
        self.events: list[NewEvent] = []
        self.timers: dict[str, TimerRow | None] = {}
        self.statements: list[Statement] = []
        self.owing: dict[str, int | None] = {}
        self._asked: dict[str, SagaRoute] = {}

    def state(self, stream: str) -> tuple[Any, int]:
        """Return the state and version of `stream` as this unit sees it."""
        return self.states.get(stream) or self._batch.states.get(stream) or self.lane.load(stream)

    @property
    def trace(self) -> str:
        """Return the id of the trace that it belongs to, "" where it has none."""
        if self._traceparent is not None:
            return self._traceparent.split("-")[1]
        return self._correlation if len(self._correlation) == TRACE_DIGITS else ""

    @property
    def about(self) -> str:
        """Return the reference of what it is about, as far as it has come."""
        return self.dossier or next((event.root for event in self.events if event.root), "") or about(self._stream)

    def run(self, command: Any) -> tuple[Any, ...] | Refused:
        """Carry out one command of this service; a refusal leaves the unit as it was."""
        before = self._snapshot()
        step = self.step
        if step is None:
            decided = self._run(command)
            if isinstance(decided, Refused):
                self._restore(before)
            return decided
        step.begins("command", type(command).__name__)
        mark = step.mark()
        decided = self._run(command)
        if isinstance(decided, Refused):
            self._restore(before)
            step.back_to(mark)
        step.ends(decided.code if isinstance(decided, Refused) else "done")
        return decided

    def _run(self, command: Any) -> tuple[Any, ...] | Refused:
        route = self.lane.service.routes[type(command)]
        if route.prepare is not None:
            command = route.prepare(command, self)
            if isinstance(command, Refused):
                return command
        stream = self._stream = route.stream(command)
        state, version = self.state(stream)
        decided = route.decider.decide(command, state)
        if isinstance(decided, Refused):
            return decided
        if decided:
            self._append(stream, route.decider.evolve, state, version, decided)
        if route.then is not None:
            for following in route.then(command, decided):
                followed = self._run(following)
                if isinstance(followed, Refused):
                    return followed
        return decided

    def _append(self, stream: str, evolve: Any, state: Any, version: int, decided: tuple[Any, ...]) -> None:
        if stream not in self.expected:
            self.expected[stream] = version
        for event in decided:
            version += 1
            state = evolve(state, event)
            self._record(stream, version, event)
        self.states[stream] = (state, version)
        for event in decided:
            for route in self.lane.sagas_by_own.get(type(event), ()):
                self.tell(route, route.own[type(event)](event))

    def _record(self, stream: str, version: int, event: Any) -> None:
        """Write one stored event down with its public side, its timers and its rows."""
        service = self.lane.service
        data = encode(event)
        public = service.publish(event)
        traceparent = self._traceparent if self.step is None else self.step.traceparent
        if public is None:
            said = subject = sequence = root = said_data = None
        else:
            said = self.lane.said(public.name, public.version, type(public.data))
            subject, root = public.subject, public.root
            sequence = self._next_sequence(subject)
            said_data = None if public.data is event else encode(public.data)
            if self.step is not None:
                traceparent = self.step.says(said, subject, sequence, root)
        self.events.append(
            NewEvent(stream, version, type(event).__name__, data, self._time_us, self._correlation, self._causation,
                     traceparent, said, subject, sequence, root, said_data)
        )  # fmt: skip
        for timer in service.timers(event):
            if isinstance(timer, Timer):
                set_by = None if self.step is None else traceparent
                name, content = type(timer.command).__name__, encode(timer.command)
                row = TimerRow(timer.id, to_us(timer.due_at), name, content, set_by)
                self.timers[timer.id] = row
            else:
                self.timers[timer.id] = None
        for rows in self.lane.rows_by_own.get(type(event), ()):
            self.statements.extend(rows(event))

    def _next_sequence(self, subject: str) -> int:
        last = self.sequences.get(subject)
        if last is None:
            last = self._batch.sequences.get(subject)
        if last is None:
            last = self.lane.last_sequence(subject)
        self.sequences[subject] = last + 1
        return last + 1

    def tell(self, route: SagaRoute, fact: Any) -> None:
        """Let a saga hear a fact; one that teaches it nothing is not stored."""
        stream = f"{route.saga.name}-{fact.ref}"
        state, version = self.state(stream)
        after = route.saga.evolve(state, fact)
        if after == state:
            return
        if stream not in self.expected:
            self.expected[stream] = version
        self.states[stream] = (after, version + 1)
        traceparent = self._traceparent if self.step is None else self.step.traceparent
        self.events.append(
            NewEvent(stream, version + 1, type(fact).__name__, encode(fact), self._time_us, self._correlation,
                     self._causation, traceparent, None, None, None, None, None)
        )  # fmt: skip
        self._asked[stream] = route

    def ask(self, stream: str, route: SagaRoute) -> None:
        """Ask a saga again what it owes."""
        self._asked[stream] = route

    def settle(self) -> None:
        """Carry out what the sagas that heard something owe now, until nothing new is owed."""
        rounds = 0
        while self._asked:
            rounds += 1
            if rounds > SAGA_ROUNDS_PER_UNIT:
                raise SagasRestless(f"sagas did not come to rest within {SAGA_ROUNDS_PER_UNIT} rounds")
            stream, route = self._asked.popitem()
            owed = route.saga.owed(self.state(stream)[0])
            if self.step is not None:
                self.step.begins("saga", route.saga.name)
            for command in owed:
                refused = self.run(dataclasses.replace(command, now=self.now))
                if isinstance(refused, Refused):
                    log.warning("%s owes %s, refused: %s", stream, type(command).__name__, refused.code)
            if self.step is not None:
                self.step.ends()
            if not owed:
                self.owing[stream] = None
            elif stream not in self._asked:
                self.owing[stream] = self._time_us

    def _snapshot(self) -> tuple[Any, ...]:
        return (
            dict(self.states), dict(self.expected), dict(self.sequences), len(self.events), dict(self.timers),
            len(self.statements), dict(self._asked),
        )  # fmt: skip

    def _restore(self, before: tuple[Any, ...]) -> None:
        self.states, self.expected, self.sequences, events, self.timers, statements, self._asked = before
        del self.events[events:]
        del self.statements[statements:]

    def join(self) -> None:
        """Hand everything over to the batch: from here on it becomes durable with it."""
        batch, writes = self._batch, self._batch.writes
        if self.step is not None:
            self.step.joined(len(self.events), next(iter(self.states), ""))
            batch.steps.append(self.step)
        writes.events.extend(self.events)
        for stream, version in self.expected.items():
            writes.expected.setdefault(stream, version)
        writes.timers.update(self.timers)
        writes.statements.extend(self.statements)
        for stream, since in self.owing.items():
            if since is not None or self.lane.may_owe(stream) or writes.owing.get(stream):
                writes.owing[stream] = since
        batch.states.update(self.states)
        batch.sequences.update(self.sequences)
