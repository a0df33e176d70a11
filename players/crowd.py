"""Everybody who hands something in during some weeks: so many lives from one seed, each with a chance of its own."""

from dataclasses import dataclass, field
from random import Random

from players.case import Case
from players.life import life
from players.plan import Plan, World, draw
from players.schedule import Player, Schedule, Story


@dataclass(slots=True)
class Crowd:
    """The lives of one seed.

    Args:
        stories: what each life that has begun has seen, in the order in which they began; None keeps none.
        begun: how many have begun.
    """

    world: World
    seed: int
    dossiers: int
    stories: list[Story] | None = field(default_factory=list)
    begun: int = 0

    def schedule(self) -> Schedule:
        """Return all lives in the order of time; where the weeks are cut, nothing is played after them."""
        weeks = self.world.weeks
        arrivals = [(self.plan(index)[0].submits_at, index) for index in range(self.dossiers)]
        return Schedule(arrivals, self.begin, weeks.end if weeks.cut else None)

    def plan(self, index: int) -> tuple[Plan, Random]:
        """Return a dossier's plan, and the chance that is left for its life; they depend on seed and index alone."""
        chance = Random(f"{self.seed} {index}")
        return draw(self.world, chance), chance

    def begin(self, index: int) -> Player:
        plan, chance = self.plan(index)
        self.begun += 1
        story = Story(index, plan.procedure)
        if self.stories is not None:
            self.stories.append(story)
        return Player(
            life(Case(self.world, plan, chance, story, plan.submits_at)), story, f"{self.world.weeks.start:%y%m%d}"
        )
