"""Whoever is heard first, the rows come out the same, and they say what happened."""

import dataclasses
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.service import Projection
from kernel.message import Envelope, type_of
from services.intake import publishing as intake
from services.payments import publishing as payments
from services.postal import publishing as postal
from services.reporting.projections.agencies import agencies_of, causes_of
from services.reporting.projections.clocks import appointments_of
from services.reporting.projections.dossiers import find
from services.reporting.projections.lateness import lateness_of
from services.reporting.projections.money import attempts_of, obligation_of, obligations_of, refunds_of
from services.reporting.projections.parcels import parcels_of
from services.reporting.projections.province_table import province_table_of
from services.reporting.projections.steps import acting_agencies, holdings_of, steps_of
from services.reporting.projections.supplements import supplements_of
from services.reporting.projections.timeline import timeline_of
from services.reporting.wiring import READ_MODELS
from services.routing import publishing as routing
from tests.reporting.heard import ReadStore, as_it_happened, voices
from tests.reporting.stories import COMMUNE, DESK, POLICE, PROVINCE, Story, all_stories, ref_of

PUBLISHED = {
    type_of(service, name, version): data
    for service, publishing in (("intake", intake), ("routing", routing), ("payments", payments), ("postal", postal))
    for name, version, data in publishing.PUBLISHED
}
STORIES = all_stories()
EXPECTED = ReadStore().hear(as_it_happened(STORIES)).tables()


@settings(max_examples=60)
@given(st.data())
def test_rows_are_the_same_for_every_interleaving_of_the_services(data: st.DataObject) -> None:
    """Each service's own order holds, across services none does (house.md 7)."""
    waiting = [list(voice) for voice in voices(STORIES)]
    heard: list[Envelope] = []
    while waiting:
        chosen = data.draw(st.integers(0, len(waiting) - 1))
        heard.append(waiting[chosen].pop(0))
        waiting = [voice for voice in waiting if voice]
    assert ReadStore().hear(heard).tables() == EXPECTED


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.ref[-1])
def test_rows_are_the_same_whichever_service_is_heard_out_first(story: Story) -> None:
    """The extreme case: one service is down for days and then says everything at once."""
    said = voices([story])
    ends = [ReadStore().hear(one for voice in order for one in voice).tables() for order in permutations(said)]
    assert all(end == ends[0] for end in ends)


def test_every_public_event_stands_in_the_timeline() -> None:
    """TT 01/2018 art. 17: every step with its history; a new public event must not be left out silently."""
    timeline = next(model for model in READ_MODELS if model.name == "timeline")
    assert set(timeline.heard) == set(PUBLISHED)


@pytest.mark.parametrize("model", READ_MODELS, ids=lambda model: model.name)
def test_what_is_read_is_said(model: Projection) -> None:
    """A field that a service renames must be missed here, not read as nothing."""
    for kind, (reads, _) in model.heard.items():
        said = {field.name for field in dataclasses.fields(PUBLISHED[kind])}
        assert {field.name for field in dataclasses.fields(reads)} <= said, kind


@pytest.fixture(scope="module")
def store() -> ReadStore:
    return ReadStore().hear(as_it_happened(STORIES))


@pytest.mark.parametrize(
    ("number", "phase", "ended", "on_time", "fee", "paid_by"),
    [
        (1, "handed_out", "resolved", 1, "settled", "cash"),
        (2, "handed_out", "resolved", 0, "", ""),
        (3, "handed_out", "resolved", 1, "settled", "vnpay"),
        (4, "withdrawn", "withdrawn", None, "settled", "vnpay"),
        (5, "refused", "refused", None, "", ""),
        (6, "resolved", "resolved", 1, "", ""),
        (7, "in_progress", "", None, "", ""),
    ],
)
def test_a_dossier_stands_where_its_story_ends(
    store: ReadStore, number: int, phase: str, ended: str, on_time: int | None, fee: str, paid_by: str
) -> None:
    """The book of dossiers (TT 03/2025 form 07)."""
    row = find(store, ref_of(number))
    assert row is not None
    assert (row["phase"], row["ended"], row["on_time"], row["fee"], row["paid_by"]) == (
        phase, ended, on_time, fee, paid_by,
    )  # fmt: skip


def test_a_dossier_that_only_others_spoke_of_is_not_there_yet() -> None:
    """Until the desk is heard nobody knows whose it is, so nobody may see it."""
    routed = [one for voice in voices(STORIES[:1]) for one in voice if "routing" in one.source]
    assert find(ReadStore().hear(routed), ref_of(1)) is None


