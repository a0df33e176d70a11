"""Accepting a complete dossier, or turning it away."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from services.intake.domain.commands import AcceptPaidDossier, RefuseDossier, StopForNonPayment
from services.intake.domain.dossier import decider
from services.intake.domain.events import DossierAccepted, DossierRefused, DossierStopped, PaymentAwaited
from services.intake.domain.words import FactValue
from tests.intake.cases import (
    ACCEPT,
    ACCEPTED,
    ASKED,
    AWAITED,
    BUNDLE,
    BY_POST,
    CALENDAR,
    CODE,
    DECLARATION,
    HANDED_OUT,
    IDENTITY,
    INCOMPLETE,
    KARAOKE,
    LATER,
    OFFICER,
    PAID_FIRST,
    PAPERS,
    RECEIVED,
    REF,
    RESOLVED,
    SETTLED,
    STOPPED,
    SUBMITTED,
    TUESDAY,
    WITHDRAWN,
    at,
    given_paper,
)
from tests.spec import given

ATTORNEY = replace(SUBMITTED, relation="attorney", submitter="p2")


def test_a_complete_dossier_is_accepted_with_its_code_and_appointment() -> None:
    """NĐ 61/2018 art. 17.1; TT 03/2025 form 01."""
    given(decider, SUBMITTED).when(ACCEPT).then(ACCEPTED)


def test_a_dossier_has_one_code() -> None:
    """TT 03/2025 art. 13: accepted once, whatever number was prepared the second time."""
    for history in (
        (SUBMITTED, ACCEPTED),
        (SUBMITTED, ACCEPTED, RESOLVED),
        (SUBMITTED, ACCEPTED, RESOLVED, HANDED_OUT),
    ):
        given(decider, *history).when(replace(ACCEPT, code="H48.23293.01-260907-0002")).then_nothing()


def test_the_portals_number_is_the_code() -> None:
    """TT 03/2025 art. 13.3: the portal may give the number, and the applicant has it on paper already."""
    by_portal = replace(SUBMITTED, portal_code="H48.23293.01-260907-00123")
    given(decider, by_portal).when(replace(ACCEPT, code="")).then(replace(ACCEPTED, code="H48.23293.01-260907-00123"))


@pytest.mark.parametrize(
    ("history", "refusal"),
    [
        ((), "dossier_unknown"),
        ((BY_POST,), "papers_with_post"),
        ((INCOMPLETE,), "components_missing"),
        ((INCOMPLETE, ASKED), "components_missing"),
        ((SUBMITTED, ASKED), "components_missing"),
        ((ATTORNEY,), "submitter_without_authority"),
        ((replace(ATTORNEY, components=()),), "submitter_without_authority"),
        ((replace(SUBMITTED, facts={"issued_before": True}),), "components_missing"),
        ((SUBMITTED, WITHDRAWN), "dossier_closed"),
        ((INCOMPLETE, ASKED, STOPPED), "dossier_closed"),
    ],
)
def test_what_is_not_accepted(history: tuple[object, ...], refusal: str) -> None:
    """NĐ 61/2018 arts. 5, 6, 16, 17.1; QĐ 45/2016 art. 7.4."""
    given(decider, *history).when(ACCEPT).refused(refusal)


def test_everything_that_is_missing_is_named() -> None:
    """NĐ 118/2025 art. 17.2a: once and fully."""
    history = replace(ATTORNEY, components=(), facts={"issued_before": True})
    refused = given(decider, history).when(ACCEPT).refused("submitter_without_authority")
    assert [one.name for one in refused.invalid] == [
        "declaration",
        "identity_paper",
        "previous_certificate",
        "authorisation",
    ]


@pytest.mark.parametrize(
    "components",
    [
        (DECLARATION, IDENTITY, given_paper("previous_certificate")),
        (DECLARATION, IDENTITY, given_paper("statement_of_reasons", substitute_for="previous_certificate")),
        (
            DECLARATION,
            given_paper("identity_paper", reused=True),
            given_paper("previous_certificate", from_e_store=True),
        ),
    ],
)
def test_a_substitute_and_a_re_used_paper_count(components: tuple[Any, ...]) -> None:
    """NQ 66.7/2025 and NĐ 45/2020 art. 16: what a database or the e-store holds is not asked for again."""
    facts: dict[str, FactValue] = {"issued_before": True}
    given(decider, replace(SUBMITTED, components=components, facts=facts)).when(ACCEPT).then(
        replace(ACCEPTED, facts=facts)
    )


def test_a_submitter_whose_relation_needs_no_paper_needs_none() -> None:
    """Luật Hộ tịch art. 15: a parent acts for the child without an authorisation."""
    given(decider, replace(SUBMITTED, relation="parent", submitter="p2")).when(ACCEPT).then(
        replace(ACCEPTED, submitter="p2")
    )


def test_an_attorney_with_authority_is_accepted() -> None:
    """NĐ 118/2025 arts. 6 and 15: the paper proves it."""
    components = (DECLARATION, IDENTITY, given_paper("authorisation"))
    given(decider, replace(ATTORNEY, components=components)).when(ACCEPT).then(replace(ACCEPTED, submitter="p2"))


@pytest.mark.parametrize(
    ("history", "now", "clock_from"),
    [
        ((SUBMITTED,), LATER, LATER),
        ((INCOMPLETE, ASKED, RECEIVED), at("2026-09-08 10:00"), at("2026-09-08 10:00")),
        ((BY_POST, PAPERS), at("2026-09-08 10:00"), LATER),
        ((replace(BY_POST, components=(DECLARATION,)), PAPERS, ASKED, RECEIVED), at("2026-09-08 10:00"),
         at("2026-09-08 10:00")),
    ],
)  # fmt: skip
def test_when_the_clock_starts(history: tuple[object, ...], now: datetime, clock_from: datetime) -> None:
    """NĐ 118/2025 art. 17.3: when it is there in full; QĐ 45/2016 art. 7.4: by post, when the record is signed."""
    (event,) = given(decider, *history).when(replace(ACCEPT, now=now)).then_kinds(DossierAccepted)
    assert (event.clock_from, event.at) == (clock_from, now)


def test_no_appointment_beyond_the_calendar() -> None:
    """A date that nobody announced is not promised."""
    given(decider, SUBMITTED).when(replace(ACCEPT, now=at("2026-12-31 08:00"))).refused("calendar_does_not_reach")


class TestClockFromTheFee:
    """NĐ 297/2025 art. 6: sixteen working days from the full dossier and the paid fee."""

    accept = replace(ACCEPT, published=KARAOKE)
    paid = AcceptPaidDossier(
        ref=REF, settled_at=TUESDAY, actor="system:intake", now=at("2026-09-08 09:05"), published=KARAOKE,
        calendar=CALENDAR,
    )  # fmt: skip
    unpaid = StopForNonPayment(ref=REF, actor="system:timer", now=at("2026-09-28 10:30"))

    def test_a_complete_dossier_waits_for_its_fee_and_has_its_code(self) -> None:
        """The payer looks the fee up by the dossier code, so the code comes first."""
        given(decider, PAID_FIRST).when(self.accept).then(AWAITED)

    def test_the_time_to_pay_may_be_unlimited(self) -> None:
        """Where no law limits it, nothing stops the dossier by itself."""
        command = replace(self.accept, published=replace(KARAOKE, payment_limit=None))
        (event,) = given(decider, PAID_FIRST).when(command).then_kinds(PaymentAwaited)
        assert event.pay_by is None

    def test_it_is_accepted_as_of_the_payment(self) -> None:
        """The applicant's time counts from when the money came, not from when we heard of it."""
        (event,) = given(decider, PAID_FIRST, AWAITED).when(self.paid).then_kinds(DossierAccepted)
        assert (event.at, event.clock_from, event.due_at) == (TUESDAY, TUESDAY, at("2026-09-30 09:00"))
        assert event.code == CODE

    def test_paid_in_the_last_hour_counts_from_the_next_working_day(self) -> None:
        """NĐ 297/2025 art. 6.3."""
        command = replace(self.paid, settled_at=at("2026-09-08 16:01"))
        (event,) = given(decider, PAID_FIRST, AWAITED).when(command).then_kinds(DossierAccepted)
        assert event.clock_from == at("2026-09-09 07:00")

    @pytest.mark.parametrize(
        "history", [(PAID_FIRST,), (PAID_FIRST, AWAITED, WITHDRAWN), (PAID_FIRST, AWAITED, STOPPED)]
    )
    def test_a_payment_for_nothing_accepts_nothing(self, history: tuple[object, ...]) -> None:
        """What was paid too late or for a withdrawn dossier is a refund owed, not an acceptance."""
        given(decider, *history).when(self.paid).then_nothing()

    def test_an_unpaid_dossier_stops(self) -> None:
        """A dossier that nobody pays for would wait for ever."""
        given(decider, PAID_FIRST, AWAITED).when(self.unpaid).then(DossierStopped(REF, "not_paid", (), self.unpaid.now))

    @pytest.mark.parametrize(
        ("history", "now"),
        [
            ((PAID_FIRST,), at("2026-09-28 10:30")),
            ((PAID_FIRST, AWAITED), at("2026-09-28 10:29")),
            ((PAID_FIRST, AWAITED, SETTLED), at("2026-09-28 10:30")),
            ((PAID_FIRST, replace(AWAITED, pay_by=None)), at("2026-09-28 10:30")),
            ((PAID_FIRST, AWAITED, SETTLED, ACCEPTED), at("2026-09-28 10:30")),
            ((PAID_FIRST, AWAITED, WITHDRAWN), at("2026-09-28 10:30")),
        ],
    )
    def test_a_timer_that_has_become_moot_stops_nothing(self, history: tuple[object, ...], now: datetime) -> None:
        """Paid, withdrawn or not yet due: the timer rings for nobody."""
        given(decider, *history).when(replace(self.unpaid, now=now)).then_nothing()

    def test_no_time_to_pay_beyond_the_calendar(self) -> None:
        """No date is promised that no calendar knows."""
        given(decider, PAID_FIRST).when(replace(self.accept, now=at("2026-12-30 08:00"))).refused(
            "calendar_does_not_reach"
        )
        given(decider, PAID_FIRST, AWAITED).when(replace(self.paid, settled_at=at("2026-12-30 08:00"))).refused(
            "calendar_does_not_reach"
        )


