"""Tells each line of a timeline in a sentence and its particulars, so that a clerk and an applicant can read it."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from chassis.web.pages import moment
from kernel.calendar import Words
from kernel.money import format_vnd
from services.reporting.pages.words import Look, word

Naming = Callable[[str], str]
Say = Callable[[str, str], str]


def _tell(vi: str, en: str, sign: str, tone: str) -> Look:
    return Look(Words(vi, en), sign, tone)


TOLD: Final[dict[str, Look]] = {
    "DossierSubmitted": _tell("Nộp hồ sơ", "Dossier handed in", "inbox", "plain"),
    "PapersReceived": _tell("Một cửa nhận giấy tờ từ bưu chính", "The desk has the papers", "parcel", "plain"),
    "SupplementRequested": _tell("Yêu cầu bổ sung hồ sơ", "Supplement asked for", "paper", "waiting"),
    "SupplementReceived": _tell("Nhận hồ sơ bổ sung", "Supplement received", "paper", "plain"),
    "PaymentAwaited": _tell("Hồ sơ đầy đủ, chờ nộp phí", "Complete, waits for the fee", "money", "waiting"),
    "DossierAccepted": _tell("Tiếp nhận hồ sơ và hẹn trả kết quả", "Accepted, appointment given", "check", "done"),
    "DossierRefused": _tell("Từ chối tiếp nhận", "Reception refused", "cross", "late"),
    "WithdrawalRequested": _tell("Xin rút hồ sơ", "Withdrawal asked for", "back", "waiting"),
    "DossierWithdrawn": _tell("Rút hồ sơ", "Dossier withdrawn", "back", "ended"),
    "DossierStopped": _tell("Dừng giải quyết hồ sơ", "Dossier stopped", "stop", "ended"),
    "SentBackAnswered": _tell("Một cửa trả lời cơ quan giải quyết", "The desk answered the agency", "paper", "plain"),
    "DossierResolved": _tell("Hồ sơ giải quyết xong", "Dossier resolved", "check", "done"),
    "ResultDispatched": _tell("Gửi kết quả qua bưu chính", "Result given to the post", "parcel", "plain"),
    "DossierHandedOut": _tell("Trả kết quả", "Result handed out", "check", "done"),
    "ComponentDigitised": _tell("Số hóa giấy tờ", "Paper digitised", "paper", "plain"),
    "ParticularsCorrected": _tell("Đính chính thông tin", "Particulars corrected", "person", "plain"),
    "ChainOpened": _tell("Mở chuỗi liên thông", "Chain opened", "clock", "plain"),
    "StepReady": _tell("Đến lượt cơ quan giải quyết", "Step ready", "clock", "plain"),
    "StepTakenOver": _tell("Hệ thống của cơ quan đã nhận", "Taken over by the agency's system", "inbox", "plain"),
    "StepAcknowledged": _tell("Cơ quan xác nhận tiếp nhận", "Acknowledged by the agency", "inbox", "plain"),
    "LimitExtended": _tell("Áp dụng thời hạn dài hơn", "Longer limit applied", "clock", "waiting"),
    "StepDecided": _tell("Cơ quan ban hành kết quả", "Result issued", "check", "done"),
    "StepDeemedAgreed": _tell("Im lặng, coi như đồng ý", "Silent, deemed to agree", "check", "done"),
    "StepRefused": _tell("Cơ quan từ chối giải quyết", "Refused by the agency", "cross", "late"),
    "StepCancelled": _tell("Bước không thực hiện nữa", "Step cancelled", "stop", "ended"),
    "StepSentBack": _tell("Chuyển lại", "Sent back", "back", "waiting"),
    "HandOverOverdue": _tell("Quá hạn bàn giao", "Hand-over overdue", "alert", "late"),
    "AcknowledgementOverdue": _tell("Quá hạn xác nhận tiếp nhận", "Acknowledgement overdue", "alert", "late"),
    "StepOverdue": _tell("Bước quá hạn", "Step overdue", "alert", "late"),
    "ChainOverdue": _tell("Quá ngày hẹn trả kết quả", "Appointment passed", "alert", "late"),
    "ClockSuspended": _tell("Tạm dừng đồng hồ", "Clock suspended", "clock", "waiting"),
    "ClockRestarted": _tell("Đồng hồ tính lại từ đầu", "Clock restarted from zero", "clock", "plain"),
    "ClockResumed": _tell("Đồng hồ chạy tiếp", "Clock runs again", "clock", "plain"),
    "AppointmentMoved": _tell("Ngày hẹn trả kết quả mới", "New appointment", "clock", "waiting"),
    "StepClockStopped": _tell("Tạm dừng đồng hồ của bước", "Clock of the step stopped", "clock", "waiting"),
    "StepClockResumed": _tell("Đồng hồ của bước chạy tiếp", "Clock of the step runs again", "clock", "plain"),
    "StepClockStarted": _tell("Bắt đầu tính thời hạn của bước", "Clock of the step started", "clock", "plain"),
    "TaxNoticeIssued": _tell("Ra thông báo nghĩa vụ tài chính", "Tax notice issued", "money", "waiting"),
    "StepFulfilled": _tell("Người nộp đã thực hiện xong", "Done by the applicant", "check", "done"),
    "ApologyAsked": _tell("Sắp trễ: phải báo và xin lỗi", "Late soon: has to notify and apologise", "alert", "waiting"),
    "DelayApologised": _tell("Cơ quan xin lỗi vì chậm trễ", "The agency apologised for the delay", "alert", "late"),
    "PromiseMoved": _tell("Dời ngày đã hẹn lại", "The promised date moved", "clock", "waiting"),
    "OneStopTold": _tell("Báo người đứng đầu Một cửa để đôn đốc", "The head of the one-stop was told", "alert", "late"),
    "LatenessEscalated": _tell("Báo cơ quan cấp trên vì quá hạn", "The agency above was told", "alert", "late"),
    "ChainWithdrawn": _tell("Dừng các bước chưa quyết định", "Undecided steps stopped", "stop", "ended"),
    "WithdrawalDeclined": _tell("Không rút được, đã có quyết định", "Withdrawal declined", "cross", "late"),
    "ChainStopped": _tell("Dừng chuỗi liên thông", "Chain stopped", "stop", "ended"),
    "ChainClosed": _tell("Kết thúc chuỗi liên thông", "Chain closed", "check", "plain"),
    "ObligationRaised": _tell("Xác định phí, lệ phí phải nộp", "Fee fixed", "money", "plain"),
    "ObligationSettled": _tell("Đã nộp đủ, cấp biên lai", "Paid, receipt issued", "money", "done"),
    "ObligationCancelled": _tell("Không phải nộp phí nữa", "Fee no longer owed", "money", "ended"),
    "RefundOwed": _tell("Phải hoàn trả tiền", "Refund owed", "money", "waiting"),
    "RefundPaid": _tell("Đã hoàn trả tiền", "Refund paid", "money", "done"),
    "PaymentStarted": _tell("Bắt đầu thanh toán trực tuyến", "Online payment begun", "money", "plain"),
    "PaymentSucceeded": _tell("Cổng thanh toán báo thành công", "Payment succeeded", "money", "done"),
    "PaymentFailed": _tell("Thanh toán không thành công", "Payment failed", "cross", "late"),
    "PaymentCancelledByPayer": _tell("Người nộp hủy thanh toán", "Payment cancelled by the payer", "back", "ended"),
    "PaymentExpired": _tell("Hết thời gian thanh toán", "Payment expired", "stop", "ended"),
    "ParcelOrdered": _tell("Đặt dịch vụ bưu chính", "Parcel ordered", "parcel", "plain"),
    "ParcelPickedUp": _tell("Bưu chính nhận giấy tờ", "Picked up by the post", "parcel", "plain"),
    "PapersHandedOver": _tell("Bưu chính bàn giao cho Một cửa", "Papers handed over to the desk", "parcel", "plain"),
    "AttemptFailed": _tell("Bưu chính chưa thực hiện được", "Attempt failed", "alert", "waiting"),
    "ParcelDelivered": _tell("Bưu chính đã phát", "Delivered by the post", "parcel", "done"),
    "ParcelBackAtDesk": _tell("Chuyển hoàn về Một cửa", "Back at the desk", "back", "waiting"),
    "ParcelCancelled": _tell("Hủy bưu gửi", "Parcel cancelled", "stop", "ended"),
}
"""Public event → its sentence; the test of the pages sees that none is missing."""

WAITS_FOR_APPLICANT: Final = _tell("Đến lượt người nộp hồ sơ", "The applicant's turn", "person", "waiting")


def sentence_of(event: str, agency: str) -> Look:
    """Return the sentence of a line; a step that no agency has is the applicant's."""
    return WAITS_FOR_APPLICANT if event == "StepReady" and not agency else TOLD[event]


