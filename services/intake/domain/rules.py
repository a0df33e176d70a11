"""Every reason for which the one-stop desk says no, with the law behind it.

Law: NĐ 61/2018/NĐ-CP and NĐ 118/2025/NĐ-CP (one-stop mechanism); QĐ 45/2016/QĐ-TTg (public post); TT 03/2025/TT-VPCP.
"""

from typing import Final

from kernel.refusal import HOUSE_RULE, Rule

DOSSIER_UNKNOWN: Final = Rule(
    "dossier_unknown",
    HOUSE_RULE,
    "Không có hồ sơ này.",
    "There is no such dossier.",
)
DOSSIER_CLOSED: Final = Rule(
    "dossier_closed",
    "NĐ 61/2018 art. 5; NĐ 118/2025 art. 5",
    "Hồ sơ đã kết thúc, nội dung không được thay đổi.",
    "The dossier has ended and may not be altered any more.",
)
SUBMITTED_DIFFERENTLY: Final = Rule(
    "submitted_differently",
    "NĐ 61/2018 art. 5; NĐ 118/2025 art. 5",
    "Hồ sơ này đã được nộp với nội dung khác.",
    "This dossier was submitted before with other content.",
)

# Submission.
PROCEDURE_NOT_IN_FORCE: Final = Rule(
    "procedure_not_in_force",
    "NĐ 61/2018 art. 17.1; NĐ 118/2025 art. 17.1",
    "Thủ tục hành chính không tồn tại hoặc không còn hiệu lực.",
    "There is no such procedure, or it is not in force today.",
)
CHANNEL_NOT_OFFERED: Final = Rule(
    "channel_not_offered",
    "NĐ 61/2018 art. 16; NĐ 118/2025 art. 16",
    "Thủ tục này không tiếp nhận theo cách nộp đã chọn.",
    "This procedure may not be submitted that way.",
)
CHANNEL_NOT_YOURS: Final = Rule(
    "channel_not_yours",
    "NĐ 61/2018 art. 16; NĐ 118/2025 art. 16",
    "Cách nộp phải được ghi đúng thực tế: quầy do cán bộ ghi, cổng dịch vụ công do người nộp.",
    "How a dossier came in is recorded as it was: the counter by its officer, the portal by the applicant.",
)
AGENCY_NOT_RECEIVING: Final = Rule(
    "agency_not_receiving",
    "NĐ 118/2025 art. 14",
    "Cơ quan này không tiếp nhận thủ tục đã chọn.",
    "This agency does not receive that procedure.",
)
AREA_NEEDED: Final = Rule(
    "area_needed",
    "NĐ 118/2025 arts. 14, 17.3",
    "Cần cho biết hồ sơ thuộc xã, phường nào để xác định cơ quan giải quyết.",
    "The commune the dossier belongs to must be named, for its agencies resolve it.",
)
SUBMITTER_NOT_ALLOWED: Final = Rule(
    "submitter_not_allowed",
    "NĐ 61/2018 arts. 6, 16; NĐ 118/2025 arts. 6, 15",
    "Người nộp không thuộc đối tượng được nộp hồ sơ của thủ tục này.",
    "The submitter is not among those who may hand in this procedure's dossier.",
)
HAND_OUT_WAY_NOT_OFFERED: Final = Rule(
    "hand_out_way_not_offered",
    "NĐ 61/2018 art. 20",
    "Thủ tục này không trả kết quả theo cách đã chọn.",
    "This procedure's result is not handed out that way.",
)
HAND_OUT_ADDRESS_MISSING: Final = Rule(
    "hand_out_address_missing",
    "QĐ 45/2016 art. 9",
    "Trả kết quả qua bưu chính cần địa chỉ nhận.",
    "Handing out by post needs an address.",
)
CATEGORY_UNKNOWN: Final = Rule(
    "category_unknown",
    "NĐ 61/2018 art. 22; NĐ 118/2025 art. 24",
    "Biểu phí của thủ tục không có nhóm đối tượng này.",
    "The procedure's fee schedule has no such group of applicants.",
)
OPTION_UNKNOWN: Final = Rule(
    "option_unknown",
    "NĐ 61/2018 art. 19.6",
    "Thủ tục này không có bước tùy chọn đã yêu cầu.",
    "This procedure has no such optional step.",
)
FACTS_DO_NOT_FIT: Final = Rule(
    "facts_do_not_fit",
    "NĐ 61/2018 art. 17.1; NĐ 118/2025 art. 17.1",
    "Thông tin kê khai còn thiếu hoặc không đúng kiểu.",
    "A declared fact is missing, unknown or of the wrong type.",
)
COMPONENT_UNKNOWN: Final = Rule(
    "component_unknown",
    "NĐ 61/2018 art. 5; NĐ 118/2025 art. 5",
    "Giấy tờ này không thuộc thành phần hồ sơ của thủ tục.",
    "This paper is not among the procedure's components, and none may be asked for beyond them.",
)
PROCEDURE_OF_ANOTHER_PROVINCE: Final = Rule(
    "procedure_of_another_province",
    "NĐ 118/2025 art. 14",
    "Thủ tục này do tỉnh khác công bố; không tiếp nhận tại đây dưới mã đó.",
    "Another province published this form of the procedure, with its own limits and fees; it is not received here.",
)
REUSE_NOT_ALLOWED: Final = Rule(
    "reuse_not_allowed",
    "NĐ 309/2026 art. 4.2a; NQ 66.7/2025",
    "Giấy tờ này không được thay bằng dữ liệu của cơ sở dữ liệu đã nêu.",
    "No such database may stand in this paper's place.",
)

