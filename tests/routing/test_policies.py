"""What routing hears from the desk, which times begin to matter, and what it says to the others."""

from dataclasses import MISSING, fields, replace
from typing import Any, get_args

import msgspec
import pytest

from kernel.message import CancelTimer, Envelope, Heard, Timer, source_of
from services.routing.domain.clock_events import (
    AppointmentMoved,
    DelayApologised,
    LatenessEscalated,
    StepClockResumed,
    StepClockStopped,
)
from services.routing.domain.commands import (
    OpenChain,
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
    ChainOverdue,
    ChainStopped,
    ChainWithdrawn,
    ClockRestarted,
    ClockSuspended,
    DeskAnswered,
    LimitExtended,
    StepAcknowledged,
    StepCancelled,
    StepDeemedAgreed,
    StepOverdue,
    StepReady,
    StepTakenOver,
    SupplementArrived,
)
from services.routing.policies import AFTER_LIMIT, HEARS, timers
from services.routing.publishing import PUBLISHED, publish
from services.routing.wiring import TIMER_COMMANDS
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


HURRY = ids(f"{BIRTH.step}-hand-over", f"{BIRTH.step}-acknowledge")
LATENESS = ids(f"{BIRTH.step}-lateness")
LIMIT = ids(f"{BIRTH.step}-limit")
CHAIN, CHAIN_LATENESS = ids("chain"), ids("chain-lateness")
EXTENDED = LimitExtended(
    REF, BIRTH.step, COMMUNE, round=1, ground="verification", law="", due_at=DUE, by="", at=MONDAY, warn_at=MONDAY
)
STOPPED = StepClockStopped(
    REF, BIRTH.step, COMMUNE, round=1, ground="third_party", law="", until=None, by="", at=MONDAY
)
RESUMED = StepClockResumed(
    REF, BIRTH.step, COMMUNE, round=1, ground="third_party", due_at=DUE, by="", at=MONDAY, warn_at=MONDAY
)
OVERDUE = StepOverdue(REF, BIRTH.step, COMMUNE, round=1, due_at=MONDAY, at=DUE, next_at=DUE)
APOLOGY = DelayApologised(REF, BIRTH.step, COMMUNE, 1, "backlog", "", MONDAY, DUE, "", MONDAY)
TOLD = LatenessEscalated(REF, BIRTH.step, COMMUNE, 1, "H48", 1, MONDAY, DUE, next_at=DUE)
MOVED = AppointmentMoved(REF, "resumed", "", "H48", 1, MONDAY, None, "", "", DUE, "", "", MONDAY, warn_at=MONDAY)


@pytest.mark.parametrize(
    ("event", "set_ids", "cancelled"),
    [
        (OPENED, CHAIN | CHAIN_LATENESS, set()),
        (READY, HURRY | LIMIT | LATENESS, set()),
        (StepTakenOver(**ACTED, by="", at=MONDAY), set(), ids(f"{BIRTH.step}-hand-over")),
        (StepAcknowledged(**ACTED, by="", at=MONDAY), set(), HURRY),
        (EXTENDED, LIMIT | LATENESS, set()),
        (STOPPED, set(), LIMIT | LATENESS),
        (replace(STOPPED, until=DUE), LIMIT, LATENESS),
        (RESUMED, LIMIT | LATENESS, set()),
        (OVERDUE, LATENESS, set()),
        (replace(OVERDUE, next_at=None), set(), set()),
        (TOLD, LATENESS, set()),
        (replace(TOLD, next_at=None), set(), set()),
        (replace(TOLD, step="", round=0), CHAIN_LATENESS, set()),
        (APOLOGY, set(), set()),
        (replace(APOLOGY, at=DUE), LATENESS, set()),
        (MOVED, CHAIN | CHAIN_LATENESS, set()),
        (replace(MOVED, cause="apology", warn_at=None), CHAIN_LATENESS, set()),
        (ChainOverdue(REF, "H48", MONDAY, DUE, next_at=DUE), CHAIN_LATENESS, set()),
        (ChainOverdue(REF, "H48", MONDAY, DUE), set(), set()),
        (told(opening(BUNDLE), *done(BIRTH))[3], set(), LIMIT | LATENESS),
        (StepCancelled(**ACTED, reason="withdrawn", at=MONDAY), set(), HURRY | LIMIT | LATENESS),
        (StepDeemedAgreed(**ACTED, law="", due_at=DUE, at=MONDAY), set(), HURRY | LIMIT | LATENESS),
        (ClockSuspended(REF, "supplement", MONDAY), set(), CHAIN),
        (ClockRestarted(REF, MONDAY, DUE, MONDAY), CHAIN, set()),
        (ChainClosed(REF, "granted", MONDAY), set(), CHAIN | CHAIN_LATENESS),
        (ChainWithdrawn(REF, (), (), MONDAY), set(), CHAIN | CHAIN_LATENESS),
        (ChainStopped(REF, "no_supplement", (), (), MONDAY), set(), CHAIN | CHAIN_LATENESS),
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
        "lateness": READY.warn_at,
    }
    chain, warning = timers(OPENED)
    assert isinstance(OPENED, ChainOpened)
    assert isinstance(chain, Timer)
    assert isinstance(warning, Timer)
    assert (chain.due_at, warning.due_at) == (OPENED.due_at + AFTER_LIMIT, OPENED.warn_at)


def test_what_a_bell_says_survives_its_store() -> None:
    """Timers are rows: their commands are written down as JSON and read again when they are due."""
    events = (OPENED, READY, OVERDUE, replace(STOPPED, until=DUE))
    bells = [timer.command for event in events for timer in timers(event) if isinstance(timer, Timer)]
    assert {type(bell) for bell in bells} == set(TIMER_COMMANDS)
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
        demanded = [one.name for one in fields(kind) if one.default is one.default_factory is MISSING]
        assert (demanded[0], demanded[-1]) == ("ref", "at"), "what came later stands at the end and may be missing"


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
