"""The portal's door: it signs in, sends dossiers and asks where they stand; each answer is {error_code, message}."""

import asyncio
import json
from datetime import datetime
from typing import Any, Final

from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from ulid import ULID

from chassis.clock import RehearsalClock
from chassis.executor import Job, Outcome
from chassis.limits import ANSWER_WITHIN_S, NESTING_MAX
from chassis.service import Parts
from chassis.stores.store import StoreUnavailable
from chassis.vault import CannotOpen
from chassis.web.acts import Border
from chassis.web.problem import MALFORMED
from chassis.web.refs import resolve
from kernel.calendar import VIETNAM
from kernel.refusal import Refused
from services.intake.domain.commands import ReceiveSupplement, WithdrawDossier
from services.intake.domain.rules import NUMBER_TAKEN
from services.intake.domain.state import Dossier
from services.intake.gateways.portal.message import Item, Message, what_is_wrong
from services.intake.gateways.portal.sessions import Account
from services.intake.gateways.portal.translation import ACTOR, Translation, Untranslatable
from services.intake.gateways.portal.words import (
    GENERATIONS,
    NEWLY_REGISTERED,
    SUPPLEMENTED,
    WISH_TO_WITHDRAW,
    status_said,
)

DONE: Final = "0"
PORTAL: Final = "portal"
EXISTS_OTHERWISE: Final = "3"
ERROR: Final = "-1"

TOKEN_PATH: Final = "/gateways/portal/token"
SYNC_PATH: Final = "/gateways/portal/DongBoHoSoMC"
LOOK_UP_PATH: Final = "/gateways/portal/TraCuuHoSo"

Answer = tuple[str, str]


def _says(code: str, message: str, status: int = 200, **more: Any) -> Response:
    return JSONResponse({"error_code": code, "message": message} | more, status)


class Door:
    """Takes the portal's messages in, one item at a time."""

    def __init__(self, parts: Parts, account: Account) -> None:
        self._clock = parts.clock
        self._vault = parts.vault
        self._account = account
        self._translation = Translation(GENERATIONS[account.generation], parts.registry, parts.vault)

    async def token(self, request: Request) -> Response:
        """Sign the portal in."""
        body = await _body(request)
        username, password = str(body.get("username", "")), str(body.get("password", ""))
        session = self._account.open(username, password)
        if session is None:
            return _says(ERROR, "username or password is wrong", 401)
        return _says(DONE, "success", session=session)

    async def synchronise(self, request: Request) -> Response:
        """DongBoHoSoMC: take each dossier in; one that cannot be taken does not keep the others out."""
        try:
            message = Message.model_validate(await _body(request))
        except ValidationError as error:
            return _says(ERROR, what_is_wrong(error), 400)
        if not self._account.admits(message.session):
            return _says(ERROR, "the session is unknown or has ended; sign in again", 401)
        border: Border = request.app.state.borders["intake"]
        rows = [await self._item(border, raw, message.updating) for raw in message.data]
        code, said = next(
            ((row["error_code"], row["message"]) for row in rows if row["error_code"] != DONE), (DONE, "")
        )
        return _says(code, said or "success", data=rows)

    async def look_up(self, request: Request) -> Response:
        """TraCuuHoSo: where a dossier stands, in the portal's own statuses."""
        body = await _body(request)
        if not self._account.admits(str(body.get("session", ""))):
            return _says(ERROR, "the session is unknown or has ended; sign in again", 401)
        border: Border = request.app.state.borders["intake"]
        found = _existing(border, str(body.get("mahoso", "")).strip().upper())
        if found is None or found.submission is None:
            return _says(ERROR, "there is no such dossier")
        row = {
            "MaHoSo": found.code or found.submission.portal_code or "",
            "MaTTHC": found.submission.procedure,
            "TrangThaiHoSo": status_said(found),
            "NgayTiepNhan": _date(found.acceptance.at if found.acceptance else None),
            "NgayHenTra": _date(found.appointment.due_at if found.appointment else None),
        }
        said = found.submission
        self._vault.told(said.applicant, ACTOR, "status", tuple(row), self._clock.now(), said.ref, PORTAL)
        return _says(DONE, "success", data=[row])

    async def _item(self, border: Border, raw: dict[str, Any], updating: bool) -> dict[str, str]:
        try:
            item = Item.model_validate(raw)
            code, said = await self._take(border, item, raw, updating)
        except ValidationError as error:
            return {"MaHoSo": str(raw.get("MaHoSo", ""))[:60], "error_code": ERROR, "message": what_is_wrong(error)}
        except Untranslatable as error:
            return {"MaHoSo": item.code, "error_code": ERROR, "message": str(error)}
        except (TimeoutError, StoreUnavailable):  # what is down inside is not for strangers
            return {"MaHoSo": item.code, "error_code": ERROR, "message": "busy; send it again"}
        return {"MaHoSo": item.code, "error_code": code, "message": said}

    async def _take(self, border: Border, item: Item, raw: dict[str, Any], updating: bool) -> Answer:
        found = _existing(border, item.code)
        if updating and item.status != NEWLY_REGISTERED:
            return await self._update(border, item, found)
        if found is not None:
            return self._again(found, raw)
        if updating:
            return ERROR, "there is no such dossier to update"
        if item.status != NEWLY_REGISTERED:
            return (
                ERROR,
                f"TrangThaiHoSo: a new dossier comes with {NEWLY_REGISTERED}; what follows is said by the desk",
            )
        now = self._clock.now()
        command = self._translation.submission(str(ULID.from_datetime(now)), item, raw, now)
        refused = await _carry_out(border, command)
        if refused is not None and refused.rule is NUMBER_TAKEN and (found := _existing(border, item.code)):
            return self._again(found, raw)
        return _answer(refused)

    async def _update(self, border: Border, item: Item, found: Dossier | None) -> Answer:
        """The applicant answered, or wishes to withdraw; everything else about a dossier is the desk's to say."""
        if found is None or found.submission is None:
            return ERROR, "there is no such dossier to update"
        ref, now = found.submission.ref, self._clock.now()
        if item.status == WISH_TO_WITHDRAW:
            return _answer(await _carry_out(border, WithdrawDossier(ref=ref, actor=ACTOR, now=now)))
        if item.status == SUPPLEMENTED:
            procedure = self._translation.procedure_of(found.submission.procedure, found.submission.procedure_version)
            brought = self._translation.components(item, procedure)
            command = ReceiveSupplement(ref=ref, components=brought, actor=ACTOR, now=now)
            return _answer(await _carry_out(border, command))
        return ERROR, f"TrangThaiHoSo: {item.status[:8]} is not the portal's to say"

    def _again(self, found: Dossier, raw: dict[str, Any]) -> Answer:
        """The same number with the same content is the same dossier; with another it is a conflict."""
        assert found.submission is not None, "what exists was submitted"
        try:
            opened = self._vault.open(
                found.submission.particulars, ACTOR, "repeat_of_portal_message", ("portal_message",), self._clock.now(),
                about=found.submission.ref,
            )  # fmt: skip
        except CannotOpen:
            opened = {}
        if opened.get("portal_message") == raw:
            return DONE, "taken before"
        return EXISTS_OTHERWISE, "MaHoSo: this number has a dossier with other content"


