"""Draws a chain: each step in the column after all it needs, steps side by side in lanes, lines that cross no box.

Pure: it turns the steps into boxes and curves with coordinates; the template writes them as SVG.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple

START: Final = "*start"
END: Final = "*end"
Needs = Mapping[str, Sequence[str]]
Arrow = tuple[str, str]


class Size(NamedTuple):
    """How large boxes are and how far apart, in the drawing's own units; `across` lays columns from left to right."""

    width: int
    height: int
    between_columns: int
    between_lanes: int
    across: bool


WIDE: Final = Size(width=226, height=146, between_columns=40, between_lanes=22, across=True)
NARROW: Final = Size(width=184, height=150, between_columns=36, between_lanes=14, across=False)
MARGIN: Final = 4


@dataclass(frozen=True, slots=True)
class Box:
    """One step of the drawing, by its upper left corner."""

    code: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Line:
    """The way from one box to another, as the path of an SVG."""

    start: str
    end: str
    path: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """Boxes and lines, and how much room they take."""

    width: float
    height: float
    size: Size
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]


def draw(needs: Needs, size: Size) -> Drawing:
    """Draw the steps with a start before the first and an end after the last.

    Args:
        needs: step → the steps whose results it needs, in the order of the procedure; without a cycle.
    """
    columns = columns_of(needs)
    arrows = arrows_of(needs)
    lanes = _lanes(columns, arrows)
    most = max(len(lane) for lane in lanes)
    where = {
        place: _corner(size, column, row + (most - len(lane)) / 2)
        for column, lane in enumerate(lanes)
        for row, place in enumerate(lane)
    }
    long, wide = len(lanes), most
    breadth = wide * (size.height if size.across else size.width) + (wide - 1) * size.between_lanes
    length = long * (size.width if size.across else size.height) + (long - 1) * size.between_columns
    return Drawing(
        width=(length if size.across else breadth) + 2 * MARGIN,
        height=(breadth if size.across else length) + 2 * MARGIN,
        size=size,
        boxes=tuple(Box(code, *where[code, column]) for code, column in columns.items()),
        lines=tuple(Line(start, end, _path(size, where, columns, start, end)) for start, end in arrows),
    )


def columns_of(needs: Needs) -> dict[str, int]:
    """Return the column of each step: one more than the last column of what it needs; start first, end last."""
    columns = {START: 0}

    def column_of(step: str) -> int:
        if step not in columns:
            columns[step] = 1 + max((column_of(need) for need in needs[step] if need in needs), default=0)
        return columns[step]

    last = max((column_of(step) for step in needs), default=0)
    return columns | {END: last + 1}


def arrows_of(needs: Needs) -> tuple[Arrow, ...]:
    """Return which boxes are joined: only directly, where no other way leads through a third one."""
    reach: dict[str, set[str]] = {}

    def before(step: str) -> set[str]:
        if step not in reach:
            wanted = [need for need in needs[step] if need in needs]
            reach[step] = set(wanted).union(*(before(need) for need in wanted))
        return reach[step]

    arrows: list[Arrow] = []
    for step in needs:
        wanted = [need for need in needs[step] if need in needs]
        direct = [need for need in wanted if not any(need in before(other) for other in wanted if other != need)]
        arrows += [(need, step) for need in direct] or [(START, step)]
    followed = {start for start, _ in arrows}
    arrows += [(step, END) for step in needs if step not in followed]
    return tuple(arrows) or ((START, END),)


Place = tuple[str, int]


def _lanes(columns: Mapping[str, int], arrows: Sequence[Arrow]) -> list[list[Place]]:
    """Return what stands in each column: its boxes, and room for the lines that pass it, so that none is crossed."""
    lanes: list[list[Place]] = [[] for _ in range(max(columns.values()) + 1)]
    for step, column in columns.items():
        lanes[column].append((step, column))
    comes_from: dict[Place, list[Place]] = {}
    for start, end in arrows:
        previous: Place = (start, columns[start])
        for column in range(columns[start] + 1, columns[end]):
            passing = (f"{start} {end}", column)
            lanes[column].append(passing)
            comes_from[passing] = [previous]
            previous = passing
        comes_from.setdefault((end, columns[end]), []).append(previous)
    for before, lane in pairwise(lanes):
        rows = {place: row for row, place in enumerate(before)}
        lane.sort(key=lambda place: _middle([rows[source] for source in comes_from[place]]))
    return lanes


def _middle(rows: Sequence[int]) -> float:
    return sum(rows) / len(rows)


def _corner(size: Size, column: int, row: float) -> tuple[float, float]:
    if size.across:
        x = column * (size.width + size.between_columns)
        return MARGIN + x, MARGIN + row * (size.height + size.between_lanes)
    y = column * (size.height + size.between_columns)
    return MARGIN + row * (size.width + size.between_lanes), MARGIN + y


def _path(
    size: Size, where: Mapping[Place, tuple[float, float]], columns: Mapping[str, int], start: str, end: str
) -> str:
    """Return a curve that leaves a box in the middle of its side, passes through its own lanes, and arrives so too."""
    passed = [(f"{start} {end}", column) for column in range(columns[start] + 1, columns[end])]
    corners = [where[place] for place in ((start, columns[start]), *passed, (end, columns[end]))]
    x, y = _leaving(size, corners[0])
    path = f"M{x:g} {y:g}"
    for corner in corners[1:]:
        to_x, to_y = _arriving(size, corner)
        path += _curve(size, x, y, to_x, to_y)
        x, y = to_x, to_y
        if corner is not corners[-1]:
            x, y = _leaving(size, corner)
            path += f" L{x:g} {y:g}"
    return path


def _leaving(size: Size, corner: tuple[float, float]) -> tuple[float, float]:
    x, y = corner
    return (x + size.width, y + size.height / 2) if size.across else (x + size.width / 2, y + size.height)


def _arriving(size: Size, corner: tuple[float, float]) -> tuple[float, float]:
    x, y = corner
    return (x, y + size.height / 2) if size.across else (x + size.width / 2, y)


def _curve(size: Size, x: float, y: float, to_x: float, to_y: float) -> str:
    if size.across:
        half = (x + to_x) / 2
        return f" C{half:g} {y:g} {half:g} {to_y:g} {to_x:g} {to_y:g}"
    half = (y + to_y) / 2
    return f" C{x:g} {half:g} {to_x:g} {half:g} {to_x:g} {to_y:g}"


def wrapped(text: str, characters: int, lines: int) -> list[str]:
    """Break a text between words into at most `lines` lines; what does not fit ends in `…`."""
    rows: list[str] = [""]
    for word in text.split():
        if rows[-1] and len(rows[-1]) + 1 + len(word) > characters:
            rows.append("")
        rows[-1] = f"{rows[-1]} {word}".strip()
    rows = [row if len(row) <= characters else row[: characters - 1] + "…" for row in rows]
    if len(rows) <= lines:
        return rows
    last = rows[lines - 1]
    cut = last if len(last) < characters else last.rsplit(" ", 1)[0]
    return [*rows[: lines - 1], f"{cut}…"]
