"""What routing hears from the desk, which times begin to matter, and what it says to the others."""

from dataclasses import fields
from typing import Any, get_args

import msgspec
import pytest

from kernel.message import CancelTimer, Envelope, Heard, Timer, source_of
from services.routing.domain.commands import (
    OpenChain,
    PassAcknowledgeLimit,
    PassChainLimit,
    PassHandOverLimit,
    PassStepLimit,
    RecordSupplement,
    ResumeStep,
    StopChain,
    SuspendClock,
    WithdrawChain,
)
from services.routing.domain.events import (
    ChainClosed,
    ChainEvent,
    ChainOpened,
    ChainStopped,
    ChainWithdrawn,
    ClockRestarted,
    ClockSuspended,
    DeskAnswered,
    LimitExtended,
    StepAcknowledged,
    StepCancelled,
    StepDeemedAgreed,
    StepReady,
    StepTakenOver,
    SupplementArrived,
)
from services.routing.policies import AFTER_LIMIT, HEARS, timers
from services.routing.publishing import PUBLISHED, publish
from tests.routing.scene import (
    APPLICANT,
    BIRTH,
    BUNDLE,
    CALENDAR,
    CODE,
    COMMUNE,
    DESK_AGENCY,
    MONDAY,
    POLICE,
    REF,
    at,
    done,
    opening,
    told,
)

DUE = at("27 09:00")
ENVELOPE = Envelope(1, source_of("intake"), "1", "t", REF, 1, REF, 0, "", "", None, b"")


def heard(name: str, **data: Any) -> tuple[Any, ...]:
    """Return the commands that a wire message of intake leads to; it carries more than routing reads."""
    hearing = next(one for one in HEARS if one.type == f"lienthong.intake.{name}.v1")
    wire = msgspec.json.encode({"ref": REF, "at": MONDAY, "by": "officer:1", "channel": "portal", **data})
    reading = msgspec.json.decode(wire, type=hearing.reads)
    return hearing.react(reading, Heard(ENVELOPE, DUE))


def test_an_accepted_dossier_opens_its_chain() -> None:
    """NĐ 61/2018 art. 19; the shell adds plan and calendars, the appointment comes as it was promised."""
    (command,) = heard(
        "DossierAccepted", code=CODE, procedure="3.000722", procedure_version="2026-09-01",
        receiving_agency=DESK_AGENCY, applicant=APPLICANT, submitter="p-other",
        options=["identity_card"], agencies=[COMMUNE, POLICE],
        due_at=DUE, calendar_id="office", calendar_version="1", clock_from=at("17 07:30"),
    )  # fmt: skip
    assert command == OpenChain(
        ref=REF, code=CODE, procedure="3.000722", procedure_version="2026-09-01", receiving_agency=DESK_AGENCY,
        applicant=APPLICANT, submitter="p-other", asked=("identity_card",), agencies=(COMMUNE, POLICE), due_at=DUE,
        clock_from=at("17 07:30"), calendar_id="office", calendar_version="1", accepted_at=MONDAY,
        actor="system:routing", now=DUE,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "data", "commands"),
    [
        ("WithdrawalRequested", {}, (WithdrawChain(ref=REF, requested_at=MONDAY, actor="system:routing", now=DUE),)),
        (
            "DossierStopped",
            {"reason": "no_supplement", "kept_results": []},
            (StopChain(ref=REF, reason="no_supplement", actor="system:routing", now=DUE),),
        ),
        (
            "DossierStopped",
            {"reason": "not_paid", "kept_results": []},
            (StopChain(ref=REF, reason="stopped", actor="system:routing", now=DUE),),
        ),
        ("SupplementRequested", {"stage": "desk", "items": []}, ()),
        (
            "SupplementRequested",
            {"stage": "examination", "items": []},
            (SuspendClock(ref=REF, ground="supplement", asked_at=MONDAY, actor="system:routing", now=DUE),),
        ),
        ("SupplementReceived", {"stage": "desk", "components": []}, ()),
        (
            "SupplementReceived",
            {"stage": "examination", "components": []},
            (RecordSupplement(ref=REF, received_at=MONDAY, actor="system:routing", now=DUE),),
        ),
        (
            "SentBackAnswered",
            {"step": BIRTH.step, "note": "", "clock_from": MONDAY, "due_at": DUE},
            (
                ResumeStep(
                    ref=REF,
                    step=BIRTH.step,
                    answered_at=MONDAY,
                    clock_from=MONDAY,
                    due_at=DUE,
                    actor="system:routing",
                    now=DUE,
                ),
            ),
        ),
    ],
)
def test_what_the_desk_says_becomes_an_order_to_the_chain(
    name: str, data: dict[str, Any], commands: tuple[Any, ...]
) -> None:
    """A supplement at the desk comes before any chain and is none of its business."""
    assert heard(name, **data) == commands


OPENED, READY = told(opening(BUNDLE))
ACTED = {"ref": REF, "step": BIRTH.step, "agency": COMMUNE}


def ids(*limits: str) -> set[str]:
    return {f"{REF}-{limit}" for limit in limits}


