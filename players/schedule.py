"""Which lives have something to do next, and when: virtual time as a heap of instants."""

import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Final

from players.script import WAITED, Answer, Life, Move, Until

GRID: Final = timedelta(minutes=10)
"""Instants are rounded up to these, so that many lives share one move of the clock."""

ZERO: Final = timedelta(0)


@dataclass(slots=True)
class Story:
    """What a dossier's players have seen so far, for those who compare it with what the product says.

    Args:
        ref, code: "" until the players were told.
        seen: the last standing that they were told or saw: `none`, `submitted`, `accepted`, … `handed_out`.
        ended: nothing more will be done about it.
    """

    index: int
    procedure: str = ""
    ref: str = ""
    code: str = ""
    seen: str = "none"
    ended: bool = False


@dataclass(slots=True)
class Player:
    """A life that is being played, with its story and how many moves it has made.

    Args:
        weeks: names the weeks that are played, so that others of the same seed have keys of their own.
    """

    life: Life
    story: Story
    weeks: str = ""
    moves: int = 0
    begun: bool = False

    def go_on(self, answer: Answer = WAITED) -> Move | Until | None:
        """Give the life its answer and return what it does next, or None when it is over."""
        try:
            move = self.life.send(answer) if self.begun else next(self.life)
        except StopIteration:
            self.story.ended = True
            return None
        self.begun = True
        if not isinstance(move, Until):
            self.moves += 1
        return move

    def key(self, seed: int) -> str:
        """Return the idempotency key of the present move, the same one whenever this seed is played."""
        return f"players-{seed}-{self.weeks}-{self.story.index}-{self.moves}"


class Schedule:
    """Lives in the order of time; one begins only when its first instant comes, so that waiting ones take no room."""

    def __init__(
        self, arrivals: Iterable[tuple[datetime, int]], begin: Callable[[int], Player], ends: datetime | None = None
    ) -> None:
        """Take (instant, index) of each life and what begins it; nothing is played after `ends`, if there is one."""
        self._begin = begin
        self._ends = ends
        self._turn = count()
        self._waiting: list[tuple[datetime, int, Player | int]] = [
            (on_grid(instant), next(self._turn), index) for instant, index in arrivals
        ]
        heapq.heapify(self._waiting)

    def next(self) -> tuple[datetime, list[Player]] | None:
        """Return the next instant and everybody who has something to do then, or None when time is up."""
        waiting = self._waiting
        if not waiting or (self._ends is not None and waiting[0][0] > self._ends):
            return None
        instant, players = waiting[0][0], []
        while waiting and waiting[0][0] == instant:
            _, _, one = heapq.heappop(waiting)
            players.append(self._begin(one) if isinstance(one, int) else one)
        return instant, players

    def waits(self, player: Player, until: Until) -> None:
        """Put a player back in line."""
        heapq.heappush(self._waiting, (until.instant, next(self._turn), player))


def on_grid(instant: datetime) -> datetime:
    """Return the first instant of the grid that is not before `instant`."""
    past = timedelta(seconds=instant.timestamp() % GRID.total_seconds())
    return instant if past == ZERO else instant + GRID - past
