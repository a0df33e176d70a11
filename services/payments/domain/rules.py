"""Every reason for which payments says no.

Law: NĐ 61/2018/NĐ-CP art. 22 and NĐ 118/2025/NĐ-CP art. 24 (ways of paying); NĐ 254/2026/NĐ-CP (receipts); Luật Phí và
lệ phí 97/2015/QH13 (published tariffs only).
"""

from kernel.refusal import HOUSE_RULE, Rule

WAYS_OF_PAYING = "NĐ 61/2018/NĐ-CP art. 22; NĐ 118/2025/NĐ-CP art. 24"
RECEIPTS = "NĐ 254/2026/NĐ-CP (before 2026-07-01: NĐ 123/2020/NĐ-CP)"
TARIFFS = "Luật Phí và lệ phí 97/2015/QH13"
REFUNDS = (
    "TT 25/2021/TT-BTC art. 6.3; NĐ 297/2025/NĐ-CP art. 9.2; treasury: NĐ 347/2025/NĐ-CP (before: NĐ 11/2020 art. 5)"
)

TAX_OVERPAID = "Luật Quản lý thuế 38/2019/QH14 art. 60"
TAX_NOTICES = "NĐ 101/2024/NĐ-CP"

OBLIGATION_NOT_NAMED = Rule(
    "obligation_not_named",
    WAYS_OF_PAYING,
    "Hồ sơ có nhiều khoản phải nộp; phải nêu rõ khoản nào.",
    "More than one thing is owed for this dossier; name the one that is meant.",
)
TARIFF_MISSING = Rule(
    "tariff_missing",
    TARIFFS,
    "Biểu phí, lệ phí không có mức thu cho trường hợp này.",
    "The fee schedule has no tariff for this case.",
)
FEE_FACT_MISSING = Rule(
    "fee_fact_missing",
    TARIFFS,
    "Thiếu số liệu để tính phí, lệ phí.",
    "A number that the fee is counted by is missing.",
)
OBLIGATION_UNKNOWN = Rule(
    "obligation_unknown",
    WAYS_OF_PAYING,
    "Hồ sơ này không có khoản phí, lệ phí nào phải nộp.",
    "Nothing is owed for this dossier.",
)
OBLIGATION_DIFFERS = Rule(
    "obligation_differs",
    TARIFFS,
    "Nghĩa vụ tài chính của hồ sơ này đã được xác định theo biểu phí khác.",
    "What is owed for this dossier has already been fixed under another fee rule.",
)
ALREADY_SETTLED = Rule(
    "already_settled",
    WAYS_OF_PAYING,
    "Phí, lệ phí của hồ sơ này đã được nộp đủ.",
    "What was owed for this dossier has been paid.",
)
OBLIGATION_CANCELLED = Rule(
    "obligation_cancelled",
    WAYS_OF_PAYING,
    "Hồ sơ đã kết thúc, không còn phải nộp phí, lệ phí.",
    "The dossier has ended; nothing is owed any more.",
)
AMOUNT_DIFFERS = Rule(
    "amount_differs",
    TARIFFS,
    "Số tiền không đúng với số phải nộp.",
    "The amount is not the amount owed.",
)
AMOUNT_OVER_GATEWAY_LIMIT = Rule(
    "amount_over_gateway_limit",
    HOUSE_RULE,
    "Số tiền vượt quá hạn mức của cổng thanh toán; vui lòng nộp tại Bộ phận Một cửa.",
    "The amount is more than the gateway takes at once; please pay at the one-stop desk.",
)
ATTEMPT_UNKNOWN = Rule(
    "attempt_unknown",
    HOUSE_RULE,
    "Không có giao dịch thanh toán này.",
    "There is no such payment attempt.",
)
ATTEMPT_DIFFERS = Rule(
    "attempt_differs",
    HOUSE_RULE,
    "Mã giao dịch này đã được dùng cho lần thanh toán khác.",
    "This transaction reference already belongs to another payment attempt.",
)
OUTCOME_UNFINISHED = Rule(
    "outcome_unfinished",
    HOUSE_RULE,
    "Cổng thanh toán chưa có kết quả cuối cùng của giao dịch.",
    "The gateway does not know the end of this payment yet.",
)
OUTCOME_CONTRADICTED = Rule(
    "outcome_contradicted",
    HOUSE_RULE,
    "Giao dịch đã được ghi nhận thành công với nội dung khác; cần đối soát.",
    "This payment was already recorded as successful, otherwise than reported now; it must be reconciled.",
)
REFUND_NOT_OWED = Rule(
    "refund_not_owed",
    REFUNDS,
    "Không có khoản tiền nào phải hoàn cho giao dịch này.",
    "No refund is owed for this payment.",
)
REFUND_ALREADY_PAID = Rule(
    "refund_already_paid",
    REFUNDS,
    "Khoản tiền này đã được hoàn theo lệnh chi khác.",
    "This refund has already been paid by another order.",
)
REFUND_ORDER_MISSING = Rule(
    "refund_order_missing",
    REFUNDS,
    "Phải ghi số lệnh chi hoặc lệnh hoàn trả.",
    "The number of the bank or treasury order is missing.",
)
RECEIPT_OUT_OF_TURN = Rule(
    "receipt_out_of_turn",
    RECEIPTS,
    "Số biên lai phải liên tục, không trùng, không cách số.",
    "Receipt numbers follow one another without a repeat or a gap.",
)
RECEIPT_BOOK_FULL = Rule(
    "receipt_book_full",
    RECEIPTS,
    "Quyển biên lai của năm đã hết số.",
    "The receipt book of this year has no number left.",
)
