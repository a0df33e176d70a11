"""What is heard of a dossier, put together: its status, who holds it, how far it is, whose minutes there were."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.calendars import load_calendars
from kernel.working_time import working_minutes_between
from services.reporting.domain.order import Line, in_order
from services.reporting.domain.shares import Holding, Lying, Span, shares_of, stretches_of
from services.reporting.domain.status import Holder, Standing, StepNow, completion_of, holders_of, status_of
from services.reporting.domain.words import OVER, PHASES, STATUSES
from services.reporting.pages.words import STATUS
from tests.kernel.working_time_cases import local, table

CALENDAR = load_calendars(Path(__file__).parent.parent.parent / "registry" / "calendars")["early"]
MONDAY = datetime(2026, 9, 7, 0, 0, tzinfo=UTC)
"""07:00 in Vietnam, when the desks of `early` open."""
DESK = "H48.1.01"


def standing(phase: str, *steps: StepNow, **more: object) -> Standing:
    return Standing(phase, DESK, steps=steps, **more)  # type: ignore[arg-type]


RUNS = StepNow("a", "A", "acknowledged")
AT_DESK = StepNow("b", "B", "sent_back", "desk")
WAITS = StepNow("c", "C", "planned")
DONE = StepNow("d", "D", "decided")
EXCHANGE = StepNow("e", "E", "ready", handed_over=False)
PAYS = StepNow("p", "", "ready", party="applicant")


@pytest.mark.parametrize(
    ("case", "status", "percent", "holders"),
    [
        (standing("with_post"), "with_post", 0, [Holder("post")]),
        (standing("at_desk"), "at_desk", 0, [Holder("desk", DESK)]),
        (standing("supplement", supplement_stage="desk"), "supplement", 0, [Holder("applicant")]),
        (standing("awaiting_payment"), "awaiting_payment", 0, [Holder("applicant")]),
        (standing("in_progress"), "in_progress", 33, [Holder("desk", DESK)]),
        (standing("in_progress", RUNS, WAITS), "in_progress", 25, [Holder("agency", "A", "a")]),
        (standing("in_progress", EXCHANGE), "in_progress", 33, [Holder("system", "E", "e")]),
        (standing("in_progress", DONE, PAYS), "in_progress", 50, [Holder("applicant", "", "p")]),
        (standing("in_progress", RUNS, incident=True), "in_progress", 33, [Holder("system")]),
        (standing("in_progress", DONE, RUNS), "in_progress", 50, [Holder("agency", "A", "a")]),
        (standing("in_progress", AT_DESK), "in_progress", 33, [Holder("desk", DESK)]),
        (standing("supplement", AT_DESK, supplement_stage="examination"), "supplement", 33, [Holder("applicant")]),
        (
            standing("supplement", RUNS, AT_DESK, supplement_stage="examination"),
            "supplement", 25, [Holder("agency", "A", "a"), Holder("applicant")],
        ),
        (standing("in_progress", RUNS, asked_to_withdraw=True), "withdrawal_asked", 33, [Holder("agency", "A", "a")]),
        (
            standing("in_progress", RUNS, asked_to_withdraw=True, withdrawal_declined=True),
            "in_progress", 33, [Holder("agency", "A", "a")],
        ),
        (standing("resolved", DONE, outcome="granted"), "resolved", 66, [Holder("desk", DESK)]),
        (
            standing("resolved", DONE, outcome="granted", fee_due="before_hand_out", fee_stands_open=True),
            "fee_before_hand_out", 66, [Holder("applicant")],
        ),
        (
            standing("resolved", DONE, outcome="refused", fee_due="before_hand_out", fee_stands_open=True),
            "resolved", 66, [Holder("desk", DESK)],
        ),
        (standing("dispatched", DONE, delivery="picked_up"), "dispatched", 66, [Holder("post")]),
        (standing("dispatched", DONE, delivery="back_at_desk"), "back_at_desk", 66, [Holder("desk", DESK)]),
        (standing("handed_out", DONE), "handed_out", 100, []),
        (standing("refused"), "refused", 100, []),
        (standing("withdrawn", DONE), "withdrawn", 100, []),
        (standing("withdrawn", DONE, kept_results=True), "withdrawn", 66, [Holder("desk", DESK)]),
        (standing("stopped"), "stopped", 100, []),
    ],
)  # fmt: skip
def test_where_a_dossier_stands(case: Standing, status: str, percent: int, holders: list[Holder]) -> None:
    """NĐ 224/2026 art. 15.1g: whoever looks sees who has it now; TT 01/2018 art. 16: strangers, how far it is."""
    accepted = case.phase not in ("with_post", "at_desk", "awaiting_payment", "refused")
    accepted = accepted and not (case.phase == "supplement" and case.supplement_stage == "desk")
    assert (status_of(case), completion_of(case, accepted).percent, list(holders_of(case))) == (
        status, percent, holders,
    )  # fmt: skip


@pytest.mark.parametrize("phase", PHASES)
def test_somebodys_clock_runs_until_nothing_more_will_happen(phase: str) -> None:
    """Honest data: no minute without a holder, no holder after the end."""
    assert bool(holders_of(standing(phase, supplement_stage="desk"))) is (phase not in OVER)


def test_every_status_has_its_words() -> None:
    """A page never shows a code of ours."""
    assert set(STATUS) == set(STATUSES)


def minutes(*pairs: tuple[str, int]) -> dict[str, Fraction]:
    return {who: Fraction(number) for who, number in pairs}


def span(since_h: float, until_h: float | None) -> Span:
    return Span(MONDAY + timedelta(hours=since_h), None if until_h is None else MONDAY + timedelta(hours=until_h))


def held(agency: str, since_h: float, until_h: float | None, party: str = "agency") -> Holding:
    return Holding(party, agency, span(since_h, until_h), pays=party == "applicant")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("case", "holdings", "asked", "expected"),
    [
        ("nobody else had it", [], [], minutes((DESK, 240))),
        ("one agency had it", [held("A", 0, 4)], [], minutes(("A", 240))),
        ("desk, then agency", [held("A", 1, 4)], [], minutes((DESK, 60), ("A", 180))),
        ("two at once, half each", [held("A", 0, 4), held("B", 0, 4)], [], minutes(("A", 120), ("B", 120))),
        ("three at once", [held(x, 0, 4) for x in "ABC"], [], minutes(("A", 80), ("B", 80), ("C", 80))),
        ("still open", [held("A", 2, None)], [], minutes((DESK, 120), ("A", 120))),
        ("sent back to the desk", [held("A", 0, 2), held("A", 2, 4, "desk")], [], minutes(("A", 120), (DESK, 120))),
        (
            "the applicant was asked",
            [held("A", 0, 2), held("A", 2, 4, "desk")], [(3, 4)], minutes(("A", 120), (DESK, 60), ("", 60)),
        ),
        (
            "the other agency goes on",
            [held("A", 0, 2, "desk"), held("B", 0, 4)], [(0, 2)], minutes(("", 60), ("B", 180)),
        ),
        ("outside desk hours nobody's", [held("A", 0, 24)], [], minutes(("A", 240))),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_whose_minutes_there_were(
    case: str, holdings: list[Holding], asked: list[tuple[int, int]], expected: dict[str, Fraction]
) -> None:
    """Domain rule of working time: equal exact fractions where several are open at once."""
    lying = Lying(DESK, holdings, asked=[span(a, b) for a, b in asked])
    shares = shares_of(stretches_of(CALENDAR, MONDAY, MONDAY + timedelta(hours=4), lying))
    assert {share.agency: share.minutes for share in shares} == expected, case


def test_a_gateway_has_the_minutes_of_an_attempt_that_the_applicant_waits_for() -> None:
    """The applicant's step stands open, and the money is on its way."""
    lying = Lying(DESK, [held("", 0, 4, "applicant")], attempts=[span(1, 2)])
    shares = shares_of(stretches_of(CALENDAR, MONDAY, MONDAY + timedelta(hours=4), lying))
    assert {share.party: share.minutes for share in shares} == {"applicant": 180, "gateway": 60}


