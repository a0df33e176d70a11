"""Land: two appointments, and between them a notice of dues whose finding and paying are not counted."""

from dataclasses import replace
from typing import Any

import pytest

from kernel.working_time import Limit, due
from services.routing.domain.chain import decider
from services.routing.domain.clock import clocks
from services.routing.domain.clock_events import (
    AppointmentMoved,
    ClockResumed,
    NoticeLine,
    OneStopTold,
    StepFulfilled,
    TaxNoticeIssued,
)
from services.routing.domain.commands import JudgeStepLimit, PassChainLimit
from services.routing.domain.events import (
    ChainClosed,
    ChainOverdue,
    ClockSuspended,
    StepCancelled,
    StepDecided,
    StepOverdue,
    StepReady,
    StepRefused,
    StepSentBack,
)
from services.routing.domain.holder import Holder, holders
from services.routing.domain.invariants import unexplained_results, unfinished_chains, wrong_standstills
from tests.routing import land as l
from tests.routing import scene as s
from tests.routing.scene import REF, acknowledge, at, decision, done, kinds, led_to, refusal, send_back, told
from tests.spec import given

MONDAY, WEDNESDAY, FRIDAY = s.MONDAY, at("18 09:00"), at("20 09:00")
NEXT_THURSDAY = at("26 10:00")
TO_TAX = l.until_tax(WEDNESDAY)
TO_PAYMENT = (*TO_TAX, l.noticed(FRIDAY))
TO_CERTIFICATE = (*TO_PAYMENT, l.paid(NEXT_THURSDAY))


def of_kind(events: Any, kind: type) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


def sound(events: Any) -> None:
    log = [(f"chain-{REF}", event) for event in events]
    for broken in (unexplained_results, unfinished_chains, wrong_standstills):
        assert list(broken(log)) == []


def test_the_clock_stands_still_while_only_the_tax_agency_works() -> None:
    """QĐ 138/2025 (Đồng Tháp) art. 30: finding the tax is not counted; the tax agency's own limit is."""
    events = told(l.opening(), acknowledge(l.EXAMINATION))
    spec = given(decider, *events).when(decision(l.EXAMINATION, WEDNESDAY))
    decided, ready, suspended = spec.then_kinds(StepDecided, StepReady, ClockSuspended)
    assert decided.internal
    assert (ready.step, ready.due_at) == (l.TAX.step, at("26 09:00")), "five working days, Culture Day left out"
    assert suspended == ClockSuspended(REF, "tax_notice", WEDNESDAY, l.TAX.step)
    spec.then(decided, ready, suspended)
    sound((*events, decided, ready, suspended))


def test_while_it_stands_still_the_chain_is_never_overdue_but_the_tax_agency_is() -> None:
    """Domain rule 14, and honest data: the late tax agency is late, whatever is not counted for the land office."""
    now = at("27 10:00")
    bell = PassChainLimit(ref=REF, actor="system:timer", now=now)
    step_bell = JudgeStepLimit(
        ref=REF, step=l.TAX.step, round=1, actor="system:timer", now=now, calendars=s.calendars_of
    )
    given(decider, *told(*TO_TAX)).when(bell).then_nothing()
    given(decider, *told(l.opening())).when(bell).then_kinds(ChainOverdue)
    overdue, one_stop = given(decider, *told(*TO_TAX)).when(step_bell).then_kinds(StepOverdue, OneStopTold)
    assert (one_stop.agency, one_stop.to) == (l.TAX_OFFICE, s.DESK_AGENCY)
    assert overdue.agency == l.TAX_OFFICE


