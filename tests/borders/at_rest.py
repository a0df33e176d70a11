"""Looks for texts in files as they are, however somebody might have written them: every byte, every file, one pass."""

import base64
import json
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from urllib.parse import quote

import numpy as np

WINDOW_BYTES = 6
"""How many first bytes of a needle are compared at every place of a file at once."""
PIECE_BYTES = 1 << 22

FORMS: dict[str, Callable[[str], str]] = {
    "": lambda text: unicodedata.normalize("NFC", text),
    "decomposed": lambda text: unicodedata.normalize("NFD", text),
}
CASES: dict[str, Callable[[str], str]] = {"": str, "small letters": str.lower, "capitals": str.upper}
CODES: dict[str, Callable[[str], Iterable[bytes]]] = {
    "UTF-8": lambda text: [text.encode()],
    "UTF-16": lambda text: [text.encode("utf-16-le")],
    "JSON escapes": lambda text: [
        json.dumps(text)[1:-1].encode(),
        "".join(char if char.isascii() else f"\\u{ord(char):04X}" for char in text).encode(),
    ],
    "percent signs": lambda text: [quote(text, safe="").encode(), quote(text, safe="").lower().encode()],
    "without spaces": lambda text: [text.replace(" ", "").encode()],
    "base64": lambda text: [cut for shift in range(3) for cut in _in_base64(text.encode(), shift)],
    "hexadecimal": lambda text: [text.encode().hex().encode(), text.encode().hex().upper().encode()],
}
WAYS_TO_WRITE: dict[str, tuple[str, str, str]] = {
    ", ".join(filter(None, (form, case, code))): (form, case, code)
    for form in FORMS
    for case in CASES
    for code in CODES
}


def _in_base64(content: bytes, shift: int) -> Iterator[bytes]:
    """Yield what a text looks like inside something longer in base64, `shift` bytes after the start of a group."""
    first, last = -(-shift * 8 // 6), (shift + len(content)) * 8 // 6
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        yield encode(b"\0" * shift + content)[first:last]


def written(text: str, way: str) -> list[bytes]:
    """Return a text as one way of writing has it."""
    form, case, code = WAYS_TO_WRITE[way]
    return list(CODES[code](CASES[case](FORMS[form](text))))


class Needles:
    """Texts to look for, in every way to write them."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._named: dict[bytes, tuple[str, str]] = {}
        for text in dict.fromkeys(texts):
            for way in WAYS_TO_WRITE:
                for needle in written(text, way):
                    assert len(needle) >= WINDOW_BYTES, f"{text} is too short to be looked for"
                    self._named.setdefault(needle, (text, way))
        self._by_window: dict[int, list[bytes]] = {}
        for needle in self._named:
            self._by_window.setdefault(int.from_bytes(needle[:WINDOW_BYTES], "little"), []).append(needle)
        self._windows = np.array(sorted(self._by_window), dtype=np.uint64)

    def found_in(self, content: bytes) -> set[tuple[str, str]]:
        """Return which texts stand in some bytes, each with the way in which it is written."""
        found: set[tuple[str, str]] = set()
        for start in range(0, len(content), PIECE_BYTES):
            piece = np.frombuffer(content[start : start + PIECE_BYTES + WINDOW_BYTES - 1], dtype=np.uint8)
            places = len(piece) - WINDOW_BYTES + 1
            if places <= 0:
                continue
            windows = np.zeros(places, dtype=np.uint64)
            for byte in range(WINDOW_BYTES):
                windows |= piece[byte : byte + places].astype(np.uint64) << np.uint64(8 * byte)
            nearest = np.minimum(np.searchsorted(self._windows, windows), len(self._windows) - 1)
            for place in np.flatnonzero(self._windows[nearest] == windows):
                for needle in self._by_window[int(windows[place])]:
                    if content.startswith(needle, start + int(place)):
                        found.add(self._named[needle])
        return found


def in_clear(folder: Path, *texts: str) -> list[str]:
    """Return where which of `texts` stands in the files of a folder, in any way to write it."""
    needles = Needles(texts)
    files = (file for file in sorted(folder.rglob("*")) if file.is_file())
    return [
        f"{file.relative_to(folder)}: {text} ({way})"
        for file in files
        for text, way in sorted(needles.found_in(file.read_bytes()))
    ]
