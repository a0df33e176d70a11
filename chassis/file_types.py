"""What kind of file some bytes are, by the bytes themselves; and whether they are a kind that is taken.

A file is never unpacked, parsed or run here. Of an archive only the list of what is in it is read, which has no bombs.
Law: NĐ 118/2025/NĐ-CP art. 15 (electronic papers of a dossier).
"""

import io
import re
import zipfile
from collections.abc import Callable, Mapping
from typing import Final

import puremagic

from kernel.calendar import Words

PDF: Final = "application/pdf"
JPEG: Final = "image/jpeg"
PNG: Final = "image/png"
TIFF: Final = "image/tiff"
XML: Final = "application/xml"
ODT: Final = "application/vnd.oasis.opendocument.text"
DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
ASIC_E: Final = "application/vnd.etsi.asic-e+zip"
ASIC_S: Final = "application/vnd.etsi.asic-s+zip"
P7S: Final = "application/pkcs7-signature"

ENDINGS: Final[Mapping[str, str]] = {
    PDF: ".pdf", JPEG: ".jpg", PNG: ".png", TIFF: ".tif", XML: ".xml", ODT: ".odt", DOCX: ".docx", ASIC_E: ".asice",
    ASIC_S: ".asics", P7S: ".p7s",
}  # fmt: skip
"""Every type that is taken, and how a file of it is called where its own name is not known."""


def called(media_type: str) -> str:
    """Return what people call a type, after the ending of its files: `PDF`."""
    return ENDINGS[media_type].removeprefix(".").upper()


KINDS: Final = ", ".join(map(called, ENDINGS))

ARCHIVED_FILES_MAX: Final = 2_000
ARCHIVED_BYTES_MAX: Final = 209_715_200
LOOKED_AT_BYTES: Final = 4_096
ARCHIVE_END_WITHIN_BYTES: Final = 65_557

ACTIVE: Final = re.compile(rb"<\s{0,16}+(?:!doctype\s+html|html|script|svg|iframe|object|embed)[\s>/]", re.IGNORECASE)
"""What a browser would run if it were told to guess."""
ACTIVE_PDF: Final = re.compile(rb"/(?:JavaScript|JS|Launch|RichMedia|EmbeddedFile)\b")
ACTIVE_XML: Final = re.compile(
    rb"<!\s{0,16}+(?:DOCTYPE|ENTITY)|<\?xml-stylesheet|w3\.org/1999/xhtml|w3\.org/2000/svg", re.I
)
MACROS: Final = re.compile(
    r"(^|/)(vbaProject\.bin|Basic/|Scripts/|.*\.(exe|dll|js|vbs|bat|cmd|ps1|jar|html?|svg)$)", re.I
)
SIGNED_DATA: Final = bytes.fromhex("06092a864886f70d010702")


class NotTaken(ValueError):
    """The content is of no kind that is taken, or not of the one it was declared to be; says why, in both languages."""

    def __init__(self, vi: str, en: str) -> None:
        super().__init__(en)
        self.said = Words(vi, en)


def check_content(content: bytes, declared: str) -> None:
    """Check that some content is what it was declared to be, and of a kind that does no harm.

    Raises:
        NotTaken: it is not.
    """
    check = CHECKS.get(declared)
    if check is None:
        raise NotTaken(
            f"Không nhận loại {declared[:80]}; các loại được nhận: {KINDS}.",
            f"The type {declared[:80]} is not taken; one of {KINDS} is.",
        )
    if not content:
        raise NotTaken("Tệp rỗng.", "The file is empty.")
    check(content)
    if ACTIVE.search(content):
        raise NotTaken("Tệp chứa nội dung mà trình duyệt sẽ chạy.", "It holds what a browser would run.")
    if declared not in ARCHIVES and b"PK\x05\x06" in content[-ARCHIVE_END_WITHIN_BYTES:]:
        raise NotTaken("Tệp đồng thời là một tệp nén.", "It is an archive as well.")
    if declared != PDF and b"%PDF-" in content[:1_024]:
        raise NotTaken("Tệp đồng thời là một tệp PDF.", "It is a PDF as well.")


def _guessed(content: bytes, *fitting: str) -> None:
    """Ask a library that knows thousands of formats: what it thinks of first bytes must include what was declared."""
    try:
        guesses = {one.mime_type for one in puremagic.magic_string(content[:LOOKED_AT_BYTES])}
    except puremagic.PureError:
        guesses = set()
    if not guesses & set(fitting):
        raise NotTaken(f"Nội dung tệp không phải là {called(fitting[0])}.", f"Its content is not {called(fitting[0])}.")


def _begins(content: bytes, *signatures: bytes) -> None:
    if not content.startswith(signatures):
        raise NotTaken("Phần đầu của tệp không đúng với loại đã khai.", "Its content does not begin as its type does.")


