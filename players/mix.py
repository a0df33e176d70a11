"""How often people do what: shares and spans as data, each with its source, drawn from one source of chance."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

import yaml

from kernel.working_time import Calendar, Limit, due

FILE: Final = Path(__file__).parent / "mix.yaml"
TOLERANCE: Final = 1e-9


class MixInvalid(ValueError):
    """A mix says something that cannot be: no source, a share that is none, a choice that does not add up."""


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time, evenly spread; `minutes` run day and night, `working_minutes` on a desk's calendar."""

    least: int
    most: int
    unit: str

    def after(self, start: datetime, calendar: Calendar, chance: Random) -> datetime:
        """Return an instant that lies this span behind `start`."""
        minutes = chance.randint(self.least, self.most)
        if self.unit == "minutes":
            return start + timedelta(minutes=minutes)
        return due(calendar, start, Limit(minutes, self.unit))


@dataclass(frozen=True, slots=True)
class Mix:
    """Everything the mix file says."""

    profile: str
    chances: Mapping[str, float]
    choices: Mapping[str, Mapping[str, float]]
    counts: Mapping[str, tuple[int, int]]
    spans: Mapping[str, Span]
    limit_used: tuple[int, int]
    limit_used_hurrying: tuple[int, int]

    def happens(self, name: str, chance: Random) -> bool:
        return chance.random() < self.chances[name]

    def chosen(self, name: str, chance: Random, offered: tuple[str, ...] = ()) -> str:
        """Return one of a choice's options; only `offered` ones where some are named."""
        shares = self.choices[name]
        options = [option for option in shares if not offered or option in offered]
        return chance.choices(options, [shares[option] for option in options])[0]


def load_mix(path: Path = FILE) -> Mix:
    """Read a mix.

    Raises:
        MixInvalid: an entry has no source, or its numbers cannot be.
    """
    read = yaml.safe_load(path.read_text(encoding="utf-8"))
    for entry in (*_entries(read), read["limit_used"], read["limit_used_hurrying"]):
        if not entry.get("source"):
            raise MixInvalid(f"{entry} gives no source")
    chances = {name: float(entry["share"]) for name, entry in read["chances"].items()}
    choices = {name: dict(entry["of"]) for name, entry in read["choices"].items()}
    for name, share in chances.items():
        if not 0 <= share <= 1:
            raise MixInvalid(f"{name} is no share: {share}")
    for name, shares in choices.items():
        if min(shares.values()) < 0 or abs(sum(shares.values()) - 1) > TOLERANCE:
            raise MixInvalid(f"{name} does not add up to 1: {shares}")
    spans = {name: Span(entry["from"], entry["to"], entry["unit"]) for name, entry in read["spans"].items()}
    counts = {name: (entry["from"], entry["to"]) for name, entry in read["counts"].items()}
    used, hurrying = read["limit_used"], read["limit_used_hurrying"]
    return Mix(
        read["profile"],
        chances,
        choices,
        counts,
        spans,
        (used["from"], used["to"]),
        (hurrying["from"], hurrying["to"]),
    )


def _entries(read: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    return tuple(entry for part in ("chances", "choices", "counts", "spans") for entry in read[part].values())
