"""The stage without HTTP: acts go straight to the borders of an engine that is turned on the caller's own thread.

Many lives' acts are given before each turn, so that they share its commit. Only what the portal sends goes through an
application, as a request that never leaves the process.
"""

import asyncio
import json
from collections.abc import Callable, Iterable
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Final, Protocol, Self, cast

import httpx
from fastapi import FastAPI

from chassis.executor import Answered, Job
from chassis.lru import Recent
from chassis.run import Engine
from chassis.service import Parts
from chassis.web.acts import Border, View
from chassis.web.auth import Principal
from players.schedule import Player, Schedule
from players.script import Answer, Do, Pay, Push, See, Until, Who
from services.payments.wiring import pay_without_http

if TYPE_CHECKING:
    from services.payments.wiring import Ending, Misbehaviour

AT_ONCE: Final = 64
"""How many moves are made before the engine is turned."""

PEOPLE_REMEMBERED: Final = 8_192
NOT_FOUND: Final = Answer(404, {})

Work = tuple[Job, ...] | asyncio.Task[httpx.Response]
"""What a move comes to: jobs for a lane, the last one's answer being the move's; or a request to the application."""


class Platform(Protocol):
    """What the stage needs of the product: an engine that nobody else turns, its borders and its parts."""

    @property
    def engine(self) -> Engine: ...
    @property
    def borders(self) -> dict[str, Border]: ...
    @property
    def parts(self) -> Parts: ...


def _not_watched(job: Job) -> None:
    """Let a command go without a look at it."""


class Wire:
    """The product in this process, spoken to as everybody in turn.

    Args:
        given: told of each command at the moment it is given.
    """

    def __init__(self, platform: Platform, seed: int, given: Callable[[Job], None] = _not_watched) -> None:
        self._engine = platform.engine
        self._borders = platform.borders
        self._parts = platform.parts
        self._seed = seed
        self._told = given
        self._loop = asyncio.new_event_loop()
        self._client = httpx.AsyncClient(transport=httpx.ASGITransport(_gateways(platform)), base_url="http://inside")
        self._people: Recent[Who, Principal] = Recent(PEOPLE_REMEMBERED)
        self._views: dict[tuple[str, str], View] = {
            (name, view.name): view for name, border in self._borders.items() for view in border.running.service.views
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.run_until_complete(self._client.aclose())
        self._loop.close()

    def play(self, schedule: Schedule, moment: Callable[[datetime, int], None]) -> None:
        """Play until time is up or every life is over; `moment` is told of each instant and the moves made in it.

        No player looks at what patient services show; they have caught up at the end.
        """
        while (due := schedule.next()) is not None:
            instant, players = due
            self._engine.pass_time(instant, patient_too=False)
            before = sum(player.moves for player in players)
            for start in range(0, len(players), AT_ONCE):
                self._play_together(players[start : start + AT_ONCE], schedule)
            moment(instant, sum(player.moves for player in players) - before)
        self._engine.run_until_idle()

    def _play_together(self, players: Iterable[Player], schedule: Schedule) -> None:
        """Play some lives until all of them wait: everybody makes a move, then the engine answers all of them."""
        given = list(filter(None, (self._advance(player, None, schedule) for player in players)))
        while given:
            self._turn(work for _, work in given)
            answered = [(player, _answer(work)) for player, work in given]
            given = list(filter(None, (self._advance(player, answer, schedule) for player, answer in answered)))

    def _advance(self, player: Player, answer: Answer | None, schedule: Schedule) -> tuple[Player, Work] | None:
        """Let a life go on to its next command; what it only looks at is shown at once."""
        while True:
            move = player.go_on() if answer is None else player.go_on(answer)
            match move:
                case None:
                    return None
                case Until():
                    schedule.waits(player, move)
                    return None
                case See():
                    answer = self.see(move)
                case Do():
                    return player, (self._give(move, player.key(self._seed)),)
                case Pay():
                    return player, self._pay(move)
                case Push():
                    return player, self._loop.create_task(self._push(move))

    def _give(self, move: Do, key: str) -> Job:
        job = self._borders[move.service].give(move.act, self.principal(move.who), move.params, move.body, key)
        self._told(job)
        return job

    def see(self, move: See) -> Answer:
        """Return what a view shows."""
        view = self._views[move.service, move.view]
        seen = self._borders[move.service].look(view, self.principal(move.who), move.params)
        return NOT_FOUND if seen is None else Answer(200, seen[0])

    def principal(self, who: Who) -> Principal:
        known = self._people.get(who)
        if known is None:
            person = ""
            if who.personal_id:
                person = self._parts.vault.person("personal_id", who.personal_id)
            elif who.tax_code:
                person = self._parts.vault.person("tax_code", who.tax_code)
            known = Principal(who.name or person, who.role, who.agency, person)
            self._people.update({who: known})
        return known

    def _pay(self, move: Pay) -> tuple[Job, ...]:
        ending, misbehaviour = cast("Ending", move.ending), cast("Misbehaviour", move.misbehaviour)
        jobs = pay_without_http(self._parts, self._borders["payments"], move.pay_url, ending, misbehaviour)
        return jobs or (_nothing(),)

    async def _push(self, move: Push) -> httpx.Response:
        return await self._client.post(move.path, json=dict(move.body))

    def _turn(self, works: Iterable[Work]) -> None:
        """Turn the engine until every command is answered; requests in between are helped along."""
        requests = [work for work in works if isinstance(work, asyncio.Task)]
        self._engine.run_until_idle(patient_too=False)
        while not all(request.done() for request in requests):
            self._loop.run_until_complete(asyncio.sleep(0))
            self._engine.run_until_idle(patient_too=False)


def _gateways(platform: Platform) -> FastAPI:
    """Return an application of nothing but the doors that other systems use."""
    app = FastAPI(openapi_url=None)
    app.state.borders, app.state.parts = platform.borders, platform.parts
    for border in platform.borders.values():
        app.router.routes.extend(border.running.service.extra_routes)
    return app


def _nothing() -> Job:
    """Return the answer to a payment of which the gateway says nothing."""
    job = Job(command=None)
    job.future.set_result(Answered(200, b"{}", 0, 0))
    return job


def _answer(work: Work) -> Answer:
    if isinstance(work, tuple):
        answered: Answered = work[-1].future.result(timeout=0)
        return Answer(answered.status, json.loads(answered.body))
    response = work.result()
    return Answer(response.status_code, response.json() if response.content else {})