def _pdf(content: bytes) -> None:
    _begins(content, b"%PDF-1.", b"%PDF-2.")
    _guessed(content, PDF)
    if b"%%EOF" not in content[-1_024:]:
        raise NotTaken("Tệp PDF thiếu phần cuối.", "The PDF does not end.")
    if ACTIVE_PDF.search(content):
        raise NotTaken(
            "Tệp PDF chứa mã lệnh, tệp đính kèm hoặc lệnh mở chương trình.",
            "The PDF holds a script, an attachment or an order to start a program.",
        )


def _jpeg(content: bytes) -> None:
    _begins(content, b"\xff\xd8\xff")
    _guessed(content, JPEG)


def _png(content: bytes) -> None:
    _begins(content, b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")
    _guessed(content, PNG)
    if b"IEND\xae\x42\x60\x82" not in content[-LOOKED_AT_BYTES:]:
        raise NotTaken("Ảnh thiếu phần cuối.", "The picture does not end.")


def _tiff(content: bytes) -> None:
    _begins(content, b"II*\x00", b"MM\x00*")
    _guessed(content, TIFF)


def _xml(content: bytes) -> None:
    text = content.removeprefix(b"\xef\xbb\xbf")
    _begins(text, b"<?xml ")
    try:
        text.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotTaken("Chỉ nhận XML ở bảng mã UTF-8.", "XML is taken in UTF-8.") from error
    if b"\0" in text or ACTIVE_XML.search(text):
        raise NotTaken(
            "Tệp XML khai báo thực thể hoặc kiểu tài liệu, gọi bảng định dạng, hoặc là trang web hay hình vẽ.",
            "The XML defines entities or a type, names a style sheet, or is a page or a drawing.",
        )


def _odf_like(content: bytes, kind: str) -> tuple[str, ...]:
    """ODF and ASiC begin with an entry `mimetype`, stored as it is, so that the type stands at a fixed place."""
    _begins(content, b"PK\x03\x04")
    named = content[30:].startswith(b"mimetype" + kind.encode() + b"PK")
    if not named:
        raise NotTaken(f"Tệp không phải là {called(kind)}.", f"It is not {called(kind)}.")
    return _archived(content)


def _odt(content: bytes) -> None:
    if "content.xml" not in _odf_like(content, ODT):
        raise NotTaken("Văn bản không có nội dung.", "The document has no text.")


def _asic(kind: str) -> Callable[[bytes], None]:
    def check(content: bytes) -> None:
        if not any(name.startswith("META-INF/") for name in _odf_like(content, kind)):
            raise NotTaken("Gói ký số không có chữ ký.", "The container has no signature.")

    return check


def _docx(content: bytes) -> None:
    _begins(content, b"PK\x03\x04")
    _guessed(content, DOCX)
    if not {"[Content_Types].xml", "word/document.xml"} <= set(_archived(content)):
        raise NotTaken("Văn bản không có nội dung.", "The document has no text.")


def _archived(content: bytes) -> tuple[str, ...]:
    """Return the names of what an archive holds, by its list alone."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            listed = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError, ValueError, OverflowError) as error:
        raise NotTaken("Không đọc được danh mục các tệp bên trong.", "Its list of files cannot be read.") from error
    names = tuple(one.filename for one in listed)
    if len(listed) > ARCHIVED_FILES_MAX or sum(one.file_size for one in listed) > ARCHIVED_BYTES_MAX:
        raise NotTaken("Giải nén ra sẽ quá lớn.", "It would unpack to too much.")
    if len(set(names)) < len(names) or any(one.flag_bits & 1 for one in listed):
        raise NotTaken("Có tệp bên trong trùng tên, hoặc bị khóa.", "It names a file twice, or is locked.")
    if any(name.startswith("/") or ".." in name.split("/") or "\\" in name for name in names):
        raise NotTaken("Có tệp bên trong trỏ ra ngoài gói.", "It names a file outside of itself.")
    if any(MACROS.search(name) for name in names):
        raise NotTaken("Bên trong có macro, trang web hoặc chương trình.", "It holds a macro, a page or a program.")
    return names


def _p7s(content: bytes) -> None:
    """DER: a sequence as long as the file, whose first thing is the mark of signed data (RFC 5652 §5.1)."""
    _begins(content, b"\x30")
    first = content[1] if len(content) > 1 else 0
    width = first & 0x7F if first & 0x80 else 0
    length = int.from_bytes(content[2 : 2 + width]) if width else first
    if width > 4 or 2 + width + length != len(content) or not content[2 + width :].startswith(SIGNED_DATA):
        raise NotTaken("Tệp không phải dữ liệu đã ký ở dạng DER.", "It is not signed data in DER.")


ARCHIVES: Final = frozenset({ODT, DOCX, ASIC_E, ASIC_S})
CHECKS: Final[Mapping[str, Callable[[bytes], None]]] = {
    PDF: _pdf, JPEG: _jpeg, PNG: _png, TIFF: _tiff, XML: _xml, ODT: _odt, DOCX: _docx, ASIC_E: _asic(ASIC_E),
    ASIC_S: _asic(ASIC_S), P7S: _p7s,
}  # fmt: skip