LABELS: Final[dict[str, Words]] = {
    "cause": Words("Vì", "Because"),
    "new_due_at": Words("Hẹn lại", "New date"),
    "promised_at": Words("Đã hẹn", "Promised"),
    "until": Words("Chậm nhất đến", "Until at the latest"),
    "told": Words("Báo cho", "Told"),
    "overdue_since": Words("Quá hạn từ", "Overdue since"),
    "rung": Words("Lần báo", "Time told"),
    "component": Words("Giấy tờ", "Paper"),
    "whose": Words("Của", "Of"),
    "due_at": Words("Hạn", "Due"),
    "pay_by": Words("Nộp trước", "Pay by"),
    "code": Words("Mã", "Code"),
    "channel": Words("Hình thức", "Channel"),
    "handover_record": Words("Biên bản", "Record"),
    "record_no": Words("Biên bản", "Record"),
    "reason": Words("Lý do", "Reason"),
    "reason_code": Words("Lý do", "Reason"),
    "law": Words("Căn cứ", "Law"),
    "round": Words("Lượt", "Round"),
    "ground": Words("Căn cứ", "Ground"),
    "number": Words("Số", "Number"),
    "signer": Words("Người ký", "Signed by"),
    "version": Words("Bản", "Version"),
    "to": Words("Đến", "To"),
    "outcome": Words("Kết quả", "Outcome"),
    "way": Words("Cách nhận", "Way"),
    "total_vnd": Words("Số tiền", "Amount"),
    "amount_vnd": Words("Số tiền", "Amount"),
    "method": Words("Nộp", "Paid"),
    "receipt_number": Words("Biên lai", "Receipt"),
    "order_no": Words("Lệnh chi", "Order"),
    "leg": Words("Chặng", "Leg"),
    "item_code": Words("Mã bưu gửi", "Item"),
    "accepted_papers": Words("Số giấy tờ", "Papers"),
    "attempt": Words("Lần", "Attempt"),
    "measure": Words("Xử lý", "Measure"),
    "next_attempt_from": Words("Lần sau từ", "Next from"),
    "items": Words("Gồm", "Namely"),
    "kept_results": Words("Kết quả giữ lại", "Results kept"),
    "stopped": Words("Dừng", "Stopped"),
    "stage": Words("Lần", "When"),
    "lead_agency": Words("Chủ trì", "Lead"),
}
KINDS: Final[dict[tuple[str, str], str]] = {
    ("DossierRefused", "reason_code"): "refusal_reason",
    ("AttemptFailed", "reason"): "attempt_reason",
    ("DossierSubmitted", "channel"): "channel",
    ("DelayApologised", "reason_code"): "delay_reason",
}
KIND_OF: Final[dict[str, str]] = {
    "reason": "reason", "reason_code": "reason", "ground": "ground", "outcome": "outcome", "way": "way",
    "cause": "move_cause", "whose": "role", "method": "method", "leg": "leg",
    "measure": "measure", "channel": "channel", "stage": "stage",
}  # fmt: skip


