"""While the chain runs: the wish to stop, what is sent back, results and resolution."""

from dataclasses import replace
from datetime import datetime

import pytest

from services.intake.domain.commands import (
    AnswerSentBack,
    DeclineWithdrawal,
    RecordResult,
    RecordRevocation,
    RecordSentBack,
    RecordSettlement,
    RecordWithdrawal,
    ResolveDossier,
    WithdrawDossier,
)
from services.intake.domain.dossier import decider
from services.intake.domain.events import (
    DossierResolved,
    DossierWithdrawn,
    FeeSettled,
    ResultReceived,
    ResultRevoked,
    SentBackAnswered,
    WithdrawalRequested,
    WithdrawalTurnedDown,
)
from tests.intake.cases import (
    ACCEPTED,
    ASKED,
    AWAITED,
    CALENDAR,
    CERTIFICATE,
    COMMITTEE,
    EXAMINED,
    HANDED_OUT,
    INCOMPLETE,
    LATER,
    OFFICER,
    PAID_FIRST,
    RECEIVED_AGAIN,
    REF,
    RESOLVED,
    RESULT,
    SENT_BACK,
    SETTLED,
    STOPPED,
    SUBMITTED,
    TUESDAY,
    WITHDRAWAL,
    WITHDRAWN,
    at,
)
from tests.spec import given

SYSTEM = "system:intake"
TURNED_DOWN = WithdrawalTurnedDown(REF, "decision_exists", TUESDAY)
WITHDRAW = WithdrawDossier(ref=REF, actor="citizen:1", now=TUESDAY)
CHAIN_STOPPED = RecordWithdrawal(ref=REF, kept=("birth_registration",), stopped_at=TUESDAY, actor=SYSTEM, now=TUESDAY)
DECLINED = DeclineWithdrawal(ref=REF, reason="decision_exists", declined_at=TUESDAY, actor=SYSTEM, now=TUESDAY)


@pytest.mark.parametrize("history", [(SUBMITTED,), (INCOMPLETE, ASKED), (PAID_FIRST, AWAITED)])
def test_before_acceptance_a_dossier_is_withdrawn_at_once(history: tuple[object, ...]) -> None:
    """NĐ 118/2025 art. 21."""
    given(decider, *history).when(WITHDRAW).then(DossierWithdrawn(REF, (), "citizen:1", TUESDAY))


def test_after_acceptance_the_chain_is_asked_first() -> None:
    """NĐ 118/2025 art. 21; TT 03/2025 art. 7: only while no decision exists, and only the chain knows that."""
    given(decider, SUBMITTED, ACCEPTED).when(WITHDRAW).then(WithdrawalRequested(REF, "citizen:1", TUESDAY))


@pytest.mark.parametrize(
    ("history", "refusal"),
    [
        ((), "dossier_unknown"),
        ((SUBMITTED, ACCEPTED, WITHDRAWAL, TURNED_DOWN), "decision_exists"),
        ((SUBMITTED, ACCEPTED, RESOLVED), "decision_exists"),
        ((SUBMITTED, ACCEPTED, RESOLVED, HANDED_OUT), "decision_exists"),
        ((INCOMPLETE, ASKED, STOPPED), "dossier_closed"),
    ],
)
def test_when_a_dossier_cannot_be_withdrawn(history: tuple[object, ...], refusal: str) -> None:
    """NĐ 118/2025 art. 21."""
    given(decider, *history).when(WITHDRAW).refused(refusal)


def test_a_stopped_chain_withdraws_the_dossier_and_keeps_what_was_decided() -> None:
    """Decided results stay valid; compensation is never a rollback."""
    born = replace(RESULT, step="birth_registration")
    given(decider, SUBMITTED, ACCEPTED, born, WITHDRAWAL).when(CHAIN_STOPPED).then(
        DossierWithdrawn(REF, ("birth_registration",), SYSTEM, TUESDAY)
    )


def test_what_agencies_told_each_other_is_no_result_to_keep() -> None:
    """NĐ 118/2025 art. 21: only what the applicant is given can stay valid; an opinion was never the applicant's."""
    given(decider, SUBMITTED, ACCEPTED, WITHDRAWAL).when(CHAIN_STOPPED).then(DossierWithdrawn(REF, (), SYSTEM, TUESDAY))


def test_a_decision_that_came_first_turns_the_wish_down() -> None:
    """NĐ 118/2025 art. 21; TT 03/2025 art. 7."""
    given(decider, SUBMITTED, ACCEPTED, WITHDRAWAL).when(DECLINED).then(TURNED_DOWN)


