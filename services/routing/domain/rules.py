"""Why routing says no: every rule with its law, in both languages."""

from typing import Final

from kernel.refusal import HOUSE_RULE, Rule
from services.routing.domain.words import Stage

CHAIN_UNKNOWN = Rule(
    "chain_unknown",
    HOUSE_RULE,
    "Hồ sơ này chưa có chuỗi xử lý nào.",
    "No chain has been opened for this dossier.",
)
STEP_UNKNOWN = Rule(
    "step_unknown",
    HOUSE_RULE,
    "Chuỗi xử lý của hồ sơ này không có bước đó.",
    "The chain of this dossier has no such step.",
)
PLAN_UNSOUND = Rule(
    "plan_unsound",
    "NĐ 61/2018/NĐ-CP art. 19.6",
    "Không mở được chuỗi: thứ tự các bước hoặc cơ quan thực hiện của quy trình không hợp lệ.",
    "The chain cannot be opened: the order of the steps or an agency that should act does not hold together.",
)
NOT_YOUR_STEP = Rule(
    "not_your_step",
    "NĐ 61/2018/NĐ-CP art. 19.6",
    "Bước này được giao cho cơ quan khác.",
    "This step is the duty of another agency.",
)
STEP_NOT_READY = Rule(
    "step_not_ready",
    "NĐ 61/2018/NĐ-CP art. 19.6",
    "Bước này chưa bắt đầu: còn thiếu kết quả của bước trước.",
    "This step is not ready: a result that it needs does not exist yet.",
)
STEP_NOT_ACKNOWLEDGED = Rule(
    "step_not_acknowledged",
    "TT 03/2025/TT-VPCP Phụ lục I Mẫu 06 (giao → nhận)",
    "Cơ quan chưa xác nhận tiếp nhận bước này.",
    "The agency has not acknowledged this step yet.",
)
STEP_SENT_BACK = Rule(
    "step_sent_back",
    "NĐ 61/2018/NĐ-CP arts. 19.4 and 21.1",
    "Bước này đã được chuyển lại và đang chờ bổ sung hoặc đính chính.",
    "This step was sent back and waits for the supplement or the correction.",
)
STEP_DECIDED = Rule(
    "step_decided",
    "NĐ 61/2018/NĐ-CP arts. 5 and 21.1",
    "Bước này đã có kết quả; kết quả chỉ được thay bằng một văn bản đính chính.",
    "This step is decided; only a correction by its issuer may follow.",
)
STEP_REFUSED = Rule(
    "step_refused",
    "NĐ 61/2018/NĐ-CP art. 19.8",
    "Bước này đã bị từ chối giải quyết.",
    "This step has been refused.",
)
STEP_CANCELLED = Rule(
    "step_cancelled",
    "NĐ 118/2025/NĐ-CP art. 21; NĐ 61/2018/NĐ-CP art. 19.8",
    "Bước này đã dừng vì hồ sơ được rút, bị dừng, hoặc bước trước bị từ chối.",
    "This step was cancelled: the dossier was withdrawn or stopped, or a step that it needs was refused.",
)
# Examining a step is allowed in one stage only; what each other stage answers instead.
NOT_EXAMINED: Final[dict[Stage, Rule]] = {
    "planned": STEP_NOT_READY,
    "ready": STEP_NOT_ACKNOWLEDGED,
    "taken_over": STEP_NOT_ACKNOWLEDGED,
    "sent_back": STEP_SENT_BACK,
    "decided": STEP_DECIDED,
    "refused": STEP_REFUSED,
    "cancelled": STEP_CANCELLED,
}
RESULT_OF_ANOTHER_KIND = Rule(
    "result_of_another_kind",
    HOUSE_RULE,
    "Loại kết quả không đúng với kết quả của bước này.",
    "This is not the kind of result that the step ends with.",
)
NOT_AN_EARLIER_STEP = Rule(
    "not_an_earlier_step",
    "NĐ 61/2018/NĐ-CP arts. 19.6 and 21.1",
    "Chỉ được chuyển lại cho Bộ phận Một cửa hoặc bước trước mà bước này cần kết quả.",
    "A step is sent back to the desk or to an earlier step whose result it needs.",
)
NOT_A_NOTICE = Rule(
    "not_a_notice",
    HOUSE_RULE,
    "Bước này không xác định nghĩa vụ tài chính nên kết quả không kèm thông báo nộp tiền.",
    "This step does not determine what is owed, so its result states no dues.",
)
NOTICE_WITHOUT_LINES = Rule(
    "notice_without_lines",
    "QĐ 138/2025/QĐ-UBND (Đồng Tháp) art. 30",
    "Thông báo nghĩa vụ tài chính phải có ít nhất một khoản; mỗi khoản là số tiền nguyên đồng, không âm.",
    "A notice of dues has at least one line, and each line is a whole number of đồng, zero or more.",
)
GROUND_NOT_IN_LAW = Rule(
    "ground_not_in_law",
    "NĐ 61/2018/NĐ-CP art. 19.9",
    "Pháp luật không cho kéo dài thời hạn của bước này với lý do đó.",
    "The law gives this step no longer limit on that ground.",
)
LIMIT_PASSED = Rule(
    "limit_passed",
    "NĐ 61/2018/NĐ-CP art. 19.9",
    "Thời hạn của bước này đã qua nên không thể kéo dài.",
    "The limit of this step has already passed and can no longer be made longer.",
)
CALENDAR_DOES_NOT_REACH = Rule(
    "calendar_does_not_reach",
    HOUSE_RULE,
    "Lịch làm việc của cơ quan chưa có đến ngày cần tính thời hạn.",
    "The calendar of an agency does not reach the day on which a limit would end.",
)
