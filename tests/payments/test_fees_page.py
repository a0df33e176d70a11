"""docs/algorithms/fees.md runs: amounts on the real registry, refunds and notices on the real deciders."""

from datetime import date
from itertools import takewhile
from pathlib import Path

import pytest

from kernel.refusal import Refused
from services.payments.domain.attempt import INQUIRY_WAITS
from services.payments.domain.fee import evaluate
from services.payments.domain.obligation_words import FeeKept, ObligationCancelled, RefundOwed
from services.payments.domain.reconciliation import Kind
from tests.harness import REGISTRY
from tests.payments import examples as ex
from tests.payments.books import Books
from tests.payments.notices import STEP, lines_of, notice

PAGE = Path(__file__).resolve().parents[2] / "docs" / "algorithms" / "fees.md"


def table(*columns: str) -> list[list[str]]:
    """Return the rows of the page's table that has these columns."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    head = lines.index(f"| {' | '.join(columns)} |")
    rows = takewhile(lambda line: line.startswith("|"), lines[head + 2 :])
    return [[cell.strip().strip("`") for cell in row.strip("|").split("|")] for row in rows]


def vnd(text: str) -> int:
    return int(text.replace(".", ""))


def facts_of(text: str) -> dict[str, int | str | bool]:
    return (
        {} if text == "–" else {name: int(value) for name, _, value in (part.partition("=") for part in text.split())}
    )


@pytest.mark.parametrize(
    ("procedure", "version", "day", "channel", "category", "facts", "costs", "why"),
    table("procedure", "version", "day", "channel", "category", "facts", "costs", "why"),
)
def test_what_a_dossier_costs(
    procedure: str, version: str, day: str, channel: str, category: str, facts: str, costs: str, why: str
) -> None:
    """Each row names its source in its last column."""
    rule = REGISTRY.procedure(procedure, version).fee_rule
    if costs == "no fee":
        assert rule is None, why
        return
    assert rule is not None
    answer = evaluate(REGISTRY.fee_rule(rule), date.fromisoformat(day), channel, category, facts_of(facts))
    if isinstance(answer, Refused):
        assert f"refused {answer.code}" == costs, why
    else:
        assert [line.amount_vnd for line in answer] == [vnd(part) for part in costs.split(" + ")], why


@pytest.mark.parametrize(
    ("rule", "reason", "paid", "outcome", "why"), table("fee rule", "ended because", "paid", "becomes of it", "why")
)
def test_what_becomes_of_a_fee_whose_dossier_ended(rule: str, reason: str, paid: str, outcome: str, why: str) -> None:
    """The schedule of the registry's own rule, through the whole transaction."""
    schedule = REGISTRY.fee_rule(rule)
    refund = tuple(schedule.refund)
    books = Books()
    books.do(ex.raise_obligation(ex.fee_rule(ex.tariff("full", ex.FEE_VND), refund=refund, id=rule)))
    if paid == "yes":
        books.do(ex.start())
        books.do(ex.outcome("succeeded"))
    assert not isinstance(books.do(ex.cancel(reason)), Refused)
    said = [f"refund {event.reason}" for event in books.told(RefundOwed)]
    said += ["kept" for _ in books.told(FeeKept)] + ["cancelled" for _ in books.told(ObligationCancelled)]
    assert said == [outcome], why


@pytest.mark.parametrize(
    ("first", "paid", "second", "still", "back", "why"),
    table("first notice", "paid", "second notice", "still owed", "goes back", "why"),
)
def test_what_a_corrected_notice_asks_for(first: str, paid: str, second: str, still: str, back: str, why: str) -> None:
    books = Books()
    assert not isinstance(books.do(notice(lines_of(vnd(first)))), Refused)
    if paid == "yes":
        books.do(ex.start(step=STEP))
        assert not isinstance(books.do(ex.outcome("succeeded", amount_vnd=vnd(first))), Refused)
    if second != "–":
        assert not isinstance(books.do(notice(lines_of(vnd(second)), "TB-002")), Refused)
    one = books.obligation(ex.REF, STEP)
    assert (one.total_vnd if one.standing == "open" else 0) == vnd(still), why
    assert sum(event.amount_vnd for event in books.told(RefundOwed)) == vnd(back), why


def test_no_line_of_ours_is_postage() -> None:
    """QĐ 45/2016 art. 5: the applicant pays the carrier, by its own tariff."""
    rules = {one.fee_rule for one in REGISTRY.procedures() if one.fee_rule is not None}
    names = [line.name_vi.lower() for rule in rules for line in REGISTRY.fee_rule(rule).lines]
    assert names
    assert not [name for name in names if "bưu" in name or "cước" in name]


def test_the_page_names_the_waits_and_the_differences() -> None:
    text = PAGE.read_text(encoding="utf-8")
    minutes = [int(wait.total_seconds()) // 60 for wait in INQUIRY_WAITS]
    assert minutes == [5, 30, 2 * 60, 12 * 60, 24 * 60]
    assert "5 minutes, 30 minutes, 2, 12 and 24 hours" in text
    assert {row[0] for row in table("difference", "means")} == set(Kind.__args__)  # type: ignore[attr-defined]
