"""What postal staff tell the platform and may look up, and what a dossier's people see of their parcels.

Law: QĐ 45/2016/QĐ-TTg; TT 17/2017/TT-BTTTT; Luật 91/2025/QH15 (an address is opened for a stated purpose, and that is
written down).
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, Final, cast

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from chassis.executor import Done
from chassis.limits import CODE_LENGTH_MAX, REFERENCE_LENGTH_MAX, SCANNED_CODES_MAX
from chassis.service import Scope
from chassis.vault import CannotOpen, Vault
from chassis.web.acts import Act, Call, Listing, View
from chassis.web.auth import ALL, APPLICANT, DESK_OFFICER, INSPECTOR, OWN, POSTAL_STAFF, RECEIVING, Rights
from chassis.web.problem import NOT_FOUND, Kind, Problem
from services.postal.domain.attempts import ATTEMPTS, Failure, Leg, Measure, Reason, measures_for, reasons_for
from services.postal.domain.parcel import Parcel, custodian
from services.postal.domain.proof import DeliveryProof, HandoverRecord, IdDocumentKind, Proof, Relation
from services.postal.domain.words import (
    MarkAttemptFailed,
    MarkBackAtDesk,
    MarkDelivered,
    MarkPickedUp,
    SignHandover,
    order_number,
)

POST: Final[Rights] = {POSTAL_STAFF: ALL}
WHOEVER_IS_CONCERNED: Final[Rights] = {POSTAL_STAFF: ALL, DESK_OFFICER: RECEIVING, INSPECTOR: ALL, APPLICANT: OWN}

PURPOSES: Final[dict[str, tuple[str, ...]]] = {
    "visit": ("name", "address", "phone"),
    "call": ("name", "phone"),
    "label": ("name", "address"),
}
"""Why postal staff may open an address → what they then read of it; nothing else of the person is shown to them."""

ADDRESS_GONE: Final = Kind(
    "address_unreadable", 409,
    "Địa chỉ này không còn đọc được.", "This address can no longer be read.",
)  # fmt: skip

Code = Annotated[str, Field(max_length=CODE_LENGTH_MAX)]
Digest = Annotated[str, Field(max_length=64, description="SHA-256 of the file, lower-case hexadecimal")]
Count = Annotated[int, Field(strict=True, ge=0, le=1_000)]
Codes = Annotated[list[Code], Field(max_length=SCANNED_CODES_MAX)]


class Body(BaseModel):
    """What a command's body has in common: nothing in it that nobody reads."""

    model_config = ConfigDict(extra="forbid")


class PickUp(Body):
    """What was counted, closed and signed when the post took the papers."""

    counted_papers: Count
    seal_number: Code
    signature_sha256: Digest
    photo_sha256: Digest
    device_time: AwareDatetime | None = None
    advised_missing: Codes = []


class Record(Body):
    """The signed record by which papers pass from the post to the desk."""

    record_no: Code
    officer: Annotated[str, Field(max_length=REFERENCE_LENGTH_MAX)]
    accepted_papers: Count
    missing: Codes = []


class FailedAttempt(Body):
    """Why nobody gave or took the papers, and what is done now."""

    reason: Reason
    measure: Measure
    photo_sha256: Digest


class Delivery(Body):
    """Who took the papers, what he showed and that he signed."""

    relation: Relation
    id_document_kind: IdDocumentKind
    signature_sha256: Digest
    photo_sha256: Digest
    authority_paper: Digest = ""


class ParcelShown(BaseModel):
    """One parcel as those concerned see it; `reasons` and `measures` are what may be said if the next attempt fails."""

    ref: str
    leg: str
    item_code: str
    order_number: str
    status: str
    custodian: str
    receiving_agency: str
    attempts: int
    next_attempt_from: datetime | None
    counted_papers: int | None
    advised_missing: list[str]
    record_no: str | None
    missing: list[str]
    reasons: list[str]
    measures: list[str]


class AddressShown(BaseModel):
    """Where to go or whom to call; only what the purpose needs."""

    ref: str
    leg: str
    purpose: str
    name: str = ""
    address: str = ""
    phone: str = ""


def scope(parcel: Parcel) -> Scope | None:
    """Say whom a parcel concerns; there is none before it is ordered."""
    if parcel.order is None:
        return None
    return Scope(people=(parcel.order.party,), receiving=parcel.order.agency, agencies=(parcel.order.agency,))


