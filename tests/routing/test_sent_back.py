"""What is wrong goes back to whoever can mend it, and the chain goes on from there with a new version."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from services.routing.domain.chain import decider
from services.routing.domain.commands import (
    ChainCommand,
    PassChainLimit,
    RecordSupplement,
    StopChain,
    SuspendClock,
)
from services.routing.domain.events import (
    ChainOverdue,
    ChainStopped,
    ClockRestarted,
    ClockSuspended,
    DeskAnswered,
    StepCancelled,
    StepDecided,
    StepReady,
    StepSentBack,
    SupplementArrived,
)
from services.routing.domain.holder import Holder, holders
from tests.routing.scene import (
    BIRTH,
    BUNDLE,
    COMMUNE,
    DESK_AGENCY,
    IDENTITY_CARD,
    INSURANCE,
    INSURANCE_CARD,
    MONDAY,
    POLICE,
    REF,
    RESIDENCE,
    acknowledge,
    at,
    chain_of,
    decision,
    done,
    extend,
    kinds,
    led_to,
    opening,
    refusal,
    resume,
    send_back,
    told,
)
from tests.spec import given

TUESDAY, WEDNESDAY, THURSDAY = at("17 09:00"), at("18 09:00"), at("19 09:00")
REGISTERED = (opening(BUNDLE), *done(BIRTH))
FOUND_WRONG = (*REGISTERED, acknowledge(RESIDENCE), send_back(RESIDENCE, BIRTH.step, TUESDAY))
ASKED = SuspendClock(ref=REF, ground="supplement", asked_at=WEDNESDAY, actor="system:routing", now=WEDNESDAY)
BROUGHT = RecordSupplement(ref=REF, received_at=THURSDAY, actor="system:routing", now=THURSDAY)
STOPPED = StopChain(ref=REF, reason="no_supplement", actor="system:routing", now=THURSDAY)
AT_DESK = (*REGISTERED, acknowledge(RESIDENCE), send_back(RESIDENCE, "desk", TUESDAY))
CHAIN_DUE = datetime(2026, 12, 9, 2, 0, tzinfo=UTC)


def test_an_error_found_downstream_goes_back_to_its_issuer() -> None:
    """NĐ 301/2026: the civil-status agency corrects; nobody edits another agency's result (NĐ 61/2018 art. 21.1)."""
    events = told(*REGISTERED, acknowledge(RESIDENCE))
    sent_back, again = (
        given(decider, *events).when(send_back(RESIDENCE, BIRTH.step, TUESDAY)).then_kinds(StepSentBack, StepReady)
    )
    assert (sent_back.step, sent_back.agency, sent_back.to) == (RESIDENCE.step, POLICE, BIRTH.step)
    assert (again.step, again.round, again.clock_from, again.due_at) == (BIRTH.step, 2, TUESDAY, WEDNESDAY)


def test_the_corrected_result_is_a_new_version_and_the_finder_goes_on() -> None:
    """NĐ 301/2026: correction, then the chain resumes; the limit of the finder runs anew."""
    events = told(*FOUND_WRONG, acknowledge(BIRTH, TUESDAY))
    decided, ready = (
        given(decider, *events).when(decision(BIRTH, WEDNESDAY, "01a/KS")).then_kinds(StepDecided, StepReady)
    )
    assert decided.version == 2
    assert (ready.step, ready.round, ready.clock_from) == (RESIDENCE.step, 2, WEDNESDAY)
    # Whoever had received the first version side by side goes on; the new version reaches them as a fact.
    assert decider.fold((*events, decided, ready)).steps[INSURANCE_CARD.step].round == 1


def test_while_it_is_corrected_what_has_not_begun_waits_for_the_new_version() -> None:
    """Reason: nobody should begin with a result that is known to be wrong."""
    events = told(*FOUND_WRONG, *done(INSURANCE_CARD, TUESDAY))
    chain = decider.fold(events)
    assert chain.steps[IDENTITY_CARD.step].stage == "planned"
    assert chain.is_open
    late = replace(IDENTITY_CARD, needs=(INSURANCE_CARD.step, BIRTH.step))
    plan = (BIRTH, RESIDENCE, INSURANCE_CARD, late)
    before = (opening(plan), *done(BIRTH), acknowledge(RESIDENCE), send_back(RESIDENCE, BIRTH.step))
    assert kinds(told(*before, *done(INSURANCE_CARD)))[-1] == "StepDecided"
    corrected = told(*before, *done(INSURANCE_CARD), *done(BIRTH, number="01a/KS"))
    assert [event.step for event in corrected[-2:] if isinstance(event, StepReady)] == [RESIDENCE.step, late.step]


