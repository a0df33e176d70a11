"""What people call the purposes, the addressees and the fields that stand in the log of readings.

Law: Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15 (whoever is concerned may know who processed their data, and what for).
A test looks in the code for every purpose and addressee that it can write, and finds each of them here.
"""

from collections.abc import Mapping
from typing import Final

from chassis.vault_openings import kind_of
from kernel.calendar import Words

OUTSIDE: Final[Mapping[str, Words]] = {
    "portal": Words("Cổng Dịch vụ công quốc gia", "National service portal"),
    "postal_staff": Words("Bưu chính công ích", "Public post"),
    "vnpay": Words("Cổng thanh toán VNPAY", "VNPAY payment gateway"),
}
OF_FILES: Final[Mapping[str, Words]] = {
    "file_own_dossier": Words("xem tệp của hồ sơ mình", "reading a file of one's own dossier"),
    "file_reception": Words("đọc tệp để tiếp nhận hồ sơ", "reading a file to receive the dossier"),
    "file_examination": Words("đọc tệp để thẩm định hồ sơ", "reading a file to examine the dossier"),
    "file_inspection": Words("đọc tệp để thanh tra, giám sát", "reading a file to inspect"),
    "upload": Words("nhận tệp đang tải lên", "taking in a file that is being uploaded"),
    "hand_in": Words("gắn tệp đã tải lên vào hồ sơ", "putting an uploaded file into the dossier"),
}
PURPOSES: Final[Mapping[str, Words]] = {
    "acknowledgement_slip": Words("xem Giấy tiếp nhận và hẹn trả", "slip of acceptance (form 01)"),
    "supplement_request": Words("xem Phiếu yêu cầu bổ sung", "request for a supplement (form 02)"),
    "refusal_slip": Words("xem Phiếu từ chối tiếp nhận", "refusal of reception (form 03)"),
    "apology_letter": Words("xem Phiếu xin lỗi và hẹn lại", "apology with a new date (form 04)"),
    "stop_notice": Words("xem Thông báo dừng giải quyết", "notice that handling has stopped (form 05)"),
    "inspection_of_corrections": Words("thanh tra các lần đính chính", "inspecting what was corrected"),
    "repeat_of_portal_message": Words("đối chiếu bản tin của Cổng", "comparing a repeated message of the portal"),
    "correction": Words("sửa thông tin người nộp", "correcting the applicant's data"),
    "status": Words("trả lời tra cứu tình trạng", "answering where the dossier stands"),
    "payment": Words("mở giao dịch thanh toán", "opening a payment"),
    "reconciliation": Words("đối soát thanh toán", "reconciling payments"),
    "search": Words("tìm hồ sơ", "finding dossiers"),
    "postal visit": Words("đến nhận hoặc phát tại nhà", "visiting to collect or deliver"),
    "postal call": Words("gọi điện hẹn", "calling ahead"),
    "postal label": Words("in nhãn bưu gửi", "printing the label"),
    "routing note": Words("xem ghi chú của cơ quan", "reading the agency's note"),
    "routing apology": Words("xem lời xin lỗi của cơ quan", "reading the agency's apology"),
    **OF_FILES,
}
"""Kind of purpose, without what follows it in the log and names the parcel, the step or the message."""
FIELDS: Final[Mapping[str, Words]] = {
    "name": Words("họ tên", "name"),
    "personal_id": Words("số định danh", "personal id"),
    "old_identity_number": Words("số chứng minh nhân dân cũ", "old identity number"),
    "tax_code": Words("mã số thuế", "tax code"),
    "address": Words("địa chỉ", "address"),
    "phone": Words("điện thoại", "phone"),
    "email": Words("thư điện tử", "e-mail"),
    "note": Words("ghi chú", "note"),
    "portal_message": Words("bản tin của Cổng", "portal's message"),
    "raw": Words("bản tin của cổng thanh toán", "gateway's message"),
    "MaHoSo": Words("mã hồ sơ", "dossier code"),
    "MaTTHC": Words("mã thủ tục", "procedure code"),
    "TrangThaiHoSo": Words("trạng thái", "status"),
    "NgayTiepNhan": Words("ngày tiếp nhận", "date of acceptance"),
    "NgayHenTra": Words("ngày hẹn trả", "appointment"),
    "amount": Words("số tiền", "amount"),
    "code": Words("mã hồ sơ", "dossier code"),
}
FIELDS_OF_FILES: Final[Mapping[str, Words]] = {
    "key": Words("nội dung tệp", "the file's content"),
    "name": Words("tên tệp", "the file's name"),
    "sha256": Words("mã SHA-256", "its SHA-256"),
}
"""With its key a file's content is open; its name is not the name of a person."""


def purpose(text: str) -> Words:
    """Return a purpose of the log in words."""
    return PURPOSES.get(kind_of(text), Words(text, text))


def addressee(code: str) -> Words:
    """Return who outside was told something."""
    return OUTSIDE.get(code, Words(code, code))


def field(name: str, purpose: str) -> Words:
    """Return what was read, as it is called where it is read for such a purpose."""
    known = FIELDS_OF_FILES if kind_of(purpose) in OF_FILES else FIELDS
    return known.get(name, Words(name, name))
