"""A small process that speaks what the front asks of a service's process, so that the front can be tried on its own.

It keeps orders by their idempotency key in a file that all its instances share, as a service keeps them in its
database. `python -m tests.front.stand_in SERVICE INSTANCE PORT FILE` runs it as a process that can be killed.
"""

import asyncio
import json
import os
import sqlite3
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

TOKEN: Final = "a-token-that-only-tests-know"
PARTITIONS: Final = 12
EVENTS_EVERY_S: Final = 0.05
PIECE: Final = bytes(65_536)
DEMANDED: Final = 503


class StandIn:
    """One instance. What it says of its rest is what its owner sets."""

    def __init__(self, service: str, instance: str, orders: Path) -> None:
        self.service = service
        self.instance = instance
        self.activity = 0
        self.idle = self.relayed = self.heard = self.alive = True
        self.hurries = False
        """Something is done between any two looks."""
        self.partitions = list(range(PARTITIONS))
        self.timers_us: list[int] = []
        self.at: datetime | None = None
        self.released = False
        self.matters: list[str] = []
        self.parked: list[dict[str, Any]] = []
        self.asked: list[Request] = []
        self._orders = orders
        with sqlite3.connect(orders) as db:
            db.execute("CREATE TABLE IF NOT EXISTS orders (key TEXT UNIQUE, answer TEXT)")
        self.public = [
            Route("/api/v1/orders", self.order, methods=["POST"]),
            Route("/api/v1/orders/{number}", self.show, methods=["GET", "HEAD"]),
            Route("/api/v1/orders/{number}/parts", self.part, methods=["PATCH"]),
            Route(f"/api/v1/{service}/bytes", self.many_bytes, methods=["GET"]),
            Route(f"/api/v1/{service}/events", self.events, methods=["GET"]),
            Route(f"/api/v1/{service}/hold", self.hold, methods=["GET", "POST"]),
            Route("/api/v1/operations/parked", self.list_parked, methods=["GET"]),
            Route("/api/v1/operations/events", self.whoami, methods=["GET"]),
        ]
        inner = [
            Route("/internal/routes", self.routes), Route("/internal/rest", self.rest),
            Route("/internal/clock", self.clock, methods=["GET", "POST"]),
            Route("/internal/open-matters", self.open_matters), Route("/api/openapi.json", self.description),
            Route("/livez", self.livez), Route("/readyz", self.readyz),
        ]  # fmt: skip
        self.app = Starlette(routes=self.public + inner)

    # --- what a service has for everybody ---

    async def order(self, request: Request) -> Response:
        """Take an order once for each key; `die` in the body ends the process when it is written and not answered."""
        self.asked.append(request)
        body = await request.json()
        key = request.headers.get("idempotency-key")
        with sqlite3.connect(self._orders) as db:
            known = db.execute("SELECT answer FROM orders WHERE key=?", (key,)).fetchone() if key else None
            if known:
                return Response(known[0], 201, {"Idempotent-Replayed": "true"}, "application/json")
            (number,) = db.execute("SELECT count(*) + 1 FROM orders").fetchone()
            answer = json.dumps({"number": number, "by": self.instance})
            db.execute("INSERT INTO orders VALUES (?, ?)", (key, answer))
        if body.get("die") == self.instance:
            os._exit(1)
        return Response(answer, 201, {"X-Custom": "as it is"}, "application/json")

    async def show(self, request: Request) -> Response:
        self.asked.append(request)
        return JSONResponse({"number": request.path_params["number"], "by": self.instance, "as": request.url.query})

    async def part(self, request: Request) -> Response:
        self.asked.append(request)
        digest, length = sha256(), 0
        async for piece in request.stream():
            digest.update(piece)
            length += len(piece)
        return Response(status_code=204, headers={"X-Digest": digest.hexdigest(), "Upload-Offset": str(length)})

    async def many_bytes(self, request: Request) -> Response:
        async def pieces() -> AsyncIterator[bytes]:
            for _ in range(int(request.query_params["pieces"])):
                yield PIECE

        return StreamingResponse(pieces(), media_type="application/octet-stream")

    async def events(self, request: Request) -> Response:
        async def said() -> AsyncIterator[bytes]:
            self.idle = False
            try:
                for number in range(1_000):
                    yield b"data: %d\n\n" % number
                    await asyncio.sleep(EVENTS_EVERY_S)
            finally:
                self.idle = True

        return StreamingResponse(said(), media_type="text/event-stream")

    async def hold(self, request: Request) -> Response:
        """Answer when the owner lets it be idle again."""
        self.asked.append(request)
        while not self.idle:
            await asyncio.sleep(0.005)
        return JSONResponse({"by": self.instance})

    async def list_parked(self, request: Request) -> Response:
        return JSONResponse({"items": self.parked})

    async def whoami(self, request: Request) -> Response:
        return JSONResponse({"by": self.instance}, headers={"Lienthong-Position": f"{self.service}:1"})

    # --- what it has for the front alone ---

    async def routes(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return Response(status_code=404)
        named = [{"methods": sorted(one.methods or ()), "path": one.path} for one in self.public]
        return JSONResponse({"service": self.service, "instance": self.instance, "routes": named})

    async def rest(self, request: Request) -> Response:
        self.activity += self.hurries
        return JSONResponse(
            {"service": self.service, "instance": self.instance, "idle": self.idle, "relayed": self.relayed,
             "heard": self.heard, "activity": self.activity, "partitions": self.partitions,
             "next_timer_us": min(self.timers_us, default=None)}
        )  # fmt: skip

    async def clock(self, request: Request) -> Response:
        if request.method == "POST":
            told = await request.json()
            self.moved_to(datetime.fromisoformat(told["to"]))
            self.released = told["release"]
        now = self.at or datetime.now(UTC)
        return JSONResponse({"now": now.isoformat(), "untouched": self.at is None, "released": self.released})

    def moved_to(self, instant: datetime) -> None:
        self.at = instant if self.at is None else max(self.at, instant)

    async def open_matters(self, request: Request) -> Response:
        return JSONResponse({"lines": self.matters})

    async def description(self, request: Request) -> Response:
        schema = {"type": "object", "title": self.service}
        reads = {"operationId": f"{self.service}_events", "responses": {"200": {"content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}}}}  # fmt: skip
        return JSONResponse(
            {"openapi": "3.1.0", "paths": {f"/api/v1/{self.service}/events": {"get": reads}},
             "components": {"schemas": {"Thing": schema}}}
        )  # fmt: skip

    async def livez(self, request: Request) -> Response:
        return PlainTextResponse("", 200 if self.alive else DEMANDED)

    async def readyz(self, request: Request) -> Response:
        told = {"status": "ok" if self.alive else "unavailable", "head": self.activity, "parked": len(self.parked)}
        return JSONResponse({"services": {self.service: told}}, 200 if self.alive else DEMANDED)


if __name__ == "__main__":
    _, service, instance, port, orders = sys.argv
    uvicorn.run(StandIn(service, instance, Path(orders)).app, port=int(port), log_level="warning", timeout_keep_alive=5)