def test_two_agencies_may_find_the_same_error() -> None:
    """One correction answers both."""
    events = told(*FOUND_WRONG, acknowledge(INSURANCE_CARD))
    given(decider, *events).when(send_back(INSURANCE_CARD, BIRTH.step, TUESDAY)).then_kinds(StepSentBack)
    events = told(send_back(INSURANCE_CARD, BIRTH.step), *done(BIRTH, number="01a/KS"), before=events)
    assert {event.step for event in events[-2:] if isinstance(event, StepReady)} == {
        RESIDENCE.step,
        INSURANCE_CARD.step,
    }


def test_an_error_may_lie_further_back_than_the_step_before() -> None:
    """The identity card finds what the residence did not see: only the two of them act, the residence stays."""
    events = told(*REGISTERED, *done(RESIDENCE), acknowledge(IDENTITY_CARD))
    events = told(send_back(IDENTITY_CARD, BIRTH.step), *done(BIRTH, number="01a/KS"), before=events)
    chain = decider.fold(events)
    assert chain.steps[RESIDENCE.step].version == 1
    assert (chain.steps[IDENTITY_CARD.step].stage, chain.steps[IDENTITY_CARD.step].round) == ("ready", 2)


def test_an_issuer_that_finds_its_result_void_revokes_it_by_a_decision_of_its_own() -> None:
    """NĐ 61/2018 art. 21.1 (correct, replace or cancel); what others decided by then is theirs to revoke."""
    events = told(*REGISTERED, *done(INSURANCE_CARD), acknowledge(RESIDENCE), send_back(RESIDENCE, BIRTH.step))
    events = told(acknowledge(BIRTH), refusal(BIRTH), before=events)
    cancelled = [event.step for event in events if isinstance(event, StepCancelled)]
    assert cancelled == [RESIDENCE.step, IDENTITY_CARD.step]
    chain = decider.fold(events)
    assert chain.results() == (INSURANCE_CARD.step,)
    assert chain.ending == "partly_granted"


def test_what_waited_for_a_revoked_result_ends_even_past_a_decided_step() -> None:
    """The identity card had sent it back over the residence's head; the residence stays as it was decided."""
    events = told(*REGISTERED, *done(RESIDENCE), *done(INSURANCE_CARD), acknowledge(IDENTITY_CARD))
    events = told(send_back(IDENTITY_CARD, BIRTH.step), acknowledge(BIRTH), refusal(BIRTH), before=events)
    assert [event.step for event in events if isinstance(event, StepCancelled)] == [IDENTITY_CARD.step]
    chain = decider.fold(events)
    assert chain.results() == (RESIDENCE.step, INSURANCE_CARD.step)
    assert chain.ending == "partly_granted"


def test_a_correction_that_cannot_come_leaves_the_result_as_it_is() -> None:
    """Card → residence → birth: the birth is revoked, nobody but the police could revoke the residence."""
    plan = (BIRTH, RESIDENCE, IDENTITY_CARD)
    before = (opening(plan), *done(BIRTH), *done(RESIDENCE), acknowledge(IDENTITY_CARD))
    back = (send_back(IDENTITY_CARD, RESIDENCE.step), acknowledge(RESIDENCE), send_back(RESIDENCE, BIRTH.step))
    chain = chain_of(*before, *back, acknowledge(BIRTH), refusal(BIRTH))
    assert [progress.stage for progress in chain.steps.values()] == ["refused", "decided", "cancelled"]
    assert chain.ending == "partly_granted"


def test_a_step_that_the_desk_gave_back_runs_from_then_however_late_it_is_heard() -> None:
    """A slow bus makes nobody's limit longer."""
    command = replace(resume(RESIDENCE, WEDNESDAY), now=THURSDAY)
    _, ready = given(decider, *told(*AT_DESK)).when(command).then_kinds(DeskAnswered, StepReady)
    assert (ready.clock_from, ready.at) == (WEDNESDAY, THURSDAY)


