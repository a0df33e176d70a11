"""Asking for what is missing: everything at once, with reasons, once."""

from dataclasses import replace
from typing import Any

import pytest

from services.intake.domain.commands import StopForSilence
from services.intake.domain.dossier import decider
from services.intake.domain.events import DossierStopped, SentBackAnswered, SupplementReceived, SupplementRequested
from services.intake.domain.words import MissingItem
from tests.intake.cases import (
    ACCEPT,
    ACCEPTED,
    ASK,
    ASKED,
    AWAITED,
    BY_POST,
    CALENDAR,
    CERTIFICATE,
    COMMITTEE,
    DECLARATION,
    EXAMINED,
    HANDED_OUT,
    IDENTITY,
    INCOMPLETE,
    LATER,
    MISSING_IDENTITY,
    NEW_IDENTITY,
    OFFICER,
    PAPERS,
    RECEIVE,
    RECEIVED,
    RECEIVED_AGAIN,
    REF,
    RESOLVED,
    RESULT,
    SENT_BACK,
    STOPPED,
    SUBMITTED,
    TUESDAY,
    WITHDRAWN,
    at,
    days,
    given_paper,
)
from tests.intake.test_course import ANSWER
from tests.spec import given

EMPTY = replace(SUBMITTED, components=())
MISSING_DECLARATION = MissingItem("declaration", "missing", "")
BLURRED_IDENTITY = MissingItem("identity_paper", "unreadable", "s1.p1.note")
OTHER_STEP = replace(SENT_BACK, step="residence")
DUE = at("2026-09-16 10:30")


def test_the_applicant_is_told_once_what_is_missing() -> None:
    """NĐ 61/2018 art. 11.2c; NĐ 118/2025 art. 17.2a."""
    given(decider, INCOMPLETE).when(ASK).then(ASKED)
    given(decider, INCOMPLETE, ASKED, RECEIVED).when(replace(ASK, items=(BLURRED_IDENTITY,))).refused(
        "supplement_asked_once"
    )


@pytest.mark.parametrize(
    ("items", "refusal"),
    [
        ((MISSING_IDENTITY,), "supplement_incomplete_list"),
        ((), "supplement_incomplete_list"),
        ((MISSING_DECLARATION, MISSING_IDENTITY, MissingItem("diploma", "missing", "")), "component_unknown"),
        ((MISSING_DECLARATION, MissingItem("identity_paper", "", "")), "supplement_without_reason"),  # type: ignore[arg-type]
    ],
)
def test_a_request_is_complete_and_gives_reasons(items: tuple[MissingItem, ...], refusal: str) -> None:
    """NĐ 61/2018 arts. 5 and 11.2c; TT 03/2025 form 02: all items, each with its reason, none beyond the published."""
    given(decider, EMPTY).when(replace(ASK, items=items)).refused(refusal)


def test_what_was_forgotten_is_named() -> None:
    """The officer sees what else the list must hold."""
    refused = given(decider, EMPTY).when(replace(ASK, items=(MISSING_IDENTITY,))).refused("supplement_incomplete_list")
    assert [(one.name, one.reason) for one in refused.invalid] == [("declaration", "Giấy declaration")]


def test_the_paper_of_authority_is_asked_for_with_the_rest() -> None:
    """NĐ 118/2025 arts. 6 and 15: an attorney proves the authority, and is told so at the same time."""
    attorney = replace(INCOMPLETE, relation="attorney", submitter="p2")
    given(decider, attorney).when(ASK).refused("supplement_incomplete_list")
    items = (MISSING_IDENTITY, MissingItem("authorisation", "missing", ""))
    given(decider, attorney).when(replace(ASK, items=items)).then(replace(ASKED, items=items))


def test_a_paper_that_came_but_will_not_do_may_be_asked_for() -> None:
    """TT 03/2025 form 02 asks to complete what is there as well as to bring what is not."""
    items = (BLURRED_IDENTITY,)
    given(decider, SUBMITTED).when(replace(ASK, items=items)).then(replace(ASKED, items=items))


def test_an_empty_request_of_a_complete_dossier_is_refused() -> None:
    """A slip that asks for nothing would only stop the clock."""
    given(decider, SUBMITTED).when(replace(ASK, items=())).refused("supplement_incomplete_list")


