"""When the result is promised for: which steps count, with which limit, and who may move the date."""

from dataclasses import replace
from datetime import datetime, time
from typing import Any

import msgspec
import pytest

from kernel.condition import Is, Not
from kernel.procedure import AppointmentRule, Procedure, SpecialLimit
from services.intake.domain.amendments import AppointmentChanged
from services.intake.domain.appointment import Appointment, appoint
from services.intake.domain.commands import AcceptPaidDossier, RecordAppointment, ResolveDossier
from services.intake.domain.dossier import decider
from services.intake.domain.events import DossierAccepted, DossierResolved, SentBackAnswered
from services.intake.projections.letters import apology_of
from tests.intake.cases import (
    ACCEPT,
    ACCEPTED,
    AWAITED,
    BUNDLE,
    CALENDAR,
    CERTIFICATE,
    COMMITTEE,
    EXAMINED,
    KARAOKE,
    LATER,
    MONDAY,
    PAID_FIRST,
    RECEIVED_AGAIN,
    REF,
    SENT_BACK,
    SETTLED,
    SUBMITTED,
    TUESDAY,
    WITHDRAWN,
    at,
    days,
    step,
)
from tests.intake.test_course import ANSWER
from tests.spec import given

PAID = AcceptPaidDossier(
    ref=REF, settled_at=TUESDAY, actor="system:intake", now=TUESDAY, published=KARAOKE, calendar=CALENDAR
)
MOUNTAINOUS = Is("mountainous", (True,))
IN_COURT = Is("residence", ("abroad",))
IN_MOUNTAINS = SpecialLimit(MOUNTAINOUS, days(4), "NĐ 101/2024")
LAND = replace(
    CERTIFICATE,
    facts={"mountainous": "bool", "residence": ("home", "abroad")},
    steps=(
        step("receive", days(1)),
        replace(step("check_abroad", days(5), ("receive",)), when=IN_COURT),
        replace(step("tax_notice", days(3), ("check_abroad",)), not_counted="tax_notice"),
        replace(step("payment", days(30), ("tax_notice",)), not_counted="payment", party="applicant"),
        replace(step("register", days(2), ("payment",)), special_limits=(IN_MOUNTAINS,)),
        replace(step("announce", days(9), ("receive",)), when=Not(IN_COURT), optional=True),
    ),
)
TWICE = replace(
    LAND,
    appointments=(
        AppointmentRule("receive", days(1), (SpecialLimit(MOUNTAINOUS, days(2), "NĐ 101/2024"),)),
        AppointmentRule("register", days(3)),
    ),
)
HOME: dict[str, Any] = {"mountainous": False, "residence": "home"}


@pytest.mark.parametrize(
    ("procedure", "options", "facts", "number", "due_at"),
    [
        (LAND, (), HOME, 1, "2026-09-10 08:00"),  # 1 + 2 days; tax and payment add nothing
        (LAND, (), HOME | {"mountainous": True}, 1, "2026-09-14 08:00"),  # 1 + 4
        (LAND, (), HOME | {"residence": "abroad"}, 1, "2026-09-17 08:00"),  # 1 + 5 + 2
        (LAND, ("announce",), HOME, 1, "2026-09-21 08:00"),  # 1 + 9, beside the others
        (LAND, ("announce",), HOME | {"residence": "abroad"}, 1, "2026-09-17 08:00"),  # asked for, but not its case
        (TWICE, (), HOME, 1, "2026-09-08 08:00"),
        (TWICE, (), HOME | {"mountainous": True}, 1, "2026-09-09 08:00"),
        (TWICE, (), HOME, 2, "2026-09-10 08:00"),
        (BUNDLE, (), {}, 1, "2026-09-11 08:00"),
        (BUNDLE, ("identity_card",), {}, 1, "2026-09-17 08:00"),
    ],
)
def test_only_what_this_dossier_takes_and_the_law_counts_is_promised(
    procedure: Procedure, options: tuple[str, ...], facts: dict[str, Any], number: int, due_at: str
) -> None:
    """NĐ 63/2024, NĐ 301/2026 (limits along a chain); NĐ 101/2024 (land: two appointments, tax and payment outside).

    From Monday 08:00 on the desk's calendar.
    """
    assert appoint(procedure, options, facts, MONDAY, CALENDAR, number) == Appointment(MONDAY, at(due_at), number)


