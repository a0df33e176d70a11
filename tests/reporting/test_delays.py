"""A promise kept on another day, and a consulted agency's silence, stand in the timeline and among the delays."""

import json
from datetime import timedelta
from typing import Any

from services.reporting.pages.sentences import Teller, sentence_of
from services.reporting.projections.agencies import agencies_of
from services.reporting.projections.dossiers import find
from services.reporting.projections.lateness import lateness_of
from services.reporting.projections.timeline import timeline_of
from services.routing.domain import clock_events as clocks
from tests.reporting.heard import ReadStore, as_it_happened
from tests.reporting.stories import DESK, PROVINCE, Story, land_and_late, moved

TELLER = Teller(lambda vi, en: f"{vi} / {en}", str, str, str)


def late_and_told() -> Story:
    """Go on with land that is late: the promised day was closed, and the one-stop shop is told."""
    story = land_and_late()
    late = {"step": "title", "agency": PROVINCE}
    promised_at, new_date = story.at + timedelta(days=3), story.at + timedelta(days=4)
    dates = {"promised_at": promised_at, "new_due_at": new_date, "by": "system:watch"}
    story.tell("routing", clocks.PromiseMoved, cause="closed_day", **dates, **late)
    moved(story, "apology", new_date, number=2, clock_from=story.at, step="title")
    return story.tell("routing", clocks.OneStopTold, to=DESK, due_at=story.at, **late)


STORY = late_and_told()
STORE = ReadStore().hear(as_it_happened((STORY,)))


def line_of(event: str) -> Any:
    return next(row for row in timeline_of(STORE, STORY.ref) if row["event"] == event)


def test_the_timeline_says_that_the_one_stop_shop_was_told_and_of_whose_silence() -> None:
    """NĐ 61/2018 art. 19.5b."""
    line = line_of("OneStopTold")
    assert (line["agency"], line["step"]) == (PROVINCE, "title")
    assert sentence_of("OneStopTold", line["agency"]).said.en == "The head of the one-stop was told"
    told, due = TELLER.particulars("OneStopTold", json.loads(line["note"]))
    assert told == f"Báo cho / Told: {DESK}"
    assert due.startswith("Hạn / Due: ")


def test_the_timeline_says_why_a_promise_moved_from_which_day_to_which() -> None:
    """NĐ 61/2018 art. 19.9: never silently."""
    note = json.loads(line_of("PromiseMoved")["note"])
    cause, promised, new_date = TELLER.particulars("PromiseMoved", note)
    assert cause == "Vì / Because: ngày hẹn rơi vào ngày nghỉ / the date fell on a closed day"
    assert promised.startswith("Đã hẹn / Promised: ")
    assert new_date.startswith("Hẹn lại / New date: ")


def test_delays_list_both_and_count_neither_as_told_above() -> None:
    """The one-stop shop stands above nobody, and the same promise on another day is no second apology."""
    last = lateness_of(STORE, STORY.ref)[-2:]
    assert [(row["what"], row["to_agency"], row["reason"]) for row in last] == [
        ("promise_moved", "", "closed_day"), ("one_stop", DESK, ""),
    ]  # fmt: skip
    (province,) = agencies_of(STORE, PROVINCE)
    assert [province[name] for name in ("apologies_asked", "apologies_given", "escalated")] == [1, 1, 1]


def test_the_dossier_is_promised_the_later_day_and_stays_late() -> None:
    """The lawful date stays where it was."""
    before, after = find(ReadStore().hear(as_it_happened((land_and_late(),))), STORY.ref), find(STORE, STORY.ref)
    assert before is not None
    assert after is not None
    assert after["promised_at"] > before["promised_at"]
    assert (after["due_at"], after["overdue_at"]) == (before["due_at"], before["overdue_at"])
