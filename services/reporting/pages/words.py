"""What the codes of events and rows are called on a page, in both languages; a code without words is shown itself.

Law: TT 01/2018/TT-VPCP and TT 03/2025/TT-VPCP (the names of forms and states).
"""

from dataclasses import dataclass
from typing import Final

from kernel.calendar import Words
from kernel.clock_reasons import GROUNDS


@dataclass(frozen=True, slots=True)
class Look:
    """A state as a page shows it: in words, with a sign and a colour, so that no one of them has to be seen alone."""

    said: Words
    sign: str
    tone: str


def _look(vi: str, en: str, sign: str, tone: str) -> Look:
    return Look(Words(vi, en), sign, tone)


STATUS: Final[dict[str, Look]] = {
    "with_post": _look("Bưu chính đang thu gom giấy tờ", "Papers are with the post", "parcel", "waiting"),
    "at_desk": _look("Mới nộp, chờ tiếp nhận", "Handed in, waits for the desk", "inbox", "waiting"),
    "supplement": _look("Chờ người nộp bổ sung", "Waits for a supplement", "paper", "waiting"),
    "awaiting_payment": _look("Chờ nộp phí, lệ phí", "Waits for the fee", "money", "waiting"),
    "in_progress": _look("Đang giải quyết", "In progress", "clock", "running"),
    "withdrawal_asked": _look("Đã xin rút, chờ trả lời", "Withdrawal asked for", "back", "waiting"),
    "resolved": _look("Đã có kết quả, chờ trả", "Result ready to hand out", "check", "done"),
    "fee_before_hand_out": _look("Đã có kết quả, chờ nộp phí", "Result ready, fee not paid", "money", "waiting"),
    "dispatched": _look("Đang trả qua bưu chính", "Result is with the post", "parcel", "running"),
    "back_at_desk": _look(
        "Bưu chính chuyển hoàn, chờ ở Một cửa", "Back at the desk, to be collected", "inbox", "waiting"
    ),
    "handed_out": _look("Đã trả kết quả", "Handed out", "check", "done"),
    "refused": _look("Không được tiếp nhận", "Reception refused", "cross", "ended"),
    "withdrawn": _look("Đã rút hồ sơ", "Withdrawn", "back", "ended"),
    "stopped": _look("Dừng giải quyết", "Stopped", "stop", "ended"),
}
STAGE: Final[dict[str, Look]] = {
    "planned": _look("Chưa đến lượt", "Not yet due", "dots", "idle"),
    "ready": _look("Chờ tiếp nhận", "Waits for its agency", "inbox", "waiting"),
    "taken_over": _look("Hệ thống đã nhận", "Taken over", "inbox", "waiting"),
    "acknowledged": _look("Đang giải quyết", "In progress", "clock", "running"),
    "sent_back": _look("Đã chuyển lại", "Sent back", "back", "waiting"),
    "decided": _look("Đã có kết quả", "Decided", "check", "done"),
    "refused": _look("Từ chối giải quyết", "Refused", "cross", "late"),
    "cancelled": _look("Không thực hiện", "Not carried out", "stop", "ended"),
}
PARCEL: Final[dict[str, Look]] = {
    "ordered": _look("Đã đặt, chờ bưu chính đến nhận", "Ordered, to be picked up", "inbox", "waiting"),
    "picked_up": _look("Bưu chính đang giữ", "With the post", "parcel", "running"),
    "handed_over": _look("Đã bàn giao cho Một cửa", "Handed over to the desk", "check", "done"),
    "delivered": _look("Đã phát", "Delivered", "check", "done"),
    "back_at_desk": _look("Đã chuyển hoàn về Một cửa", "Back at the desk", "back", "waiting"),
    "cancelled": _look("Đã hủy", "Cancelled", "stop", "ended"),
}
FEE: Final[dict[str, Look]] = {
    "open": _look("Chưa nộp", "Not paid", "money", "waiting"),
    "settled": _look("Đã nộp đủ", "Paid", "check", "done"),
    "cancelled": _look("Không phải nộp nữa", "No longer owed", "stop", "ended"),
}
ATTEMPT: Final[dict[str, Look]] = {
    "started": _look("Đang chờ cổng thanh toán", "Waits for the gateway", "clock", "running"),
    "succeeded": _look("Thành công", "Succeeded", "check", "done"),
    "failed": _look("Không thành công", "Failed", "cross", "late"),
    "cancelled_by_payer": _look("Người nộp đã hủy", "Cancelled by the payer", "back", "ended"),
    "expired": _look("Hết thời gian thanh toán", "Expired", "stop", "ended"),
}

