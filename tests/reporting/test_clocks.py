"""The two clocks and the shares as reporting hears of them: through the real projections, in any order."""

from datetime import datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from kernel.calendar import Calendar
from kernel.clocks import legal_clock, scoring_clock
from kernel.message import Envelope
from kernel.working_time import Limit, due, working_minutes_between
from services.intake.domain import events as intake
from services.payments.domain import attempt_words as attempt
from services.reporting.domain.shares import shares_of
from services.reporting.projections.clock_told import ClockTold, clock_told
from services.reporting.projections.dossiers import find
from services.routing.domain import clock_events as clocks
from services.routing.domain import events as routing
from tests.reporting.heard import ReadStore, as_it_happened, voices
from tests.reporting.stories import (
    CLERK,
    COMMUNE,
    EARLY,
    OFFICER,
    POLICE,
    PROVINCE,
    Story,
    accepted,
    all_stories,
    by_post_both_ways,
    decided,
    land_and_late,
    moved,
    opened,
    planned,
    raised,
    ready,
    received_elsewhere,
    ref_of,
    sent_back_then_withdrawn,
    settled,
    submitted,
)


def calendars(id: str, version: str) -> Calendar:
    assert (id, version) == (EARLY.id, EARLY.version)
    return EARLY


def told_of(store: ReadStore, ref: str, now: datetime) -> ClockTold:
    row = find(store, ref)
    assert row is not None
    told = clock_told(store, calendars, row, now)
    assert told is not None
    return told


def told(story: Story) -> ClockTold:
    return told_of(ReadStore().hear(as_it_happened([story])), story.ref, story.at)


def test_land_has_two_appointments_and_each_counts_what_it_counts() -> None:
    """Domain rule 14: two appointments; tax and payment do not count; who paid, who checked and who was broken."""
    found = told(land_and_late())
    assert [row["cause"] for row in found.appointments] == [
        "accepted", "resumed", "resumed", "second_appointment", "apology",
    ]  # fmt: skip
    assert [turn.cause for turn in found.history.turns] == ["accepted", "second_appointment"]
    assert [(row["ground"], row["step"]) for row in found.standstills] == [
        ("third_party", "survey"), ("third_party", "survey"), ("incident", ""), ("tax_notice", "tax"),
    ]  # fmt: skip
    assert found.legal.turn.limit == Limit(1, "working_days")
    assert found.legal.overdue_since == found.legal.due_at
    shares = {(share.party, share.agency): share for share in found.until_result.shares}
    assert {"agency", "applicant", "gateway", "system", "desk"} == {party for party, _ in shares}
    assert shares[("gateway", "")].minutes == 11
    assert shares[("applicant", "")].legal == shares[("gateway", "")].legal == 0
    assert shares[("system", "")].legal == 0
    assert shares[("agency", POLICE)].legal == 1, "from ready until the clock stood still"


@pytest.mark.parametrize("story", all_stories(), ids=lambda story: story.ref[-1])
def test_each_date_that_was_said_is_the_one_that_is_derived(story: Story) -> None:
    """Why this date: because these intervals were counted and those were not."""
    row = find(ReadStore().hear(as_it_happened([story])), story.ref)
    if row is None or row["accepted_at"] is None:
        return
    found = told(story)
    lawful = [one for one in found.appointments if one["cause"] != "apology"]
    assert found.legal.due_at == datetime.fromisoformat(lawful[-1]["due_at"])
    assert found.legal_derivation[-1].end == found.legal.due_at
    assert sum(part.counted_minutes for part in found.legal_derivation) == found.legal.whole_minutes


def test_received_elsewhere_the_clock_begins_at_the_resolving_agency() -> None:
    """NĐ 118/2025 art. 17.3; the minutes before are somebody's all the same."""
    found = told(received_elsewhere())
    assert found.legal_derivation[0].reason == "void:received"
    assert found.legal.turn.cause == "received"
    assert found.legal.used_minutes == 1
    before = [stretch for stretch in found.until_result.stretches if not stretch.legal]
    assert sum(stretch.minutes for stretch in before) > 0
    assert all(not stretch.scored for stretch in before)


def test_a_supplement_restarts_one_clock_and_is_subtracted_by_the_other() -> None:
    """NĐ 61/2018 art. 19.4 and QĐ 766/QĐ-TTg, side by side."""
    found = told(sent_back_then_withdrawn())
    assert found.legal.turn.cause == "restarted"
    assert found.scoring.turn.cause == "accepted"
    assert found.scoring.used_minutes > found.legal.used_minutes
    applicant = next(share for share in found.until_result.shares if share.party == "applicant")
    assert applicant.minutes > 0
    assert applicant.legal == 0
    voided = [stretch for stretch in found.until_result.stretches if stretch.scored and not stretch.legal]
    assert sum(stretch.minutes for stretch in voided) == found.scoring.used_minutes - found.legal.used_minutes


