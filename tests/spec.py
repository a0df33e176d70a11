"""Given, when, then: how tests speak about deciders and sagas, in the words of the domain and nothing else."""

from dataclasses import dataclass
from itertools import permutations
from typing import Any

from kernel.decider import Decider
from kernel.refusal import Refused
from kernel.saga import Saga

PERMUTED_FACTS_LIMIT = 7


def given(decider: Decider[Any, Any, Any], *events: object) -> "Given":
    """Begin with what has happened so far.

    given(dossier, submitted).when(AcceptDossier(…)).then(DossierAccepted(…))
    given(dossier, submitted, withdrawn).when(AcceptDossier(…)).refused("dossier_withdrawn")
    """
    return Given(decider, events)


@dataclass(frozen=True, slots=True)
class Given:
    """What has happened so far."""

    decider: Decider[Any, Any, Any]
    events: tuple[object, ...]

    def when(self, command: object) -> "Decision":
        """Let the decider answer `command`."""
        state = self.decider.fold(self.events)
        answer = self.decider.decide(command, state)
        return Decision(self.decider, state, command, answer)


@dataclass(frozen=True, slots=True)
class Decision:
    """What the decider answered; each ending checks it."""

    decider: Decider[Any, Any, Any]
    state: object
    command: object
    answer: tuple[object, ...] | Refused

    def then(self, *events: object) -> None:
        """Expect exactly these events, in this order, and that the same command again adds nothing."""
        assert self._events() == events
        again = self.decider.decide(self.command, self.decider.fold(events, self.state))
        assert again == (), f"asked twice, it was done twice: {again}"

    def then_kinds(self, *kinds: type) -> tuple[Any, ...]:
        """Expect events of exactly these classes and return them, for tests that look at one field."""
        events = self._events()
        assert tuple(type(event) for event in events) == kinds, events
        return events

    def then_nothing(self) -> None:
        """Expect that the command was done already."""
        assert self._events() == ()

    def refused(self, code: str) -> Refused:
        """Expect the answer no, for the reason `code`; return it, for tests that look at its particulars."""
        assert isinstance(self.answer, Refused), f"expected a refusal {code!r}, but it was done: {self.answer}"
        assert self.answer.code == code, self.answer
        return self.answer

    def _events(self) -> tuple[Any, ...]:
        assert not isinstance(self.answer, Refused), f"refused: {self.answer}"
        return self.answer


def given_facts(saga: Saga[Any, Any, Any], *facts: object) -> "Heard":
    """Begin with the facts that a saga heard.

    given_facts(closing, decided, paid).owes(HandOut(…))
    given_facts(closing, decided).owes_nothing()
    """
    return Heard(saga, saga.fold(facts))


@dataclass(frozen=True, slots=True)
class Heard:
    """Where a saga stands after what it heard."""

    saga: Saga[Any, Any, Any]
    state: Any

    def owes(self, *commands: object) -> "Heard":
        """Expect exactly these commands to be owed, and the promise still open."""
        assert self.saga.owed(self.state) == commands
        assert not commands or not self.saga.is_kept(self.state), "it says kept and still owes something"
        return self

    def owes_nothing(self) -> "Heard":
        """Expect nothing to be owed for now."""
        return self.owes()

    def is_kept(self) -> "Heard":
        """Expect the promise kept: nothing is owed, and nothing can be any more."""
        assert self.saga.is_kept(self.state), self.state
        return self.owes_nothing()

    def is_open(self) -> "Heard":
        """Expect that something may still come to be owed."""
        assert not self.saga.is_kept(self.state), self.state
        return self


def every_order(saga: Saga[Any, Any, Any], *facts: object) -> Heard:
    """Fold `facts` in every order there is, expect one end state, and return where the saga then stands."""
    assert len(facts) <= PERMUTED_FACTS_LIMIT, f"{len(facts)} facts have too many orders; write a property test"
    orders = permutations(facts)
    end = saga.fold(next(orders))
    for order in orders:
        assert saga.fold(order) == end, f"another order ends elsewhere: {order}"
    return Heard(saga, end)