REFUSE = RefuseDossier(
    ref=REF, reason_code="wrong_authority", law="NĐ 118/2025 art. 14", note="s1.p1.note", actor=OFFICER, now=LATER
)
REFUSED = DossierRefused(REF, "wrong_authority", "NĐ 118/2025 art. 14", "s1.p1.note", OFFICER, LATER)


@pytest.mark.parametrize("history", [(SUBMITTED,), (BY_POST,), (PAID_FIRST, AWAITED), (INCOMPLETE, ASKED)])
def test_reception_is_refused_with_reason_and_law(history: tuple[object, ...]) -> None:
    """NĐ 61/2018 art. 17.3; TT 03/2025 form 03."""
    given(decider, *history).when(REFUSE).then(REFUSED)


@pytest.mark.parametrize(
    ("history", "change", "refusal"),
    [
        ((), {}, "dossier_unknown"),
        ((SUBMITTED,), {"law": " "}, "refusal_without_reason"),
        ((SUBMITTED,), {"reason_code": "bad_mood"}, "refusal_without_reason"),
        ((INCOMPLETE,), {"reason_code": "supplement_incomplete"}, "supplement_first"),
        ((INCOMPLETE, ASKED), {"reason_code": "supplement_incomplete"}, "supplement_first"),
        ((SUBMITTED, ACCEPTED), {}, "not_at_desk"),
        ((SUBMITTED, ACCEPTED, RESOLVED), {}, "not_at_desk"),
        ((SUBMITTED, ACCEPTED, RESOLVED, HANDED_OUT), {}, "dossier_closed"),
        ((SUBMITTED, WITHDRAWN), {}, "dossier_closed"),
        ((SUBMITTED, REFUSED), {"reason_code": "already_handled"}, "dossier_closed"),
    ],
)
def test_when_reception_cannot_be_refused(history: tuple[object, ...], change: dict[str, Any], refusal: str) -> None:
    """NĐ 61/2018 art. 11.2c: never as incomplete before the applicant was asked; art. 19.8 after acceptance."""
    given(decider, *history).when(replace(REFUSE, **change)).refused(refusal)