def _date(instant: datetime | None) -> str:
    return "" if instant is None else f"{instant.astimezone(VIETNAM):%Y%m%d%H%M%S}"


def _existing(border: Border, code: str) -> Dossier | None:
    ref = resolve(border.running.store, code)
    dossier: Dossier = border.running.lane.fold(f"dossier-{ref}")[0]
    return dossier if dossier.submission is not None else None


async def _carry_out(border: Border, command: Any) -> Refused | None:
    """Give a command and wait until it is durable; return why it was refused, if it was."""
    outcomes: list[Outcome] = []

    def render(outcome: Outcome) -> tuple[int, bytes]:
        outcomes.append(outcome)
        return 200, b"{}"

    job = Job(command=command, render=render, correlation=command.ref)
    border.submit(job)
    await asyncio.wait_for(asyncio.wrap_future(job.future), ANSWER_WITHIN_S)
    return outcomes[-1] if isinstance(outcomes[-1], Refused) else None


def _answer(refused: Refused | None) -> Answer:
    if refused is None:
        return DONE, "success"
    what = "; ".join(f"{one.name}: {one.reason}" for one in refused.invalid)
    return ERROR, f"{refused.rule.vi} ({refused.law})" + (f" {what}" if what else "")


async def _body(request: Request) -> dict[str, Any]:
    """Return the body's fields; what is no JSON object, too deep, or cannot be written again as it is, has none."""
    try:
        body = json.loads(await request.body(), parse_constant=_no_number)
        json.dumps(body, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return {}
    except HTTPException as refused:
        if refused.status_code != MALFORMED.status:  # too large, too slow: not for the portal's own words
            raise
        return {}
    return body if isinstance(body, dict) and _is_flat(body, NESTING_MAX) else {}


def _is_flat(value: Any, levels: int) -> bool:
    """Say whether a value has at most so many levels: what can just be read can often not be sealed or compared."""
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return parts is None or (levels > 0 and all(_is_flat(part, levels - 1) for part in parts))


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no JSON")


def portal_routes(parts: Parts, account: Account | None = None) -> tuple[Route, ...]:
    """Return the routes under which the portal reaches this installation."""
    rehearsal = isinstance(parts.clock, RehearsalClock)
    door = Door(parts, account or Account.from_environment(rehearsal))
    return (
        Route(TOKEN_PATH, door.token, methods=["POST"]),
        Route(SYNC_PATH, door.synchronise, methods=["POST"]),
        Route(LOOK_UP_PATH, door.look_up, methods=["POST"]),
    )