def test_the_desk_answers_and_the_step_goes_on() -> None:
    """NĐ 61/2018 art. 19.4; the appointment holds where no supplement was needed."""
    spec = given(decider, *told(*AT_DESK)).when(resume(RESIDENCE, WEDNESDAY))
    answered, ready = spec.then_kinds(DeskAnswered, StepReady)
    assert answered == DeskAnswered(REF, RESIDENCE.step, WEDNESDAY, WEDNESDAY)
    assert (ready.round, ready.clock_from, ready.due_at) == (2, WEDNESDAY, at("20 09:00"))
    spec.then(answered, ready)


def test_after_a_supplement_the_clock_restarts_from_zero() -> None:
    """NĐ 61/2018 art. 19.4: "tính lại từ đầu sau khi nhận đủ hồ sơ"."""
    new_due = CHAIN_DUE.replace(day=14)
    events = told(*AT_DESK, ASKED, BROUGHT)
    command = resume(RESIDENCE, at("20 10:00"), clock_from=THURSDAY, due_at=new_due)
    restarted, _, ready = given(decider, *events).when(command).then_kinds(ClockRestarted, DeskAnswered, StepReady)
    assert restarted == ClockRestarted(REF, THURSDAY, new_due, at("20 10:00"), warn_at=new_due.replace(day=11))
    assert ready.clock_from == at("20 10:00"), "the agency's own limit runs from when it can work again"
    chain = decider.fold((*events, restarted))
    assert (chain.clock_from, chain.due_at, chain.suspended_since) == (THURSDAY, new_due, None)


def test_an_answer_with_the_dates_that_the_desk_knew_restarts_nothing() -> None:
    """The desk had not heard of the longer limit of another step; what was asked for is still to come."""
    working = (opening(BUNDLE), *done(BIRTH), acknowledge(RESIDENCE), acknowledge(INSURANCE_CARD))
    events = told(*working, extend(RESIDENCE), send_back(INSURANCE_CARD, "desk", TUESDAY), ASKED)
    chain = decider.fold(events)
    assert chain.due_at is not None
    assert chain.due_at > CHAIN_DUE
    spec = given(decider, *events).when(resume(INSURANCE_CARD, THURSDAY, MONDAY, CHAIN_DUE))
    facts = spec.then_kinds(DeskAnswered, StepReady)
    after = decider.fold((*events, *facts))
    assert (after.due_at, after.suspended_since) == (chain.due_at, WEDNESDAY)


def test_a_supplement_that_comes_before_the_clock_began_restarts_it_too() -> None:
    """Accepted, asked and complete again after 15:00: the same dates, and the clock does not stand still for ever."""
    begins = at("17 07:30")
    accepted = opening(BUNDLE, at("16 15:30"), clock_from=begins, due_at=CHAIN_DUE)
    asked = replace(ASKED, asked_at=at("16 15:50"), now=at("16 15:50"))
    sent_back = (acknowledge(BIRTH, at("16 15:40")), send_back(BIRTH, "desk", at("16 15:45")), asked)
    answer = resume(BIRTH, at("16 16:10"), begins, CHAIN_DUE)
    given(decider, *told(accepted, *sent_back)).when(answer).then_kinds(DeskAnswered, StepReady)
    events = told(accepted, *sent_back, replace(BROUGHT, received_at=at("16 16:00"), now=at("16 16:00")))
    facts = given(decider, *events).when(answer).then_kinds(ClockRestarted, DeskAnswered, StepReady)
    assert decider.fold((*events, *facts)).suspended_since is None


def test_a_step_that_comes_back_while_its_need_is_corrected_waits_for_it() -> None:
    """Both waits end with the same StepReady."""
    events = told(*FOUND_WRONG, acknowledge(INSURANCE_CARD), send_back(INSURANCE_CARD, "desk"))
    given(decider, *events).when(resume(INSURANCE_CARD, WEDNESDAY)).then_kinds(DeskAnswered)
    events = told(resume(INSURANCE_CARD, WEDNESDAY), *done(BIRTH, THURSDAY, "01a/KS"), before=events)
    ready = {event.step: event for event in events[-2:] if isinstance(event, StepReady)}
    assert ready[INSURANCE_CARD.step].round == 2
    assert ready[INSURANCE_CARD.step].clock_from == THURSDAY


