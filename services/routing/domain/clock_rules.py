"""Why routing says no where clocks and lateness are concerned: every rule with its law, in both languages."""

from kernel.refusal import HOUSE_RULE, Rule

CHAIN_ENDED = Rule(
    "chain_ended",
    HOUSE_RULE,
    "Chuỗi xử lý của hồ sơ này đã kết thúc nên không còn thời hạn nào đang tính.",
    "The chain of this dossier has ended, so no clock of it runs any more.",
)
NOT_THE_LEAD = Rule(
    "not_the_lead",
    "NĐ 61/2018/NĐ-CP art. 19.5",
    "Chỉ cơ quan chủ trì được xin lỗi và hẹn lại cho cả hồ sơ.",
    "Only the lead agency apologises for the dossier as a whole.",
)
NOT_LATE = Rule(
    "not_late",
    "NĐ 61/2018/NĐ-CP art. 19.9",
    "Bước này chưa đến lúc phải xin lỗi: thời hạn chưa gần hết và cũng chưa quá hạn.",
    "There is nothing to apologise for yet: the limit is neither near nor past.",
)
REAPPOINTED_ONCE = Rule(
    "reappointed_once",
    "NĐ 61/2018/NĐ-CP art. 19.9",
    "Đã hẹn lại một lần; việc hẹn lại không được quá một lần.",
    "A new date was given once already; it may be given no more than once.",
)
NEW_DATE_UNFIT = Rule(
    "new_date_unfit",
    "NĐ 61/2018/NĐ-CP art. 19.9",
    "Ngày hẹn lại phải ở tương lai, sau thời hạn theo luật và trong giờ làm việc.",
    "The new date must lie ahead, after the lawful one, and within desk hours.",
)
PAUSE_NOT_IN_LAW = Rule(
    "pause_not_in_law",
    "QĐ 766/QĐ-TTg",
    "Pháp luật không cho tạm dừng đồng hồ của bước này với lý do đó.",
    "The law lets the clock of this step stand still on no such ground.",
)
PAUSE_USED = Rule(
    "pause_used",
    "QĐ 766/QĐ-TTg",
    "Đồng hồ của bước này đã tạm dừng với lý do đó một lần, pháp luật giới hạn thời gian dừng.",
    "The clock of this step stood still on that ground already, and the law limits for how long it may.",
)
CLOCK_STANDS_STILL = Rule(
    "clock_stands_still",
    "QĐ 766/QĐ-TTg",
    "Đồng hồ của bước này đang tạm dừng với lý do khác.",
    "The clock of this step stands still on another ground.",
)
CLOCK_RAN_OUT = Rule(
    "clock_ran_out",
    "NĐ 61/2018/NĐ-CP art. 19.9",
    "Thời hạn của bước này đã qua nên không thể tạm dừng.",
    "The limit of this step has already passed, and its clock can no longer be stopped.",
)
INCIDENT_SINCE_UNFIT = Rule(
    "incident_since_unfit",
    "NĐ 63/2024/NĐ-CP; NĐ 301/2026/NĐ-CP art. 4.7",
    "Sự cố phải bắt đầu sau khi hồ sơ được tiếp nhận và không ở tương lai.",
    "The incident must have begun after the dossier was accepted, and not in the future.",
)