def test_a_request_at_the_desk_and_one_after_examination_are_two() -> None:
    """QĐ 766/QĐ-TTg, formula 2.1 counts requests for a supplement, wherever they were made."""
    story = submitted(ref_of(9), "1.004873", "counter", (COMMUNE,))
    story.tell("intake", intake.SupplementRequested, items=(), stage="desk", by=CLERK)
    story.tell("intake", intake.SupplementReceived, components=(), stage="desk", by=CLERK)
    accepted(story, 9)
    opened(story, planned("certificate", COMMUNE))
    ready(story, "certificate", COMMUNE)
    story.tell("intake", intake.SupplementRequested, items=(), stage="examination", by=CLERK)
    asked_at = story.at
    story.tell("routing", routing.ClockSuspended, ground="supplement").later(5)
    found = told(story)
    assert (found.scoring.overdue_since, found.scoring.due_at) == (asked_at, asked_at)
    assert (found.legal.overdue_since, found.legal.due_at, found.legal.stands_on) == (None, None, "supplement")


def test_after_the_result_the_post_has_its_minutes() -> None:
    """No clock counts them, and they add up too."""
    found = told(by_post_both_ways())
    assert {share.party for share in found.after_result.shares} == {"desk", "post"}
    assert sum(share.minutes for share in found.after_result.shares) == found.after_result.whole
    assert all(share.legal == share.scored == 0 for share in found.after_result.shares)


def test_a_fee_before_handing_out_is_the_applicants_and_the_gateways() -> None:
    """Nobody else keeps the result back."""
    story = submitted(ref_of(9), "1.004873", "counter", (COMMUNE,), fee_due="before_hand_out")
    accepted(story, 9)
    raised(story, 15_000)
    opened(story, planned("certificate", COMMUNE))
    ready(story, "certificate", COMMUNE)
    decided(story, "certificate", COMMUNE)
    story.tell("intake", intake.DossierResolved, outcome="granted", on_time=True).later(9)
    attempted = {"txn_ref": "T1", "gateway": "vnpay"}
    story.tell("payments", attempt.PaymentStarted, amount_vnd=15_000, **attempted).later(4)
    story.tell("payments", attempt.PaymentSucceeded, amount_vnd=15_000, gateway_no="G1", **attempted)
    settled(story, 15_000)
    story.later(29).tell("intake", intake.DossierHandedOut, way="desk", collector="self", by=CLERK)
    shares = {share.party: share.minutes for share in told(story).after_result.shares}
    assert shares == {"applicant": 11, "gateway": 5, "desk": 30}


# --- generated lives ---

AGENCIES = (COMMUNE, POLICE, PROVINCE)