def test_an_answer_that_nobody_waits_for_is_nothing() -> None:
    """The desk may answer twice; and a step that was sent to its issuer is not the desk's to give back."""
    given(decider).when(resume(RESIDENCE, WEDNESDAY)).then_nothing()
    given(decider, *told(*REGISTERED)).when(resume(RESIDENCE, WEDNESDAY)).then_nothing()
    given(decider, *told(*FOUND_WRONG)).when(resume(RESIDENCE, WEDNESDAY)).then_nothing()
    given(decider, *told(*AT_DESK)).when(resume(replace(RESIDENCE, step="tea_break"), WEDNESDAY)).then_nothing()


def test_the_clock_stands_while_the_applicant_is_asked() -> None:
    """Glossary, suspension; no appointment passes while the clock stands still."""
    overdue = PassChainLimit(ref=REF, actor="system:timer", now=CHAIN_DUE.replace(day=10))
    given(decider, *told(*AT_DESK)).when(overdue).then_kinds(ChainOverdue)
    given(decider, *told(*AT_DESK)).when(ASKED).then(ClockSuspended(REF, "supplement", WEDNESDAY))
    given(decider, *told(*AT_DESK, ASKED)).when(overdue).then_nothing()


@pytest.mark.parametrize(
    ("before", "now", "late"),
    [
        ((), CHAIN_DUE, False),
        ((), CHAIN_DUE.replace(minute=1), True),
        ((STOPPED,), CHAIN_DUE.replace(minute=1), False),
    ],
)
def test_the_appointment_passes_once(before: tuple[StopChain, ...], now: datetime, late: bool) -> None:
    """NĐ 61/2018 art. 19.9; the lead answers for it."""
    spec = given(decider, *told(opening(BUNDLE), *before)).when(PassChainLimit(ref=REF, actor="system:timer", now=now))
    spec.then(*((ChainOverdue(REF, "H48", CHAIN_DUE, now),) if late else ()))


def test_who_holds_what_was_sent_back() -> None:
    """Whose minute: the issuer's while it corrects, the desk's, the applicant's once asked, the desk's once brought."""
    insurance = Holder("system", INSURANCE, INSURANCE_CARD.step, MONDAY)
    assert holders(chain_of(*FOUND_WRONG)) == (Holder("system", COMMUNE, BIRTH.step, TUESDAY), insurance)
    assert holders(chain_of(*AT_DESK)) == (Holder("desk", DESK_AGENCY, RESIDENCE.step, TUESDAY), insurance)
    assert holders(chain_of(*AT_DESK, ASKED)) == (Holder("applicant", None, RESIDENCE.step, WEDNESDAY), insurance)
    given(decider, *told(*AT_DESK, ASKED)).when(BROUGHT).then(SupplementArrived(REF, THURSDAY))
    brought = chain_of(*AT_DESK, ASKED, BROUGHT)
    assert holders(brought) == (Holder("desk", DESK_AGENCY, RESIDENCE.step, THURSDAY), insurance)


def test_a_dossier_that_is_never_supplemented_is_stopped_and_keeps_its_results() -> None:
    """NĐ 301/2026: "dừng xử lý do không bổ sung"; the certificate of birth stays and is handed out."""
    events = told(*AT_DESK, ASKED)
    *cancelled, stopped = led_to(events, STOPPED)
    assert kinds(cancelled) == ("StepCancelled",) * 3
    open_steps = (RESIDENCE.step, INSURANCE_CARD.step, IDENTITY_CARD.step)
    assert stopped == ChainStopped(REF, "no_supplement", open_steps, (BIRTH.step,), THURSDAY)
    given(decider, *events, *cancelled, stopped).when(STOPPED).then_nothing()


@pytest.mark.parametrize("command", [ASKED, BROUGHT, STOPPED, resume(RESIDENCE, WEDNESDAY)])
def test_what_the_desk_says_about_a_dossier_without_a_chain_is_nothing(command: ChainCommand) -> None:
    """A supplement at the desk, or a dossier stopped before acceptance, never had a chain."""
    given(decider).when(command).then_nothing()