def test_a_decision_of_the_tax_agency_is_a_notice_and_the_applicant_has_to_act() -> None:
    """QĐ 138/2025 (Đồng Tháp) art. 30; payments raises what the notice says."""
    spec = given(decider, *told(*TO_TAX)).when(l.noticed(FRIDAY))
    decided, issued, ready, begun, over = spec.then_kinds(
        StepDecided, TaxNoticeIssued, StepReady, ClockSuspended, ClockResumed
    )
    assert issued == TaxNoticeIssued(
        REF, s.CODE, "9.000297", l.TAX.step, l.PAYMENT.step, l.TAX_OFFICE, "TB-1", l.DUES, s.APPLICANT, s.APPLICANT,
        s.DESK_AGENCY, f"officer:{l.TAX_OFFICE}:7", FRIDAY,
    )  # fmt: skip
    assert (ready.step, ready.agency, ready.due_at) == (l.PAYMENT.step, "", due(s.CALENDAR, FRIDAY, l.PAYMENT.limit))
    assert begun == ClockSuspended(REF, "payment", FRIDAY, l.PAYMENT.step)
    assert over == ClockResumed(REF, "tax_notice", l.TAX.step, FRIDAY)
    spec.then(decided, issued, ready, begun, over)
    chain = decider.fold((*told(*TO_TAX), decided, issued, ready, begun, over))
    assert chain.steps[l.TAX.step].dues_vnd == 30_000_000
    assert holders(chain) == (Holder("applicant", None, l.PAYMENT.step, FRIDAY),)
    assert chain.still_since == WEDNESDAY, "one wait, though its ground changed"
    assert [clock.step for clock in clocks(chain, s.calendars_of, FRIDAY)] == [l.PAYMENT.step]


def test_once_it_is_paid_the_second_appointment_begins() -> None:
    """Two appointments: three working days from the payment, whatever was left of the first five."""
    events = told(*TO_PAYMENT)
    spec = given(decider, *events).when(l.paid(NEXT_THURSDAY, settled_at=at("26 09:00")))
    fulfilled, ready, over, moved = spec.then_kinds(StepFulfilled, StepReady, ClockResumed, AppointmentMoved)
    assert fulfilled == StepFulfilled(REF, l.PAYMENT.step, True, at("26 09:00"))
    assert (ready.step, ready.clock_from, ready.at) == (l.CERTIFICATE.step, at("26 09:00"), NEXT_THURSDAY)
    assert over == ClockResumed(REF, "payment", l.PAYMENT.step, at("26 09:00"))
    assert (moved.cause, moved.number, moved.step) == ("second_appointment", 2, l.CERTIFICATE.step)
    assert (moved.clock_from, moved.limit) == (at("26 09:00"), l.SECOND)
    assert moved.due_at == due(s.CALENDAR, at("26 09:00"), l.SECOND)
    assert moved.agency == l.LAND_OFFICE
    spec.then(fulfilled, ready, over, moved)
    sound((*events, fulfilled, ready, over, moved))
    chain = decider.fold((*events, fulfilled, ready, over, moved))
    whole, _ = clocks(chain, s.calendars_of, NEXT_THURSDAY)
    assert (whole.limit, whole.due_at, whole.derivation[-1].end) == (l.SECOND, moved.due_at, moved.due_at)


def test_the_whole_transfer_ends_with_the_certificate() -> None:
    """The result is the certificate; the internal examination and the payment are not handed out."""
    events = told(*TO_CERTIFICATE, acknowledge(l.CERTIFICATE, NEXT_THURSDAY), decision(l.CERTIFICATE, NEXT_THURSDAY))
    assert events[-1] == ChainClosed(REF, "granted", NEXT_THURSDAY)
    assert decider.fold(events).handed_out() == (l.TAX.step, l.CERTIFICATE.step)
    sound(events)


def test_a_certificate_that_is_refused_after_the_payment_leaves_the_notice_and_grants_nothing() -> None:
    """NĐ 61/2018 art. 19.8; money that was paid is the tax law's business, and a notice is not what was asked for."""
    events = told(*TO_CERTIFICATE, acknowledge(l.CERTIFICATE, NEXT_THURSDAY))
    refused, closed = (
        given(decider, *events).when(refusal(l.CERTIFICATE, NEXT_THURSDAY)).then_kinds(StepRefused, ChainClosed)
    )
    assert closed.outcome == "refused"
    assert decider.fold((*events, refused, closed)).handed_out() == (l.TAX.step,)


def test_a_refusal_before_the_tax_refuses_the_whole() -> None:
    """QĐ 138/2025 (Đồng Tháp) art. 30: there is nothing to undo; the applicant's own step is cancelled too."""
    events = told(l.opening(), acknowledge(l.EXAMINATION))
    _, *cancelled, closed = led_to(events, refusal(l.EXAMINATION, WEDNESDAY))
    assert [event.step for event in cancelled if isinstance(event, StepCancelled)] == [
        l.TAX.step, l.PAYMENT.step, l.CERTIFICATE.step,
    ]  # fmt: skip
    assert closed.outcome == "refused"