@pytest.mark.parametrize(
    ("history", "refusal"),
    [
        ((), "dossier_unknown"),
        ((BY_POST,), "papers_with_post"),
        ((SUBMITTED, ACCEPTED), "not_at_desk"),
        ((replace(SUBMITTED, fee_due="before_clock"), AWAITED), "not_at_desk"),
        ((SUBMITTED, ACCEPTED, RESOLVED), "not_at_desk"),
        ((SUBMITTED, ACCEPTED, RESOLVED, HANDED_OUT), "not_at_desk"),
        ((SUBMITTED, WITHDRAWN), "dossier_closed"),
        ((INCOMPLETE, ASKED, STOPPED), "dossier_closed"),
    ],
)
def test_when_nothing_may_be_asked_for(history: tuple[object, ...], refusal: str) -> None:
    """QĐ 45/2016 art. 7.4 while the post has the papers; NĐ 61/2018 art. 17 after acceptance."""
    given(decider, *history).when(replace(ASK, items=(BLURRED_IDENTITY,))).refused(refusal)


def test_papers_that_came_by_post_may_be_found_incomplete() -> None:
    """QĐ 45/2016 art. 8: the agency's supplement slip travels back by post."""
    given(decider, replace(BY_POST, components=(DECLARATION,)), PAPERS).when(ASK).then(ASKED)


def test_no_due_time_where_the_law_gives_none() -> None:
    """How long the applicant may take is sector law, and many sectors say nothing."""
    procedure = replace(CERTIFICATE, supplement_limit=None)
    given(decider, INCOMPLETE).when(replace(ASK, published=procedure, calendar=None)).then(replace(ASKED, due_at=None))


def test_no_date_is_promised_beyond_the_calendar() -> None:
    """A calendar that was not announced cannot be counted on."""
    given(decider, INCOMPLETE).when(replace(ASK, now=at("2026-12-30 08:00"))).refused("calendar_does_not_reach")


def test_what_was_asked_for_is_received() -> None:
    """The slip of form 02 is answered."""
    given(decider, INCOMPLETE, ASKED).when(RECEIVE).then(RECEIVED)


def test_a_better_copy_of_the_same_paper_is_received() -> None:
    """The record of a paper may look as before although the paper is another one: it was asked for, so it counts."""
    asked = replace(ASKED, items=(BLURRED_IDENTITY,))
    given(decider, SUBMITTED, asked).when(RECEIVE).then(RECEIVED)


def test_a_substitute_answers_the_request() -> None:
    """The procedure names which paper may stand in another's place."""
    item = MissingItem("previous_certificate", "missing", "")
    before = replace(SUBMITTED, facts={"issued_before": True})
    paper = given_paper("statement_of_reasons", substitute_for="previous_certificate")
    history = (before, replace(ASKED, items=(item,)), SupplementReceived(REF, (paper,), "desk", OFFICER, TUESDAY))
    given(decider, *history).when(ACCEPT).then(replace(ACCEPTED, facts={"issued_before": True}))


def test_the_rest_may_follow_a_part() -> None:
    """The applicant may come twice; the desk may ask only once."""
    asked = replace(ASKED, items=(MISSING_DECLARATION, MISSING_IDENTITY))
    given(decider, EMPTY, asked, RECEIVED).when(replace(RECEIVE, components=(DECLARATION,))).then(
        replace(RECEIVED, components=(DECLARATION,))
    )


@pytest.mark.parametrize(
    ("history", "components", "refusal"),
    [
        ((SUBMITTED,), (IDENTITY,), "supplement_not_asked"),
        ((INCOMPLETE, ASKED, RECEIVED), (NEW_IDENTITY,), "supplement_not_asked"),
        ((INCOMPLETE, ASKED), (given_paper("diploma"),), "component_unknown"),
        ((INCOMPLETE, ASKED), (), "components_missing"),
        ((INCOMPLETE, ASKED, STOPPED), (IDENTITY,), "dossier_closed"),
        ((INCOMPLETE, ASKED, WITHDRAWN), (IDENTITY,), "dossier_closed"),
        ((INCOMPLETE, ASKED, RECEIVED, ACCEPTED), (NEW_IDENTITY,), "not_at_desk"),
    ],
)
def test_what_is_not_received(history: tuple[object, ...], components: tuple[Any, ...], refusal: str) -> None:
    """NĐ 61/2018 art. 5: nothing is added to a dossier by a side door."""
    given(decider, *history).when(replace(RECEIVE, components=components)).refused(refusal)


