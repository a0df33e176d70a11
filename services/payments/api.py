"""What payers, the desk and the accountant may do about what a dossier owes.

Law: NĐ 61/2018/NĐ-CP art. 22 and NĐ 118/2025/NĐ-CP art. 24 (ways of paying); NĐ 254/2026/NĐ-CP (receipts).
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any, Final, get_args

from pydantic import BaseModel, ConfigDict, Field
from ulid import ULID

from chassis.codec import Codec
from chassis.executor import Done
from chassis.limits import REFERENCE_LENGTH_MAX, WORD_LENGTH_MAX
from chassis.service import Scope
from chassis.stores.store import Store
from chassis.vault import CannotOpen, Vault
from chassis.web.acts import Act, Call, Listing, View
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
from chassis.web.problem import Kind, Problem
from services.payments.domain import dues, obligation_words
from services.payments.domain.attempt_words import AskGateway, PaymentStarted, StartAttempt
from services.payments.domain.callback import Callback
from services.payments.domain.dues import Dues, name_of, step_named
from services.payments.domain.obligation_words import PayAtDesk, RecordRefund
from services.payments.domain.streams import callback_stream, obligation_stream
from services.payments.gateways.gateway import Gateway, PayRequest
from services.payments.projections.shown import DuesStanding, ObligationShown, PaymentStanding, obligation_shown

PAYABLE_FOR: Final = timedelta(minutes=15)
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
Which = Annotated[str | None, Field(max_length=WORD_LENGTH_MAX)]
"""Which obligation is meant: `fee`, or the step that issued a tax notice; the only open one where it is left out."""
_STORED = Codec(get_args(obligation_words.Event))


class Body(BaseModel):
    """What a command's body has in common: nothing in it that nobody reads."""

    model_config = ConfigDict(extra="forbid")


class Payment(Body):
    """What is to be paid online: the whole amount owed."""

    obligation: Which = None


class DeskPayment(Body):
    """Cash taken at the desk: the whole amount owed."""

    amount_vnd: Amount
    obligation: Which = None


class RefundDone(Body):
    """A refund that a bank or treasury order paid; without a `txn_ref` it is what was paid at the desk."""

    txn_ref: Annotated[str, Field(max_length=REFERENCE_LENGTH_MAX)] | None = None
    amount_vnd: Amount
    order_no: Annotated[str, Field(max_length=REFERENCE_LENGTH_MAX)]
    obligation: Which = None


class CallbackShown(BaseModel):
    """A gateway's notice as it came; the opening is written down."""

    digest: str
    raw: str


def scope(state: Dues) -> Scope | None:
    """Say whom a dossier's obligations concern; there is nobody before the first is raised."""
    return _scope_of(state) if state.obligations else None


def _scope_of(state: Dues) -> Scope:
    first = state.obligations[0] if state.obligations else state.of("")
    people = tuple(person for person in (first.payer, first.submitter) if person)
    return Scope(people, first.receiving_agency, (first.receiving_agency,), procedure=first.procedure)


def _as_seen(command: StartAttempt) -> Scope:
    assert command.dues is not None, "the act looked it up"
    return _scope_of(command.dues)


def _whose_attempt(call: Call, state: Any) -> Scope | None:
    """Say whom an attempt concerns: its row tells what its stream does not."""
    txn_ref = {"txn_ref": call.params["txn_ref"]}
    rows = call.store.query("SELECT * FROM payment_attempts WHERE txn_ref=:txn_ref", txn_ref)
    if not rows:
        return None
    row = rows[0]
    people = tuple(person for person in (row["applicant"], row["submitter"]) if person)
    return Scope(people, row["receiving_agency"], (row["receiving_agency"],), procedure=row["procedure"])


def _dues(store: Store, ref: str) -> Dues:
    """Return what is owed, from the log; a dossier has a handful of such events."""
    stored = store.read_stream(obligation_stream(ref))
    return dues.decider.fold(_STORED.decode(event.type, event.data) for event in stored)


