"""What may be told of the work in traces and logs, and what may not: names and numbers yes, people's words never."""

import re
from collections.abc import Mapping
from typing import Final

ATTRIBUTES: Final = frozenset(
    {
        "business_time", "dossier", "events", "http.request.method", "http.response.status_code", "http.route",
        "outcome", "sequence", "subject",
    }
)  # fmt: skip
"""The names that a span's attributes have; any other is left out."""

PLAIN: Final = re.compile(r"[A-Za-z0-9_.:/#+{}<>*-]{0,120}(@[0-9]{1,12})?")
"""Names, codes, references, paths and stream positions (`dossier-01M…@3`): nothing with a blank or an accent."""

NUMBER_OF_SOMEBODY: Final = re.compile(r"(?<![A-Za-z0-9.-])\+?\d{8,15}(?![A-Za-z0-9.-])")
"""A phone, a personal id, a tax code; references and dossier codes have letters or hyphens in them."""

HIDDEN: Final = "…"


def is_plain(text: str) -> bool:
    """Say whether a text is a name of ours: short, in ASCII, neither sealed nor a number that somebody is known by."""
    return PLAIN.fullmatch(text) is not None and not text.startswith("s1.") and not NUMBER_OF_SOMEBODY.search(text)


def kept(attributes: Mapping[str, str | int]) -> dict[str, str | int]:
    """Return those attributes that may be told."""
    return {
        name: value
        for name, value in attributes.items()
        if name in ATTRIBUTES and (isinstance(value, int) or (value and is_plain(value)))
    }
