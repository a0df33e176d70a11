"""The simulator's own addresses: a pay page for a person, a door for players, and VNPAY's inquiry.

Its notices go out by httpx to the same address that VNPAY would call. None of these routes exists where a real pay page
is configured.
"""

import html
import json
from datetime import date
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from chassis.clock import Clock
from chassis.web.problem import INVALID, MALFORMED, Kind, Problem
from kernel.money import format_vnd
from services.payments.gateways.gateway import Unverified
from services.payments.gateways.vnpay import MINOR_UNITS_PER_VND
from services.payments.gateways.vnpay_simulator import Ending, Misbehaviour, PayPage, VnpaySimulator

PAY_PAGE = "/sandbox/vnpay/vpcpay.html"
PAYMENTS = "/sandbox/vnpay/payments"
INQUIRIES = "/sandbox/vnpay/merchant_webapi/api/transaction"
SETTLEMENTS = "/sandbox/vnpay/settlement"
NOTICE_TIMEOUT_S = 30.0

CLOSED = Kind("pay_page_expired", 409, "Đã hết thời gian thanh toán.", "The time for paying is over.")
NOT_OURS = Kind("pay_url_not_signed", 422, "Địa chỉ thanh toán không hợp lệ.", "The pay address is not genuine.")

BUTTONS: tuple[tuple[Ending, str], ...] = (
    ("succeeded", "Thanh toán · Pay"),
    ("failed", "Thẻ không đủ tiền · Insufficient funds"),
    ("cancelled_by_payer", "Hủy · Cancel"),
)
PAGE = """<!doctype html><html lang="vi"><head><meta charset="utf-8"><title>VNPAY mô phỏng</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head>
<body style="font-family:sans-serif;max-width:30rem;margin:2rem auto;padding:0 1rem">
<p><strong>Cổng thanh toán mô phỏng</strong> · Simulated payment gateway. Không có tiền thật · No real money.</p>
<h1 style="font-size:1.2rem">{purpose}</h1><p style="font-size:2rem">{amount}</p>
<form method="post">{buttons}</form></body></html>"""
BUTTON = '<p><button name="ending" value="{value}" style="font-size:1rem;padding:.6rem 1rem">{label}</button></p>'


Form = TypeVar("Form", bound=BaseModel)


class Payment(BaseModel):
    """What a player does at the gateway: how the payment ends, and how the gateway misbehaves about it."""

    model_config = ConfigDict(extra="forbid")

    pay_url: str = Field(max_length=4_000)
    ending: Ending = "succeeded"
    misbehaviour: Misbehaviour = "none"


class Choice(BaseModel):
    """The button that a person pressed on the pay page."""

    ending: Ending


class Sandbox:
    """The simulator behind HTTP."""

    def __init__(self, simulator: VnpaySimulator, clock: Clock, notify_url: str) -> None:
        self._simulator = simulator
        self._clock = clock
        self._notify_url = notify_url

    def routes(self) -> tuple[Route, ...]:
        return (
            Route(PAY_PAGE, self._show, methods=["GET"], include_in_schema=False),
            Route(PAY_PAGE, self._press, methods=["POST"], include_in_schema=False),
            Route(PAYMENTS, self._play, methods=["POST"], include_in_schema=False),
            Route(INQUIRIES, self._inquire, methods=["POST"], include_in_schema=False),
            Route(SETTLEMENTS, self._settle, methods=["GET"], include_in_schema=False),
        )

    async def _show(self, request: Request) -> Response:
        page = self._page(str(request.url))
        amount = format_vnd(int(page.values["vnp_Amount"]) // MINOR_UNITS_PER_VND)
        purpose = html.escape(page.values.get("vnp_OrderInfo", ""))
        buttons = "".join(BUTTON.format(value=value, label=label) for value, label in BUTTONS)
        return HTMLResponse(PAGE.format(purpose=purpose, amount=amount, buttons=buttons))

    async def _press(self, request: Request) -> Response:
        choice = _read(Choice, dict(await request.form()))
        page = self._page(str(request.url))
        await self._end(request, page, choice.ending, "none")
        return RedirectResponse(self._simulator.return_url(page, choice.ending, self._clock.now()), 303)

    async def _play(self, request: Request) -> Response:
        payment = _read(Payment, await _json(request))
        page = self._page(payment.pay_url)
        answers = await self._end(request, page, payment.ending, payment.misbehaviour)
        back = self._simulator.return_url(page, payment.ending, self._clock.now())
        return JSONResponse({"answers": answers, "return_url": back})

    async def _inquire(self, request: Request) -> Response:
        question = {str(name): str(value) for name, value in (await _json(request)).items()}
        return JSONResponse(self._simulator.answer_inquiry(question, self._clock.now()))

    async def _settle(self, request: Request) -> Response:
        """Give the settlement file of a day, as the gateway would lay it ready: `?day=2026-11-20`."""
        try:
            day = date.fromisoformat(request.query_params.get("day", ""))
        except ValueError as error:
            raise Problem(INVALID, None, [("day", "a day like 2026-11-20")]) from error
        return Response(self._simulator.settlement(day), media_type="text/csv")

    def _page(self, pay_url: str) -> PayPage:
        page = self._simulator.opened(pay_url)
        if isinstance(page, Unverified):
            raise Problem(NOT_OURS, page.detail)
        return page

    async def _end(self, request: Request, page: PayPage, ending: Ending, misbehaviour: Misbehaviour) -> list[Any]:
        """Let the payment end and send the notices; return what they were answered."""
        now = self._clock.now()
        if self._simulator.is_closed(page, misbehaviour, now):
            raise Problem(CLOSED)
        return [
            await self._notify(request, notice) for notice in self._simulator.notices(page, ending, misbehaviour, now)
        ]

    async def _notify(self, request: Request, notice: bytes) -> Any:
        """Call the notice address as VNPAY would; it is served by this very process, so no network lies between."""
        transport = httpx.ASGITransport(app=request.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, timeout=NOTICE_TIMEOUT_S) as client:
            answer = await client.get(f"{self._notify_url}?{notice.decode()}")
        return answer.json()


def _read(model: type[Form], given: Any) -> Form:
    try:
        return model.model_validate(given)
    except ValidationError as error:
        invalid = [(".".join(str(part) for part in one["loc"]), one["msg"]) for one in error.errors()]
        raise Problem(INVALID, None, invalid) from error


async def _json(request: Request) -> dict[str, Any]:
    try:
        content = await request.json()
        json.dumps(content, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:  # no JSON, too deep, or with halves of letters
        raise Problem(MALFORMED, "The body is not JSON.") from error
    if not isinstance(content, dict):
        raise Problem(MALFORMED, "The body is not a JSON object.")
    return content
