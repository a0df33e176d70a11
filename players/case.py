"""What everybody who plays in one dossier's life shares: the time there, the plan, the chance, and what was seen."""

import heapq
from collections.abc import Generator
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from itertools import count
from random import Random

from chassis.web.auth import ACCOUNTANT, AGENCY_OFFICER, APPLICANT, DESK_OFFICER, POSTAL_STAFF
from kernel.procedure import Step
from kernel.working_time import Calendar
from players.people import Person
from players.plan import Plan, World
from players.schedule import GRID, Story, on_grid
from players.script import WAITED, Answer, Life, Move, Until, Who

OFFICERS_OF_A_DESK = 2
"""How many people work at one desk or agency here; their names are numbers."""


@dataclass(slots=True)
class Case:
    """One dossier as its players know it.

    Args:
        now: what time it is in this life.
        withdrawn: the applicant has asked for it back, so nobody goes on with it.
    """

    world: World
    plan: Plan
    chance: Random
    story: Story
    now: datetime
    ref: str = ""
    withdrawn: bool = False

    @property
    def at(self) -> dict[str, str]:
        """The path's parameter that names this dossier."""
        return {"ref": self.ref}

    @property
    def desk_calendar(self) -> Calendar:
        return self.calendar(self.plan.desk)

    def calendar(self, agency: str) -> Calendar:
        return self.world.registry.calendar(agency)

    def step(self, code: str) -> Step:
        """Return a step as it is published."""
        return next(step for step in self.world.procedure(self.plan).steps if step.code == code)

    def happens(self, name: str) -> bool:
        return self.world.mix.happens(name, self.chance)

    def chosen(self, name: str) -> str:
        return self.world.mix.chosen(name, self.chance)

    def after(self, span: str, agency: str = "") -> datetime:
        """Return an instant that lies a span of the mix behind now, on an agency's calendar (the desk's by default)."""
        return self.world.mix.spans[span].after(self.now, self.calendar(agency or self.plan.desk), self.chance)

    def wait(self, instant: datetime) -> Generator[Until, Answer, None]:
        """Wait until `instant`; at least one step of the grid, so that every service has heard what was said."""
        until = on_grid(max(instant, self.now + GRID))
        yield Until(until)
        self.now = until

    def wait_for(self, span: str, agency: str = "") -> Generator[Until, Answer, None]:
        yield from self.wait(self.after(span, agency))

    def soon(self) -> Generator[Until, Answer, None]:
        """Wait until the others have heard."""
        yield from self.wait(self.now)

    def digest(self, what: str) -> str:
        """Return the SHA-256 of a file that only this life has."""
        return sha256(f"{self.story.index} {what} {self.chance.random()}".encode()).hexdigest()

    # who acts

    @property
    def submitter(self) -> Who:
        return _as_applicant(self.plan.submitter)

    @property
    def desk_officer(self) -> Who:
        return self._officer(DESK_OFFICER, self.plan.desk)

    def agency_officer(self, agency: str) -> Who:
        return self._officer(AGENCY_OFFICER, agency)

    @property
    def accountant(self) -> Who:
        return Who(ACCOUNTANT, f"accountant:{self.plan.desk}", self.plan.desk)

    @property
    def postman(self) -> Who:
        return Who(POSTAL_STAFF, f"post:{self.plan.desk}")

    def _officer(self, role: str, agency: str) -> Who:
        return Who(role, f"officer:{agency}:{self.chance.randint(1, OFFICERS_OF_A_DESK)}", agency)


def _as_applicant(person: Person) -> Who:
    return Who(APPLICANT, personal_id=person.personal_id, tax_code=person.tax_code)


@dataclass(slots=True)
class Crew:
    """Several people who work on one dossier side by side, each at the hour of their own."""

    case: Case
    _waiting: list[tuple[datetime, int, Life, bool]] = field(default_factory=list)
    _turn: "count[int]" = field(default_factory=count)

    def add(self, part: Life) -> None:
        """Let somebody begin now."""
        heapq.heappush(self._waiting, (self.case.now, next(self._turn), part, False))

    def work(self) -> Life:
        """Be all of them in turn, until everybody is done."""
        while self._waiting:
            instant, _, part, begun = heapq.heappop(self._waiting)
            if instant > self.case.now:
                yield Until(instant)
                self.case.now = instant
            yield from self._go_on(part, begun)

    def _go_on(self, part: Life, begun: bool) -> Generator[Move | Until, Answer, None]:
        answer = WAITED
        while True:
            try:
                move = part.send(answer) if begun else next(part)
            except StopIteration:
                return
            begun = True
            if isinstance(move, Until):
                heapq.heappush(self._waiting, (move.instant, next(self._turn), part, True))
                return
            answer = yield move