SILENCE = StopForSilence(ref=REF, actor="system:timer", now=DUE)


def test_silence_stops_the_dossier_when_the_time_has_passed() -> None:
    """NĐ 301/2026 (7 working days, then stopped for want of a supplement); NĐ 297/2025 art. 6.4a (15)."""
    given(decider, INCOMPLETE, ASKED).when(SILENCE).then(DossierStopped(REF, "no_supplement", (), DUE))


@pytest.mark.parametrize(
    ("history", "now"),
    [
        ((INCOMPLETE,), DUE),
        ((INCOMPLETE, ASKED), at("2026-09-16 10:29")),
        ((INCOMPLETE, replace(ASKED, due_at=None)), DUE),
        ((INCOMPLETE, ASKED, RECEIVED), DUE),
        ((INCOMPLETE, ASKED, RECEIVED, ACCEPTED), DUE),
        ((INCOMPLETE, ASKED, WITHDRAWN), DUE),
        ((INCOMPLETE, ASKED, STOPPED), DUE),
    ],
)
def test_a_timer_that_has_become_moot_does_nothing(history: tuple[object, ...], now: Any) -> None:
    """An answer, even a partial one, is no silence: the desk decides what to make of it."""
    given(decider, *history).when(replace(SILENCE, now=now)).then_nothing()