def _waits_for_a_visit(parcel: Parcel) -> Scope | None:
    """Leave of the scope only parcels whose address the post still needs."""
    collects = parcel.leg == "collection" and parcel.status == "ordered"
    delivers = parcel.leg == "delivery" and parcel.status in ("ordered", "picked_up")
    return scope(parcel) if (collects or delivers) and len(parcel.failures) < ATTEMPTS else None


def _leg(call: Call) -> Leg:
    """Return the leg of the path; an unknown one names no parcel, so it ends as not found."""
    return cast("Leg", call.params["leg"])


def _pick_up(call: Call, body: PickUp) -> MarkPickedUp:
    proof = Proof(
        body.counted_papers,
        body.seal_number,
        body.signature_sha256,
        body.photo_sha256,
        body.device_time.astimezone(UTC) if body.device_time else None,
        tuple(body.advised_missing),
    )
    return MarkPickedUp(call.ref, _leg(call), proof, actor=call.principal.id, now=call.now)


def _record(body: Record) -> HandoverRecord:
    return HandoverRecord(body.record_no, body.officer, body.accepted_papers, tuple(body.missing))


def _hand_over(call: Call, body: Record) -> SignHandover:
    return SignHandover(call.ref, _record(body), actor=call.principal.id, now=call.now)


def _bring_back(call: Call, body: Record) -> MarkBackAtDesk:
    return MarkBackAtDesk(call.ref, _record(body), actor=call.principal.id, now=call.now)


def _fail(call: Call, body: FailedAttempt) -> MarkAttemptFailed:
    failure = Failure(body.reason, body.measure, body.photo_sha256)
    return MarkAttemptFailed(call.ref, _leg(call), failure, actor=call.principal.id, now=call.now)


def _deliver(call: Call, body: Delivery) -> MarkDelivered:
    proof = DeliveryProof(
        body.relation, body.id_document_kind, body.signature_sha256, body.photo_sha256, body.authority_paper
    )
    return MarkDelivered(call.ref, proof, actor=call.principal.id, now=call.now)


class ParcelStanding(BaseModel):
    """Where a parcel is after a command, and who has it."""

    version: int
    status: str
    custodian: str


def _answer(done: Done) -> dict[str, Any]:
    parcel: Parcel = done.state
    return {"version": done.version, "status": parcel.status, "custodian": custodian(parcel)}


def _show(call: Call, parcel: Parcel) -> dict[str, Any]:
    assert parcel.order is not None, "the scope let through only what is ordered"
    attempts, leg = len(parcel.failures), parcel.leg
    can_fail = attempts < ATTEMPTS and parcel.status == ("ordered" if leg == "collection" else "picked_up")
    shown = ParcelShown(
        ref=call.ref,
        leg=leg,
        item_code=parcel.item_code,
        order_number=order_number(call.ref, leg),
        status=parcel.status,
        custodian=custodian(parcel) or "",
        receiving_agency=parcel.order.agency,
        attempts=attempts,
        next_attempt_from=parcel.next_attempt_from,
        counted_papers=parcel.pickup.counted_papers if parcel.pickup else None,
        advised_missing=list(parcel.pickup.advised_missing) if parcel.pickup else [],
        record_no=parcel.record.record_no if parcel.record else None,
        missing=list(parcel.record.missing) if parcel.record else [],
        reasons=list(reasons_for(leg)) if can_fail else [],
        measures=list(measures_for(leg, attempts + 1)) if can_fail else [],
    )
    return shown.model_dump(mode="json")


def _opening(vault: Vault) -> Callable[[Call, Parcel], dict[str, Any]]:
    def show(call: Call, parcel: Parcel) -> dict[str, Any]:
        assert parcel.order is not None, "the scope let through only what is ordered"
        purpose = call.params["purpose"]
        if purpose not in PURPOSES:
            raise Problem(NOT_FOUND, f"An address is opened for one of: {', '.join(PURPOSES)}.")
        stated = f"postal {purpose} {order_number(call.ref, parcel.leg)}"
        try:
            read = vault.open(
                parcel.order.address, by=call.principal.id, purpose=stated, fields=PURPOSES[purpose], at=call.now,
                about=call.ref, to=POSTAL_STAFF,
            )  # fmt: skip
        except CannotOpen as error:
            raise Problem(ADDRESS_GONE) from error
        return AddressShown(ref=call.ref, leg=parcel.leg, purpose=purpose, **read).model_dump()

    return show


def parcel_stream(call: Call) -> str:
    return f"parcel-{order_number(call.ref, _leg(call))}"