def test_an_outcome_is_what_the_applicant_gets() -> None:
    """An examination for the office's own use is no result: refused after it, nothing was granted."""
    plan = (l.EXAMINATION, replace(l.CERTIFICATE, needs=(l.EXAMINATION.step,)))
    opened = l.opening(plan, appointments=())
    events = told(opened, *done(l.EXAMINATION), acknowledge(plan[1]), refusal(plan[1]))
    assert decider.fold(events).ending == "refused"


def test_a_notice_over_nothing_is_paid_by_itself() -> None:
    """Family transfers and a sole home are exempt: nobody waits for a payment of 0 đ."""
    spec = given(decider, *told(*TO_TAX)).when(l.noticed(FRIDAY, l.NOTHING))
    *_, fulfilled, ready, over, moved = spec.then_kinds(
        StepDecided, TaxNoticeIssued, StepFulfilled, StepReady, ClockResumed, AppointmentMoved
    )
    assert fulfilled == StepFulfilled(REF, l.PAYMENT.step, True, FRIDAY)
    assert (ready.step, over.step, moved.number) == (l.CERTIFICATE.step, l.TAX.step, 2)


@pytest.mark.parametrize(
    ("lines", "field"),
    [
        ((), "notice"),
        ((replace(l.INCOME_TAX, amount_vnd=-1),), "notice.0.amount_vnd"),
        ((l.REGISTRATION, replace(l.INCOME_TAX, amount_vnd=1.5)), "notice.1.amount_vnd"),  # type: ignore[arg-type]
        ((replace(l.INCOME_TAX, amount_vnd=True),), "notice.0.amount_vnd"),
        ((l.INCOME_TAX, l.INCOME_TAX), "notice"),
    ],
    ids=["no line", "negative", "half a đồng", "yes", "twice the same"],
)
def test_a_notice_states_whole_amounts_line_by_line(lines: tuple[NoticeLine, ...], field: str) -> None:
    """Contracts, money: integer đồng; a line names what it is for."""
    refused = given(decider, *told(*TO_TAX)).when(l.noticed(FRIDAY, lines)).refused("notice_without_lines")
    assert [invalid.name for invalid in refused.invalid] == [field]


def test_only_a_step_that_determines_dues_states_them() -> None:
    """Nobody else may tell the applicant to pay."""
    events = told(l.opening(), acknowledge(l.EXAMINATION))
    given(decider, *events).when(decision(l.EXAMINATION, WEDNESDAY, notice=l.DUES)).refused("not_a_notice")


def test_the_same_notice_again_is_nothing_and_another_one_is_refused() -> None:
    """Asked twice, done once; what a notice says is changed by a correction only."""
    events = told(*TO_PAYMENT)
    given(decider, *events).when(l.noticed(FRIDAY)).then_nothing()
    given(decider, *events).when(l.noticed(FRIDAY, (l.INCOME_TAX,))).refused("step_decided")


@pytest.mark.parametrize("agency", ["", l.LAND_OFFICE, l.TAX_OFFICE])
def test_no_agency_acts_for_the_applicant(agency: str) -> None:
    """Only what they paid fulfils it."""
    given_ready = given(decider, *told(*TO_PAYMENT))
    for command in (acknowledge(l.PAYMENT), decision(l.PAYMENT), refusal(l.PAYMENT)):
        given_ready.when(replace(command, agency=agency)).refused("not_your_step")


def test_nobody_sends_a_payment_back() -> None:
    """An error in a notice goes back to the tax agency, one in the examination to the land office."""
    events = told(*TO_CERTIFICATE, acknowledge(l.CERTIFICATE, NEXT_THURSDAY))
    given(decider, *events).when(send_back(l.CERTIFICATE, l.PAYMENT.step)).refused("not_an_earlier_step")


def test_a_payment_that_is_heard_twice_or_for_nobody_changes_nothing() -> None:
    """News may come in any order and twice."""
    given(decider).when(l.paid(FRIDAY)).then_nothing()
    given(decider, *told(*TO_TAX)).when(l.paid(FRIDAY)).then_nothing()
    given(decider, *told(*TO_CERTIFICATE)).when(l.paid(NEXT_THURSDAY)).then_nothing()
    given(decider, *told(*TO_PAYMENT)).when(l.paid(NEXT_THURSDAY, step=l.EXAMINATION.step)).then_nothing()
    given(decider, *told(*TO_PAYMENT)).when(l.paid(NEXT_THURSDAY, step="tea_break")).then_nothing()
    given(decider, *told(*TO_PAYMENT, s.withdraw(FRIDAY))).when(l.paid(NEXT_THURSDAY)).then_nothing()