WORDS: Final[dict[str, dict[str, Words]]] = {
    "channel": {
        "portal": Words("Trực tuyến", "Online"),
        "counter": Words("Trực tiếp tại Một cửa", "At the counter"),
        "post": Words("Qua bưu chính", "By post"),
    },
    "way": {
        "desk": Words("Nhận tại Một cửa", "At the desk"),
        "online": Words("Nhận trực tuyến", "Online"),
        "post": Words("Nhận qua bưu chính", "By post"),
    },
    "leg": {
        "collection": Words("Thu gom giấy tờ", "Collection of papers"),
        "delivery": Words("Phát kết quả", "Delivery of the result"),
    },
    "role": {
        "applicant": Words("Người nộp hồ sơ", "Applicant"),
        "desk_officer": Words("Cán bộ Một cửa", "Desk officer"),
        "agency_officer": Words("Cán bộ giải quyết", "Agency officer"),
        "postal_staff": Words("Nhân viên bưu chính", "Postal staff"),
        "accountant": Words("Kế toán", "Accountant"),
        "inspector": Words("Thanh tra, giám sát", "Inspector"),
        "system": Words("Hệ thống", "The platform"),
        "gateway": Words("Cổng thanh toán", "Payment gateway"),
        "portal": Words("Cổng Dịch vụ công quốc gia", "National service portal"),
    },
    "party": {
        "desk": Words("Bộ phận Một cửa", "One-stop desk"),
        "agency": Words("Cơ quan giải quyết", "Agency"),
        "applicant": Words("Người nộp hồ sơ", "Applicant"),
        "post": Words("Bưu chính", "The post"),
        "gateway": Words("Cổng thanh toán", "Payment gateway"),
        "system": Words("Hệ thống liên thông", "The exchange"),
    },
    "service": {
        "intake": Words("Một cửa", "Desk"),
        "routing": Words("Liên thông", "Chain"),
        "payments": Words("Thanh toán", "Payments"),
        "postal": Words("Bưu chính", "Post"),
    },
    "outcome": {
        "granted": Words("Giải quyết xong", "Granted"),
        "partly_granted": Words("Giải quyết một phần", "Partly granted"),
        "refused": Words("Từ chối giải quyết", "Refused"),
        "withdrawn": Words("Đã rút", "Withdrawn"),
    },
    "method": {
        "vnpay": Words("trực tuyến qua VNPAY", "online by VNPAY"),
        "cash": Words("tiền mặt tại Một cửa", "in cash at the desk"),
        "none": Words("miễn phí", "free of charge"),
    },
    "kind": {
        "phi": Words("Phí", "Fee"),
        "le_phi": Words("Lệ phí", "Charge"),
    },
    "form": {
        "original": Words("bản chính", "original"),
        "copy": Words("bản sao", "copy"),
        "electronic": Words("bản điện tử", "electronic"),
    },
    "stage": {
        "desk": Words("tại bộ phận tiếp nhận", "at the desk"),
        "examination": Words("sau khi thẩm tra", "after examination"),
    },
    "why_late": {
        "step": Words("bước của cơ quan quá hạn", "its step passed its limit"),
        "held": Words("đang giữ hồ sơ khi đến hẹn", "had the dossier when the appointment passed"),
        "desk": Words("hồ sơ nằm tại Một cửa khi đến hẹn", "the desk had the dossier when the appointment passed"),
    },
    "move_cause": {
        "accepted": Words("tiếp nhận hồ sơ", "the dossier was accepted"),
        "received": Words("cơ quan giải quyết đã nhận hồ sơ", "the resolving agency received the dossier"),
        "restarted": Words("đã bổ sung đủ, tính lại từ đầu", "complete again, counted from zero"),
        "resumed": Words("đồng hồ chạy tiếp sau khi dừng", "the clock runs again after it stood still"),
        "second_appointment": Words("lần hẹn tiếp theo", "the next appointment begins"),
        "apology": Words("xin lỗi vì chậm trễ", "an apology for the delay"),
        "closed_day": Words("ngày hẹn rơi vào ngày nghỉ", "the date fell on a closed day"),
        "incident": Words("sự cố hệ thống", "the system is broken"),
        "extended": Words("pháp luật cho kéo dài thời hạn của một bước", "the law gives a step its longer limit"),
    },
    "lateness": {
        "asked": Words(
            "Đã nhắc: sắp đến hạn, nếu chậm phải báo và xin lỗi", "Reminded: due soon; if late, notify and apologise"
        ),
        "apologised": Words("Đã xin lỗi, hẹn lại", "Apologised with a new date"),
        "one_stop": Words("Báo người đứng đầu Một cửa để đôn đốc", "Told the head of the one-stop, to urge"),
        "promise_moved": Words("Dời ngày đã hẹn lại", "The promised date moved"),
        "escalated": Words("Báo cơ quan cấp trên", "Told the agency above"),
        "overdue": Words("Quá hạn", "Overdue"),
    },
    "delay_reason": {
        "workload": Words("quá tải hồ sơ", "too many dossiers"),
        "verification": Words("phải xác minh thêm", "more to verify"),
        "consultation": Words("chờ ý kiến cơ quan phối hợp", "an opinion is awaited"),
        "incident": Words("sự cố hệ thống", "the system is broken"),
        "closed_day": Words("ngày hẹn rơi vào ngày nghỉ", "the date fell on a closed day"),
        "other": Words("lý do khác", "another reason"),
    },
    "ground": {**GROUNDS, "verification": Words("cần xác minh", "verification")},
    "relation": {
        "self": Words("Chính người nộp", "In person"),
        "parent": Words("Cha, mẹ", "Parent"),
        "grandparent": Words("Ông, bà", "Grandparent"),
        "relative": Words("Người thân thích", "Relative"),
        "carer": Words("Người nuôi dưỡng", "Carer"),
        "attorney": Words("Người được ủy quyền", "Attorney"),
        "legal_representative": Words("Người đại diện theo pháp luật", "Legal representative"),
        "proxy": Words("Người nhận thay", "Proxy"),
    },
    "paper_shown": {
        "slip": Words("Giấy tiếp nhận và hẹn trả", "Acceptance slip"),
        "identity_paper": Words("Giấy tờ tùy thân", "Identity paper"),
        "authority_paper": Words("Văn bản ủy quyền", "Written authority"),
    },
    "applicant_kind": {
        "citizen": Words("Cá nhân", "Citizen"),
        "enterprise": Words("Doanh nghiệp", "Enterprise"),
        "household_business": Words("Hộ kinh doanh", "Household business"),
        "organisation": Words("Tổ chức", "Organisation"),
    },
    "id_document": {
        "identity_card": Words("Thẻ căn cước", "Identity card"),
        "electronic_identity": Words("Căn cước điện tử", "Electronic identity"),
        "passport": Words("Hộ chiếu", "Passport"),
    },
    "supplement_reason": {
        "missing": Words("chưa có", "missing"),
        "unreadable": Words("không đọc được", "unreadable"),
        "expired": Words("hết hiệu lực", "expired"),
        "not_certified": Words("chưa chứng thực", "not certified"),
        "wrong_form": Words("không đúng mẫu", "wrong form"),
        "contradictory": Words("thông tin mâu thuẫn", "contradictory"),
    },
    "refusal_reason": {
        "wrong_authority": Words("không thuộc thẩm quyền", "another authority's matter"),
        "not_conforming": Words("không đúng quy định", "not conforming"),
        "supplement_incomplete": Words("bổ sung chưa đầy đủ", "the supplement is incomplete"),
        "already_handled": Words("đã được giải quyết", "already handled"),
    },
    "reason": {
        "conditions_not_met": Words("không đủ điều kiện", "conditions not met"),
        "wrong_data": Words("kết quả trước có sai sót", "an earlier result is wrong"),
        "papers_contradict": Words("giấy tờ mâu thuẫn", "papers contradict each other"),
        "papers_missing": Words("thiếu giấy tờ", "papers are missing"),
        "needs_refused": Words("bước cần trước đã bị từ chối", "a step it needs was refused"),
        "withdrawn": Words("hồ sơ đã rút", "the dossier was withdrawn"),
        "refused": Words("hồ sơ bị từ chối", "the dossier was refused"),
        "stopped": Words("hồ sơ đã dừng", "the dossier was stopped"),
        "no_supplement": Words("không bổ sung trong thời hạn", "no supplement came in time"),
        "not_paid": Words("không nộp phí trong thời hạn", "the fee was not paid in time"),
        "not_collected": Words("bưu chính không thu gom được giấy tờ", "the post could not collect the papers"),
        "paid_twice": Words("nộp hai lần", "paid twice"),
        "paid_late": Words("nộp khi hồ sơ đã kết thúc", "paid after the dossier had ended"),
        "chain_closed": Words("đã có quyết định", "a decision had been made"),
        "deemed_agreed": Words("im lặng được coi là đồng ý", "silence counts as agreement"),
        "verification": Words("cần xác minh", "verification"),
        "supplement": Words("chờ bổ sung hồ sơ", "a supplement is awaited"),
    },
    "attempt_reason": {
        "not_home": Words("không có người nhận", "nobody at home"),
        "refused": Words("từ chối nhận", "refused"),
        "wrong_address": Words("sai địa chỉ", "wrong address"),
        "moved": Words("đã chuyển đi", "moved away"),
        "premises_closed": Words("cơ sở đóng cửa", "premises closed"),
        "unreachable_by_phone": Words("không liên lạc được", "cannot be reached by phone"),
        "id_check_failed": Words("giấy tờ người nhận không khớp", "identity check failed"),
        "fee_not_paid": Words("chưa trả cước", "postage not paid"),
        "damaged": Words("bưu gửi hư hỏng", "damaged"),
        "access_restricted": Words("không vào được", "no access"),
        "deceased": Words("người nhận đã mất", "deceased"),
        "weather": Words("thời tiết", "weather"),
    },
    "measure": {
        "retry_today": Words("thử lại trong ngày", "try again today"),
        "retry_next_working_day": Words("thử lại ngày làm việc sau", "try again next working day"),
        "hold_at_office": Words("giữ tại bưu cục", "hold at the post office"),
        "address_check": Words("kiểm tra địa chỉ", "check the address"),
        "return_to_desk": Words("chuyển hoàn về Một cửa", "bring it back to the desk"),
        "cancel_collection": Words("hủy thu gom", "cancel the collection"),
    },
}


def word(kind: str, code: str) -> Words:
    """Return what a code of that kind is called."""
    return WORDS[kind].get(code, Words(code, code))
