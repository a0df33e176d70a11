"""The drawing of a chain: columns by depth, parallel steps in lanes of their own, lines that cross no box."""

import re
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.reporting.pages.graph import (
    END,
    NARROW,
    START,
    WIDE,
    Box,
    Drawing,
    Size,
    arrows_of,
    columns_of,
    draw,
    wrapped,
)

KARAOKE = {"household": (), "security": ("household",), "licence": ("household", "security")}
BIRTH = {"birth": (), "residence": ("birth",), "insurance": ("birth",), "card": ("residence",)}


@pytest.mark.parametrize(
    ("needs", "columns", "arrows"),
    [
        ({"a": ()}, {START: 0, "a": 1, END: 2}, {(START, "a"), ("a", END)}),
        ({}, {START: 0, END: 1}, {(START, END)}),
        (
            KARAOKE,
            {START: 0, "household": 1, "security": 2, "licence": 3, END: 4},
            {(START, "household"), ("household", "security"), ("security", "licence"), ("licence", END)},
        ),
        (
            BIRTH,
            {START: 0, "birth": 1, "residence": 2, "insurance": 2, "card": 3, END: 4},
            {
                (START, "birth"), ("birth", "residence"), ("birth", "insurance"), ("residence", "card"), ("card", END),
                ("insurance", END),
            },
        ),
        ({"a": ("left out",)}, {START: 0, "a": 1, END: 2}, {(START, "a"), ("a", END)}),
    ],
)  # fmt: skip
def test_each_step_stands_after_what_it_needs(
    needs: dict[str, tuple[str, ...]], columns: dict[str, int], arrows: set[tuple[str, str]]
) -> None:
    """NĐ 61/2018 art. 19.6: the graph of a chain is its plan; an arrow that another way implies is left out."""
    assert columns_of(needs) == columns
    assert set(arrows_of(needs)) == arrows


@st.composite
def graphs(draw_: st.DrawFn) -> dict[str, tuple[str, ...]]:
    names = [f"s{place}" for place in range(draw_(st.integers(1, 7)))]
    chosen = st.lists(st.sampled_from(names), unique=True, max_size=3)
    return {name: tuple(need for need in draw_(chosen) if need < name) for name in names}


@given(graphs(), st.sampled_from([WIDE, NARROW]))
def test_boxes_lie_apart_and_inside_the_drawing(needs: dict[str, tuple[str, ...]], size: Size) -> None:
    """Nothing is hidden behind anything."""
    drawing = draw(needs, size)
    assert {box.code for box in drawing.boxes} == {*needs, START, END}
    for one, other in combinations(drawing.boxes, 2):
        assert abs(one.x - other.x) >= size.width or abs(one.y - other.y) >= size.height
    for box in drawing.boxes:
        assert box.x >= 0
        assert box.y >= 0
        assert box.x + size.width <= drawing.width
        assert box.y + size.height <= drawing.height


@given(graphs(), st.sampled_from([WIDE, NARROW]))
def test_no_line_crosses_a_box(needs: dict[str, tuple[str, ...]], size: Size) -> None:
    """A line that passes a column has a lane of its own there."""
    drawing = draw(needs, size)
    for line in drawing.lines:
        for x, y in points(line.path):
            inside = [box.code for box in drawing.boxes if strictly_inside(box, drawing, x, y)]
            assert inside == [], f"{line.start} → {line.end} runs through {inside}"


def points(path: str) -> list[tuple[float, float]]:
    """Return points along a path, between its straight and curved pieces' ends."""
    numbers = [float(number) for number in re.findall(r"-?[\d.]+(?:e-?\d+)?", path)]
    pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
    found = []
    here, rest = pairs[0], re.findall(r"[LC]", path)
    at = 1
    for kind in rest:
        piece = pairs[at : at + (3 if kind == "C" else 1)]
        at += len(piece)
        control = [here, *piece] if kind == "C" else [here, here, piece[0], piece[0]]
        found += [bezier(control, step / 20) for step in range(21)]
        here = piece[-1]
    return found


def bezier(control: list[tuple[float, float]], t: float) -> tuple[float, float]:
    weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3)
    x, y = (sum(weight * point[axis] for weight, point in zip(weights, control, strict=True)) for axis in (0, 1))
    return x, y


def strictly_inside(box: Box, drawing: Drawing, x: float, y: float) -> bool:
    return box.x + 0.5 < x < box.x + drawing.size.width - 0.5 and box.y + 0.5 < y < box.y + drawing.size.height - 0.5


@pytest.mark.parametrize(
    ("text", "characters", "lines", "expected"),
    [
        ("Công an xã", 20, 2, ["Công an xã"]),
        ("Ủy ban nhân dân phường Kon Tum", 18, 2, ["Ủy ban nhân dân", "phường Kon Tum"]),
        ("Ủy ban nhân dân tỉnh Quảng Ngãi", 10, 2, ["Ủy ban", "nhân dân…"]),
        ("Ngườinộphồsơrấtdài", 8, 1, ["Ngườinộ…"]),
        ("", 8, 2, [""]),
    ],
)
def test_names_are_broken_between_words(text: str, characters: int, lines: int, expected: list[str]) -> None:
    """What does not fit ends in a sign that says so; the whole name stands in the box's title."""
    assert wrapped(text, characters, lines) == expected
    assert all(len(row) <= characters for row in expected)
