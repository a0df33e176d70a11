"""For rehearsal only: move the clock, and be anybody. None of these routes exists without `--rehearsal`."""

import asyncio
from concurrent.futures import Future
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Protocol

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from chassis.clock import Clock, ClockMovesForwardOnly, RehearsalClock
from chassis.vault import Vault
from chassis.web.auth import TOKEN_LIFETIME_S, DevelopmentIssuer, Principal
from chassis.web.problem import Kind, Problem, ProblemDocument

CLOCK = Kind("clock_moves_forward_only", 409, "Đồng hồ chỉ đi tới.", "The clock only moves forward.")
ANSWERS: dict[int | str, dict[str, Any]] = {409: {"model": ProblemDocument}, 422: {"model": ProblemDocument}}


Codes = Annotated[list[Annotated[str, Field(max_length=64)]], Field(max_length=100)]


class Moved(Protocol):
    """Whatever moves a clock, from timer to timer: an engine, or the conductor of several."""

    @property
    def clock(self) -> Clock: ...
    def move_clock(self, to: datetime) -> "Future[None] | asyncio.Future[None]": ...
    def release_clock(self) -> "Future[None] | asyncio.Future[None]": ...


class MoveClock(BaseModel):
    """Where to bring the clock; the calendars of rehearsal lie between these years."""

    to: Annotated[AwareDatetime, Field(ge=datetime(2000, 1, 1, tzinfo=UTC), lt=datetime(2100, 1, 1, tzinfo=UTC))]


class TokenRequest(BaseModel):
    """Whom to be. A natural person is named by a personal id, a firm by its tax code; the vault gives the opaque id."""

    role: Literal[
        "applicant", "desk_officer", "agency_officer", "postal_staff", "accountant", "inspector", "system"
    ]  # fmt: skip
    id: str = Field(default="", max_length=100)
    agency: str = Field(default="", max_length=35)
    personal_id: str = Field(default="", max_length=12)
    tax_code: str = Field(default="", max_length=14)
    lifetime_s: int = Field(default=TOKEN_LIFETIME_S, ge=-3600, le=7 * 24 * 3600)
    procedures: Codes = []
    steps: Codes = []


class VirtualClock(BaseModel):
    """What the clock of a rehearsal says, whether it was ever set, and whether it runs with the wall's by now."""

    now: str
    untouched: bool
    released: bool


class TokenGiven(BaseModel):
    """A token, and for whom it speaks; `person` is the vault's id, or ""."""

    token: str
    id: str
    person: str


class SessionGiven(BaseModel):
    """What a page sends back with every command of its session."""

    csrf: str


def principal_named(vault: Vault, wanted: TokenRequest) -> Principal:
    """Return the principal that somebody wishes to be; its person is durably known."""
    person = ""
    if wanted.personal_id:
        person = vault.person("personal_id", wanted.personal_id)
    elif wanted.tax_code:
        person = vault.person("tax_code", wanted.tax_code)
    vault.keep(person)
    name = wanted.id or person or f"{wanted.role}:{wanted.agency or 'rehearsal'}"
    return Principal(name, wanted.role, wanted.agency, person, tuple(wanted.procedures), tuple(wanted.steps))


def rehearsal(engine: Moved, issuer: DevelopmentIssuer, vault: Vault) -> APIRouter:
    """Return the routes of rehearsal."""
    router = APIRouter(prefix="/api/v1/rehearsal", tags=["rehearsal"])
    clock = engine.clock
    assert isinstance(clock, RehearsalClock)

    def reading() -> dict[str, Any]:
        return {"now": clock.now().isoformat(), "untouched": clock.untouched, "released": clock.released}

    @router.get("/clock", operation_id="read_clock", response_model=VirtualClock)
    async def read() -> dict[str, Any]:
        return reading()

    @router.post("/clock", operation_id="move_clock", response_model=VirtualClock, responses=ANSWERS)
    async def move(wanted: MoveClock) -> dict[str, Any]:
        try:
            await asyncio.wrap_future(engine.move_clock(wanted.to))
        except ClockMovesForwardOnly as error:
            raise Problem(CLOCK, str(error)) from error
        return reading()

    @router.post("/clock/release", operation_id="release_clock", response_model=VirtualClock)
    async def release() -> dict[str, Any]:
        await asyncio.wrap_future(engine.release_clock())
        return reading()

    @router.post("/tokens", operation_id="issue_token", response_model=TokenGiven)
    async def token(wanted: TokenRequest) -> dict[str, str]:
        who = await run_in_threadpool(principal_named, vault, wanted)
        return {"token": issuer.issue(who, wanted.lifetime_s), "id": who.id, "person": who.person}

    @router.post("/sessions", operation_id="open_session", response_model=SessionGiven)
    async def session(wanted: TokenRequest, response: Response) -> dict[str, str]:
        return {"csrf": issuer.open_session(response, await run_in_threadpool(principal_named, vault, wanted))}

    return router