def test_an_attempt_that_nobody_waits_for_takes_nobodys_minute() -> None:
    """A fee due before the result is handed out may be paid while an agency works."""
    lying = Lying(DESK, [held("A", 0, 4)], attempts=[span(1, 2)])
    shares = shares_of(stretches_of(CALENDAR, MONDAY, MONDAY + timedelta(hours=4), lying))
    assert [(share.party, share.minutes) for share in shares] == [("agency", Fraction(240))]


def test_while_the_system_is_broken_nobody_else_has_a_minute() -> None:
    """NĐ 63/2024 art. 7; NĐ 301/2026 art. 4.7."""
    lying = Lying(DESK, [held("A", 0, 4), held("B", 0, 4)], incidents=[span(1, 2)])
    shares = shares_of(stretches_of(CALENDAR, MONDAY, MONDAY + timedelta(hours=4), lying))
    assert {share.agency: share.minutes for share in shares} == {"A": 90, "B": 90, "": 60}


def test_each_clock_marks_what_it_counts() -> None:
    """NĐ 61/2018 art. 19.4 and QĐ 766/QĐ-TTg mark the same minutes, they do not measure others."""
    lying = Lying(DESK, [held("A", 0, 4)], legal=[span(2, 4)], scored=[span(0, 1), span(2, 4)])
    stretches = stretches_of(CALENDAR, MONDAY, MONDAY + timedelta(hours=4), lying)
    assert [(one.minutes, one.legal, one.scored) for one in stretches] == [
        (60, False, True), (60, False, False), (120, True, True),
    ]  # fmt: skip
    (share,) = shares_of(stretches)
    assert [share.minutes, share.legal, share.scored] == [Fraction(240), Fraction(120), Fraction(180)]


