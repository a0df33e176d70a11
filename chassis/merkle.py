"""Merkle trees as RFC 9162 (and RFC 6962 before it) draws them: one hash for a whole list, and short proofs about it.

A list's root says all of it; an inclusion path shows that something stands in it at one place, a consistency path
that a longer list begins with a shorter one. Whoever checks them needs nothing but the roots.
"""

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import Final

OF_NOTHING: Final = sha256(b"").digest()
"""The root of an empty list."""


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of an entry; the zero before it keeps it from being taken for a node."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash over two subtrees."""
    return sha256(b"\x01" + left + right).digest()


def grow(peaks: list[bytes], size: int, leaf: bytes) -> None:
    """Add a leaf to a list that has `size` of them, and is known by its peaks alone.

    Args:
        peaks: the roots of its whole subtrees, the largest first: one for each 1 in the binary digits of `size`.
    """
    while size & 1:
        leaf = node_hash(peaks.pop(), leaf)
        size >>= 1
    peaks.append(leaf)


def peaks_of(leaves: Iterable[bytes]) -> list[bytes]:
    """Return the roots of a list's whole subtrees, the largest first."""
    peaks: list[bytes] = []
    for size, leaf in enumerate(leaves):
        grow(peaks, size, leaf)
    return peaks


def spans(size: int) -> Iterator[tuple[int, int]]:
    """Yield from where up to where each peak of a list of this size reaches: the first left out, the last included."""
    begin = 0
    for digit in reversed(range(size.bit_length())):
        if size >> digit & 1:
            yield begin, begin + (1 << digit)
            begin += 1 << digit


def root_under(peaks: Sequence[bytes]) -> bytes:
    """Return the root of the list that has these peaks."""
    if not peaks:
        return OF_NOTHING
    root = peaks[-1]
    for left in reversed(peaks[:-1]):
        root = node_hash(left, root)
    return root


def root_of(leaves: Iterable[bytes]) -> bytes:
    """Return the root of a list."""
    return root_under(peaks_of(leaves))


def inclusion_path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Return what shows that the leaf at `index`, counted from 0, stands there (RFC 9162, 2.1.3.1)."""
    if len(leaves) == 1:
        return []
    half = _largest_power_below(len(leaves))
    if index < half:
        return [*inclusion_path(leaves[:half], index), root_of(leaves[half:])]
    return [*inclusion_path(leaves[half:], index - half), root_of(leaves[:half])]


def is_included(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Say whether a leaf stands at `index` of the list with this size and root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    place, last, made = index, size - 1, leaf
    for other in path:
        if last == 0:
            return False
        if place & 1 or place == last:
            made = node_hash(other, made)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            made = node_hash(made, other)
        place, last = place >> 1, last >> 1
    return last == 0 and made == root


def consistency_path(leaves: Sequence[bytes], first: int) -> list[bytes]:
    """Return what shows that the list began with its first `first` leaves (RFC 9162, 2.1.4.1)."""
    return _consistency_path(leaves, first, whole=True) if 0 < first < len(leaves) else []


def _consistency_path(leaves: Sequence[bytes], first: int, whole: bool) -> list[bytes]:
    if first == len(leaves):
        return [] if whole else [root_of(leaves)]
    half = _largest_power_below(len(leaves))
    if first <= half:
        return [*_consistency_path(leaves[:half], first, whole), root_of(leaves[half:])]
    return [*_consistency_path(leaves[half:], first - half, False), root_of(leaves[:half])]


def is_consistent(first: int, first_root: bytes, size: int, root: bytes, path: Sequence[bytes]) -> bool:
    """Say whether a list of `size` begins with the whole list of `first` (RFC 9162, 2.1.4.2)."""
    if first == size:
        return first_root == root and not path
    if not 0 < first < size or not path:
        return False
    proof = [first_root, *path] if first & (first - 1) == 0 else list(path)
    place, last = first - 1, size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    begun = whole = proof[0]
    for other in proof[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            begun, whole = node_hash(other, begun), node_hash(other, whole)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            whole = node_hash(whole, other)
        place, last = place >> 1, last >> 1
    return last == 0 and begun == first_root and whole == root


def _largest_power_below(size: int) -> int:
    """Return the largest power of two that is smaller than `size`."""
    return 1 << (size - 1).bit_length() - 1
