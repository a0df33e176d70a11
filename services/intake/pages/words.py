"""What the forms call things; the codes are the desk's own."""

from collections.abc import Mapping
from typing import Final

from chassis.file_types import ASIC_E, ASIC_S, DOCX, JPEG, ODT, P7S, PDF, PNG, TIFF, XML
from kernel.calendar import Words

WORDS: Final[Mapping[str, Mapping[str, Words]]] = {
    "supplement_reason": {
        "missing": Words("còn thiếu", "missing"),
        "unreadable": Words("không đọc được", "unreadable"),
        "expired": Words("hết hạn", "expired"),
        "not_certified": Words("chưa chứng thực", "not certified"),
        "wrong_form": Words("sai mẫu", "not on the prescribed form"),
        "contradictory": Words("mâu thuẫn với giấy tờ khác", "contradicts other papers"),
    },
    "refusal_reason": {
        "wrong_authority": Words("Không thuộc thẩm quyền giải quyết", "Outside this agency's authority"),
        "not_conforming": Words("Không đủ điều kiện theo quy định", "Does not meet the conditions of the law"),
        "supplement_incomplete": Words("Đã bổ sung nhưng vẫn chưa đủ", "Still incomplete after the supplement"),
        "already_handled": Words("Đã có hồ sơ khác cùng nội dung", "Another dossier asks for the same"),
    },
    "ground": {
        "withdrawn": Words("Theo đề nghị của người làm thủ tục", "At the applicant's wish"),
        "no_supplement": Words("Không bổ sung hồ sơ trong thời hạn", "The supplement did not come in time"),
        "not_paid": Words("Không nộp phí, lệ phí trong thời hạn", "The fee was not paid in time"),
        "not_collected": Words("Bưu chính không thu gom được giấy tờ", "The post could not collect the papers"),
    },
    "form": {
        "original": Words("bản chính", "original"),
        "copy": Words("bản sao", "copy"),
        "electronic": Words("bản điện tử", "electronic"),
    },
    "media_type": {
        PDF: Words("PDF", "PDF"),
        JPEG: Words("Ảnh JPEG", "JPEG picture"),
        PNG: Words("Ảnh PNG", "PNG picture"),
        TIFF: Words("Ảnh TIFF", "TIFF picture"),
        XML: Words("Dữ liệu XML", "XML data"),
        ODT: Words("Văn bản ODT", "ODT document"),
        DOCX: Words("Văn bản Word (DOCX)", "Word document (DOCX)"),
        ASIC_E: Words("Gói ký số ASiC-E", "Signed container (ASiC-E)"),
        ASIC_S: Words("Gói ký số ASiC-S", "Signed container (ASiC-S)"),
        P7S: Words("Tệp ký số P7S", "Signed data (P7S)"),
    },
    "way": {
        "desk": Words("Tại bộ phận Một cửa", "At the one-stop desk"),
        "online": Words("Trực tuyến", "Online"),
        "post": Words("Qua bưu chính công ích", "By public post"),
    },
    "cause": {
        "received": Words("Cơ quan giải quyết đã nhận hồ sơ", "The resolving agency has received the dossier"),
        "resumed": Words("Hết thời gian tạm dừng", "What the clock stood still for is over"),
        "second_appointment": Words("Hẹn lần hai", "Second appointment"),
        "apology": Words("Xin lỗi và hẹn lại", "Apology, with a new date"),
        "closed_day": Words("Ngày hẹn trùng ngày nghỉ", "The date fell on a closed day"),
        "extended": Words("Pháp luật cho kéo dài thời hạn giải quyết", "The law gives a longer limit"),
        "supplement": Words("Đã nhận đủ bổ sung, tính lại từ đầu", "Supplement complete; counted from the start"),
    },
}


def word(kind: str, code: str) -> Words:
    """Return what people call a code; one that is not listed stands as it is, rather than nothing."""
    return WORDS[kind].get(code, Words(code, code))