class Teller:
    """Tells lines in one language, with the names of agencies, steps and components that a page knows."""

    def __init__(self, say: Say, agency: Naming, step: Naming, component: Naming) -> None:
        self._say = say
        self._agency = agency
        self._step = step
        self._component = component

    def particulars(self, event: str, note: Mapping[str, Any]) -> list[str]:
        """Return what more a line says, each with its label."""
        told = ((name, self._value(event, name, value, note)) for name, value in note.items())
        return [f"{self._label(name)}: {value}" for name, value in told if name in LABELS and value]

    def _label(self, name: str) -> str:
        return self._say(*LABELS[name])

    def _value(self, event: str, name: str, value: Any, note: Mapping[str, Any]) -> str:
        match name, value:
            case _, None | "" | [] | ():
                return ""
            case (
                ("due_at" | "new_due_at" | "promised_at" | "overdue_since" | "until" | "pay_by" | "next_attempt_from"),
                str(),
            ):
                return moment(datetime.fromisoformat(value))
            case (("total_vnd" | "amount_vnd"), int()):
                return format_vnd(value)
            case (("round" | "version"), 1):
                return ""
            case "receipt_number", int():
                return f"{note.get('receipt_serial', '')} {value:07d}".strip()
            case "items", list():
                return "; ".join(self._item(item) for item in value)
            case (("kept_results" | "stopped"), list()):
                return ", ".join(map(self._step, value))
            case "to", str():
                return self._say("Bộ phận Một cửa", "the desk") if value == "desk" else self._step(value)
            case (("lead_agency" | "told"), str()):
                return self._agency(value)
            case "component", str():
                return self._component(value)
            case _:
                kind = KINDS.get((event, name)) or KIND_OF.get(name)
                return self._say(*word(kind, str(value))) if kind else str(value)

    def _item(self, item: Mapping[str, str]) -> str:
        return f"{self._component(item['component'])} ({self._say(*word('supplement_reason', item['reason']))})"


ROLES: Final = frozenset(
    {
        "applicant", "desk_officer", "agency_officer", "postal_staff", "accountant", "inspector", "gateway", "portal",
    }
)  # fmt: skip
SAID_BY: Final[dict[str, str]] = {
    "PaymentSucceeded": "gateway",
    "PaymentFailed": "gateway",
    "PaymentCancelledByPayer": "applicant",
    "RefundPaid": "accountant",
}
AT_HOME: Final[dict[str, str]] = {
    "intake": "desk_officer",
    "routing": "agency_officer",
    "payments": "desk_officer",
    "postal": "postal_staff",
}


def role_of(actor: str, service: str, event: str, people: tuple[str, ...]) -> str:
    """Return who acted as a role: never by name, and never by the id that stands in the event."""
    kind, _, _ = actor.partition(":")
    if actor in people:
        return "applicant"
    if kind in ROLES:
        return kind
    if kind == "system":
        return SAID_BY.get(event, kind)
    return SAID_BY.get(event) or AT_HOME[service]
