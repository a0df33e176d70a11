"""A decider turns a command and what is known into facts, or into a refusal; it touches nothing else."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from kernel.refusal import Refused

Command = TypeVar("Command")
State = TypeVar("State")
Event = TypeVar("Event")


@dataclass(frozen=True, slots=True)
class Decider(Generic[Command, State, Event]):
    """The whole behaviour of one thing that changes.

    `decide` is total and answers `()` when the command was already done; `evolve` never refuses.
    """

    initial: State
    decide: Callable[[Command, State], tuple[Event, ...] | Refused]
    evolve: Callable[[State, Event], State]

    def fold(self, events: Iterable[Event], state: State | None = None) -> State:
        """Return the state after `events`, starting from `state` (the initial one by default)."""
        folded = self.initial if state is None else state
        for event in events:
            folded = self.evolve(folded, event)
        return folded
