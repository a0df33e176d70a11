"""A dossier's story as a text that a person can read, and the comparison with the one that was checked by hand.

Everything in it is what the product answers over HTTP: its timeline and its clock page; names come from the registry.
`GOLDEN_WRITE=1 pytest tests/journeys` writes the texts anew; each is then read against the law before it is kept.
"""

import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from fractions import Fraction
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from kernel.calendar import VIETNAM
from services.reporting.pages.names import Names
from services.reporting.pages.sentences import TOLD, Teller
from services.reporting.pages.words import word
from tests.harness import REGISTRY
from tests.journeys.town import Town

FOLDER: Final = Path(__file__).parent / "golden"
WRITE: Final = "GOLDEN_WRITE"
WEEKDAYS: Final = ("T2", "T3", "T4", "T5", "T6", "T7", "CN")
UNITS: Final = {
    "working_days": "ngày làm việc", "working_hours": "giờ làm việc", "calendar_days": "ngày",
    "calendar_hours": "giờ", "minutes": "phút", "working_minutes": "phút làm việc",
}  # fmt: skip
CLOCKS: Final = {
    "legal": "Đồng hồ pháp lý / legal clock (NĐ 61/2018 art. 19.4)",
    "scoring": "Đồng hồ chấm điểm / scoring clock (QĐ 766/QĐ-TTg)",
}
UNTIL_RESULT: Final = "Thời gian làm việc của ai, đến khi có kết quả / whose working time, until the result"
AFTER_RESULT: Final = "Sau khi có kết quả, đến khi trả / after the result, until it was handed out"
INDENT: Final = " " * 19
MINUTES_OF_HOUR: Final = 60

Seen = dict[str, Any]


def is_as_checked(town: Town, journey: str, title: str) -> None:
    """Compare the dossier's story with the golden text of `journey`, or write it where that was asked for."""
    told = story_of(town, title)
    path = FOLDER / f"{journey}.txt"
    if os.environ.get(WRITE):
        FOLDER.mkdir(exist_ok=True)
        path.write_text(told, encoding="utf-8")
    assert told == path.read_text(encoding="utf-8"), f"{path.name}: set {WRITE}=1 to write it anew, then read it"


