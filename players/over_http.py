"""The stage over HTTP: players talk to a running server in rehearsal, several at once, and move its clock.

Every command carries an idempotency key made of seed, dossier and step, and is sent again until it is answered, so that
a server which dies and comes back in the middle loses nothing and does nothing twice.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from types import TracebackType
from typing import Any, Final

import httpx
import stamina

from players.schedule import Player, Schedule
from players.script import Answer, Do, Move, Pay, Push, See, Until, Who

IN_FLIGHT: Final = 16
ANSWERS_WITHIN_S: Final = 60.0
MOVES_WITHIN_S: Final = 300.0
"""How long the clock may take to an instant: every timer on the way rings, and somebody may be away meanwhile."""
COMES_BACK_WITHIN_S: Final = 300.0
FIRST_PAUSE_S: Final = 0.05
LONGEST_PAUSE_S: Final = 1.0
SIMULATED_PAYMENTS: Final = "/sandbox/vnpay/payments"
NOT_NOW: Final = frozenset({502, 503, 504})


class Busy(Exception):
    """The server asks to be asked again."""


class Server(AbstractAsyncContextManager["Server"]):
    """A running server, spoken to as everybody in turn."""

    def __init__(self, url: str, seed: int, transport: httpx.AsyncBaseTransport | None = None) -> None:
        """Take where the server is, the seed that is played, and a transport if it is not the network."""
        limits = httpx.Limits(max_connections=IN_FLIGHT, max_keepalive_connections=IN_FLIGHT)
        self._client = httpx.AsyncClient(base_url=url, timeout=ANSWERS_WITHIN_S, limits=limits, transport=transport)
        self._seed = seed
        self._tokens: dict[Who, str] = {}
        self._paths: dict[str, tuple[str, str]] = {}
        self._turn = asyncio.Semaphore(IN_FLIGHT)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def learn(self) -> None:
        """Read from the server itself under which path each act and view is found."""
        document = await self.read("/api/openapi.json")
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                self._paths[operation["operationId"]] = (method.upper(), path)

    async def read(self, path: str, token: str = "", **query: Any) -> Any:
        """Return the JSON of a GET that has to succeed."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = await self._ask("GET", path, params=query, headers=headers)
        answer.raise_for_status()
        return answer.json()

    async def token(self, who: Who) -> str:
        known = self._tokens.get(who)
        if known is None:
            wanted = {"role": who.role, "id": who.name, "agency": who.agency}
            wanted |= {"personal_id": who.personal_id, "tax_code": who.tax_code}
            answer = await self._ask("POST", "/api/v1/rehearsal/tokens", json=wanted)
            answer.raise_for_status()
            known = self._tokens[who] = str(answer.json()["token"])
        return known

    async def move_clock(self, instant: datetime) -> None:
        """Bring the server's clock to `instant`; by then every reader has caught up and every due timer has rung."""
        to = {"to": instant.isoformat()}
        answer = await self._ask("POST", "/api/v1/rehearsal/clock", json=to, timeout=MOVES_WITHIN_S)
        answer.raise_for_status()

    async def release_clock(self) -> None:
        answer = await self._ask("POST", "/api/v1/rehearsal/clock/release", timeout=MOVES_WITHIN_S)
        answer.raise_for_status()

    async def play(self, schedule: Schedule, moment: Callable[[datetime, int], None]) -> None:
        """Play until time is up or every life is over; `moment` is told of each instant and the moves made in it."""
        while (due := schedule.next()) is not None:
            instant, players = due
            await self.move_clock(instant)
            before = sum(player.moves for player in players)
            async with asyncio.TaskGroup() as together:
                for player in players:
                    together.create_task(self._go_on(player, schedule))
            moment(instant, sum(player.moves for player in players) - before)

    async def _go_on(self, player: Player, schedule: Schedule) -> None:
        move = player.go_on()
        while move is not None:
            if isinstance(move, Until):
                schedule.waits(player, move)
                return
            async with self._turn:
                answer = await self._make(move, player.key(self._seed))
            move = player.go_on(answer)

    async def _make(self, move: Move, key: str) -> Answer:
        match move:
            case Do():
                method, path = self._paths[move.act]
                headers = {"Authorization": f"Bearer {await self.token(move.who)}", "Idempotency-Key": key}
                content: dict[str, Any] = {"json": dict(move.body)} if move.body else {}
                return _answer(await self._ask(method, path.format_map(move.params), headers=headers, **content))
            case See():
                method, path = self._paths[move.view]
                headers = {"Authorization": f"Bearer {await self.token(move.who)}"}
                return _answer(await self._ask(method, path.format_map(move.params), headers=headers))
            case Pay():
                payment = {"pay_url": move.pay_url, "ending": move.ending, "misbehaviour": move.misbehaviour}
                return _answer(await self._ask("POST", SIMULATED_PAYMENTS, json=payment))
            case Push():
                return _answer(await self._ask("POST", move.path, json=dict(move.body)))

    async def _ask(self, method: str, url: str, **content: Any) -> httpx.Response:
        """Send a request until it is answered; whoever sends it says the same thing each time."""
        patience = stamina.retry_context(
            on=(httpx.TransportError, Busy), attempts=None, timeout=COMES_BACK_WITHIN_S,
            wait_initial=FIRST_PAUSE_S, wait_max=LONGEST_PAUSE_S,
        )  # fmt: skip
        async for attempt in patience:
            with attempt:
                answer = await self._client.request(method, url, **content)
                if answer.status_code in NOT_NOW:
                    raise Busy(f"{method} {url} was answered {answer.status_code}")
        return answer


def _answer(response: httpx.Response) -> Answer:
    body: Mapping[str, Any] = {}
    if response.content and "json" in response.headers.get("content-type", ""):
        read = response.json()
        body = read if isinstance(read, dict) else {"items": read}
    return Answer(response.status_code, body)
