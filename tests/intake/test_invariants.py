"""What `verify` says of the desk's log: nothing where all is well, and each damage by its name."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any, get_args

import pytest

from services.intake.domain.events import (
    DossierAccepted,
    DossierResolved,
    DossierSubmitted,
    Event,
    FeeSettled,
    PaymentAwaited,
)
from services.intake.domain.invariants import AFTER, BEFORE, strayed_dossiers, wrong_codes, wrong_numbers
from services.intake.domain.numbering import NumberIssued, PortalNumberKept
from services.intake.domain.words import PHASES
from tests.intake import cases as c

DAY = date(2026, 9, 7)
OTHER = "01M3G5W0000000000000000002"
THIRD = "01M3G5W0000000000000000003"
FIRST = NumberIssued(c.REF, 1, c.DESK, DAY, c.LATER)
SECOND = replace(FIRST, ref=OTHER, sequence=2)
BY_PORTAL = PortalNumberKept(OTHER, 2, c.DESK, DAY, c.MONDAY)
OTHER_ACCEPTED = replace(c.ACCEPTED, ref=OTHER, code="H48.23293.01-260907-0002")
OTHER_SUBMITTED = replace(c.SUBMITTED, ref=OTHER)

GRANTED = (c.SUBMITTED, FIRST, c.ACCEPTED, c.RESULT, c.RESOLVED, c.SETTLED, c.HANDED_OUT)
SUPPLEMENTED = (c.INCOMPLETE, c.ASKED, c.RECEIVED, FIRST, c.ACCEPTED, c.SENT_BACK, c.EXAMINED, c.RECEIVED_AGAIN)
PAID_FIRST = (c.PAID_FIRST, FIRST, c.AWAITED, c.SETTLED, replace(c.ACCEPTED, fee_due="before_clock"), c.RESOLVED)
REJECTED = (c.SUBMITTED, FIRST, c.ACCEPTED, c.REJECTED, c.HANDED_OUT)
BY_POST = (c.BY_POST, c.PAPERS, FIRST, c.ACCEPTED, c.RESULT, c.SETTLED, c.RESOLVED, c.DISPATCHED, c.HANDED_OUT)
WITHDRAWN = (c.SUBMITTED, FIRST, c.ACCEPTED, c.WITHDRAWAL, c.RESULT, c.WITHDRAWN_WITH_RESULTS, c.HANDED_OUT)
SILENT = (c.INCOMPLETE, c.ASKED, c.STOPPED)


def log(events: Iterable[Any]) -> list[tuple[str, object]]:
    return [(stream_of(event), event) for event in events]


def stream_of(event: Any) -> str:
    if isinstance(event, NumberIssued | PortalNumberKept):
        return f"numbering-{event.agency}-{event.day:%y%m%d}"
    return f"dossier-{event.ref}"


def without(events: tuple[Any, ...], kind: type) -> tuple[Any, ...]:
    """Leave out the first fact of a kind."""
    place = next(place for place, event in enumerate(events) if isinstance(event, kind))
    return events[:place] + events[place + 1 :]


@pytest.mark.parametrize("events", [(), GRANTED, SUPPLEMENTED, PAID_FIRST, REJECTED, BY_POST, WITHDRAWN, SILENT])
def test_what_really_happened_holds(events: tuple[Any, ...]) -> None:
    """A guard that barks at everybody is no guard."""
    for check in (wrong_numbers, wrong_codes, strayed_dossiers):
        assert list(check(log(events))) == []


@pytest.mark.parametrize(
    ("numbers", "says"),
    [
        ((FIRST, SECOND), None),
        ((BY_PORTAL, FIRST, replace(FIRST, ref=THIRD, sequence=3)), None),
        ((FIRST, replace(SECOND, day=date(2026, 9, 8), sequence=1)), None),
        ((SECOND,), "2 was given where 1 was next"),
        ((FIRST, replace(SECOND, sequence=3)), "3 was given where 2 was next"),
        ((BY_PORTAL, FIRST, replace(FIRST, ref=THIRD, sequence=2)), "2 was given where 3 was next"),
        ((FIRST, replace(BY_PORTAL, sequence=1)), "the portal's 1 had been given before"),
        ((FIRST, replace(FIRST, sequence=2)), f"{c.REF} has 1 and got 2"),
    ],
)
def test_numbers_of_a_day_follow_one_another(numbers: tuple[Any, ...], says: str | None) -> None:
    """TT 01/2018/TT-VPCP art. 19; TT 03/2025/TT-VPCP art. 13: a daily sequence of each agency."""
    found = list(wrong_numbers(log(numbers)))
    assert found == [] if says is None else says in "\n".join(found)


def test_a_number_in_another_book_is_named() -> None:
    """One book for each agency and day."""
    assert "stands in this book" in "\n".join(wrong_numbers([("numbering-H48.99-260907", FIRST)]))


@pytest.mark.parametrize(
    ("events", "says"),
    [
        ((FIRST, c.ACCEPTED, SECOND, OTHER_ACCEPTED), None),
        ((BY_PORTAL, OTHER_ACCEPTED), None),
        ((BY_PORTAL,), None),
        ((FIRST, c.AWAITED, c.ACCEPTED), None),
        ((FIRST, c.ACCEPTED, SECOND, replace(OTHER_ACCEPTED, code=c.CODE)), f"{c.CODE} names {c.REF} and {OTHER}"),
        ((c.ACCEPTED,), "is not its number in the books"),
        ((FIRST, replace(c.ACCEPTED, code="H48.23293.01-260908-0001")), "is not its number in the books"),
        ((FIRST, replace(c.ACCEPTED, code="not a code")), "not a code is not its number in the books"),
        ((FIRST,), "holds number 1 of H48.23293.01, 260907 and was never accepted"),
    ],
)
def test_a_code_is_one_dossiers_number(events: tuple[Any, ...], says: str | None) -> None:
    """One dossier, one code: the paper in the applicant's hand names nobody else's dossier."""
    found = list(wrong_codes(log(events)))
    assert found == [] if says is None else says in "\n".join(found)


@pytest.mark.parametrize(
    ("events", "says"),
    [
        (without(GRANTED, DossierSubmitted), "DossierAccepted while it was none"),
        (without(GRANTED, DossierAccepted), "DossierResolved while it was submitted"),
        (without(GRANTED, DossierResolved), "DossierHandedOut while it was accepted"),
        (without(GRANTED, FeeSettled), "DossierHandedOut before the fee was paid"),
        (without(BY_POST, FeeSettled), "ResultDispatched before the fee was paid"),
        (without(PAID_FIRST, PaymentAwaited), None),
        (without(REJECTED, DossierAccepted), "DossierResolved while it was submitted"),
        ((*GRANTED, c.HANDED_OUT), "DossierHandedOut while it was handed_out"),
        ((*GRANTED, c.WITHDRAWN), "DossierWithdrawn while it was handed_out"),
        ((*SILENT, c.ACCEPTED), "DossierAccepted while it was stopped"),
        ((*SUPPLEMENTED, c.ASKED), "the desk asked for a supplement a second time"),
        ((c.SUBMITTED, c.SUBMITTED), "DossierSubmitted while it was submitted"),
        ((c.SUBMITTED, c.RESULT), "ResultReceived while it was submitted"),
    ],
)
def test_a_dossier_off_every_road_is_named(events: tuple[Any, ...], says: str | None) -> None:
    """NĐ 61/2018 arts. 11.2c, 17 and 22: asked once, accepted once, paid before it is handed out."""
    found = list(strayed_dossiers(log(events)))
    assert found == [] if says is None else says in "\n".join(found)


def test_an_event_in_another_dossiers_stream_is_named() -> None:
    """One stream, one dossier."""
    assert list(strayed_dossiers([(f"dossier-{OTHER}", c.SUBMITTED)])) == [
        f"dossier-{OTHER}: DossierSubmitted belongs to {c.REF}"
    ]


def test_dossiers_do_not_explain_each_other() -> None:
    """Each stream is its own story, however the log mixes them."""
    others = tuple(replace(event, ref=OTHER) for event in REJECTED if not isinstance(event, NumberIssued))
    mixed = [one for pair in zip(GRANTED, (*others, *GRANTED), strict=False) for one in pair]
    seen = [event for place, event in enumerate(mixed) if event not in mixed[:place]]
    assert list(strayed_dossiers(log(seen))) == []


def test_every_event_has_its_place_on_the_way() -> None:
    """An event that the table does not know would stop the check."""
    assert BEFORE.keys() == set(get_args(Event))
    assert AFTER.keys() < BEFORE.keys()
    assert {phase for phases in BEFORE.values() for phase in phases} | set(AFTER.values()) == set(PHASES)