@pytest.mark.parametrize("history", [(INCOMPLETE, ASKED, STOPPED), (SUBMITTED, ACCEPTED, WITHDRAWAL, STOPPED)])
def test_a_chain_that_stops_for_a_stopped_dossier_changes_nothing(history: tuple[object, ...]) -> None:
    """The desk said so first; the chain only followed."""
    given(decider, *history).when(CHAIN_STOPPED).then_nothing()


def test_an_answer_to_no_wish_changes_nothing() -> None:
    """What is moot is answered with nothing, so that no message is parked over it."""
    given(decider, SUBMITTED, ACCEPTED).when(DECLINED).then_nothing()


@pytest.mark.parametrize(
    "history", [(SUBMITTED,), (PAID_FIRST, AWAITED), (SUBMITTED, ACCEPTED), (SUBMITTED, WITHDRAWN)]
)
def test_a_payment_is_kept_whenever_it_comes(history: tuple[object, ...]) -> None:
    """It is a fact of payments; what follows from it is decided elsewhere."""
    command = RecordSettlement(ref=REF, settled_at=TUESDAY, actor=SYSTEM, now=at("2026-09-08 09:05"))
    given(decider, *history).when(command).then(FeeSettled(REF, TUESDAY))


DECIDED = RecordResult(
    ref=REF, step="certificate", result_code="KQ.G15.000038", number="12/UBND-XNHN", decided_at=RESULT.at, actor=SYSTEM,
    now=RESULT.at,
)  # fmt: skip


def test_a_result_is_kept_and_a_corrected_one_takes_its_place() -> None:
    """NĐ 61/2018 art. 21.1: a mistake is corrected by its issuer with a new version of the result."""
    given(decider, SUBMITTED, ACCEPTED).when(DECIDED).then(RESULT)
    corrected = replace(DECIDED, number="13/UBND-XNHN")
    given(decider, SUBMITTED, ACCEPTED, RESULT).when(corrected).then(
        ResultReceived(REF, "certificate", "KQ.G15.000038", "13/UBND-XNHN", RESULT.at)
    )
    state = decider.fold((SUBMITTED, ACCEPTED, RESULT, replace(RESULT, number="13/UBND-XNHN")))
    assert [result.number for result in state.results] == ["13/UBND-XNHN"]


REFUSED_STEP = RecordRevocation(ref=REF, step="certificate", refused_at=TUESDAY, actor=SYSTEM, now=TUESDAY)


def test_a_result_that_its_issuer_revoked_is_let_go_of() -> None:
    """NĐ 61/2018 art. 21.1: the issuer may cancel its own result; the desk must not hand it out any more."""
    given(decider, SUBMITTED, ACCEPTED, RESULT).when(REFUSED_STEP).then(ResultRevoked(REF, "certificate", TUESDAY))
    assert decider.fold((SUBMITTED, ACCEPTED, RESULT, ResultRevoked(REF, "certificate", TUESDAY))).results == ()


def test_a_step_refused_before_it_had_a_result_revokes_nothing() -> None:
    """NĐ 61/2018 art. 19.8: a refusal after examination; there is nothing to let go of."""
    given(decider, SUBMITTED, ACCEPTED).when(REFUSED_STEP).then_nothing()


CAME_BACK = RecordSentBack(
    ref=REF,
    step="certificate",
    reason_code="papers_contradict",
    sent_back_at=TUESDAY,
    actor=SYSTEM,
    now=TUESDAY,
    agency=COMMITTEE,
    on_time=True,
    note="s1.p1.found",
)
ANSWER = AnswerSentBack(
    ref=REF,
    step="certificate",
    note="s1.p1.note",
    actor=OFFICER,
    now=at("2026-09-11 15:00"),
    published=CERTIFICATE,
    calendar=CALENDAR,
)
ANSWERED = SentBackAnswered(
    REF, "certificate", "s1.p1.note", LATER, at("2026-09-10 10:30"), OFFICER, at("2026-09-11 15:00")
)


def test_a_step_sent_back_waits_for_the_desk() -> None:
    """NĐ 61/2018 art. 19.4: back through the one-stop desk, never by a side door."""
    given(decider, SUBMITTED, ACCEPTED).when(CAME_BACK).then(SENT_BACK)
    given(decider, SUBMITTED, ACCEPTED, SENT_BACK).when(replace(CAME_BACK, step="residence")).then(
        replace(SENT_BACK, step="residence")
    )
    given(decider, SUBMITTED, ACCEPTED, RESOLVED).when(CAME_BACK).then_nothing()


