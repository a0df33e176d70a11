"""What a signed-in person can do next with a dossier, as one table: role and relation, how things stand, and the act.

Paths and fields are data; the services behind them decide. The table only spares people a button that would be refused.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from chassis.web.auth import (
    ACCOUNTANT,
    AGENCY_OFFICER,
    ALL,
    APPLICANT,
    ASSIGNED,
    DESK_OFFICER,
    OWN,
    POSTAL_STAFF,
    RECEIVING,
    Rights,
)
from kernel.calendar import Words

About = Literal["dossier", "step", "parcel", "refund"]
Kind = Literal[
    "text", "note", "number", "choice", "digest", "codes", "fixed", "fixed_number", "missing_items", "papers_brought"
]


NO_TITLE: Final = Words("", "")


@dataclass(frozen=True, slots=True)
class Field:
    """One thing the body of an act needs.

    Args:
        choices: name of the list to choose from, which the page fills.
        given: name of the value that the page fills in; `fixed` ones are not asked for at all.
    """

    name: str
    kind: Kind
    label: Words
    choices: str = ""
    given: str = ""
    required: bool = True


@dataclass(frozen=True, slots=True)
class Act:
    """One command that a page may offer.

    Args:
        path: below `/api/v1`, with the places that the thing's `params` fill.
        rights: role → relation in which the person must stand to the thing.
        when: sets of words; one of them must be how the thing stands.
        goes_on: the answer names a page of somebody else's, `pay_url`, where the person goes on.
    """

    name: str
    about: About
    path: str
    rights: Rights
    when: tuple[frozenset[str], ...]
    label: Words
    sign: str
    tone: str
    fields: tuple[Field, ...] = ()
    hint: Words | None = None
    goes_on: bool = False


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that can be acted on: the dossier, a step, a parcel, a refund.

    Args:
        stands: the words that hold of it now.
        relations: in which the person stands to it.
        title: what it is called where there are several.
        given: values and choices for the fields.
    """

    about: About
    stands: frozenset[str]
    relations: frozenset[str]
    params: Mapping[str, str]
    title: Words = NO_TITLE
    given: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Offer:
    """An act that this person can carry out on this thing, with its address."""

    act: Act
    thing: Thing

    @property
    def address(self) -> str:
        return "/api/v1" + self.act.path.format(**self.thing.params)

    @property
    def id(self) -> str:
        return "-".join((self.act.name, *(value for name, value in self.thing.params.items() if name != "ref")))


def _when(*alternatives: str) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(alternative.split()) for alternative in alternatives)


AT_DESK: Final[Rights] = {DESK_OFFICER: RECEIVING}
APPLICANT_OR_DESK: Final[Rights] = {APPLICANT: OWN, DESK_OFFICER: RECEIVING}
THE_AGENCY: Final[Rights] = {AGENCY_OFFICER: ASSIGNED}
THE_POST: Final[Rights] = {POSTAL_STAFF: ALL}
NOTE: Final = Field("note", "note", Words("Ghi chú (được niêm phong)", "Note (kept sealed)"), required=False)
RECORD: Final = (
    Field("record_no", "text", Words("Số biên bản bàn giao", "Number of the record"), given="record_no"),
    Field("officer", "text", Words("Cán bộ Một cửa ký nhận", "Desk officer who signs"), given="desk_officer"),
    Field("accepted_papers", "number", Words("Số giấy tờ nhận", "Papers accepted"), given="papers"),
    Field("missing", "codes", Words("Thành phần thiếu", "Components missing"), required=False),
)
SIGNATURE: Final = Field("signature_sha256", "digest", Words("Ảnh chữ ký", "Photo of the signature"))
PHOTO: Final = Field("photo_sha256", "digest", Words("Ảnh chụp", "Photo"))