ALL_OF_STEP = ids(f"{BIRTH.step}-hand-over", f"{BIRTH.step}-acknowledge", f"{BIRTH.step}-limit")
LIMIT = ids(f"{BIRTH.step}-limit")
CHAIN = ids("chain")
EXTENDED = LimitExtended(**ACTED, round=1, ground="verification", law="", due_at=DUE, by="", at=MONDAY)


@pytest.mark.parametrize(
    ("event", "set_ids", "cancelled"),
    [
        (OPENED, CHAIN, set()),
        (READY, ALL_OF_STEP, set()),
        (StepTakenOver(**ACTED, by="", at=MONDAY), set(), ids(f"{BIRTH.step}-hand-over")),
        (StepAcknowledged(**ACTED, by="", at=MONDAY), set(), ALL_OF_STEP - LIMIT),
        (EXTENDED, LIMIT, set()),
        (told(opening(BUNDLE), *done(BIRTH))[3], set(), LIMIT),
        (StepCancelled(**ACTED, reason="withdrawn", at=MONDAY), set(), ALL_OF_STEP),
        (StepDeemedAgreed(**ACTED, law="", due_at=DUE, at=MONDAY), set(), ALL_OF_STEP),
        (ClockSuspended(REF, "supplement", MONDAY), set(), CHAIN),
        (ClockRestarted(REF, MONDAY, DUE, MONDAY), CHAIN, set()),
        (ChainClosed(REF, "granted", MONDAY), set(), CHAIN),
        (ChainWithdrawn(REF, (), (), MONDAY), set(), CHAIN),
        (ChainStopped(REF, "no_supplement", (), (), MONDAY), set(), CHAIN),
        (DeskAnswered(REF, BIRTH.step, MONDAY, MONDAY), set(), set()),
    ],
)
def test_a_limit_rings_from_when_it_runs_until_it_is_kept(
    event: ChainEvent, set_ids: set[str], cancelled: set[str]
) -> None:
    """A limit that nobody watches is not one."""
    named = timers(event)
    assert {timer.id for timer in named if isinstance(timer, Timer)} == set_ids
    assert {timer.id for timer in named if isinstance(timer, CancelTimer)} == cancelled


def test_a_bell_rings_just_after_the_last_instant_that_is_in_time() -> None:
    """The law counts the last minute in; a decision and the bell cannot both be right about one instant."""
    assert isinstance(READY, StepReady)
    by_id = {timer.id.removeprefix(f"{REF}-{BIRTH.step}-"): timer for timer in timers(READY)}
    told_at = {id: timer.due_at for id, timer in by_id.items() if isinstance(timer, Timer)}
    assert READY.hand_over_by is not None
    assert READY.acknowledge_by is not None
    assert told_at == {
        "hand-over": READY.hand_over_by + AFTER_LIMIT,
        "acknowledge": READY.acknowledge_by + AFTER_LIMIT,
        "limit": READY.due_at + AFTER_LIMIT,
    }
    (chain,) = timers(OPENED)
    assert isinstance(OPENED, ChainOpened)
    assert isinstance(chain, Timer)
    assert chain.due_at == OPENED.due_at + AFTER_LIMIT


def test_what_a_bell_says_survives_its_store() -> None:
    """Timers are rows: their commands are written down as JSON and read again when they are due."""
    bells = [timer.command for event in (OPENED, READY) for timer in timers(event) if isinstance(timer, Timer)]
    assert {type(bell) for bell in bells} == {PassChainLimit, PassHandOverLimit, PassAcknowledgeLimit, PassStepLimit}
    for bell in bells:
        assert msgspec.json.decode(msgspec.json.encode(bell), type=type(bell)) == bell
        assert bell.actor == "system:timer"


def test_everything_but_the_desks_own_news_is_published() -> None:
    """What the desk has said itself is not said a second time."""
    stored = set(get_args(ChainEvent))
    assert {kind for _, _, kind in PUBLISHED} == stored - {DeskAnswered, SupplementArrived}
    assert len({name for name, _, _ in PUBLISHED}) == len(PUBLISHED)
    for name, version, kind in PUBLISHED:
        assert (name, version) == (kind.__name__, 1)
        names = [field.name for field in fields(kind)]
        assert (names[0], names[-1]) == ("ref", "at")


def test_a_published_fact_belongs_to_its_dossier() -> None:
    """Subject and root are the dossier, so every reader hears of it in order."""
    for event in told(opening(BUNDLE), *done(BIRTH)):
        said = publish(event)
        assert said is not None
        assert (said.name, said.subject, said.root, said.data) == (type(event).__name__, REF, REF, event)
    assert publish(DeskAnswered(REF, BIRTH.step, MONDAY, MONDAY)) is None
    assert publish(SupplementArrived(REF, MONDAY)) is None


def test_the_calendar_of_an_appointment_is_pinned() -> None:
    """Regulations: never re-evaluate a deadline with a newer calendar."""
    assert isinstance(OPENED, ChainOpened)
    assert (OPENED.calendar_id, OPENED.calendar_version) == (CALENDAR.id, CALENDAR.version)
    assert {(planned.calendar_id, planned.calendar_version) for planned in OPENED.steps} == {
        ("office", "1"),
        ("police", "1"),
    }