def test_the_worked_shares_of_the_page_hold() -> None:
    """docs/algorithms/working-time.md runs."""
    start, end = local("2026-09-07T08:00"), local("2026-09-08T10:00")
    rows = [
        (party, agency, Span(local(since), local(until)))
        for party, agency, since, until in table("party", "agency", "has it from", "until")
    ]
    asked = [span for party, _, span in rows if party == "applicant"]
    lying = Lying(
        "D",
        [Holding("agency", agency, span) for party, agency, span in rows if party == "agency"],
        asked=asked,
        legal=[Span(asked[0].until or end, end)],
        scored=[Span(start, asked[0].since), Span(asked[0].until or end, end)],
    )
    stretches = stretches_of(CALENDAR, start, end, lying)
    columns = ("of them by the legal clock", "of them by the scoring clock", "how")
    assert [row[:5] for row in table("party", "agency", "exact minutes", *columns)] == [
        [share.party, share.agency, str(share.minutes), str(share.legal), str(share.scored)]
        for share in shares_of(stretches)
    ]
    assert sum(stretch.minutes for stretch in stretches) == 600


HOURS = st.integers(0, 24 * 20)
SPANS = st.tuples(HOURS, HOURS).map(sorted)


@given(
    st.lists(st.tuples(st.sampled_from("ABC"), st.sampled_from(["agency", "desk", "system"]), SPANS), max_size=6),
    st.lists(SPANS, max_size=2),
    SPANS,
)
def test_shares_add_up_to_the_whole(
    holdings: list[tuple[str, str, list[int]]], asked: list[list[int]], whole: list[int]
) -> None:
    """No minute is lost and none is counted twice."""
    start, end = (MONDAY + timedelta(hours=hours) for hours in whole)
    lying = Lying(
        DESK,
        [held(agency, span_h[0], span_h[1], party) for agency, party, span_h in holdings],
        asked=[span(a, b) for a, b in asked],
    )
    shares = shares_of(stretches_of(CALENDAR, start, end, lying))
    assert sum((share.minutes for share in shares), Fraction(0)) == working_minutes_between(CALENDAR, start, end)
    assert all(share.minutes > 0 for share in shares)


def lines(*told: tuple[str, int, int, str]) -> list[tuple[Line, str]]:
    """Return lines of (service, sequence, time, cause); the id and what is told are the service with its sequence."""
    return [
        (Line(service, sequence, time, f"{service}{sequence}", cause, service), f"{service}{sequence}")
        for service, sequence, time, cause in told
    ]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ([("routing", 1, 2, ""), ("intake", 1, 1, "")], "intake1 routing1"),
        ([("payments", 1, 1, ""), ("intake", 1, 1, "payments1")], "payments1 intake1"),
        ([("postal", 1, 1, ""), ("intake", 1, 1, ""), ("routing", 1, 1, "")], "intake1 routing1 postal1"),
        ([("routing", 2, 1, ""), ("routing", 1, 1, ""), ("intake", 1, 1, "routing1")], "routing1 intake1 routing2"),
        ([("intake", 1, 5, "routing1"), ("routing", 1, 9, "")], "routing1 intake1"),
        ([("intake", 1, 1, "routing1"), ("routing", 1, 1, "intake1")], "intake1 routing1"),
        ([("intake", 1, 1, "intake1")], "intake1"),
    ],
)
def test_lines_are_told_by_time_and_cause(told: Sequence[tuple[str, int, int, str]], expected: str) -> None:
    """Time first; at the same instant causes before effects; a circle of causes loses nothing."""
    assert " ".join(in_order(lines(*told))) == expected


@given(st.permutations(range(6)))
def test_lines_are_told_the_same_however_they_came(order: list[int]) -> None:
    """The rows of a table have no order of their own."""
    told = lines(
        ("intake", 1, 1, ""), ("routing", 1, 1, "intake1"), ("routing", 2, 1, "intake1"), ("payments", 1, 1, "intake1"),
        ("intake", 2, 1, "payments1"), ("postal", 1, 0, ""),
    )  # fmt: skip
    assert in_order([told[place] for place in order]) == in_order(told)
    assert json.dumps(in_order(told)).startswith('["postal1", "intake1"')