# At the desk.
COMPONENT_NOT_GIVEN: Final = Rule(
    "component_not_given",
    "NĐ 61/2018 art. 17.1; NĐ 118/2025 art. 17.1",
    "Giấy tờ này chưa được nộp nên chưa thể số hóa.",
    "This paper was not handed in, so it cannot be digitised.",
)
CORRECTION_AT_DESK: Final = Rule(
    "correction_at_desk",
    "NĐ 61/2018 art. 5; Luật 91/2025 art. 13",
    "Hồ sơ đã được tiếp nhận; đề nghị bộ phận một cửa đính chính thông tin.",
    "The dossier has been accepted; the one-stop desk corrects its particulars from now on.",
)
CORRECTION_WITHOUT_REASON: Final = Rule(
    "correction_without_reason",
    "NĐ 61/2018 art. 5; Luật 91/2025 art. 13",
    "Đính chính thông tin phải nêu lý do.",
    "A correction gives its reason.",
)
NOTHING_TO_CORRECT: Final = Rule(
    "nothing_to_correct",
    "Luật 91/2025 art. 13",
    "Chỉ đính chính được họ tên, địa chỉ, điện thoại, thư điện tử; số định danh không thay đổi được.",
    "Name, address, phone and e-mail can be corrected; the number that says who a person is cannot.",
)
PARTICULARS_UNREADABLE: Final = Rule(
    "particulars_unreadable",
    "Luật 91/2025 art. 14",
    "Thông tin của người này đã bị hủy khóa và không còn đọc được.",
    "This person was forgotten; what was written can neither be read nor corrected.",
)
PARCEL_ORDERED: Final = Rule(
    "parcel_ordered",
    "QĐ 45/2016 art. 9",
    "Kết quả đã giao cho bưu chính theo địa chỉ cũ; bưu gửi đã đặt không đổi được.",
    "The result went to the post with the former address; a parcel that was ordered is not changed.",
)
PAPERS_WITH_POST: Final = Rule(
    "papers_with_post",
    "QĐ 45/2016 art. 7.4",
    "Giấy tờ còn ở bưu chính; hồ sơ chỉ được coi là đã nộp khi ký biên bản giao nhận.",
    "The papers are still with the post; the dossier counts as submitted when the handover record is signed.",
)
COMPONENTS_MISSING: Final = Rule(
    "components_missing",
    "NĐ 61/2018 art. 17.1; NĐ 118/2025 art. 17.1",
    "Hồ sơ còn thiếu thành phần bắt buộc.",
    "Required components are missing.",
)
SUBMITTER_WITHOUT_AUTHORITY: Final = Rule(
    "submitter_without_authority",
    "NĐ 61/2018 arts. 6, 16; NĐ 118/2025 arts. 6, 15",
    "Người nộp chưa có giấy tờ chứng minh được ủy quyền.",
    "The submitter has not proved the authority to act for the applicant.",
)
NOT_AT_DESK: Final = Rule(
    "not_at_desk",
    "NĐ 61/2018 art. 17",
    "Hồ sơ không còn ở bước tiếp nhận.",
    "The dossier is not at the reception desk any more.",
)
SUPPLEMENT_ASKED_ONCE: Final = Rule(
    "supplement_asked_once",
    "NĐ 61/2018 art. 11.2c; NĐ 118/2025 art. 17.2a",
    "Chỉ được yêu cầu bổ sung hồ sơ một lần.",
    "A supplement may be asked for only once.",
)
SUPPLEMENTS_USED_UP: Final = Rule(
    "supplements_used_up",
    "NĐ 217/2026/NĐ-CP",
    "Pháp luật của thủ tục này không cho yêu cầu bổ sung thêm lần nữa sau thẩm định.",
    "The law of this procedure lets no further supplement be asked for after examination.",
)
SUPPLEMENT_INCOMPLETE_LIST: Final = Rule(
    "supplement_incomplete_list",
    "NĐ 61/2018 art. 11.2c; NĐ 118/2025 art. 17.2a",
    "Phiếu yêu cầu bổ sung phải nêu đầy đủ mọi giấy tờ còn thiếu.",
    "A request for a supplement names everything that is missing.",
)
SUPPLEMENT_WITHOUT_REASON: Final = Rule(
    "supplement_without_reason",
    "NĐ 61/2018 art. 11.2c; TT 03/2025/TT-VPCP form 02",
    "Mỗi yêu cầu bổ sung phải nêu lý do.",
    "Every item of a request for a supplement gives its reason.",
)
SUPPLEMENT_NOT_ASKED: Final = Rule(
    "supplement_not_asked",
    "NĐ 61/2018 art. 5; NĐ 118/2025 art. 5",
    "Hồ sơ này không chờ bổ sung.",
    "This dossier is not waiting for a supplement.",
)
SUPPLEMENT_AWAITED: Final = Rule(
    "supplement_awaited",
    "NĐ 61/2018 art. 19.4",
    "Hồ sơ còn chờ người nộp bổ sung.",
    "The applicant's supplement has not come yet.",
)
SUPPLEMENT_FIRST: Final = Rule(
    "supplement_first",
    "NĐ 61/2018 art. 11.2c; NĐ 118/2025 art. 17.2a",
    "Không được từ chối vì thiếu giấy tờ khi chưa yêu cầu bổ sung và nhận trả lời.",
    "A dossier is not refused as incomplete before a supplement was asked for and answered.",
)
REFUSAL_WITHOUT_REASON: Final = Rule(
    "refusal_without_reason",
    "NĐ 61/2018 art. 17.3; TT 03/2025/TT-VPCP form 03",
    "Từ chối tiếp nhận phải nêu lý do và căn cứ pháp luật.",
    "A refusal names its reason and the law it rests on.",
)
CALENDAR_DOES_NOT_REACH: Final = Rule(
    "calendar_does_not_reach",
    HOUSE_RULE,
    "Lịch làm việc của cơ quan chưa đến ngày hẹn; không được hẹn khi chưa có lịch.",
    "The agency's calendar does not reach the appointment, and a date that nobody announced is not promised.",
)