def test_the_desk_answers_and_the_appointment_stays() -> None:
    """A promise is never moved silently: without a supplement the clock did not restart."""
    given(decider, SUBMITTED, ACCEPTED, SENT_BACK).when(ANSWER).then(ANSWERED)


def test_a_supplement_restarts_the_legal_clock_from_zero() -> None:
    """NĐ 61/2018 art. 19.4: from when the dossier was complete again, three whole working days."""
    complete = RECEIVED_AGAIN.at
    given(decider, SUBMITTED, ACCEPTED, SENT_BACK, EXAMINED, RECEIVED_AGAIN).when(ANSWER).then(
        replace(ANSWERED, clock_from=complete, due_at=at("2026-09-16 14:00"))
    )


def test_the_answer_waits_for_the_applicant() -> None:
    """NĐ 61/2018 art. 19.4: the agency goes on when the supplement is there."""
    given(decider, SUBMITTED, ACCEPTED, SENT_BACK, EXAMINED).when(ANSWER).refused("supplement_awaited")


@pytest.mark.parametrize(
    ("history", "refusal"),
    [
        ((), "dossier_unknown"),
        ((SUBMITTED, ACCEPTED), "not_sent_back"),
        ((SUBMITTED, ACCEPTED, SENT_BACK, WITHDRAWN), "dossier_closed"),
    ],
)
def test_what_cannot_be_answered(history: tuple[object, ...], refusal: str) -> None:
    """Nothing was sent back, or nothing can be done with it any more."""
    given(decider, *history).when(ANSWER).refused(refusal)


def test_a_step_may_be_sent_back_again() -> None:
    """The next round of the same step is answered on its own."""
    history = (SUBMITTED, ACCEPTED, SENT_BACK, ANSWERED)
    given(decider, *history).when(CAME_BACK).then(SENT_BACK)
    given(decider, *history, SENT_BACK).when(ANSWER).then(ANSWERED)


def test_no_restarted_appointment_beyond_the_calendar() -> None:
    """No date is promised that no calendar knows."""
    late = replace(RECEIVED_AGAIN, at=at("2026-12-31 16:00"))
    given(decider, SUBMITTED, ACCEPTED, SENT_BACK, EXAMINED, late).when(ANSWER).refused("calendar_does_not_reach")


@pytest.mark.parametrize(
    ("closed_at", "on_time"),
    [
        (at("2026-09-09 09:00"), True),
        (at("2026-09-10 10:30"), True),
        (at("2026-09-10 10:31"), False),
    ],
)
def test_on_time_is_measured_against_the_appointment(closed_at: datetime, on_time: bool) -> None:
    """QĐ 766/QĐ-TTg index 2.1: on time if the end is not after the promised hour."""
    command = ResolveDossier(ref=REF, outcome="granted", closed_at=closed_at, actor=SYSTEM, now=closed_at)
    given(decider, SUBMITTED, ACCEPTED).when(command).then(
        DossierResolved(REF, "granted", on_time, at("2026-09-10 10:30"), closed_at)
    )


def test_on_time_is_measured_against_the_restarted_clock() -> None:
    """NĐ 61/2018 art. 19.4."""
    answered = replace(ANSWERED, due_at=at("2026-09-16 14:00"))
    closed_at = at("2026-09-15 09:00")
    command = ResolveDossier(ref=REF, outcome="granted", closed_at=closed_at, actor=SYSTEM, now=closed_at)
    given(decider, SUBMITTED, ACCEPTED, SENT_BACK, EXAMINED, RECEIVED_AGAIN, answered).when(command).then(
        DossierResolved(REF, "granted", True, at("2026-09-16 14:00"), closed_at)
    )


@pytest.mark.parametrize("history", [(SUBMITTED, WITHDRAWN), (SUBMITTED, ACCEPTED, STOPPED), (SUBMITTED, SETTLED)])
def test_a_chain_that_closes_over_an_ended_dossier_resolves_nothing(history: tuple[object, ...]) -> None:
    """What ended otherwise is not resolved afterwards."""
    command = ResolveDossier(ref=REF, outcome="refused", closed_at=TUESDAY, actor=SYSTEM, now=TUESDAY)
    given(decider, *history).when(command).then_nothing()
