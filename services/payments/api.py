"""What payers, the desk and the accountant may do about a dossier's fee, and where the gateway's notices come in.

Law: NĐ 61/2018/NĐ-CP art. 22 and NĐ 118/2025/NĐ-CP art. 24 (ways of paying); NĐ 254/2026/NĐ-CP (receipts).
"""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any, Final, get_args

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as HttpRoute
from ulid import ULID

from chassis.codec import Codec
from chassis.executor import Done
from chassis.service import Scope
from chassis.stores.store import Store
from chassis.vault import CannotOpen, Vault
from chassis.web.acts import Act, Border, Call, Listing, View
from chassis.web.auth import (
    ACCOUNTANT,
    ALL,
    APPLICANT,
    DESK_OFFICER,
    INSPECTOR,
    OWN,
    RECEIVING,
    SYSTEM,
    Rights,
)
from chassis.web.problem import UNAVAILABLE, Kind, Problem
from services.payments.domain import obligation, obligation_words
from services.payments.domain.attempt_words import PaymentStarted, StartAttempt
from services.payments.domain.callback import Callback
from services.payments.domain.obligation import Obligation
from services.payments.domain.obligation_words import PayAtDesk, RecordRefund
from services.payments.domain.streams import callback_stream, obligation_stream
from services.payments.gateways.callbacks import receive
from services.payments.gateways.gateway import Gateway, PayRequest
from services.payments.projections.shown import ObligationShown, obligation_shown

NOTICES: Final = "/api/v1/payments/vnpay/ipn"
PAYABLE_FOR: Final = timedelta(minutes=15)
ANSWER_WITHIN_S: Final = 30.0
AMOUNT_LIMIT_VND: Final = 10**12

WHOEVER_PAYS: Final[Rights] = {APPLICANT: OWN, DESK_OFFICER: RECEIVING, SYSTEM: ALL}
THE_DESK: Final[Rights] = {DESK_OFFICER: RECEIVING, ACCOUNTANT: RECEIVING, SYSTEM: ALL}
THE_ACCOUNTANT: Final[Rights] = {ACCOUNTANT: RECEIVING, SYSTEM: ALL}
WHOEVER_IS_CONCERNED: Final[Rights] = {
    APPLICANT: OWN,
    DESK_OFFICER: RECEIVING,
    ACCOUNTANT: RECEIVING,
    INSPECTOR: ALL,
    SYSTEM: ALL,
}
WHOEVER_RECKONS: Final[Rights] = {ACCOUNTANT: RECEIVING, INSPECTOR: ALL, SYSTEM: ALL}
WHOEVER_INSPECTS: Final[Rights] = {INSPECTOR: ALL, SYSTEM: ALL}

CALLBACK_GONE: Final = Kind(
    "callback_unreadable", 409,
    "Nội dung thông báo này không còn đọc được.", "This notice can no longer be read.",
)  # fmt: skip

Amount = Annotated[int, Field(strict=True, ge=0, le=AMOUNT_LIMIT_VND)]
_STORED = Codec(get_args(obligation_words.Event))


class Body(BaseModel):
    """What a command's body has in common: nothing in it that nobody reads."""

    model_config = ConfigDict(extra="forbid")


class DeskPayment(Body):
    """Cash taken at the desk: the whole amount owed."""

    amount_vnd: Amount


class RefundDone(Body):
    """A refund that a bank or treasury order paid; without a `txn_ref` it is what was paid at the desk."""

    txn_ref: Annotated[str, Field(max_length=100)] | None = None
    amount_vnd: Amount
    order_no: Annotated[str, Field(max_length=50)]


class CallbackShown(BaseModel):
    """A gateway's notice as it came; the opening is written down."""

    digest: str
    raw: str


def scope(state: Obligation) -> Scope | None:
    """Say whom an obligation concerns; there is none before it is raised."""
    return _scope_of(state) if state.standing != "none" else None


def _scope_of(state: Obligation) -> Scope:
    people = tuple(person for person in (state.payer, state.submitter) if person)
    return Scope(people, state.receiving_agency, (state.receiving_agency,), procedure=state.procedure)


