"""What stands in clear for everybody concerned has a form, so that nothing personal is written there."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from chassis.web.fields import DocumentNumber, Law, SignersPost

TAKEN: list[tuple[Any, str, bool]] = [
    (Law, "NĐ 118/2025 art. 17", True),
    (Law, "Luật Hộ tịch 60/2014/QH13", True),
    (Law, "Bộ luật Dân sự 91/2015/QH13 art. 148", True),
    (Law, "vì chị Lan thiếu giấy", False),
    (Law, "NĐ", False),
    (Law, "NĐ ", False),
    (Law, "NĐ 61/2018\nchị Lan", False),
    (DocumentNumber, "17/QĐ-UBND", True),
    (DocumentNumber, "G01.51", True),
    (DocumentNumber, "17 của chị Lan", False),
    (DocumentNumber, "<script>", False),
    (DocumentNumber, "-17", False),
    (SignersPost, "KT. Chủ tịch, Phó Chủ tịch", True),
    (SignersPost, "Chủ tịch 0905 671 283", False),
]


@pytest.mark.parametrize(("field", "text", "taken"), TAKEN)
def test_a_text_that_everybody_reads_has_its_form(field: Any, text: str, taken: bool) -> None:
    """A refusal of it says how it is written."""
    adapter: TypeAdapter[str] = TypeAdapter(field)
    if taken:
        assert adapter.validate_python(text) == text
        return
    with pytest.raises(ValidationError) as refused:
        adapter.validate_python(text)
    assert "like " in str(refused.value) or "at least" in str(refused.value)


def test_the_description_says_the_form() -> None:
    """Whoever makes a client of it knows before asking."""
    assert "pattern" in TypeAdapter(Law).json_schema()
