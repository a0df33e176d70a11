"""Texts that stand in clear for ever, and so have a form: the law a no rests on, a document's number, a signer's post.

Law: Luật 91/2025/QH15 (a person's name or number has no place where everybody concerned reads).
"""

import re
from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field

from chassis.limits import CITATION_LENGTH_MAX, DOCUMENT_NUMBER_LENGTH_MAX, SIGNER_LENGTH_MAX

INSTRUMENTS: Final = (
    "Hiến pháp", "Bộ luật", "Luật", "Pháp lệnh", "NQ", "Nghị quyết", "NĐ", "Nghị định", "QĐ", "Quyết định", "TT",
    "Thông tư", "TTLT", "Thông tư liên tịch", "CT", "Chỉ thị", "Hiệp định", "Công ước",
)  # fmt: skip
"""With what the citation of a law begins."""
LAW: Final = rf"^({'|'.join(INSTRUMENTS)}) [^\n]*[^\s]$"
NUMBER: Final = r"^[0-9A-Za-zÀ-ỹ]+([/.-][0-9A-Za-zÀ-ỹ]+)*$"
POST: Final = r"^[^0-9\n]+$"


def _law(text: str) -> str:
    if re.fullmatch(LAW, text) is None:
        raise ValueError("begin with the instrument, like NĐ 61/2018 art. 17")
    return text


def _number(text: str) -> str:
    if re.fullmatch(NUMBER, text) is None:
        raise ValueError("letters and digits with / - . between them, like 17/QĐ-UBND")
    return text


def _post(text: str) -> str:
    if re.fullmatch(POST, text) is None:
        raise ValueError("write the post of who signed, like Chủ tịch, and no number of a person")
    return text


def _told(pattern: str) -> Any:
    """Return what the description says of a field's form; the words of a refusal say it in plain ones."""
    return Field(json_schema_extra={"pattern": pattern})


Law = Annotated[str, Field(min_length=4, max_length=CITATION_LENGTH_MAX), AfterValidator(_law), _told(LAW)]
DocumentNumber = Annotated[
    str, Field(min_length=1, max_length=DOCUMENT_NUMBER_LENGTH_MAX), AfterValidator(_number), _told(NUMBER)
]
SignersPost = Annotated[str, Field(min_length=1, max_length=SIGNER_LENGTH_MAX), AfterValidator(_post), _told(POST)]
