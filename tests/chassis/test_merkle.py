"""Merkle trees give the values that Certificate Transparency's own tests give (RFC 6962, RFC 9162)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.merkle import (
    OF_NOTHING,
    consistency_path,
    inclusion_path,
    is_consistent,
    is_included,
    leaf_hash,
    peaks_of,
    root_of,
    root_under,
    spans,
)

ENTRIES = tuple(
    bytes.fromhex(text)
    for text in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    )
)  # fmt: skip
LEAVES = tuple(map(leaf_hash, ENTRIES))

ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
"""The root of the first 0, 1, … 8 entries."""

INCLUDED = (
    (0, 1, ()),
    (
        0, 8,
        (
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ),
    ),
    (
        5, 8,
        (
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ),
    ),
    (2, 3, ("fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",)),
    (
        1, 5,
        (
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ),
    ),
)  # fmt: skip
"""Index, size, path."""

CONSISTENT = (
    (1, 1, ()),
    (
        1, 8,
        (
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ),
    ),
    (
        6, 8,
        (
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ),
    ),
    (
        2, 5,
        (
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ),
    ),
)  # fmt: skip
"""Size before, size after, path."""

some_leaves = st.lists(st.binary(max_size=4).map(leaf_hash), min_size=1, max_size=70)


def in_hex(hashes: list[bytes]) -> tuple[str, ...]:
    return tuple(one.hex() for one in hashes)


@pytest.mark.parametrize("size", range(len(ROOTS)))
def test_roots_are_those_of_certificate_transparency(size: int) -> None:
    """The values that every implementation is tested with."""
    assert root_of(LEAVES[:size]).hex() == ROOTS[size]
    assert ROOTS[0] == OF_NOTHING.hex()


@pytest.mark.parametrize(("index", "size", "path"), INCLUDED)
def test_inclusion_paths_are_those_of_certificate_transparency(index: int, size: int, path: tuple[str, ...]) -> None:
    """And each proves what it is for."""
    assert in_hex(inclusion_path(LEAVES[:size], index)) == path
    assert is_included(LEAVES[index], index, size, [bytes.fromhex(one) for one in path], bytes.fromhex(ROOTS[size]))


@pytest.mark.parametrize(("first", "size", "path"), CONSISTENT)
def test_consistency_paths_are_those_of_certificate_transparency(first: int, size: int, path: tuple[str, ...]) -> None:
    """And each proves what it is for."""
    assert in_hex(consistency_path(LEAVES[:size], first)) == path
    roots = bytes.fromhex(ROOTS[first]), bytes.fromhex(ROOTS[size])
    assert is_consistent(first, roots[0], size, roots[1], [bytes.fromhex(one) for one in path])


@given(some_leaves, st.data())
def test_a_path_proves_its_leaf_and_no_other(leaves: list[bytes], data: st.DataObject) -> None:
    """Another leaf, another place, another list or a changed path prove nothing."""
    index = data.draw(st.integers(0, len(leaves) - 1))
    path, root, size = inclusion_path(leaves, index), root_of(leaves), len(leaves)
    assert is_included(leaves[index], index, size, path, root)
    assert not is_included(leaf_hash(b"another"), index, size, path, root)
    assert not is_included(leaves[index], index, size, path, leaf_hash(b"another"))
    assert not is_included(leaves[index], index, size, [*path, root], root)
    assert not is_included(leaves[index], size, size, path, root)
    elsewhere = data.draw(st.integers(0, size - 1))
    if leaves[elsewhere] != leaves[index]:
        assert not is_included(leaves[index], elsewhere, size, inclusion_path(leaves, elsewhere), root)


@given(some_leaves, st.data())
def test_a_list_is_consistent_with_each_of_its_beginnings_only(leaves: list[bytes], data: st.DataObject) -> None:
    """What was altered before the shorter list ended is found."""
    first = data.draw(st.integers(1, len(leaves)))
    path, before, after = consistency_path(leaves, first), root_of(leaves[:first]), root_of(leaves)
    assert is_consistent(first, before, len(leaves), after, path)
    altered = [*leaves]
    altered[data.draw(st.integers(0, first - 1))] = leaf_hash(b"another")
    forged = consistency_path(altered, first)
    assert not is_consistent(first, before, len(leaves), root_of(altered), forged)
    assert not is_consistent(first, root_of(altered[:first]), len(leaves), after, path)


@given(some_leaves)
def test_peaks_say_the_whole_list(leaves: list[bytes]) -> None:
    """Each is the root of the part that it spans, and together they give the root."""
    peaks, parts = peaks_of(leaves), list(spans(len(leaves)))
    assert peaks == [root_of(leaves[begin:end]) for begin, end in parts]
    assert [begin for begin, _ in parts] == [0, *(end for _, end in parts[:-1])]
    assert root_under(peaks) == root_of(leaves)
