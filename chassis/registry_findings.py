"""What the registry's lint can say: each finding written once, in both languages, with the place it was found."""

from dataclasses import dataclass

ERROR = "error"
ASSUMED = "assumed"
WARNING = "warning"

_SEVERITIES = {
    "assumed_value": ASSUMED,
    "fact_unused": WARNING,
    "fee_rule_unused": WARNING,
    "limits_not_comparable": WARNING,
    "option_longer_than_total": WARNING,
    "post_one_way": WARNING,
    "too_many_cases": WARNING,
}

_SENTENCES = {
    # The file itself.
    "not_yaml": ("không đọc được YAML: {detail}", "not YAML as used here: {detail}"),
    "duplicate_key": ("khóa “{key}” xuất hiện hai lần", "key {key!r} stands here a second time"),
    "stray_file": ("tệp không phải .yaml nên không được đọc", "not a .yaml file, so nothing reads it"),
    "misnamed_file": (
        "tệp phải tên là {name}.yaml, bản cũ là {name}@{version}.yaml",
        "the file should be called {name}.yaml, or an older version {name}@{version}.yaml",
    ),
    "calendar_mistake": ("lịch làm việc sai: {detail}", "mistake in a calendar: {detail}"),
    # Its form.
    "unknown_key": ("khóa lạ “{key}”", "unknown key {key!r}"),
    "missing_key": ("thiếu “{key}”", "{key!r} is missing"),
    "missing_limit": ("bước “{step}” không có thời hạn", "step {step!r} has no limit"),
    "wrong_type": (
        "{found} không đúng kiểu, phải là {expected}",
        "{found} has the wrong type, {expected} is expected",
    ),
    "not_allowed": ("{found} không thuộc {allowed}", "{found} is not one of {allowed}"),
    "bad_form": ("{found} không đúng dạng {form}", "{found} does not have the form {form}"),
    "out_of_range": ("{found} ngoài khoảng cho phép ({bound})", "{found} is out of range ({bound})"),
    "repeated": ("có phần tử lặp lại trong {found}", "something stands twice in {found}"),
    "does_not_fit": ("không hợp lược đồ: {detail}", "does not fit the schema: {detail}"),
    # Where it comes from.
    "assumed_value": ("“{what}” là giả định: {note}", "{what!r} is assumed: {note}"),
    "source_of_nothing": (
        "nguồn nêu cho “{key}” nhưng ở đây không có khóa ấy",
        "a source is given for {key!r}, which does not stand here",
    ),
    # When it holds.
    "ends_before_it_begins": ("hết hiệu lực trước khi có hiệu lực", "it ends before it begins"),
    "overlapping_validity": (
        "“{one}” và “{other}” cùng có hiệu lực ngày {day}",
        "{one!r} and {other!r} both hold on {day}",
    ),
    "duplicate_code": ("mã “{code}” đã dùng ở {where}", "code {code!r} is already used in {where}"),
    # The chain.
    "reserved_word": (
        "“{word}” chỉ bộ phận Một cửa, không đặt tên cho bước",
        "{word!r} means the one-stop desk, not a step",
    ),
    "need_unknown": ("cần bước “{need}” nhưng không có bước ấy", "it needs step {need!r}, which does not exist"),
    "cycle": ("các bước chờ lẫn nhau: {steps}", "the steps wait for each other: {steps}"),
    "unreachable_step": (
        "bước “{step}” không bao giờ đến lượt",
        "step {step!r} can never be reached",
    ),
    "needs_optional_step": (
        "bước bắt buộc “{step}” chờ bước tùy chọn “{need}”",
        "step {step!r} is always carried out but waits for the optional {need!r}",
    ),
    "no_route_to_result": (
        "không có bước bắt buộc nào của cơ quan chủ trì đi đến kết quả",
        "no mandatory step of the lead agency can be reached: there is no route to a result",
    ),
    "lead_without_step": (
        "cơ quan chủ trì “{kind}” không làm bước nào",
        "the lead {kind!r} has no step, so it cannot own the result",
    ),
    "step_longer_than_total": (
        "thời hạn của bước “{step}” ({limit_vi}) dài hơn tổng thời hạn ({total_vi})",
        "step {step!r} may take {limit_en}, longer than the total of {total_en}",
    ),
    "path_longer_than_total": (
        "chuỗi {steps} cần {limit_vi}, dài hơn tổng thời hạn ({total_vi}){when_vi}",
        "the path {steps} takes {limit_en}, longer than the total of {total_en}{when_en}",
    ),
    "option_longer_than_total": (
        "nếu chọn bước tùy chọn thì chuỗi {steps} cần {limit_vi}, dài hơn tổng thời hạn ({total_vi}){when_vi}",
        "with its options the path {steps} takes {limit_en}, longer than the total of {total_en}{when_en}",
    ),
    "limits_not_comparable": (
        "thời hạn các bước và tổng thời hạn tính theo hai loại giờ, không so sánh được",
        "limits in working time and in calendar time cannot be compared",
    ),
    "path_longer_than_appointment": (
        "chuỗi {steps} cần {limit_vi}, dài hơn hẹn trả ({total_vi}){when_vi}",
        "the path {steps} takes {limit_en}, longer than its appointment of {total_en}{when_en}",
    ),
    "total_beside_appointments": (
        "nhiều lần hẹn trả thì không có một tổng thời hạn",
        "with several appointments there is no one total limit",
    ),
    "appointment_step_unknown": (
        "hẹn trả theo bước “{step}” nhưng không có bước ấy",
        "the appointment is for step {step!r}, which does not exist",
    ),
    "appointment_step_left_out": (
        "hẹn trả theo bước “{step}” nhưng hồ sơ không qua bước ấy{when_vi}",
        "the appointment is for step {step!r}, which is not taken{when_en}",
    ),
    "appointment_out_of_order": (
        "lần hẹn theo bước “{step}” không đến sau lần hẹn theo bước “{earlier}”",
        "the appointment for step {step!r} does not come after the one for {earlier!r}",
    ),
    "appointment_without_break": (
        "giữa lần hẹn theo bước “{earlier}” và theo bước “{step}” đồng hồ không dừng",
        "the clock does not stand still between the appointments for {earlier!r} and {step!r}",
    ),
    # Its cases.
    "condition_unclear": (
        "điều kiện phải là fact với is, fact với in, all, any hoặc not",
        "a condition is a fact with `is`, a fact with `in`, `all`, `any` or `not`",
    ),
    "value_never_given": (
        "“{fact}” không bao giờ có giá trị “{value}”",
        "fact {fact!r} never has the value {value!r}",
    ),
    "too_many_cases": (
        "các điều kiện tạo ra quá nhiều trường hợp, không kiểm tra hết được",
        "the conditions make too many cases to look at each",
    ),
    "no_step_left": ("không còn bước nào{when_vi}", "no step is left{when_en}"),
    "lead_left_out": (
        "cơ quan chủ trì “{kind}” không làm bước nào{when_vi}",
        "the lead {kind!r} has no step{when_en}",
    ),
    "nothing_to_pay": (
        "bước “{step}” của người làm thủ tục không đến sau thông báo phải nộp nào{when_vi}",
        "the applicant's step {step!r} needs no notice of what is owed{when_en}",
    ),
    "not_for_an_applicant": (
        "“{key}” chỉ dành cho bước của cơ quan",
        "{key!r} is for an agency's step only",
    ),
    "never_deemed_no_need": (
        "bước “{step}” không cần “{need}” nên không thể nói gì về sự im lặng ở đó",
        "step {step!r} does not need {need!r}, so the silence there is not its matter",
    ),
    "never_deemed_but_deemed": (
        "im lặng ở bước “{need}” được coi là đồng ý theo chính bước ấy",
        "the silence of step {need!r} is agreement by its own law",
    ),
    "law_not_cited": (
        "“{law}” không nêu số hiệu văn bản nào",
        "{law!r} cites no instrument by its number",
    ),
    "law_not_named": (
        "văn bản {law} không có trong danh mục law của thủ tục",
        "{law} is not among the law of the procedure",
    ),
    "alert_after_limit": (
        "“{key}” dài hơn thời hạn của bước",
        "{key!r} is longer than the limit of the step itself",
    ),
    "extension_not_longer": (
        "gia hạn không dài hơn thời hạn của bước",
        "the extension is not longer than the limit of the step",
    ),
    # What is asked.
    "duplicate_word": ("“{word}” xuất hiện hai lần", "{word!r} stands here a second time"),
    "substitute_unknown": (
        "thay bằng “{component}” nhưng không có thành phần ấy",
        "its substitute {component!r} does not exist",
    ),
    "substitute_itself": ("thành phần không thể thay cho chính nó", "a component cannot stand in for itself"),
    "authority_unknown": (
        "chứng minh bằng “{component}” nhưng không có thành phần ấy",
        "its authority {component!r} is no component",
    ),
    "fact_undeclared": ("dùng “{fact}” nhưng chưa khai trong facts", "fact {fact!r} is used but not declared"),
    "fact_of_wrong_type": (
        "“{fact}” phải có kiểu {expected}, đang là {found}",
        "fact {fact!r} has to be {expected}, it is {found}",
    ),
    "fact_unused": ("“{fact}” được hỏi nhưng không dùng vào việc gì", "fact {fact!r} is asked for and never used"),
    "online_without_portal": (
        "trả kết quả trực tuyến nhưng không tiếp nhận qua Cổng",
        "the result is handed out online, but the portal is no channel",
    ),
    "post_one_way": (
        "nhận hồ sơ qua bưu chính nhưng không trả kết quả qua bưu chính",
        "dossiers come by post, but results do not go back by post",
    ),
    # Who acts.
    "kind_without_agency": (
        "từ ngày {day} không có cơ quan loại “{kind}” trong khi thủ tục còn hiệu lực",
        "from {day} on there is no agency of kind {kind!r} while this is in force",
    ),
    "area_without_agency": (
        "đơn vị {area} không có cơ quan loại “{kind}”, bước “{step}” của {procedure} không ai làm",
        "unit {area} has no agency of kind {kind!r}: nobody does step {step!r} of {procedure}",
    ),
    "parent_unknown": ("cơ quan cấp trên “{agency}” không tồn tại", "parent {agency!r} does not exist"),
    "parent_cycle": ("cơ quan là cấp trên của chính nó: {agencies}", "an agency stands above itself: {agencies}"),
    "calendar_unknown": ("lịch “{calendar}” không tồn tại", "calendar {calendar!r} does not exist"),
    "two_agencies_act": (
        "“{one}” và “{other}” cùng loại “{kind}”, cùng phục vụ {area}",
        "{one!r} and {other!r} are both {kind!r} for {area}: which one acts is not said",
    ),
    "type_unknown": ("loại đơn vị “{type}” không có trong unit_words", "type {type!r} is not among unit_words"),
    # What it costs.
    "fee_rule_unknown": ("biểu phí “{rule}” không tồn tại", "fee rule {rule!r} does not exist"),
    "fee_rule_unused": ("biểu phí không thủ tục nào dùng", "no procedure uses this fee rule"),
    "fee_and_rule_disagree": (
        "fee_due là {due} trong khi fee_rule là {rule}",
        "fee_due is {due} while fee_rule is {rule}",
    ),
    "clock_and_fee_disagree": (
        "đồng hồ chạy từ {clock} nhưng phí nộp {due}",
        "the clock starts with {clock}, but the fee is due {due}",
    ),
    "payment_limit_without_fee": (
        "có hạn nộp phí nhưng không phải nộp phí",
        "there is a time to pay, but nothing to pay",
    ),
    "tariff_missing": (
        "thủ tục {procedure}: ngày {day}, kênh {channel} không có mức thu",
        "procedure {procedure}: no tariff holds on {day} for channel {channel}",
    ),
    "tariff_channel_not_offered": (
        "mức thu dành cho kênh {channel}, không thủ tục nào nhận qua kênh ấy",
        "the tariff is for channel {channel}, which no procedure with this rule offers",
    ),
    "ceiling_below_amount": (
        "mức trần thấp hơn mức thu cố định",
        "the ceiling is below the amount",
    ),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that the lint found.

    Args:
        severity: `error` (the registry cannot be used), `warning`, or `assumed` (a value that no source gives).
        file: the file, from the registry's folder on, with slashes.
        line: line in that file, from 1.
        code: stable snake_case name of the kind of finding.
    """

    severity: str
    file: str
    line: int
    code: str
    message_vi: str
    message_en: str


def finding(code: str, file: str, line: int, /, **words: object) -> Finding:
    """Return the finding `code` with its sentences filled in."""
    vi, en = _SENTENCES[code]
    return Finding(_SEVERITIES.get(code, ERROR), file, line, code, vi.format(**words), en.format(**words))


def codes() -> frozenset[str]:
    """Return every code that a finding can have."""
    return frozenset(_SENTENCES)