@pytest.mark.parametrize(
    ("number", "steps"),
    [
        (1, {"certificate": ("decided", 1, 0)}),
        (2, {"birth": ("decided", 1, 0), "residence": ("decided", 1, 1), "insurance": ("decided", 1, 0)}),
        (4, {"household": ("decided", 2, 0), "security": ("cancelled", 1, 0)}),
        (6, {"household": ("decided", 2, 0), "security": ("refused", 2, 0), "licence": ("cancelled", 0, 0)}),
    ],
)
def test_steps_are_as_their_agencies_left_them(
    store: ReadStore, number: int, steps: dict[str, tuple[str, int, int]]
) -> None:
    """Stage, round, and whether its own limit ever passed."""
    rows = steps_of(store, ref_of(number))
    assert {row["step"]: (row["stage"], row["round"], row["late"]) for row in rows} == steps


def test_every_stretch_in_which_somebody_had_a_step_is_kept(store: ReadStore) -> None:
    """Agency, desk while it was sent back, agency again; then the next one (TT 03/2025 form 06)."""
    rows = holdings_of(store, ref_of(4))
    assert [(row["step"], row["party"], row["agency"]) for row in rows] == [
        ("household", "agency", COMMUNE),
        ("household", "desk", COMMUNE),
        ("household", "agency", COMMUNE),
        ("security", "agency", POLICE),
    ]
    assert all(row["until"] is not None for row in rows)


def test_the_province_table_adds_up(store: ReadStore) -> None:
    """Received is resolved and in progress and ended otherwise; resolved is on time and late."""
    figures = province_table_of(store)
    assert figures == {
        "submitted": 8, "turned_away": 1, "received": 7, "online": 3, "at_counter": 3, "by_post": 1,
        "resolved": 4, "on_time": 3, "late": 1, "ended_otherwise": 1, "handed_out": 3, "paid": 3, "paid_online": 2,
        "paid_vnd": 765_000, "paid_online_vnd": 750_000, "in_progress": 2, "at_desk": 0, "overdue": 1,
        "apologies_asked": 1, "apologies_given": 1, "escalated": 1,
    }  # fmt: skip
    assert province_table_of(store, agency=DESK) == figures
    assert province_table_of(store, agency=PROVINCE)["submitted"] == 0
    assert province_table_of(store, "2026-10", "2026-10")["received"] == 0


def test_what_is_open_and_past_its_appointment_is_overdue() -> None:
    """No hidden lateness: what is late counts before it is resolved."""
    open_and_late = [one for one in as_it_happened(STORIES[1:2]) if not one.type.endswith(("Resolved.v1", "Out.v1"))]
    store = ReadStore().hear(open_and_late)
    figures = province_table_of(store)
    assert (figures["in_progress"], figures["overdue"], figures["late"]) == (1, 1, 0)
    assert [(row["agency"], row["why"]) for row in causes_of(store, ref_of(2))] == [(POLICE, "step")]


def test_lateness_is_laid_at_the_door_of_whose_limit_passed(store: ReadStore) -> None:
    """Of the two steps side by side only the police's passed its limit."""
    by_agency = {row["agency"]: row for row in agencies_of(store)}
    assert [(row["agency"], row["why"]) for row in causes_of(store, ref_of(2))] == [(POLICE, "step")]
    assert {agency: row["caused_late"] for agency, row in by_agency.items()} == {PROVINCE: 1, COMMUNE: 0, POLICE: 1}
    police = by_agency[POLICE]
    assert (police["received"], police["decided"], police["refused"], police["cancelled"]) == (4, 2, 1, 1)
    assert (police["late"], police["alerts"]) == (1, 1)
    assert [row["agency"] for row in agencies_of(store, POLICE)] == [POLICE]


def test_apologies_and_escalations_are_counted(store: ReadStore) -> None:
    """NĐ 61/2018 art. 19.9: who was asked to apologise, who did, and whose superior was told."""
    by_agency = {row["agency"]: row for row in agencies_of(store)}
    said = ("apologies_asked", "apologies_given", "escalated")
    assert tuple(by_agency[PROVINCE][name] for name in said) == (1, 1, 1)
    assert tuple(by_agency[COMMUNE][name] for name in said) == (0, 0, 0)
    assert [(row["what"], row["to_agency"]) for row in lateness_of(store, ref_of(7))] == [
        ("asked", ""), ("apologised", ""), ("overdue", ""), ("overdue", ""), ("escalated", "H00"),
    ]  # fmt: skip
    september = province_table_of(store, "2026-09", "2026-09")
    assert tuple(september[name] for name in said) == (1, 1, 1)
    october = province_table_of(store, "2026-10", "2026-10")
    assert tuple(october[name] for name in said) == (0, 0, 0)


