"""What is taken as which type: by its content alone, never by its name, and nothing that a reader would run.

Law: NĐ 118/2025/NĐ-CP art. 15 (electronic papers).
"""

import io
import zipfile

import pytest

from chassis.file_types import ASIC_E, DOCX, ENDINGS, JPEG, ODT, P7S, PDF, PNG, TIFF, XML, NotTaken, check_content


def archive(*entries: tuple[str, str]) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as made:
        for name, content in entries:
            made.writestr(name, content)
    return kept.getvalue()


def signed(inside: bytes = b"x" * 300) -> bytes:
    body = bytes.fromhex("06092a864886f70d010702") + inside
    return b"\x30\x82" + len(body).to_bytes(2) + body


GOOD: dict[str, bytes] = {
    PDF: b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n",
    JPEG: b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01" + b"\x01" * 50 + b"\xff\xd9",
    PNG: b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\x01" * 50 + b"\x00\x00\x00\x00IEND\xae\x42\x60\x82",
    TIFF: b"II*\x00" + b"\x08\x00\x00\x00" * 8,
    XML: '<?xml version="1.0" encoding="UTF-8"?><ToKhai><Ten>Vân</Ten></ToKhai>'.encode(),
    ODT: archive(("mimetype", ODT), ("content.xml", "<x/>"), ("META-INF/manifest.xml", "<x/>")),
    DOCX: archive(("[Content_Types].xml", "<x/>"), ("word/document.xml", "<x/>")),
    ASIC_E: archive(("mimetype", ASIC_E), ("to_khai.pdf", "x"), ("META-INF/signatures.xml", "<x/>")),
    P7S: signed(),
}
PAGE = b"<!DOCTYPE html><html><script>alert(1)</script></html>"
DRAWING = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'

DOCUMENT = (("[Content_Types].xml", ""), ("word/document.xml", ""))
SIGNATURE = ("META-INF/signatures.xml", "")

BAD: list[tuple[str, str, bytes]] = [
    ("a page as a PDF", PDF, PAGE),
    ("a page behind a PDF's head", PDF, b"%PDF-1.7\n" + PAGE + b"\n%%EOF"),
    ("a PDF with a script", PDF, b"%PDF-1.7\n<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>\n%%EOF"),
    ("a PDF that starts a program", PDF, b"%PDF-1.7\n<</S /Launch>>\n%%EOF"),
    ("a PDF cut short", PDF, b"%PDF-1.7\n1 0 obj\n"),
    ("a PDF that begins later", PDF, b"GIF89a\n" + GOOD[PDF]),
    ("a PDF and archive in one", PDF, GOOD[PDF] + GOOD[DOCX]),
    ("a picture as a PDF", PDF, GOOD[PNG]),
    ("a PDF as a picture", JPEG, GOOD[PDF]),
    ("a picture with a page in it", JPEG, GOOD[JPEG] + PAGE),
    ("a picture and PDF in one", JPEG, GOOD[JPEG][:20] + b"%PDF-1.7" + GOOD[JPEG][20:]),
    ("a picture and archive in one", PNG, GOOD[PNG] + GOOD[DOCX]),
    ("a picture cut short", PNG, GOOD[PNG][:40]),
    ("a program as a picture", TIFF, b"MZ\x90\x00" + b"\x00" * 60),
    ("a page as XML", XML, b'<?xml version="1.0"?>' + PAGE),
    ("a page of XHTML", XML, b'<?xml version="1.0"?><a xmlns="http://www.w3.org/1999/xhtml"/>'),
    ("a drawing as XML", XML, DRAWING),
    ("XML with entities", XML, b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'),
    ("XML with a style sheet", XML, b'<?xml version="1.0"?><?xml-stylesheet href="x.xsl"?><a/>'),
    ("XML in another encoding", XML, '<?xml version="1.0" encoding="UTF-16"?><a/>'.encode("utf-16")),
    ("any archive as a document", DOCX, archive(("a.txt", "x"))),
    ("a document with macros", DOCX, archive(*DOCUMENT, ("word/vbaProject.bin", ""))),
    ("a container with a program", ASIC_E, archive(("mimetype", ASIC_E), ("a.exe", "x"), SIGNATURE)),
    ("a container that leads out", ASIC_E, archive(("mimetype", ASIC_E), ("../a.pdf", "x"), SIGNATURE)),
    ("a container without a signature", ASIC_E, archive(("mimetype", ASIC_E), ("to_khai.pdf", "x"))),
    ("a document as a container", ASIC_E, GOOD[ODT]),
    ("a text document without text", ODT, archive(("mimetype", ODT), ("META-INF/manifest.xml", ""))),
    ("an archive cut short", ODT, GOOD[ODT][:60]),
    ("an archive behind something", ODT, b"#!/bin/sh\n" + GOOD[ODT]),
    ("a signature of another length", P7S, signed() + b"x"),
    ("no signature", P7S, b"\x30\x03\x02\x01\x01"),
    ("an empty file", PDF, b""),
    ("a page as a page", "text/html", PAGE),
    ("a drawing as a drawing", "image/svg+xml", DRAWING),
]  # fmt: skip


@pytest.mark.parametrize("kind", GOOD)
def test_what_it_says_it_is_is_taken(kind: str) -> None:
    """Every type of the list, by a small file of its own."""
    check_content(GOOD[kind], kind)


@pytest.mark.parametrize("declared", ENDINGS)
@pytest.mark.parametrize("kind", GOOD)
def test_nothing_passes_for_another_type(kind: str, declared: str) -> None:
    """What the content says must agree with what was declared."""
    if kind != declared:
        with pytest.raises(NotTaken):
            check_content(GOOD[kind], declared)


@pytest.mark.parametrize(("declared", "content"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_what_does_harm_is_not_taken(declared: str, content: bytes) -> None:
    """Pages, drawings, scripts, macros, programs, and files that two readers take for two things; said in words."""
    with pytest.raises(NotTaken) as refused:
        check_content(content, declared)
    said = refused.value.said
    assert not said.vi.isascii()
    assert said.en.isascii()


def test_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A gigabyte of nothing packs to a megabyte; the list says so, and nobody looks inside."""
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr(zipfile.ZipInfo("mimetype"), ODT)
        made.writestr("content.xml", bytes(300_000_000))

    def unpack(*_: object, **__: object) -> bytes:
        raise AssertionError("an archive was unpacked")

    monkeypatch.setattr(zipfile.ZipFile, "open", unpack)
    with pytest.raises(NotTaken, match="unpack"):
        check_content(kept.getvalue(), ODT)
    check_content(GOOD[ODT], ODT)