def test_a_supplement_that_is_still_incomplete_is_refused() -> None:
    """The desk may not ask a second time (NĐ 61/2018 art. 11.2c), so it decides."""
    empty = replace(SUBMITTED, components=())
    history = (empty, ASKED, RECEIVED)
    given(decider, *history).when(ACCEPT).refused("components_missing")
    given(decider, *history).when(replace(REFUSE, reason_code="supplement_incomplete")).then(
        replace(REFUSED, reason_code="supplement_incomplete")
    )


def test_a_chain_without_a_total_is_promised_along_its_steps() -> None:
    """NĐ 301/2026: 1 day, then 2 and 3 side by side; the identity card adds its 5 only if it was asked for."""
    submitted = replace(
        SUBMITTED,
        components=(DECLARATION, given_paper("witness_statement", substitute_for="birth_notice")),
        procedure="3.000722",
        procedure_version="2026-09-01",
        facts={},
    )
    command = replace(ACCEPT, published=BUNDLE)
    for options, due_at in (((), at("2026-09-11 10:30")), (("identity_card",), at("2026-09-17 10:30"))):
        (event,) = given(decider, replace(submitted, options=options)).when(command).then_kinds(DossierAccepted)
        assert event.due_at == due_at
    (event,) = given(decider, submitted).when(replace(command, now=at("2026-09-07 15:01"))).then_kinds(DossierAccepted)
    assert event.clock_from == at("2026-09-08 07:00")