def _starting(gateway: Gateway) -> Callable[[Call, Payment], StartAttempt]:
    def start(call: Call, body: Payment) -> StartAttempt:
        return StartAttempt(
            ref=call.ref,
            txn_ref=str(ULID()),
            gateway=gateway.name,
            limit_vnd=gateway.limit_vnd,
            expires_at=call.now + PAYABLE_FOR,
            step=step_named(body.obligation),
            dues=_dues(call.store, call.ref),
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
            purpose=f"{'Thue' if event.step else 'Phi, le phi'} ho so {event.code}",
            started_at=event.at,
            expires_at=event.expires_at,
            return_url=f"{public_url}/dossiers/{event.code}",
        )
        return {
            "txn_ref": event.txn_ref,
            "amount_vnd": event.amount_vnd,
            "obligation": event.step or dues.FEE,
            "expires_at": event.expires_at,
            "pay_url": gateway.pay_url(request),
        }

    return answer


def _pay_at_desk(call: Call, body: DeskPayment) -> PayAtDesk:
    step = step_named(body.obligation)
    return PayAtDesk(ref=call.ref, amount_vnd=body.amount_vnd, step=step, actor=call.principal.id, now=call.now)


def _record_refund(call: Call, body: RefundDone) -> RecordRefund:
    return RecordRefund(
        ref=call.ref,
        txn_ref=body.txn_ref,
        amount_vnd=body.amount_vnd,
        order_no=body.order_no,
        step=step_named(body.obligation),
        actor=call.principal.id,
        now=call.now,
    )


def _ask_gateway(call: Call, body: None) -> AskGateway:
    return AskGateway(txn_ref=call.params["txn_ref"], actor=call.principal.id, now=call.now)


def _standing(done: Done) -> dict[str, Any]:
    """Say how each obligation of the dossier stands, and in `standing` the first of them."""
    standings = {name_of(one): one.standing for one in done.state.obligations}
    return {"version": done.version, "standing": next(iter(standings.values())), "standings": standings}


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
            body=Payment,
            answer=_sending_to(gateway, public_url),
            answers=PaymentStanding,
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
            answers=DuesStanding,
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
            answers=DuesStanding,
        ),
        Act(
            name="ask_gateway",
            path="/payment-attempts/{txn_ref}/inquiry",
            summary_vi="Hỏi cổng thanh toán kết quả một giao dịch",
            summary_en="Ask the gateway how a payment attempt ended",
            rights=THE_ACCOUNTANT,
            command=_ask_gateway,
            scope=lambda attempt: None,
            part=_whose_attempt,
        ),
    )


def _show(call: Call, state: Dues) -> dict[str, Any]:
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


OBLIGATION_COLUMNS: Final = (
    "ref", "purpose", "step", "code", "procedure", "receiving_agency", "total_vnd", "standing", "method",
    "raised_at",
)  # fmt: skip
REFUND_COLUMNS: Final = (
    "ref", "step", "txn_ref", "code", "amount_vnd", "reason", "law", "standing", "order_no", "owed_at", "paid_at",
)  # fmt: skip
ATTEMPT_COLUMNS: Final = (
    "txn_ref", "ref", "step", "code", "receiving_agency", "gateway", "amount_vnd", "standing", "gateway_code",
    "gateway_no", "asked", "said", "started_at", "paid_at",
)  # fmt: skip

LISTINGS: Final[tuple[Listing, ...]] = (
    Listing(
        name="list_obligations",
        path="/obligations",
        summary_vi="Các khoản phí, lệ phí",
        summary_en="Fees and charges owed",
        rights=WHOEVER_IS_CONCERNED,
        table=_of_the_desk("obligations"),
        columns=OBLIGATION_COLUMNS,
        cursor="obligation",
        filters={"standing": "standing = :standing", "receiving_agency": "receiving_agency = :receiving_agency"},
    ),
    Listing(
        name="list_refunds",
        path="/refunds",
        summary_vi="Các khoản phải hoàn và đã hoàn",
        summary_en="Refunds owed and paid",
        rights=WHOEVER_IS_CONCERNED,
        table=_of_the_desk("refunds"),
        columns=REFUND_COLUMNS,
        cursor="refund",
        filters={"standing": "standing = :standing", "reason": "reason = :reason"},
    ),
    Listing(
        name="list_payment_attempts",
        path="/payment-attempts",
        summary_vi="Các giao dịch thanh toán, kể cả giao dịch chưa rõ kết quả (unheard)",
        summary_en="Payment attempts, those whose end could not be had (unheard) among them",
        rights=WHOEVER_RECKONS,
        table=_of_the_desk("payment_attempts"),
        columns=ATTEMPT_COLUMNS,
        cursor="txn_ref",
        filters={
            "standing": "standing = :standing",
            "gateway": "gateway = :gateway",
            "started_from": "started_at >= :started_from",
            "started_before": "started_at < :started_before",
        },
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