def test_a_dossier_that_only_waits_for_others_is_due_at_once() -> None:
    """Nothing counted, nothing added; the date is still one that somebody can read."""
    waiting = replace(LAND, steps=LAND.steps[2:4])
    waiting = replace(waiting, steps=(replace(waiting.steps[0], needs=()), waiting.steps[1]))
    assert appoint(waiting, (), HOME, MONDAY, CALENDAR).due_at == MONDAY


def test_the_cut_off_begins_the_limit_on_the_next_working_day() -> None:
    """NĐ 61/2018 art. 18.2 and NĐ 301/2026: received after 15:00, the limit runs from the next morning."""
    late = appoint(replace(CERTIFICATE, same_day_until=time(15)), (), {}, at("2026-09-07 15:01"), CALENDAR)
    assert late == Appointment(at("2026-09-08 07:00"), at("2026-09-10 17:00"))


@pytest.mark.parametrize("elsewhere", [True, False])
def test_a_date_given_elsewhere_says_that_it_is_provisional(elsewhere: bool) -> None:
    """NĐ 118/2025 art. 17.3: received outside its area, the clock starts when the resolving agency receives it."""
    given(decider, SUBMITTED).when(replace(ACCEPT, elsewhere=elsewhere)).then(
        replace(ACCEPTED, received_elsewhere=elsewhere)
    )
    paid = replace(PAID, elsewhere=elsewhere)
    (accepted,) = given(decider, PAID_FIRST, AWAITED, SETTLED).when(paid).then_kinds(DossierAccepted)
    assert accepted.received_elsewhere is elsewhere


def test_what_was_accepted_before_says_that_it_was_received_at_home() -> None:
    """Stored events keep their meaning: a field that came later has the value that was true until then."""
    written = msgspec.json.decode(msgspec.json.encode(ACCEPTED))
    del written["received_elsewhere"]
    assert msgspec.json.decode(msgspec.json.encode(written), type=DossierAccepted) == ACCEPTED


MOVE = RecordAppointment(
    ref=REF,
    cause="received",
    number=1,
    step="certificate",
    agency=COMMITTEE,
    clock_from=TUESDAY,
    due_at=at("2026-09-11 09:00"),
    note="",
    moved_at=TUESDAY,
    actor="system:intake",
    now=TUESDAY,
)
APOLOGY = replace(
    MOVE, cause="apology", due_at=at("2026-09-14 17:00"), note="s1.p1.sorry", moved_at=at("2026-09-09 08:00")
)
SORRY = AppointmentChanged(
    REF,
    "apology",
    1,
    "certificate",
    COMMITTEE,
    ACCEPTED.clock_from,
    ACCEPTED.due_at,
    at("2026-09-14 17:00"),
    "s1.p1.sorry",
    at("2026-09-09 08:00"),
)


@pytest.mark.parametrize("cause", ["received", "resumed", "closed_day", "extended"])
def test_the_lawful_date_moves_with_its_cause(cause: str) -> None:
    """NĐ 118/2025 art. 17.3; QĐ 766/QĐ-TTg (grounds not counted): what moves the date is written beside it."""
    given(decider, SUBMITTED, ACCEPTED).when(replace(MOVE, cause=cause)).then(
        AppointmentChanged(REF, cause, 1, "certificate", COMMITTEE, TUESDAY, at("2026-09-11 09:00"), None, "", TUESDAY)
    )


def test_a_second_appointment_is_given_and_restarted_as_the_second() -> None:
    """NĐ 101/2024: the date after tax and payment is another one, with a limit of its own."""
    second = replace(MOVE, cause="second_appointment", number=2)
    (moved,) = given(decider, SUBMITTED, ACCEPTED).when(second).then_kinds(AppointmentChanged)
    assert moved.number == 2
    land = replace(SUBMITTED, facts=HOME)
    answer = replace(ANSWER, published=TWICE)
    (answered,) = (
        given(decider, land, ACCEPTED, moved, SENT_BACK, EXAMINED, RECEIVED_AGAIN)
        .when(answer)
        .then_kinds(SentBackAnswered)
    )
    assert answered.due_at == at("2026-09-16 14:00")  # three working days from Friday 14:00, not one


def test_an_apology_promises_and_moves_nothing() -> None:
    """NĐ 61/2018 art. 19.9: one new date is promised; the lawful one stays, and the dossier is late by it."""
    given(decider, SUBMITTED, ACCEPTED).when(APOLOGY).then(SORRY)
    dossier = decider.fold((SUBMITTED, ACCEPTED, SORRY))
    assert dossier.appointment == Appointment(LATER, ACCEPTED.due_at, 1, at("2026-09-14 17:00"))