def test_a_payment_is_not_lost_because_something_else_is_not_there_yet() -> None:
    """The applicant may pay as soon as there is a notice, whatever else their step waits for."""
    survey = s.step("survey", l.LAND_OFFICE, days=2)
    waiting = replace(l.PAYMENT, needs=(l.TAX.step, survey.step))
    plan = (l.EXAMINATION, survey, l.TAX, waiting, l.CERTIFICATE)
    events = told(l.opening(plan), *done(l.EXAMINATION), acknowledge(l.TAX), l.noticed(MONDAY), l.paid(WEDNESDAY))
    assert decider.fold(events).steps[l.PAYMENT.step].stage == "decided"
    assert kinds(told(*done(survey, FRIDAY), before=events))[-1] != "ChainClosed"
    assert decider.fold(events).steps[l.CERTIFICATE.step].stage == "ready"


def test_a_payment_that_comes_late_is_late_and_still_good() -> None:
    """Tax law asks interest for it; the dossier goes on."""
    late = at("30 09:00").replace(month=12, day=21)
    (fulfilled,) = of_kind(led_to(told(*TO_PAYMENT), l.paid(late)), StepFulfilled)
    assert not fulfilled.on_time


def test_a_notice_that_is_corrected_upwards_has_to_be_paid_again() -> None:
    """NĐ 61/2018 art. 21.1: whoever made the error corrects it; what was paid on the first one does not settle it."""
    events = told(*TO_CERTIFICATE, acknowledge(l.CERTIFICATE, NEXT_THURSDAY))
    back = led_to(events, send_back(l.CERTIFICATE, l.TAX.step, NEXT_THURSDAY))
    assert kinds(back) == ("StepSentBack", "StepReady", "ClockSuspended")
    friday = at("27 09:00")
    dearer = (replace(l.INCOME_TAX, amount_vnd=25_000_000), l.REGISTRATION)
    events = told(acknowledge(l.TAX, friday), l.noticed(friday, dearer, "TB-2"), before=(*events, *back))
    again = of_kind(events, StepReady)[-1]
    assert (again.step, again.round) == (l.PAYMENT.step, 2)
    given(decider, *events).when(l.paid(at("27 10:00"), settled_at=at("26 09:00"))).then_nothing()
    end = led_to(events, l.paid(at("30 09:00")))
    assert kinds(end) == ("StepFulfilled", "StepReady", "ClockResumed", "AppointmentMoved")
    moved = end[-1]
    # The second appointment had run since Thursday 10:00, and stood still in the same minute.
    assert (moved.cause, moved.number, moved.limit) == ("resumed", 2, Limit(3 * 480, "working_minutes"))
    assert end[1].step == l.CERTIFICATE.step
    sound((*events, *end))


def test_a_notice_that_is_corrected_in_its_words_alone_is_not_paid_twice() -> None:
    """The same sum under another number."""
    events = told(*TO_CERTIFICATE, acknowledge(l.CERTIFICATE, NEXT_THURSDAY), send_back(l.CERTIFICATE, l.TAX.step))
    events = told(acknowledge(l.TAX, NEXT_THURSDAY), l.noticed(NEXT_THURSDAY, number="TB-2"), before=events)
    assert len(of_kind(events, TaxNoticeIssued)) == 2
    chain = decider.fold(events)
    assert chain.steps[l.PAYMENT.step].stage == "decided"
    assert chain.steps[l.CERTIFICATE.step].stage == "ready"
    sound(events)


def test_where_nothing_is_owed_by_plan_the_second_appointment_begins_with_the_first_ones_step() -> None:
    """A plan without tax has no wait between its two appointments."""
    plan = (l.EXAMINATION, replace(l.CERTIFICATE, needs=(l.EXAMINATION.step,)))
    events = told(l.opening(plan), acknowledge(l.EXAMINATION))
    *_, moved = led_to(events, decision(l.EXAMINATION, WEDNESDAY))
    assert (moved.cause, moved.clock_from, moved.limit) == ("second_appointment", WEDNESDAY, l.SECOND)