def story_of(town: Town, title: str) -> str:
    """Return what happened to the dossier, whose clock ran meanwhile, and how its time adds up."""
    timeline = town.served.read(f"/dossiers/{town.ref}/timeline", town.inspector)
    clock = town.served.read(f"/dossiers/{town.ref}/clock", town.inspector)
    assert timeline is not None
    assert clock is not None
    writer = Writer(town)
    lines = [
        title,
        f"{town.procedure.code} {town.procedure.name_vi}",
        f"{' ' * len(town.procedure.code)} {town.procedure.name_en}",
        f"{clock['code'] or town.ref}, {writer.agency(town.desk)}" if clock["code"] else writer.agency(town.desk),
        "",
        *writer.timeline(timeline["items"], clock),
    ]
    if "legal" in clock:
        lines += ["", *writer.clocks(clock)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


class Writer:
    """Writes a dossier's story with the names of its procedure."""

    def __init__(self, town: Town) -> None:
        self._names = Names(REGISTRY, town.procedure)
        self._teller = Teller(lambda vi, en: vi, self.agency, self.step, self.component)

    def agency(self, id: str) -> str:
        return self._names.agency(id).vi

    def step(self, code: str) -> str:
        return self._names.step(code).vi

    def component(self, code: str) -> str:
        return self._names.component(code).vi

    # --- what happened ---

    def timeline(self, items: Iterable[Seen], clock: Seen) -> Iterator[str]:
        """Yield a line for each event, and after each instant whose clock runs from there on, where that changes."""
        before = ""
        for minute, said in groupby(items, key=lambda item: moment(item["at"])):
            last = ""
            for place, item in enumerate(said):
                yield f"{minute if place == 0 else INDENT} {self._told(item)}"
                last = max(last, item["at"])
            holds = self._holding(clock, last)
            if holds and holds != before:
                yield f"{INDENT} → {holds}"
            before = holds or before

    def _told(self, item: Seen) -> str:
        look = TOLD[item["event"]]
        step = f" [{item['step']}]" if item["step"] else ""
        who = self._who(item)
        more = self._teller.particulars(item["event"], item["note"])
        return "; ".join([f"{look.said.vi} / {look.said.en}{step} – {who}", *more])

    def _who(self, item: Seen) -> str:
        role = word("role", item["role"]).vi
        agency = self.agency(item["agency"]) if item["agency"] else ""
        if item["role"] in ("agency_officer", "desk_officer", "accountant"):
            return agency or role
        return f"{role} ({agency})" if agency and item["service"] == "routing" else role

    def _holding(self, clock: Seen, at: str) -> str:
        """Return whose clock runs from an instant on, or "" where nobody's does."""
        stretches = [*clock.get("until_result", {}).get("stretches", ()), *_after(clock)]
        now = datetime.fromisoformat(at)
        for stretch in stretches:
            if datetime.fromisoformat(stretch["since"]) <= now < datetime.fromisoformat(stretch["until"]):
                holders = ", ".join(self._party(holder) for holder in stretch["holders"])
                return f"đồng hồ của {holders}{'' if stretch['legal'] else ' (không tính / not counted)'}"
        return ""

    def _party(self, one: Seen) -> str:
        agency, step = self.agency(one["agency"]) if one["agency"] else "", f" [{one['step']}]" if one["step"] else ""
        party = word("party", one["party"]).vi
        if one["party"] in ("agency", "desk") and agency:
            return f"{agency}{step}"
        return f"{party}{f' → {agency}' if agency else ''}{step}"

    # --- the time it took ---

    def clocks(self, clock: Seen) -> Iterator[str]:
        """Yield both clocks, each date that was given and why, what stood still, and whose minutes there were."""
        for name, title in CLOCKS.items():
            yield from self._clock(clock[name], title)
        yield "Các lần hẹn / appointments"
        for one in clock["appointments"]:
            step = f" [{one['step']}]" if one["step"] else ""
            cause = word("move_cause", one["cause"]).vi
            since, due_at = moment(one["clock_from"]), moment(one["due_at"])
            yield f"  {due_at}  lần {one['number']}{step}: {cause}, tính từ {since}"
        for one in clock["standstills"]:
            what = "cả hồ sơ" if one["whole"] else "bước"
            step = f" [{one['step']}]" if one["step"] else ""
            since, until, ground = moment(one["since"]), moment(one["until"]), word("ground", one["ground"]).vi
            yield f"  đứng yên / stood still: {since} – {until}, {what}{step}, {ground}"
        yield from self._shares(clock["until_result"], UNTIL_RESULT)
        yield from self._shares(clock["after_result"], AFTER_RESULT)

    def _clock(self, one: Seen, title: str) -> Iterator[str]:
        limit = one["limit"]
        given = f"{limit['value']:g} {UNITS[limit['unit']]}" if limit else "các bước cộng lại"
        longer = f", kéo dài thêm {hours(one['gained_minutes'])}" if one["gained_minutes"] else ""
        yield title
        due_at = moment(one["due_at"]) if one["due_at"] else "–"
        yield f"  {given}{longer} từ {moment(one['clock_from'])}, hạn {due_at}"
        left = one["left_minutes"]
        state = f"còn {hours(left)}" if left >= 0 else f"quá {hours(-left)}"
        since = f", quá hạn từ {moment(one['overdue_since'])}" if one["overdue_since"] else ""
        yield f"  đã dùng {hours(one['used_minutes'])} trong {hours(one['whole_minutes'])}, {state}{since}"

    def _shares(self, minutes: Seen, title: str) -> Iterator[str]:
        whole, shares = minutes["whole_minutes"], minutes["shares"]
        assert sum(Fraction(share["exact"]) for share in shares) == whole, "the shares do not add up"
        if not whole:
            return
        yield f"{title}: {hours(whole)}"
        for share in shares:
            counts = f"pháp lý {hours(share['legal_minutes'])}, chấm điểm {hours(share['scoring_minutes'])}"
            exact = "" if "/" not in share["exact"] else f" (đúng {share['exact']} phút)"
            yield f"  {hours(share['minutes']):>13}  {self._party(share)}{exact}; tính: {counts}"
        yield f"  {hours(whole):>13}  cộng / together"


def _after(clock: Seen) -> list[Seen]:
    return list(clock.get("after_result", {}).get("stretches", ()))


def moment(instant: str | None) -> str:
    """Return an instant as a clock and a calendar in Vietnam show it."""
    if instant is None:
        return "…"
    local = datetime.fromisoformat(instant).astimezone(VIETNAM)
    return f"{WEEKDAYS[local.weekday()]} {local:%d/%m/%Y %H:%M}"


def hours(minutes: float) -> str:
    """Return minutes as people reckon with them."""
    whole, rest = divmod(round(minutes), MINUTES_OF_HOUR)
    return f"{whole} giờ {rest:02d} phút" if whole else f"{rest} phút"