ACTS: Final[tuple[Act, ...]] = (
    Act(
        "accept_dossier", "dossier", "/dossiers/{ref}/acceptance", AT_DESK, _when("at_desk complete"),
        Words("Tiếp nhận hồ sơ", "Accept"), "check", "primary",
        hint=Words("Cấp mã hồ sơ và giấy hẹn trả kết quả.", "Gives the code, the slip and the appointment."),
    ),
    Act(
        "ask_for_supplement", "dossier", "/dossiers/{ref}/supplement-request", AT_DESK,
        _when("at_desk not_asked", "in_progress sent_back not_asked_again"),
        Words("Yêu cầu bổ sung", "Ask for a supplement"), "paper", "secondary",
        (Field("items", "missing_items", Words("Thành phần cần bổ sung", "What is missing"), "components"),),
        hint=Words(
            "Nêu đủ, một lần, kèm lý do từng thành phần (NĐ 118/2025 điều 17).",
            "Complete, once, with the reason for each (NĐ 118/2025 art. 17).",
        ),
    ),
    Act(
        "receive_supplement", "dossier", "/dossiers/{ref}/supplement", APPLICANT_OR_DESK, _when("supplement"),
        Words("Nhận hồ sơ bổ sung", "Receive the supplement"), "inbox", "primary",
        (Field("components", "papers_brought", Words("Thành phần nộp bổ sung", "What is brought"), "awaited"),),
    ),
    Act(
        "refuse_dossier", "dossier", "/dossiers/{ref}/refusal", AT_DESK, _when("at_desk", "supplement desk_asks"),
        Words("Từ chối tiếp nhận", "Refuse"), "cross", "danger",
        (
            Field("reason_code", "choice", Words("Lý do", "Reason"), "refusal_reason"),
            Field("law", "text", Words("Căn cứ pháp lý", "Law"), given="refusal_law"),
            NOTE,
        ),
    ),
    Act(
        "start_payment", "dossier", "/dossiers/{ref}/payment-attempts", APPLICANT_OR_DESK,
        _when("fee_open", "tax_open"), Words("Nộp trực tuyến", "Pay online"), "money", "primary", goes_on=True,
    ),
    Act(
        "pay_at_desk", "dossier", "/dossiers/{ref}/desk-payment", {DESK_OFFICER: RECEIVING, ACCOUNTANT: RECEIVING},
        _when("fee_open"), Words("Thu tiền mặt", "Take cash"), "money", "secondary",
        (Field("amount_vnd", "fixed_number", Words("Số tiền", "Amount"), given="fee_total_vnd"),),
    ),
    Act(
        "hand_out", "dossier", "/dossiers/{ref}/handing-out", AT_DESK, _when("to_hand_out"),
        Words("Trả kết quả tại Một cửa", "Hand out at the desk"), "check", "primary",
        (
            Field("collector", "choice", Words("Người nhận", "Who collects"), "collectors"),
            Field("paper_shown", "choice", Words("Giấy tờ xuất trình", "Paper shown"), "paper_shown"),
        ),
    ),
    Act(
        "withdraw_dossier", "dossier", "/dossiers/{ref}/withdrawal", APPLICANT_OR_DESK, _when("may_withdraw"),
        Words("Rút hồ sơ", "Withdraw"), "back", "danger",
        hint=Words(
            "Chỉ khi chưa có quyết định (NĐ 118/2025 điều 21).", "Only while no decision exists (NĐ 118/2025 art. 21)."
        ),
    ),
    Act(
        "answer_sent_back", "step", "/dossiers/{ref}/sent-back/{step}/answer", AT_DESK, _when("at_desk answerable"),
        Words("Trả lời cơ quan giải quyết", "Answer the agency"), "paper", "primary", (NOTE,),
    ),
    Act(
        "take_over_step", "step", "/dossiers/{ref}/steps/{step}/takeover", THE_AGENCY, _when("ready handed_over_by"),
        Words("Hệ thống nhận bàn giao", "Take over"), "inbox", "secondary",
    ),
    Act(
        "acknowledge_step", "step", "/dossiers/{ref}/steps/{step}/acknowledgement", THE_AGENCY,
        _when("ready", "taken_over"), Words("Xác nhận tiếp nhận", "Acknowledge"), "inbox", "primary",
    ),
    Act(
        "decide_step", "step", "/dossiers/{ref}/steps/{step}/decision", THE_AGENCY, _when("acknowledged"),
        Words("Ban hành kết quả", "Issue the result"), "check", "primary",
        (
            Field("result_code", "fixed", Words("Mã kết quả", "Result"), given="result_code"),
            Field("number", "text", Words("Số văn bản kết quả", "Number of the result")),
            Field("signer", "text", Words("Chức vụ người ký", "Post of the signer"), given="signer"),
            Field("sha256", "digest", Words("Tệp kết quả đã ký số", "Signed result document")),
        ),
    ),
    Act(
        "send_back_step", "step", "/dossiers/{ref}/steps/{step}/sending-back", THE_AGENCY, _when("acknowledged"),
        Words("Chuyển lại", "Send back"), "back", "secondary",
        (
            Field("to", "choice", Words("Chuyển lại đến", "Send back to"), "earlier_steps"),
            Field("reason_code", "choice", Words("Lý do", "Reason"), "sent_back_for"),
            NOTE,
        ),
    ),
    Act(
        "extend_limit", "step", "/dossiers/{ref}/steps/{step}/extension", THE_AGENCY, _when("acknowledged may_extend"),
        Words("Áp dụng thời hạn dài hơn", "Claim the longer limit"), "clock", "secondary",
        (Field("ground", "choice", Words("Căn cứ", "Ground"), "grounds"),),
    ),
    Act(
        "refuse_step", "step", "/dossiers/{ref}/steps/{step}/refusal", THE_AGENCY, _when("acknowledged"),
        Words("Từ chối giải quyết", "Refuse"), "cross", "danger",
        (
            Field("reason_code", "choice", Words("Lý do", "Reason"), "refused_for"),
            Field("law", "text", Words("Căn cứ pháp lý", "Law"), given="law"),
            NOTE,
        ),
    ),
    Act(
        "mark_picked_up", "parcel", "/parcels/{ref}/{leg}/pickup", THE_POST, _when("ordered"),
        Words("Đã nhận giấy tờ", "Picked up"), "parcel", "primary",
        (
            Field("counted_papers", "number", Words("Số giấy tờ đếm được", "Papers counted"), given="papers"),
            Field("seal_number", "text", Words("Số niêm phong", "Number of the seal"), given="seal_number"),
            SIGNATURE, PHOTO,
        ),
    ),
    Act(
        "sign_handover", "parcel", "/parcels/{ref}/collection/handover", THE_POST, _when("collection picked_up"),
        Words("Ký bàn giao cho Một cửa", "Sign the handover to the desk"), "inbox", "primary", RECORD,
    ),
    Act(
        "mark_delivered", "parcel", "/parcels/{ref}/delivery/completion", THE_POST,
        _when("delivery picked_up attempts_left"), Words("Đã phát", "Delivered"), "check", "primary",
        (
            Field("relation", "choice", Words("Người nhận", "Receiver"), "receiver"),
            Field("id_document_kind", "choice", Words("Giấy tờ xuất trình", "Document shown"), "id_document"),
            SIGNATURE, PHOTO,
            Field(
                "authority_paper", "digest", Words("Văn bản ủy quyền (nếu nhận thay)", "Written authority, if a proxy"),
                required=False,
            ),
        ),
    ),
    Act(
        "mark_attempt_failed", "parcel", "/parcels/{ref}/{leg}/failed-attempts", THE_POST,
        _when("collection ordered attempts_left", "delivery picked_up attempts_left"),
        Words("Không thực hiện được", "Attempt failed"), "alert", "secondary",
        (
            Field("reason", "choice", Words("Lý do", "Reason"), "attempt_reasons"),
            Field("measure", "choice", Words("Xử lý tiếp", "What is done now"), "measures"),
            PHOTO,
        ),
    ),
    Act(
        "mark_back_at_desk", "parcel", "/parcels/{ref}/delivery/back-at-desk", THE_POST,
        _when("delivery picked_up attempts_used_up"), Words("Chuyển hoàn về Một cửa", "Bring it back"), "back",
        "primary", RECORD,
    ),
    Act(
        "record_refund", "refund", "/dossiers/{ref}/refunds", {ACCOUNTANT: RECEIVING}, _when("owed"),
        Words("Ghi nhận đã hoàn trả", "Record the refund"), "money", "primary",
        (
            Field("txn_ref", "fixed", Words("Giao dịch", "Transaction"), given="txn_ref"),
            Field("amount_vnd", "fixed_number", Words("Số tiền", "Amount"), given="amount_vnd"),
            Field("order_no", "text", Words("Số lệnh chi", "Number of the order")),
        ),
    ),
)  # fmt: skip


def offers(role: str, things: Iterable[Thing]) -> tuple[Offer, ...]:
    """Return what somebody of this role can do, in the order of the table."""
    known = tuple(things)
    return tuple(Offer(act, thing) for act in ACTS for thing in known if _fits(act, role, thing))


def _fits(act: Act, role: str, thing: Thing) -> bool:
    if act.about != thing.about or act.rights.get(role) not in thing.relations:
        return False
    return any(words <= thing.stands for words in act.when)