class TestAfterExamination:
    """NĐ 61/2018 art. 19.4: the agency sends the dossier back, and the desk asks the applicant."""

    ask = replace(ASK, items=(BLURRED_IDENTITY,), now=TUESDAY)
    asked = replace(EXAMINED, items=(BLURRED_IDENTITY,))
    receive = replace(RECEIVE, components=(NEW_IDENTITY,), now=RECEIVED_AGAIN.at)

    def test_the_applicant_is_asked_once_for_each_step_sent_back(self) -> None:
        """NĐ 61/2018 art. 19.4: what one examination found lacking is asked for in one list."""
        given(decider, SUBMITTED, ACCEPTED, SENT_BACK).when(self.ask).then(self.asked)
        given(decider, SUBMITTED, ACCEPTED, SENT_BACK, self.asked, RECEIVED_AGAIN).when(
            replace(self.ask, items=(MISSING_DECLARATION,))
        ).refused("supplement_asked_once")

    def test_it_does_not_matter_that_the_desk_asked_before(self) -> None:
        """The officer's one request and the examiner's are two rules (NĐ 61/2018 arts. 11.2c and 19.4)."""
        given(decider, INCOMPLETE, ASKED, RECEIVED, ACCEPTED, SENT_BACK).when(self.ask).then(self.asked)

    def test_a_second_request_waits_for_the_first_answer(self) -> None:
        """Two open slips at once would contradict each other."""
        history = (SUBMITTED, ACCEPTED, SENT_BACK, OTHER_STEP, self.asked)
        other = replace(self.ask, items=(MISSING_DECLARATION,))
        given(decider, *history).when(other).refused("supplement_awaited")
        given(decider, *history, RECEIVED_AGAIN).when(other).then_kinds(SupplementRequested)

    def test_the_same_list_for_another_step_is_a_new_request(self) -> None:
        """A repeat is told from a new request by what happened in between."""
        history = (SUBMITTED, ACCEPTED, SENT_BACK, OTHER_STEP, self.asked)
        given(decider, *history).when(self.ask).then_nothing()
        given(decider, *history, RECEIVED_AGAIN).when(self.ask).then(replace(self.asked, step="residence"))

    def test_a_second_request_is_lawful_and_counted(self) -> None:
        """QĐ 766/QĐ-TTg index 2.1 counts a dossier as overdue that was asked twice; the law does not forbid it."""
        answered = SentBackAnswered(REF, "certificate", "", RECEIVED_AGAIN.at, at("2026-09-16 14:00"), OFFICER, DUE)
        history = (SUBMITTED, ACCEPTED, SENT_BACK, self.asked, RECEIVED_AGAIN, answered, SENT_BACK)
        given(decider, *history).when(self.ask).then(self.asked)
        assert decider.fold((*history, self.asked)).supplements_asked == 2

    def test_where_the_law_knows_one_notice_there_is_no_second_one(self) -> None:
        """NĐ 217/2026 (construction): one notice after examination; the one at the desk is not it."""
        once = replace(self.ask, published=replace(CERTIFICATE, supplements_max=1))
        answered = SentBackAnswered(REF, "certificate", "", RECEIVED_AGAIN.at, at("2026-09-16 14:00"), OFFICER, DUE)
        sent_back = (INCOMPLETE, ASKED, RECEIVED, ACCEPTED, SENT_BACK)
        given(decider, *sent_back).when(once).then(self.asked)
        again = (*sent_back, self.asked, RECEIVED_AGAIN, answered, SENT_BACK)
        given(decider, *again).when(once).refused("supplements_used_up")
        given(decider, *again).when(self.ask).then(self.asked)

    def test_the_request_says_whose_step_wants_it(self) -> None:
        """NĐ 61/2018 art. 19.4: the agency finds the lack, the desk asks; the slip names both."""
        (event,) = given(decider, SUBMITTED, ACCEPTED, SENT_BACK).when(self.ask).then_kinds(SupplementRequested)
        assert (event.step, event.agency, event.by) == ("certificate", COMMITTEE, OFFICER)

    @pytest.mark.parametrize(
        ("limit_days", "law", "due_at"),
        [
            (7, "NĐ 301/2026", "2026-09-17 09:00"),
            (15, "NĐ 297/2025 art. 6.4a", "2026-09-29 09:00"),
            (2, "NĐ 217/2026", "2026-09-10 09:00"),
        ],
    )
    def test_the_applicant_has_the_time_of_the_procedures_own_law(self, limit_days: int, law: str, due_at: str) -> None:
        """Bundles 7 working days, karaoke 15, construction 2, from Tuesday 09:00; then the dossier stops."""
        published = replace(CERTIFICATE, law=(law,), supplement_limit=days(limit_days))
        history = (SUBMITTED, ACCEPTED, SENT_BACK)
        asked = replace(self.asked, due_at=at(due_at))
        given(decider, *history).when(replace(self.ask, published=published)).then(asked)
        silence = replace(SILENCE, now=at(due_at))
        given(decider, *history, asked).when(silence).then(DossierStopped(REF, "no_supplement", (), at(due_at)))
        given(decider, *history, asked).when(replace(silence, now=at("2026-09-09 17:00"))).then_nothing()

    def test_a_part_of_what_was_asked_does_not_restart_the_clock(self) -> None:
        """NĐ 61/2018 art. 19.4: from zero once *all* has been received."""
        asked = replace(self.asked, items=(BLURRED_IDENTITY, MISSING_DECLARATION))
        history = (SUBMITTED, ACCEPTED, SENT_BACK, asked, RECEIVED_AGAIN)
        (event,) = given(decider, *history).when(ANSWER).then_kinds(SentBackAnswered)
        assert (event.clock_from, event.due_at) == (ACCEPTED.clock_from, ACCEPTED.due_at)

    def test_what_comes_is_received(self) -> None:
        """A better copy takes the place of what would not do."""
        given(decider, SUBMITTED, ACCEPTED, SENT_BACK, self.asked).when(self.receive).then(RECEIVED_AGAIN)

    def test_silence_stops_the_dossier_and_keeps_what_was_decided(self) -> None:
        """Results that exist stay valid (regulations of the bundles: each is released as its own step completes)."""
        now = at("2026-09-17 09:00")
        given(decider, SUBMITTED, ACCEPTED, RESULT, SENT_BACK, self.asked).when(replace(SILENCE, now=now)).then(
            DossierStopped(REF, "no_supplement", ("certificate",), now)
        )


def test_the_calendar_counts_the_time_to_supplement() -> None:
    """Seven working days from Monday 10:30 end on Wednesday of the week after, at 10:30."""
    (event,) = (
        given(decider, INCOMPLETE).when(replace(ASK, calendar=CALENDAR, now=LATER)).then_kinds(SupplementRequested)
    )
    assert event.due_at == DUE