ACTS: Final[tuple[Act, ...]] = (
    Act(
        name="mark_picked_up",
        path="/parcels/{ref}/{leg}/pickup",
        summary_vi="Bưu chính nhận giấy tờ",
        summary_en="The post takes the papers",
        rights=POST,
        command=_pick_up,
        scope=scope,
        body=PickUp,
        answer=_answer,
        answers=ParcelStanding,
    ),
    Act(
        name="sign_handover",
        path="/parcels/{ref}/collection/handover",
        summary_vi="Ký biên bản bàn giao giấy tờ cho bộ phận Một cửa",
        summary_en="Post and desk sign that the papers were handed over",
        rights=POST,
        command=_hand_over,
        scope=scope,
        body=Record,
        answer=_answer,
        answers=ParcelStanding,
    ),
    Act(
        name="mark_attempt_failed",
        path="/parcels/{ref}/{leg}/failed-attempts",
        summary_vi="Ghi nhận một lần thu gom hoặc phát không thành công",
        summary_en="An attempt to collect or deliver failed",
        rights=POST,
        command=_fail,
        scope=scope,
        body=FailedAttempt,
        answer=_answer,
        answers=ParcelStanding,
    ),
    Act(
        name="mark_delivered",
        path="/parcels/{ref}/delivery/completion",
        summary_vi="Đã phát cho người nhận",
        summary_en="The receiver took the papers",
        rights=POST,
        command=_deliver,
        scope=scope,
        body=Delivery,
        answer=_answer,
        answers=ParcelStanding,
    ),
    Act(
        name="mark_back_at_desk",
        path="/parcels/{ref}/delivery/back-at-desk",
        summary_vi="Chuyển hoàn về bộ phận Một cửa",
        summary_en="Post and desk sign that an undelivered parcel is back",
        rights=POST,
        command=_bring_back,
        scope=scope,
        body=Record,
        answer=_answer,
        answers=ParcelStanding,
    ),
)


def _of_no_procedure(table: str) -> str:
    """Return a table with the procedure that parcels do not know: whose right is for some procedures only sees none."""
    return f"(SELECT *, '' AS procedure FROM {table})"


LISTINGS: Final[tuple[Listing, ...]] = (
    Listing(
        name="list_parcels_to_do",
        path="/parcels-to-do",
        summary_vi="Việc của bưu chính, theo thời điểm bắt đầu",
        summary_en="What the post has to do, by the moment from which it is to be done",
        rights=POST,
        table=_of_no_procedure("parcels_to_do"),
        columns=("ref", "leg", "item_code", "task", "due_from", "receiving_agency", "attempts"),
        cursor="turn",
        filters={
            "until": "due_from <= :until",
            "task": "task = :task",
            "leg": "leg = :leg",
            "receiving_agency": "receiving_agency = :receiving_agency",
        },
    ),
    Listing(
        name="list_parcels",
        path="/parcels",
        summary_vi="Các bưu gửi",
        summary_en="Parcels",
        rights=WHOEVER_IS_CONCERNED,
        table=_of_no_procedure("parcels"),
        columns=("ref", "leg", "status", "attempts", "receiving_agency", "ordered_at", "changed_at"),
        cursor="item_code",
        filters={
            "item_code": "item_code = :item_code",
            "ref": "ref = :ref",
            "status": "status = :status",
            "leg": "leg = :leg",
            "receiving_agency": "receiving_agency = :receiving_agency",
        },
    ),
)


def views(vault: Vault) -> tuple[View, ...]:
    """Return what can be looked at; addresses are opened through `vault`."""
    return (
        View(
            name="show_parcel",
            path="/parcels/{ref}/{leg}",
            summary_vi="Một bưu gửi: đang ở đâu, ai giữ giấy tờ",
            summary_en="One parcel: where it stands and who has the papers",
            rights=WHOEVER_IS_CONCERNED,
            stream=parcel_stream,
            scope=scope,
            show=_show,
            shows=ParcelShown,
        ),
        View(
            name="open_parcel_address",
            path="/parcels/{ref}/{leg}/address/{purpose}",
            summary_vi="Mở địa chỉ cho một mục đích nêu rõ; việc mở được ghi lại",
            summary_en="Open the address for a stated purpose; the opening is written down",
            rights=POST,
            stream=parcel_stream,
            scope=_waits_for_a_visit,
            show=_opening(vault),
            shows=AddressShown,
        ),
    )