def _as_seen(command: StartAttempt) -> Scope:
    assert command.obligation is not None, "the act looked it up"
    return _scope_of(command.obligation)


def _obligation(store: Store, ref: str) -> Obligation:
    """Return what is owed, from the log; a dossier has a handful of such events."""
    stored = store.read_stream(obligation_stream(ref))
    return obligation.decider.fold(_STORED.decode(event.type, event.data) for event in stored)


def _starting(gateway: Gateway) -> Callable[[Call, None], StartAttempt]:
    def start(call: Call, body: None) -> StartAttempt:
        return StartAttempt(
            ref=call.ref,
            txn_ref=str(ULID()),
            gateway=gateway.name,
            limit_vnd=gateway.limit_vnd,
            expires_at=call.now + PAYABLE_FOR,
            obligation=_obligation(call.store, call.ref),
            actor=call.principal.id,
            now=call.now,
        )

    return start


def _sending_to(gateway: Gateway, public_url: str) -> Callable[[Done], dict[str, Any]]:
    def answer(done: Done) -> dict[str, Any]:
        (event,) = done.events
        assert isinstance(event, PaymentStarted), "a fresh transaction reference always starts an attempt"
        request = PayRequest(
            txn_ref=event.txn_ref,
            amount_vnd=event.amount_vnd,
            purpose=f"Phi, le phi ho so {event.code}",
            started_at=event.at,
            expires_at=event.expires_at,
            return_url=f"{public_url}/dossiers/{event.code}",
        )
        return {
            "txn_ref": event.txn_ref,
            "amount_vnd": event.amount_vnd,
            "expires_at": event.expires_at,
            "pay_url": gateway.pay_url(request),
        }

    return answer


def _pay_at_desk(call: Call, body: DeskPayment) -> PayAtDesk:
    return PayAtDesk(ref=call.ref, amount_vnd=body.amount_vnd, actor=call.principal.id, now=call.now)


def _record_refund(call: Call, body: RefundDone) -> RecordRefund:
    return RecordRefund(
        ref=call.ref,
        txn_ref=body.txn_ref,
        amount_vnd=body.amount_vnd,
        order_no=body.order_no,
        actor=call.principal.id,
        now=call.now,
    )


def _standing(done: Done) -> dict[str, Any]:
    return {"version": done.version, "standing": done.state.standing}


def acts(gateway: Gateway, public_url: str) -> tuple[Act, ...]:
    """Return what may be done about a fee, with payers sent to `gateway`."""
    return (
        Act(
            name="start_payment",
            path="/dossiers/{ref}/payment-attempts",
            summary_vi="Bắt đầu thanh toán trực tuyến",
            summary_en="Begin to pay online",
            rights=WHOEVER_PAYS,
            command=_starting(gateway),
            scope=lambda attempt: None,
            opens=_as_seen,
            answer=_sending_to(gateway, public_url),
            status=201,
        ),
        Act(
            name="pay_at_desk",
            path="/dossiers/{ref}/desk-payment",
            summary_vi="Thu tiền mặt tại Bộ phận Một cửa",
            summary_en="Take the fee in cash at the desk",
            rights=THE_DESK,
            command=_pay_at_desk,
            scope=scope,
            body=DeskPayment,
            answer=_standing,
        ),
        Act(
            name="record_refund",
            path="/dossiers/{ref}/refunds",
            summary_vi="Ghi nhận đã hoàn trả tiền",
            summary_en="A refund was paid",
            rights=THE_ACCOUNTANT,
            command=_record_refund,
            scope=scope,
            body=RefundDone,
            answer=_standing,
        ),
    )


def _show(call: Call, state: Obligation) -> dict[str, Any]:
    return obligation_shown(call.store, call.ref).model_dump(mode="json")


def _opening(vault: Vault) -> Callable[[Call, Callback], dict[str, Any]]:
    def show(call: Call, state: Callback) -> dict[str, Any]:
        digest = call.params["digest"]
        try:
            read = vault.open(
                state.raw, by=call.principal.id, purpose=f"reconciliation {digest}", fields=("raw",), at=call.now
            )
        except CannotOpen as error:
            raise Problem(CALLBACK_GONE) from error
        return CallbackShown(digest=digest, raw=read["raw"]).model_dump()

    return show