@pytest.mark.parametrize(
    ("closed_at", "on_time"),
    [(ACCEPTED.due_at, True), (at("2026-09-10 10:31"), False), (at("2026-09-14 16:00"), False)],
)
def test_on_time_is_measured_against_the_lawful_date_only(closed_at: datetime, on_time: bool) -> None:
    """QĐ 766/QĐ-TTg index 2.1; NĐ 61/2018 art. 19.9: keeping the promised date does not make a late dossier timely."""
    command = ResolveDossier(ref=REF, outcome="granted", closed_at=closed_at, actor="system:intake", now=closed_at)
    given(decider, SUBMITTED, ACCEPTED, SORRY).when(command).then(
        DossierResolved(REF, "granted", on_time, ACCEPTED.due_at, closed_at)
    )


def test_a_refusal_after_examination_has_the_normal_limit() -> None:
    """NĐ 61/2018 art. 19.8: a refusal is given within the limit like any result; a later one is late."""
    for closed_at, on_time in ((ACCEPTED.due_at, True), (at("2026-09-10 10:31"), False)):
        command = ResolveDossier(ref=REF, outcome="refused", closed_at=closed_at, actor="system:intake", now=closed_at)
        given(decider, SUBMITTED, ACCEPTED).when(command).then(
            DossierResolved(REF, "refused", on_time, ACCEPTED.due_at, closed_at)
        )


@pytest.mark.parametrize(
    ("due_at", "promised_at"),
    [("2026-09-11 09:00", "2026-09-14 17:00"), ("2026-09-14 17:00", None), ("2026-09-15 09:00", None)],
)
def test_a_promise_holds_while_it_is_later_than_the_law(due_at: str, promised_at: str | None) -> None:
    """NĐ 61/2018 art. 19.9: a date that was promised is not taken back by a lawful one before it."""
    move = replace(MOVE, cause="resumed", due_at=at(due_at))
    (moved,) = given(decider, SUBMITTED, ACCEPTED, SORRY).when(move).then_kinds(AppointmentChanged)
    assert moved.promised_at == (at(promised_at) if promised_at else None)


def test_a_promise_kept_on_another_day_is_no_second_letter() -> None:
    """NĐ 61/2018 art. 19.9: its day was closed, so routing moves it; form 04 stays as it was issued."""
    later = replace(APOLOGY, due_at=at("2026-09-15 17:00"), note="", moved_at=at("2026-09-10 08:00"))
    (moved,) = given(decider, SUBMITTED, ACCEPTED, SORRY).when(later).then_kinds(AppointmentChanged)
    dossier = decider.fold((SUBMITTED, ACCEPTED, SORRY, moved))
    assert dossier.appointment == Appointment(LATER, ACCEPTED.due_at, 1, at("2026-09-15 17:00"))
    letter = apology_of(dossier)
    assert letter is not None
    assert (letter.promised_at, letter.note) == (SORRY.promised_at, "s1.p1.sorry")


def test_every_move_is_kept_in_order_with_its_cause() -> None:
    """A promise never moves silently: what was said stays readable, the restart of art. 19.4 among it."""
    restarted = SentBackAnswered(
        REF, "certificate", "", RECEIVED_AGAIN.at, at("2026-09-16 14:00"), "officer", at("2026-09-11 15:00")
    )
    dossier = decider.fold((SUBMITTED, ACCEPTED, SORRY, SENT_BACK, EXAMINED, RECEIVED_AGAIN, restarted))
    assert [(move.cause, move.due_at, move.promised_at) for move in dossier.moves] == [
        ("apology", ACCEPTED.due_at, at("2026-09-14 17:00")),
        ("supplement", at("2026-09-16 14:00"), None),
    ]


def test_an_answer_without_a_supplement_moves_nothing() -> None:
    """NĐ 61/2018 art. 19.4 restarts the clock for a supplement and for nothing else."""
    same = SentBackAnswered(REF, "certificate", "", LATER, ACCEPTED.due_at, "officer", at("2026-09-11 15:00"))
    dossier = decider.fold((SUBMITTED, ACCEPTED, SORRY, SENT_BACK, same))
    assert [move.cause for move in dossier.moves] == ["apology"]
    assert dossier.appointment is not None
    assert dossier.appointment.promised_at == at("2026-09-14 17:00")


@pytest.mark.parametrize("history", [(SUBMITTED,), (SUBMITTED, ACCEPTED, WITHDRAWN)])
def test_a_date_of_what_does_not_run_moves_nothing(history: tuple[object, ...]) -> None:
    """News may come when the dossier has ended; nothing is parked over it."""
    given(decider, *history).when(MOVE).then_nothing()