class Life:
    """Lets things happen to a dossier in the order that chance gives, each of them possible at its moment."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.story = submitted(ref_of(9), "9.000297", "portal", AGENCIES)
        if chance.random() < 0.3:
            self.tell("intake", intake.SupplementRequested, items=(), stage="desk", by=CLERK)
            self.tell("intake", intake.SupplementReceived, components=(), stage="desk", by=CLERK)
        accepted(self.story, 9)
        self.limit = Limit(chance.choice([1, 2.5, 5]), "working_days")
        since = self.story.at
        steps = [planned(f"s{place}", agency) for place, agency in enumerate(AGENCIES)]
        opened(
            self.story, *steps, planned("pay", ""), total_limit=self.limit, due_at=due(EARLY, since, self.limit),
            clock_from=since,
        )  # fmt: skip
        self.open: dict[str, str] = {}
        self.asked = self.broken = self.paying = False
        self.rounds = 0

    def tell(self, service: str, kind: type, **named: object) -> None:
        self.story.later(self.chance.choice([0, 7, 55, 300, 900])).tell(service, kind, **named)

    def live(self, length: int) -> Story:
        for _ in range(length):
            self.chance.choice([self.begin, self.move, self.supplement, self.incident, self.pay])()
        if self.chance.random() < 0.5:
            self.tell("intake", intake.DossierResolved, outcome="granted", on_time=True)
        return self.story.later(self.chance.choice([0, 600, 5000]))

    def begin(self) -> None:
        step = self.chance.choice(["s0", "s1", "s2", "pay"])
        if step not in self.open:
            self.rounds += 1
            agency = "" if step == "pay" else AGENCIES[int(step[1])]
            by = {"hand_over_by": self.story.at} if self.chance.random() < 0.3 and agency else {}
            limits = {"clock_from": self.story.at, "due_at": self.story.at, "send_back_by": self.story.at, **by}
            self.tell("routing", routing.StepReady, step=step, agency=agency, round=self.rounds, **limits)
            self.open[step] = agency

    def move(self) -> None:
        if not self.open:
            return
        step = self.chance.choice(list(self.open))
        agency = self.open[step]
        if step == "pay":
            self.tell("routing", clocks.StepFulfilled, step=step, on_time=True)
            del self.open[step]
            return
        match self.chance.randrange(3):
            case 0:
                self.tell("routing", routing.StepTakenOver, step=step, agency=agency, by=OFFICER)
            case 1:
                self.tell("routing", routing.StepSentBack, step=step, agency=agency, to="desk", by=OFFICER)
            case _:
                decided(self.story, step, agency)
                del self.open[step]

    def supplement(self) -> None:
        if not self.asked:
            self.tell("intake", intake.SupplementRequested, items=(), stage="examination", by=CLERK)
            self.story.tell("routing", routing.ClockSuspended, ground="supplement")
        else:
            self.tell("intake", intake.SupplementReceived, components=(), stage="examination", by=CLERK)
            since = self.story.at
            clock = {"clock_from": since, "due_at": due(EARLY, since, self.limit)}
            self.story.tell("routing", routing.ClockRestarted, **clock)
        self.asked = not self.asked

    def incident(self) -> None:
        kind = clocks.ClockResumed if self.broken else routing.ClockSuspended
        self.tell("routing", kind, ground="incident", step="")
        self.broken = not self.broken
        if not self.broken and not self.asked and self.chance.random() < 0.2:
            since = self.story.at
            self.limit = Limit(2, "working_days")
            due_at = due(EARLY, since, self.limit)
            moved(self.story, "second_appointment", due_at, number=2, clock_from=since, limit=self.limit)

    def pay(self) -> None:
        named = {"txn_ref": "T1", "gateway": "vnpay"}
        if self.paying:
            self.tell("payments", attempt.PaymentFailed, code="51", **named)
        else:
            named["txn_ref"] = "T1"
            self.tell("payments", attempt.PaymentStarted, amount_vnd=1, **named)
        self.paying = not self.paying


def shuffled(story: Story, chance: Random) -> list[Envelope]:
    """Return what was said, in one of the orders in which a reader may hear it."""
    waiting = [list(voice) for voice in voices([story])]
    heard: list[Envelope] = []
    while waiting:
        heard.append(chance.choice(waiting).pop(0))
        waiting = [voice for voice in waiting if voice]
    return heard


@settings(max_examples=150, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(0, 30))
def test_the_shares_of_every_life_add_up_to_the_whole(chance: Random, length: int) -> None:
    """Every working minute from acceptance to result is somebody's, once, however many had the dossier at a time."""
    story = Life(chance).live(length)
    found = told_of(ReadStore().hear(shuffled(story, chance)), story.ref, story.at)
    end = found.history.present(story.at)
    whole = working_minutes_between(EARLY, found.history.accepted_at, end)
    stretches = found.until_result.stretches
    assert sum((share.minutes for share in found.until_result.shares), Fraction(0)) == whole
    assert sum(stretch.minutes for stretch in stretches) == whole
    assert all(stretch.holders and stretch.minutes > 0 for stretch in stretches)
    assert all(earlier.until <= later.since for earlier, later in pairwise(stretches))
    assert all(0 <= share.legal <= share.minutes >= share.scored >= 0 for share in shares_of(stretches))


@settings(max_examples=150, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(0, 30))
def test_what_the_clocks_used_are_the_minutes_that_they_mark(chance: Random, length: int) -> None:
    """One table: the clocks measure nothing of their own, they mark its rows."""
    story = Life(chance).live(length)
    found = told_of(ReadStore().hear(shuffled(story, chance)), story.ref, story.at)
    assume(all(turn.cause != "second_appointment" for turn in found.history.turns))
    legal, scoring = found.legal, found.scoring
    marked = sum(stretch.minutes for stretch in found.until_result.stretches if stretch.legal)
    # Late minutes are used also while the clock stands still: that came too late to help.
    assert marked == legal.used_minutes or (legal.overdue_since is not None and marked < legal.used_minutes)
    marked = sum(stretch.minutes for stretch in found.until_result.stretches if stretch.scored)
    assert marked == scoring.used_minutes or (scoring.overdue_since is not None and marked < scoring.used_minutes)


@settings(max_examples=60, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(0, 20), st.integers(0, 40_000))
def test_clocks_are_the_same_in_every_order_of_hearing(chance: Random, length: int, later: int) -> None:
    """Whoever is heard first, both clocks say the same."""
    story = Life(chance).live(length)
    now = story.at + timedelta(minutes=later)
    one = told_of(ReadStore().hear(as_it_happened([story])), story.ref, now)
    other = told_of(ReadStore().hear(shuffled(story, chance)), story.ref, now)
    assert (legal_clock(one.history, now), scoring_clock(one.history, now)) == (other.legal, other.scoring)
    assert one.until_result == other.until_result
