"""A saga keeps one promise: it hears facts in any order, remembers them, and says what is still owed."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

Fact = TypeVar("Fact")
State = TypeVar("State")
Command = TypeVar("Command")


@dataclass(frozen=True, slots=True)
class Saga(Generic[Fact, State, Command]):
    """One promise. It never sends; whoever runs it carries out what is owed and asks again.

    `evolve` reaches the same state for every order of the same facts; `owed` is empty once the commands it named
    have become facts that the saga heard; `is_kept` says that nothing can be owed any more.
    """

    name: str
    initial: State
    evolve: Callable[[State, Fact], State]
    owed: Callable[[State], tuple[Command, ...]]
    is_kept: Callable[[State], bool]

    def fold(self, facts: Iterable[Fact], state: State | None = None) -> State:
        """Return the state after `facts`, starting from `state` (the initial one by default)."""
        folded = self.initial if state is None else state
        for fact in facts:
            folded = self.evolve(folded, fact)
        return folded