def test_what_is_left_of_the_limit_is_left_when_the_clock_runs_again() -> None:
    """One appointment: two of its sixteen days were used before the tax, fourteen are left after the payment."""
    events = told(l.opening(appointments=(), total_limit=Limit(16, "working_days"), due_at=at("30 09:00")))
    events = told(*done(l.EXAMINATION, WEDNESDAY), acknowledge(l.TAX, FRIDAY), l.noticed(FRIDAY), before=events)
    paid = led_to(events, l.paid(NEXT_THURSDAY))
    moved = paid[-1]
    # From Wednesday 09:00 to Monday the 30th 09:00 without Culture Day: seven working days.
    assert (moved.cause, moved.number, moved.limit) == ("resumed", 1, Limit(7 * 480, "working_minutes"))
    assert moved.due_at == due(s.CALENDAR, NEXT_THURSDAY, Limit(7, "working_days"))
    chain = decider.fold((*events, *paid))
    whole = clocks(chain, s.calendars_of, NEXT_THURSDAY)[0]
    assert whole.derivation[-1].end == moved.due_at
    assert (whole.used_minutes, whole.left_minutes) == (0, 7 * 480)


def test_a_limit_that_runs_day_and_night_keeps_what_elapsed() -> None:
    """Calendar days do not know desk hours."""
    ten_days = Limit(10, "calendar_days")
    events = told(l.opening(appointments=(), total_limit=ten_days, due_at=due(s.CALENDAR, MONDAY, ten_days)))
    events = told(*done(l.EXAMINATION, WEDNESDAY), acknowledge(l.TAX, FRIDAY), l.noticed(FRIDAY), before=events)
    moved = led_to(events, l.paid(at("22 21:00")))[-1]
    assert moved.limit == Limit(8 * 24 * 60, "minutes")
    assert moved.due_at == at("30 21:00")


def test_a_wait_on_a_day_that_does_not_count_costs_nothing() -> None:
    """BLDS 2015 art. 147: the day of the event is left out, so a wait that ends on it moves no date."""
    five_days = Limit(5, "working_days", "event_day_excluded")
    due_at = due(s.CALENDAR, MONDAY, five_days)
    events = told(l.opening(appointments=(), total_limit=five_days, due_at=due_at))
    noon, evening = at("16 11:00"), at("16 16:00")
    events = told(*done(l.EXAMINATION, noon), acknowledge(l.TAX, noon), l.noticed(noon), before=events)
    moved = led_to(events, l.paid(evening))[-1]
    assert (moved.cause, moved.limit) == ("resumed", Limit(5 * 480, "working_minutes"))
    assert (moved.clock_from, moved.due_at) == (at("17 00:00"), due_at)


def test_what_was_late_before_the_clock_stood_still_stays_late() -> None:
    """Honest data: a wait hides no lateness, and gives no new date to whoever had missed theirs."""
    events = told(l.opening(appointments=()), acknowledge(l.EXAMINATION))
    late = at("25 09:00")
    decided = led_to(events, decision(l.EXAMINATION, late))
    assert kinds(decided) == ("StepDecided", "StepReady", "ChainOverdue", "ClockSuspended")
    events = told(acknowledge(l.TAX, late), l.noticed(late), before=(*events, *decided))
    assert kinds(led_to(events, l.paid(NEXT_THURSDAY))) == ("StepFulfilled", "StepReady", "ClockResumed")
    assert decider.fold((*events, *led_to(events, l.paid(NEXT_THURSDAY)))).overdue


def test_a_payment_from_before_the_clock_stood_still_ends_the_wait_when_it_began() -> None:
    """The news of it was slow: paid on Wednesday while work beside it was counted until Friday."""
    beside = s.step("survey", l.LAND_OFFICE, ("examination",), days=2)
    plan = (*l.LAND[:3], beside, replace(l.CERTIFICATE, needs=(l.PAYMENT.step, beside.step)))
    events = told(l.opening(plan), *done(l.EXAMINATION), acknowledge(l.TAX), l.noticed(MONDAY))
    events = told(*done(beside, FRIDAY), before=events)
    assert events[-1] == ClockSuspended(REF, "payment", FRIDAY, l.PAYMENT.step)
    *_, over, moved = led_to(events, l.paid(NEXT_THURSDAY, settled_at=WEDNESDAY))
    assert over == ClockResumed(REF, "payment", l.PAYMENT.step, FRIDAY)
    assert moved.clock_from == FRIDAY


