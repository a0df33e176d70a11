"""Looks for texts in files as they are, however somebody might have written them."""

import base64
import json
import unicodedata
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

WAYS_TO_WRITE: dict[str, Callable[[str], bytes]] = {
    "UTF-8": lambda text: text.encode(),
    "decomposed": lambda text: unicodedata.normalize("NFD", text).encode(),
    "small letters": lambda text: text.lower().encode(),
    "capitals": lambda text: text.upper().encode(),
    "UTF-16": lambda text: text.encode("utf-16-le"),
    "JSON escapes": lambda text: json.dumps(text)[1:-1].encode(),
    "percent signs": lambda text: quote(text, safe="").encode(),
    "without spaces": lambda text: text.replace(" ", "").encode(),
    "base64": lambda text: base64.b64encode(text.encode())[:-4],
}


def in_clear(folder: Path, *texts: str) -> list[str]:
    """Return where which of `texts` stands in the files of a folder, in any way to write it."""
    found = []
    for file in (file for file in sorted(folder.rglob("*")) if file.is_file()):
        content = file.read_bytes()
        for text in texts:
            ways = [way for way, write in WAYS_TO_WRITE.items() if write(text) in content]
            if ways:
                found.append(f"{file.name}: {text} ({', '.join(ways)})")
    return found