def test_an_apology_leaves_the_lawful_date_and_the_dossier_late(store: ReadStore) -> None:
    """NĐ 61/2018 art. 19.9: the new date is a promise beside the lawful one."""
    row = find(store, ref_of(7))
    assert row is not None
    promised, given_dates = (
        row["promised_at"],
        {one["due_at"]: one["cause"] for one in appointments_of(store, row["ref"])},
    )
    assert given_dates[row["due_at"]] == "second_appointment"
    assert given_dates[promised] == "apology"
    assert row["overdue_at"] is not None


def test_the_applicants_step_is_nobody_elses_worklist(store: ReadStore) -> None:
    """Domain rule 14: paying the tax is the applicant's, and no agency's figure."""
    payment = next(row for row in steps_of(store, ref_of(7)) if row["step"] == "payment")
    assert (payment["party"], payment["agency"], payment["stage"]) == ("applicant", "", "decided")
    assert [row["party"] for row in holdings_of(store, ref_of(7)) if row["step"] == "payment"] == ["applicant"]
    assert "" not in {row["agency"] for row in agencies_of(store)} | set(acting_agencies(store))


@pytest.mark.parametrize(
    ("left_out", "causes"),
    [
        (("StepOverdue",), [(POLICE, "held")]),
        (("StepOverdue", "StepReady"), [(DESK, "desk")]),
    ],
)
def test_late_without_a_step_past_its_limit_falls_to_whoever_had_it(
    left_out: tuple[str, ...], causes: list[tuple[str, str]]
) -> None:
    """At the appointment somebody had the dossier; what no agency had, the desk had."""
    said = [one for one in as_it_happened(STORIES[1:2]) if one.type.split(".")[2] not in (*left_out, "StepDecided")]
    insurance_done = [
        one for one in as_it_happened(STORIES[1:2]) if "StepDecided" in one.type and b'"residence"' not in one.data
    ]
    store = ReadStore().hear(sorted([*said, *insurance_done], key=lambda one: (one.time_us, one.sequence)))
    assert [(row["agency"], row["why"]) for row in causes_of(store, ref_of(2))] == causes


def test_money_and_parcels_are_told_to_the_end(store: ReadStore) -> None:
    """Three attempts, one receipt, one refund; papers fetched, the result delivered at the second attempt."""
    ref = ref_of(3)
    obligation = obligation_of(store, ref)
    assert obligation is not None
    assert (obligation["standing"], obligation["receipt_number"], obligation["method"]) == ("settled", 7, "vnpay")
    assert [row["standing"] for row in attempts_of(store, ref)] == ["failed", "succeeded", "succeeded"]
    refund = refunds_of(store, ref)[0]
    assert (refund["txn_ref"], refund["reason"], refund["order_no"]) == ("T3", "paid_twice", "UNC-1")
    parcels = {row["leg"]: row for row in parcels_of(store, ref)}
    assert {leg: row["status"] for leg, row in parcels.items()} == {
        "collection": "handed_over",
        "delivery": "delivered",
    }
    assert parcels["delivery"]["attempts"] == 1


def test_a_tax_notice_is_owed_beside_the_fee(store: ReadStore) -> None:
    """Its money is the treasury's: neither the dossier's fee nor a figure of the province."""
    (notice,) = obligations_of(store, ref_of(7))
    assert (notice["purpose"], notice["step"], notice["standing"]) == ("tax_notice", "tax", "settled")
    assert obligation_of(store, ref_of(7)) is None


def test_a_supplement_is_known_with_its_items_and_its_answer(store: ReadStore) -> None:
    """What was missing and why, and when it came."""
    (row,) = supplements_of(store, ref_of(4))
    assert (row["stage"], row["items"]) == ("examination", '[{"component":"declaration","reason":"contradictory"}]')
    assert row["received_at"] > row["asked_at"]


def test_the_timeline_is_told_as_it_happened(store: ReadStore) -> None:
    """One line for each event, causes before effects."""
    for story in STORIES:
        told = [(row["service"], row["event"]) for row in timeline_of(store, story.ref)]
        as_said = [one.type.split(".")[1:3] for one in as_it_happened([story])]
        assert told == [tuple(names) for names in as_said]


def test_at_one_instant_causes_are_told_before_what_they_led_to() -> None:
    """In rehearsal the clock stands still while a whole chain of things happens."""
    at_once = [one._replace(time_us=1) for one in as_it_happened(STORIES[2:3])]
    store = ReadStore().hear(reversed([one for one in at_once if one.source]))
    told = [row["id"] for row in timeline_of(store, ref_of(3))]
    assert told == [one.id for one in at_once]