# In the chain.
NOT_ACCEPTED: Final = Rule(
    "not_accepted",
    "NĐ 61/2018 art. 17",
    "Hồ sơ chưa được tiếp nhận.",
    "The dossier has not been accepted.",
)
NOT_SENT_BACK: Final = Rule(
    "not_sent_back",
    "NĐ 61/2018 art. 19.4",
    "Cơ quan giải quyết không trả lại hồ sơ ở bước này.",
    "No agency sent the dossier back to the desk from that step.",
)
DECISION_EXISTS: Final = Rule(
    "decision_exists",
    "NĐ 118/2025 art. 21; TT 03/2025/TT-VPCP art. 7",
    "Đã có kết quả giải quyết nên không thể rút hồ sơ.",
    "A decision exists, so the dossier cannot be withdrawn any more.",
)
NOT_BY_POST: Final = Rule(
    "not_by_post",
    "QĐ 45/2016 art. 5",
    "Hồ sơ này không nộp qua bưu chính.",
    "This dossier was not submitted by post.",
)

# Handing out.
NOT_RESOLVED: Final = Rule(
    "not_resolved",
    "NĐ 61/2018 art. 20",
    "Chưa có kết quả để trả.",
    "There is no result to hand out yet.",
)
FEE_UNPAID: Final = Rule(
    "fee_unpaid",
    "NĐ 61/2018 art. 22; NĐ 118/2025 art. 24",
    "Phí, lệ phí chưa được nộp.",
    "The fee has not been paid.",
)
RESULT_WITH_POST: Final = Rule(
    "result_with_post",
    "QĐ 45/2016 art. 9",
    "Kết quả đang được bưu chính chuyển đi.",
    "The post has the result and is delivering it.",
)
RESULT_NOT_WITH_POST: Final = Rule(
    "result_not_with_post",
    "QĐ 45/2016 art. 9",
    "Kết quả không ở bưu chính.",
    "The post does not have the result.",
)
HAND_OUT_WAY_NOT_CHOSEN: Final = Rule(
    "hand_out_way_not_chosen",
    "NĐ 61/2018 art. 20",
    "Người làm thủ tục không chọn nhận kết quả theo cách này.",
    "The applicant did not choose to receive the result that way.",
)
HANDED_OUT_BEFORE: Final = Rule(
    "handed_out_before",
    "NĐ 61/2018 art. 20",
    "Kết quả đã được trả theo cách khác.",
    "The result was handed out before, in another way.",
)
COLLECTOR_WITHOUT_AUTHORITY: Final = Rule(
    "collector_without_authority",
    "NĐ 61/2018 arts. 6, 16; NĐ 118/2025 arts. 6, 15",
    "Người nhận thay phải có giấy ủy quyền.",
    "Whoever collects for the applicant shows a paper of authority.",
)
NO_PAPER_SHOWN: Final = Rule(
    "no_paper_shown",
    "NĐ 61/2018 arts. 6, 16; NĐ 118/2025 arts. 6, 15",
    "Khi nhận kết quả tại bộ phận một cửa phải xuất trình giấy tiếp nhận hoặc giấy tờ tùy thân.",
    "Whoever collects at the desk shows the slip, an identity paper or a paper of authority.",
)

# Numbers.
NUMBER_TAKEN: Final = Rule(
    "number_taken",
    "TT 03/2025/TT-VPCP art. 13",
    "Mã hồ sơ này đã được cấp cho hồ sơ khác.",
    "Another dossier has that number.",
)

# Files.
FILE_UNKNOWN: Final = Rule(
    "file_unknown",
    "NĐ 118/2025 art. 15",
    "Không có tệp này, hoặc tệp chưa tải lên xong.",
    "There is no such file of yours, or it is not uploaded wholly.",
)
FILE_NAMED_TWICE: Final = Rule(
    "file_named_twice",
    HOUSE_RULE,
    "Mỗi tệp chỉ dùng cho một thành phần của một hồ sơ.",
    "A file stands for one component of one dossier.",
)
FILES_TOO_MANY: Final = Rule(
    "files_too_many",
    HOUSE_RULE,
    "Hồ sơ có quá nhiều tệp, hoặc tổng dung lượng quá lớn.",
    "The dossier has too many files, or they are too large together.",
)