def views(vault: Vault) -> tuple[View, ...]:
    """Return what can be looked at; kept notices are opened through `vault`."""
    return (
        View(
            name="show_obligation",
            path="/dossiers/{ref}/obligation",
            summary_vi="Nghĩa vụ tài chính của hồ sơ: phải nộp, đã nộp, phải hoàn",
            summary_en="What is owed for a dossier, what was paid and what goes back",
            rights=WHOEVER_IS_CONCERNED,
            stream=lambda call: obligation_stream(call.ref),
            scope=scope,
            show=_show,
            shows=ObligationShown,
        ),
        View(
            name="open_callback",
            path="/payment-callbacks/{digest}",
            summary_vi="Mở nội dung gốc một thông báo của cổng thanh toán; việc mở được ghi lại",
            summary_en="Open a gateway's notice as it came; the opening is written down",
            rights=WHOEVER_INSPECTS,
            stream=lambda call: callback_stream(call.params["digest"]),
            scope=lambda state: Scope() if state.raw else None,
            show=_opening(vault),
            shows=CallbackShown,
        ),
    )


def _of_the_desk(table: str) -> str:
    """Return a table with the acting agencies that money does not know: it is the desk's and nobody else's."""
    return f"(SELECT *, ' ' AS agencies FROM {table})"


LISTINGS: Final[tuple[Listing, ...]] = (
    Listing(
        name="list_obligations",
        path="/obligations",
        summary_vi="Các khoản phí, lệ phí",
        summary_en="Fees and charges owed",
        rights=WHOEVER_IS_CONCERNED,
        table=_of_the_desk("obligations"),
        columns=("ref", "code", "procedure", "receiving_agency", "total_vnd", "standing", "method", "raised_at"),
        cursor="ref",
        filters={"standing": "standing = :standing", "receiving_agency": "receiving_agency = :receiving_agency"},
    ),
    Listing(
        name="list_refunds",
        path="/refunds",
        summary_vi="Các khoản phải hoàn và đã hoàn",
        summary_en="Refunds owed and paid",
        rights=WHOEVER_IS_CONCERNED,
        table=_of_the_desk("refunds"),
        columns=("ref", "txn_ref", "code", "amount_vnd", "reason", "standing", "order_no", "owed_at", "paid_at"),
        cursor="refund",
        filters={"standing": "standing = :standing", "reason": "reason = :reason"},
    ),
    Listing(
        name="list_receipts",
        path="/receipts",
        summary_vi="Sổ biên lai",
        summary_en="The receipt books",
        rights=WHOEVER_RECKONS,
        table=_of_the_desk("receipts"),
        columns=("template", "serial", "year", "number", "ref", "code", "receiving_agency", "total_vnd", "issued_at"),
        cursor="receipt",
        filters={"serial": "serial = :serial", "receiving_agency": "receiving_agency = :receiving_agency"},
    ),
    Listing(
        name="list_callbacks",
        path="/payment-callbacks",
        summary_vi="Các thông báo nhận được từ cổng thanh toán",
        summary_en="Notices that came in a gateway's name",
        rights=WHOEVER_INSPECTS,
        table="(SELECT *, '' AS receiving_agency, ' ' AS agencies FROM callbacks)",
        columns=("digest", "gateway", "length_bytes", "kept_at"),
        cursor="digest",
    ),
)


def notices(gateway: Gateway, vault: Vault) -> HttpRoute:
    """Return the address that `gateway` calls (IPN). It has no principal: what it says is believed by its signature."""

    async def hear(request: Request) -> Response:
        border: Border = request.app.state.borders["payments"]
        jobs = receive(gateway, vault, request.scope["query_string"], border.clock.now())
        for job in jobs:
            border.submit(job)
        work = asyncio.gather(*(asyncio.wrap_future(job.future) for job in jobs))
        try:
            answers = await asyncio.wait_for(work, ANSWER_WITHIN_S)
        except TimeoutError as error:
            raise Problem(UNAVAILABLE, "Send the same notice again.") from error
        return Response(answers[-1].body, media_type="application/json")

    return HttpRoute(NOTICES, hear, methods=["GET"], include_in_schema=False)
