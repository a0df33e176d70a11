"""Every reason for which the post says no, each with its law and one sentence in both languages.

Law: QĐ 45/2016/QĐ-TTg; TT 17/2017/TT-BTTTT; UPU S10.
"""

from kernel.refusal import HOUSE_RULE, Rule

DECISION_45 = "QĐ 45/2016/QĐ-TTg"
CIRCULAR_17 = "TT 17/2017/TT-BTTTT"
RECORD_OF_HANDOVER = f"{DECISION_45} art. 7.4"
RESULT_RETURN = f"{DECISION_45} art. 9"
UPU_S10 = "UPU S10"

PARCEL_NOT_ORDERED = Rule(
    "parcel_not_ordered",
    f"{DECISION_45} art. 5",
    "Chưa có yêu cầu bưu chính cho chặng này của hồ sơ.",
    "Nobody has asked the post for this leg of the dossier.",
)
ALREADY_ORDERED = Rule(
    "parcel_already_ordered",
    HOUSE_RULE,
    "Chặng này của hồ sơ đã có một bưu gửi với nội dung yêu cầu khác.",
    "This leg of the dossier already has a parcel, ordered differently.",
)
ANOTHER_LEG = Rule(
    "parcel_of_another_leg",
    f"{DECISION_45} art. 5",
    "Việc này thuộc chặng khác của hồ sơ.",
    "This belongs to the other leg of the dossier.",
)
PARCEL_IS_CANCELLED = Rule(
    "parcel_cancelled",
    HOUSE_RULE,
    "Bưu gửi này đã bị huỷ trước khi bưu chính nhận giấy tờ.",
    "This parcel was cancelled before the post took any papers.",
)
NOT_PICKED_UP = Rule(
    "parcel_not_picked_up",
    DECISION_45,
    "Bưu chính chưa nhận giấy tờ của bưu gửi này.",
    "The post has not taken this parcel's papers yet.",
)
ALREADY_PICKED_UP = Rule(
    "parcel_already_picked_up",
    DECISION_45,
    "Bưu chính đã nhận giấy tờ của bưu gửi này, với chứng cứ khác.",
    "The post has already taken this parcel's papers, on other proof.",
)
ALREADY_HANDED_OVER = Rule(
    "papers_already_handed_over",
    RECORD_OF_HANDOVER,
    "Giấy tờ đã được bàn giao cho bộ phận Một cửa theo biên bản.",
    "The papers were already handed over to the desk by a signed record.",
)
ALREADY_DELIVERED = Rule(
    "parcel_already_delivered",
    RESULT_RETURN,
    "Bưu gửi này đã được phát cho người nhận.",
    "This parcel was already delivered to its receiver.",
)
ALREADY_BACK_AT_DESK = Rule(
    "parcel_already_back_at_desk",
    CIRCULAR_17,
    "Bưu gửi này đã được chuyển hoàn về bộ phận Một cửa.",
    "This parcel is already back at the desk.",
)
PROOF_INCOMPLETE = Rule(
    "proof_incomplete",
    DECISION_45,
    "Chứng cứ giao nhận chưa đủ hoặc chưa đúng.",
    "The proof of this passing of papers is incomplete or wrong.",
)
WITHOUT_AUTHORITY = Rule(
    "receiver_without_authority",
    RESULT_RETURN,
    "Bản chính chỉ được giao cho chính người làm thủ tục hoặc người có giấy uỷ quyền.",
    "Original papers go only to the applicant or to a proxy with written authority.",
)
RECORD_UNSIGNED = Rule(
    "handover_record_unsigned",
    RECORD_OF_HANDOVER,
    "Biên bản giao nhận phải có số, và người giao, người nhận là hai người khác nhau cùng ký.",
    "A handover record has a number and is signed by two different people: who gives and who takes.",
)
PAPERS_DO_NOT_ADD_UP = Rule(
    "papers_do_not_add_up",
    RECORD_OF_HANDOVER,
    "Số giấy tờ bàn giao khác số đã kiểm đếm khi nhận mà không nêu giấy tờ nào thiếu.",
    "Papers handed over differ from those counted at pick-up without naming what is missing.",
)
ATTEMPT_TOO_EARLY = Rule(
    "attempt_too_early",
    CIRCULAR_17,
    "Hai lần phải cách nhau ít nhất 2 ngày làm việc; lần này chưa được tính.",
    "Two attempts lie at least 2 working days apart; this one does not count yet.",
)
ATTEMPTS_USED_UP = Rule(
    "attempts_used_up",
    CIRCULAR_17,
    "Đã phát không thành công hai lần; bưu gửi phải chuyển hoàn về bộ phận Một cửa.",
    "Two attempts have failed; this parcel goes back to the desk.",
)
ATTEMPTS_LEFT = Rule(
    "attempts_left",
    CIRCULAR_17,
    "Phải phát ít nhất hai lần trước khi chuyển hoàn về bộ phận Một cửa.",
    "At least two attempts are made before a parcel goes back to the desk.",
)
REASON_DOES_NOT_FIT = Rule(
    "reason_does_not_fit",
    HOUSE_RULE,
    "Lý do này không dùng cho chặng này.",
    "This reason does not belong to this leg.",
)
MEASURE_DOES_NOT_FIT = Rule(
    "measure_does_not_fit",
    CIRCULAR_17,
    "Cách xử lý này không dùng cho lần này của chặng này.",
    "This measure does not belong to this attempt of this leg.",
)
CALENDAR_ENDS = Rule(
    "calendar_does_not_reach",
    HOUSE_RULE,
    "Lịch làm việc của cơ quan chưa công bố đến ngày của lần phát tiếp theo.",
    "The agency's calendar does not reach the day of the next attempt yet.",
)
ITEM_NUMBERS_USED_UP = Rule(
    "item_numbers_used_up",
    UPU_S10,
    "Dải số hiệu bưu gửi đã dùng hết; không số nào được dùng lại.",
    "The range of item numbers is used up; no number is used again.",
)