def test_the_clock_runs_while_any_step_that_counts_is_open() -> None:
    """Work beside the tax agency's is counted."""
    beside = s.step("survey", l.LAND_OFFICE, ("examination",), days=2)
    plan = (*l.LAND[:3], beside, replace(l.CERTIFICATE, needs=(l.PAYMENT.step, beside.step)))
    events = told(l.opening(plan), *done(l.EXAMINATION, WEDNESDAY))
    assert not decider.fold(events).stands_still
    events = told(acknowledge(beside, FRIDAY), decision(beside, FRIDAY), before=events)
    assert events[-1] == ClockSuspended(REF, "tax_notice", FRIDAY, l.TAX.step)
    moved = led_to(told(acknowledge(l.TAX, FRIDAY), before=events), send_back(l.TAX, l.EXAMINATION.step, FRIDAY))
    assert kinds(moved) == ("StepSentBack", "StepReady", "ClockResumed", "AppointmentMoved")
    sound((*events, *moved))


def test_a_supplement_for_the_tax_agency_is_counted_at_the_desk_and_begins_the_limit_anew() -> None:
    """NĐ 61/2018 art. 19.4; the first appointment is not over while the tax is not determined."""
    events = told(*TO_TAX)
    back = led_to(events, send_back(l.TAX, "desk", FRIDAY))
    assert kinds(back) == ("StepSentBack", "ClockResumed", "AppointmentMoved")
    assert isinstance(back[0], StepSentBack)
    assert (back[-1].cause, back[-1].number) == ("resumed", 1)
    events = told(s.ask(FRIDAY), before=(*events, *back))
    answer = s.resume(l.TAX, NEXT_THURSDAY, clock_from=NEXT_THURSDAY, due_at=due(s.CALENDAR, NEXT_THURSDAY, l.FIRST))
    resumed = led_to(events, answer)
    assert kinds(resumed) == ("ClockRestarted", "DeskAnswered", "StepReady", "ClockSuspended")
    sound((*events, *resumed))


def test_after_a_supplement_in_the_second_part_the_second_limit_begins_anew() -> None:
    """The desk counts the first appointment's limit; which part the dossier is in is known here, and said."""
    events = told(*TO_CERTIFICATE, acknowledge(l.CERTIFICATE, NEXT_THURSDAY))
    events = told(send_back(l.CERTIFICATE, "desk", NEXT_THURSDAY), s.ask(NEXT_THURSDAY), before=events)
    friday = at("27 09:00")
    answer = s.resume(l.CERTIFICATE, friday, clock_from=friday, due_at=due(s.CALENDAR, friday, l.FIRST))
    resumed = led_to(events, answer)
    assert kinds(resumed) == ("ClockRestarted", "AppointmentMoved", "DeskAnswered", "StepReady")
    assert (resumed[1].number, resumed[1].limit, resumed[1].due_at) == (2, l.SECOND, due(s.CALENDAR, friday, l.SECOND))


def test_dates_that_moved_here_are_not_taken_back_by_a_desk_that_has_not_heard_of_it() -> None:
    """Nothing was supplemented, so nothing restarts: the second appointment stays."""
    events = told(*TO_CERTIFICATE, acknowledge(l.CERTIFICATE, NEXT_THURSDAY))
    events = told(send_back(l.CERTIFICATE, "desk", NEXT_THURSDAY), before=events)
    promised = decider.fold(events).due_at
    resumed = led_to(events, s.resume(l.CERTIFICATE, at("27 09:00"), due_at=at("23 09:00")))
    assert kinds(resumed) == ("DeskAnswered", "StepReady")
    assert decider.fold((*events, *resumed)).due_at == promised


def test_internal_results_are_not_handed_out_when_the_applicant_withdraws() -> None:
    """NĐ 118/2025 art. 21: what is decided is handed out; an opinion or a look-up was never the applicant's."""
    *_, withdrawn = led_to(told(l.opening(), *done(l.EXAMINATION, WEDNESDAY)), s.withdraw(FRIDAY))
    assert withdrawn.kept == ()
    assert withdrawn.stopped == (l.TAX.step, l.PAYMENT.step, l.CERTIFICATE.step)
    *_, withdrawn = led_to(told(*TO_PAYMENT), s.withdraw(FRIDAY))
    assert withdrawn.kept == (l.TAX.step,)
