"""Chains on the embedded product: what the desk says opens them, agencies act, and time passes."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chassis.executor import Answered
from chassis.verification import verify
from chassis.web.auth import NOBODY, SYSTEM, Principal
from tests.harness import Platform, body_of
from tests.routing import desk as d


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    """Routing beside a desk that repeats what it is told."""
    with d.exchange(tmp_path) as running:
        yield running


def act(
    platform: Platform, name: str, who: Principal, ref: str, step: str, body: dict[str, Any] | None = None
) -> Answered:
    return platform.give("routing", name, who, body, ref=ref, step=step)


def carry_out(platform: Platform, who: Principal, ref: str, step: str, **change: Any) -> dict[str, Any]:
    """Let an officer take a step from its beginning to its result."""
    assert act(platform, "acknowledge_step", who, ref, step).status == 200
    answered = act(platform, "decide_step", who, ref, step, d.decision(step, **change))
    assert answered.status == 200, answered.body
    return body_of(answered)


def chain(platform: Platform, ref: str, who: Principal = d.AUDITOR) -> dict[str, Any]:
    shown = platform.look("routing", "show_chain", who, ref=ref)
    assert shown is not None
    return shown


def accepted(platform: Platform, number: int = 1, procedure: str = "9.000297", **other: Any) -> str:
    ref = d.accept(platform, number, procedure, **other)
    platform.engine.run_until_idle()
    return ref


def sound(platform: Platform) -> None:
    """Check what `verify` checks, and that the worklist says of every step what its chain says."""
    rows = platform.rows("routing", "SELECT * FROM steps")
    for row in rows:
        shown = next(step for step in chain(platform, row["ref"])["steps"] if step["step"] == row["step"])
        assert (row["stage"], row["round"], row["sent_back_to"]) == (
            shown["stage"], shown["round"], shown["waits_for"],
        )  # fmt: skip
        assert row["open"] == ("no" if shown["stage"] in ("decided", "refused", "cancelled") else "yes")
        assert row["overdue"] == ("yes" if "step" in shown["passed"] else "no")
    for checked in verify(platform.engine, platform.vault):
        assert checked.broken == [], f"{checked.service} {checked.name}: {checked.broken}"


def test_the_karaoke_chain_goes_from_agency_to_agency(platform: Platform) -> None:
    """NĐ 297/2025: an accepted dossier opens the chain of its procedure's version; each result makes the next ready."""
    ref = accepted(platform)
    opened = chain(platform, ref)
    assert [step["agency"] for step in opened["steps"]] == [d.COMMUNE, d.POLICE, d.PROVINCE]
    assert [step["stage"] for step in opened["steps"]] == ["ready", "planned", "planned"]
    assert opened["lead_agency"] == d.PROVINCE
    assert carry_out(platform, d.REGISTRAR, ref, "household_business")["became_ready"] == ["security_certificate"]
    assert carry_out(platform, d.POLICEMAN, ref, "security_certificate")["became_ready"] == ["karaoke_licence"]
    assert carry_out(platform, d.LICENSER, ref, "karaoke_licence")["state"] == "granted"
    closed = chain(platform, ref)
    assert [step["stage"] for step in closed["steps"]] == ["decided"] * 3
    assert closed["holders"] == []
    assert [step["result"]["number"] for step in closed["steps"]] == ["12/GCN"] * 3
    sound(platform)


def test_a_refused_licence_keeps_both_certificates(platform: Platform) -> None:
    """NĐ 297/2025 art. 8; what the officer wrote is sealed, and opened for a stated purpose that is written down."""
    ref = accepted(platform)
    carry_out(platform, d.REGISTRAR, ref, "household_business")
    carry_out(platform, d.POLICEMAN, ref, "security_certificate")
    act(platform, "acknowledge_step", d.LICENSER, ref, "karaoke_licence")
    answered = act(platform, "refuse_step", d.LICENSER, ref, "karaoke_licence", d.refusal())
    assert body_of(answered)["state"] == "partly_granted"
    stored = dict(platform.events("routing"))["StepRefused"]
    assert stored["note"].startswith("s1.")
    applicant = d.applicant(platform)
    shown = platform.look("routing", "open_step_note", applicant, ref=ref, step="karaoke_licence")
    assert shown is not None
    assert shown["note"] == "Phòng hát quá nhỏ"
    (opening,) = platform.vault.openings(applicant.person)
    assert (opening["by"], opening["fields"]) == (applicant.id, "note")
    assert ref in opening["purpose"]
    sound(platform)


def test_the_bundle_runs_side_by_side_and_its_limits_ring(platform: Platform) -> None:
    """NĐ 301/2026: 10 minutes to hand over, 2 working hours to acknowledge, then the step's own limit."""
    ref = accepted(platform, procedure="3.000722")
    carry_out(platform, d.REGISTRAR, ref, "birth_registration")
    kept_by_system = Principal("system:police", SYSTEM, agency=d.POLICE)
    assert act(platform, "take_over_step", kept_by_system, ref, "permanent_residence").status == 200

    def alerts() -> list[tuple[str, str]]:
        return [(name, data["step"]) for name, data in platform.events("routing") if name.endswith("Overdue")]

    platform.pass_time(minutes=10)
    assert alerts() == []
    platform.pass_time(minutes=1)
    assert alerts() == [("HandOverOverdue", "health_insurance_card")]
    platform.pass_time(hours=2)
    both = {"permanent_residence", "health_insurance_card"}
    assert set(alerts()[1:]) == {("AcknowledgementOverdue", step) for step in both}
    platform.pass_time(days=4)
    assert alerts()[3:] == [("StepOverdue", "permanent_residence"), ("StepOverdue", "health_insurance_card")]
    assert len(alerts()) == 5
    late = carry_out(platform, d.POLICEMAN, ref, "permanent_residence")
    assert late["state"] == "open"
    decided = [data for name, data in platform.events("routing") if name == "StepDecided"]
    assert [data["on_time"] for data in decided] == [True, False]
    sound(platform)


def test_an_error_in_the_certificate_goes_back_and_comes_back_corrected(platform: Platform) -> None:
    """NĐ 301/2026: the issuer corrects, the chain resumes with the new version."""
    ref = accepted(platform, procedure="3.000722")
    carry_out(platform, d.REGISTRAR, ref, "birth_registration")
    act(platform, "acknowledge_step", d.POLICEMAN, ref, "permanent_residence")
    sent = act(
        platform, "send_back_step", d.POLICEMAN, ref, "permanent_residence", d.sending_back("birth_registration")
    )
    assert body_of(sent)["became_ready"] == ["birth_registration"]
    corrected = carry_out(platform, d.REGISTRAR, ref, "birth_registration", number="12a/KS")
    assert corrected["became_ready"] == ["permanent_residence"]
    birth = chain(platform, ref)["steps"][0]
    assert (birth["result"]["number"], birth["result"]["version"], birth["round"]) == ("12a/KS", 2, 2)
    (row,) = platform.rows("routing", "SELECT stage, version FROM steps WHERE step='birth_registration'")
    assert row == {"stage": "decided", "version": 2}
    sound(platform)


def test_two_agencies_send_the_same_certificate_back(platform: Platform) -> None:
    """The second finds it under correction already; one correction answers both."""
    ref = accepted(platform, procedure="3.000722")
    carry_out(platform, d.REGISTRAR, ref, "birth_registration")
    finders = ((d.POLICEMAN, "permanent_residence"), (d.INSURER, "health_insurance_card"))
    for officer, step in finders:
        act(platform, "acknowledge_step", officer, ref, step)
        act(platform, "send_back_step", officer, ref, step, d.sending_back("birth_registration"))
        act(platform, "acknowledge_step", d.REGISTRAR, ref, "birth_registration")
        sound(platform)
    corrected = act(
        platform, "decide_step", d.REGISTRAR, ref, "birth_registration", d.decision("birth_registration", number="2")
    )
    assert body_of(corrected)["became_ready"] == ["permanent_residence", "health_insurance_card"]
    sound(platform)


def test_what_the_desk_answers_resumes_the_step_with_the_new_appointment(platform: Platform) -> None:
    """NĐ 61/2018 art. 19.4: while the applicant is asked the clock stands still, then it begins from zero."""
    ref = accepted(platform)
    act(platform, "acknowledge_step", d.REGISTRAR, ref, "household_business")
    act(platform, "send_back_step", d.REGISTRAR, ref, "household_business", d.sending_back("desk"))
    now = platform.clock.now()
    d.tell(platform, d.SupplementRequested(ref, "examination", now))
    platform.engine.run_until_idle()
    suspended = chain(platform, ref)
    assert [holder["party"] for holder in suspended["holders"]] == ["applicant"]
    clocks = platform.look("routing", "show_clocks", d.AUDITOR, ref=ref)
    assert clocks is not None
    assert clocks["clocks"] == []
    platform.pass_time(days=30)
    assert "ChainOverdue" not in dict(platform.events("routing"))
    now = platform.clock.now()
    d.tell(platform, d.SentBackAnswered(ref, "household_business", now, now + timedelta(days=22), now))
    platform.engine.run_until_idle()
    resumed = chain(platform, ref)
    assert resumed["suspended_since"] is None
    assert resumed["steps"][0]["stage"] == "ready"
    platform.pass_time(days=23)
    assert "ChainOverdue" in dict(platform.events("routing"))
    sound(platform)


def test_a_withdrawal_stops_what_is_undecided(platform: Platform) -> None:
    """NĐ 118/2025 art. 21: the chain's own stream knows which came first."""
    first, second = accepted(platform, 1), accepted(platform, 2)
    carry_out(platform, d.REGISTRAR, first, "household_business")
    for ref in (first, second):
        d.tell(platform, d.WithdrawalRequested(ref, "applicant", platform.clock.now()))
    platform.engine.run_until_idle()
    withdrawn = {data["ref"]: data for name, data in platform.events("routing") if name == "ChainWithdrawn"}
    assert withdrawn[first]["kept"] == ["household_business"]
    assert withdrawn[second]["kept"] == []
    refused = act(platform, "acknowledge_step", d.REGISTRAR, second, "household_business")
    assert (refused.status, body_of(refused)["code"]) == (409, "step_cancelled")
    assert platform.rows("routing", "SELECT count(*) AS n FROM timers")[0]["n"] == 0
    sound(platform)


def test_a_chain_that_cannot_be_planned_is_parked_for_staff_to_see(platform: Platform) -> None:
    """Contracts: a message that fails is kept with its error; a plan without an agency is never guessed."""
    d.accept(platform, 1, agencies=(d.COMMUNE, d.POLICE))
    d.accept(platform, 2, procedure_version="1999-01-01")
    platform.engine.run_until_idle()
    errors = [held.error or "" for held in platform.engine.running["routing"].store.all_held()]
    assert ["plan_unsound" in error or "1999-01-01" in error for error in errors] == [True, True]
    assert platform.events("routing") == []


def test_each_agency_finds_its_own_steps_due_first_at_the_top(platform: Platform) -> None:
    """Worklist: a step is in the list of the agency whose duty it is, from the opening of its chain."""
    later = accepted(platform, 1, clock_from=platform.clock.now() + timedelta(days=1))
    sooner = accepted(platform, 2)
    sql = "SELECT ref FROM steps WHERE agency=:agency AND open='yes' AND stage='ready' ORDER BY turn"
    assert [row["ref"] for row in platform.rows("routing", sql, agency=d.COMMUNE)] == [sooner, later]
    carry_out(platform, d.REGISTRAR, sooner, "household_business")
    assert [row["ref"] for row in platform.rows("routing", sql, agency=d.COMMUNE)] == [later]
    assert [row["ref"] for row in platform.rows("routing", sql, agency=d.POLICE)] == [sooner]


@pytest.mark.parametrize(
    ("who", "sees"),
    [
        (d.REGISTRAR, "all"),
        (d.LICENSER, "all"),
        (d.DESK_OFFICER_1, "all"),
        (d.AUDITOR, "all"),
        (NOBODY, "nothing"),
        (d.STRANGER, "nothing"),
        (d.OTHER_DESK, "nothing"),
        (Principal("p:other", "applicant", person="p0"), "nothing"),
        (Principal("postal:1", "postal_staff"), "nothing"),
        (Principal("accountant:1", "accountant", agency=d.COMMUNE), "nothing"),
        (Principal("officer:9", "agency_officer"), "nothing"),
        (Principal("officer:8", "agency_officer", agency=d.COMMUNE, procedures=("3.000722",)), "nothing"),
    ],
)
def test_who_sees_a_chain(platform: Platform, who: Principal, sees: str) -> None:
    """TT 01/2018 art. 16: one filter for all; what may be seen without signing in is not here."""
    ref = accepted(platform)
    shown = platform.look("routing", "show_chain", who, ref=d.code(1))
    if sees == "nothing":
        assert shown is None
    else:
        assert shown is not None
        assert shown["ref"] == ref


def test_an_applicant_sees_the_own_chain_alone(platform: Platform) -> None:
    """NĐ 61/2018 art. 6: everyone may follow the own dossier."""
    ref, other = accepted(platform, 1), accepted(platform, 2, applicant="p-somebody-else", submitter="p-somebody-else")
    assert platform.look("routing", "show_chain", d.applicant(platform), ref=ref) is not None
    assert platform.look("routing", "show_chain", d.applicant(platform), ref=other) is None


def test_what_another_agency_asks_for_answers_like_what_does_not_exist(platform: Platform) -> None:
    """Contracts: a chain that is none of one's business and one that never was look the same, byte for byte."""
    ref = accepted(platform)
    head = platform.engine.running["routing"].store.head()
    bodies: dict[str, dict[str, Any] | None] = {
        "take_over_step": None,
        "acknowledge_step": None,
        "extend_limit": {"ground": "verification"},
        "decide_step": d.decision("household_business"),
        "refuse_step": d.refusal(),
        "send_back_step": d.sending_back("desk"),
    }
    for name, body in bodies.items():
        foreign = act(platform, name, d.STRANGER, ref, "household_business", body)
        missing = act(platform, name, d.STRANGER, d.reference(9), "household_business", body)
        assert (foreign.status, foreign.body) == (missing.status, missing.body)
        assert foreign.status == 404
    for view in ("show_chain", "show_clocks"):
        assert platform.look("routing", view, d.STRANGER, ref=ref) is None
    assert platform.look("routing", "open_step_note", d.STRANGER, ref=ref, step="household_business") is None
    assert platform.engine.running["routing"].store.head() == head


def test_an_agency_of_the_chain_cannot_act_in_the_step_of_another(platform: Platform) -> None:
    """NĐ 61/2018 art. 19.6: it sees the chain that it is part of, and its own step is its only duty."""
    ref = accepted(platform)
    refused = act(platform, "acknowledge_step", d.LICENSER, ref, "household_business")
    assert (refused.status, body_of(refused)["code"]) == (404, "not_found")
    unknown = act(platform, "acknowledge_step", d.LICENSER, ref, "tea_break")
    assert body_of(unknown) == body_of(refused)


def test_the_same_request_again_gets_the_first_answer(platform: Platform) -> None:
    """Contracts: an idempotency key, and beneath it a decider that does nothing twice."""
    ref = accepted(platform)

    def acknowledge(key: str) -> Answered:
        return platform.give("routing", "acknowledge_step", d.REGISTRAR, key=key, ref=ref, step="household_business")

    first, again, afresh = acknowledge("once"), acknowledge("once"), acknowledge("twice")
    assert (again.body, again.replayed) == (first.body, True)
    assert (afresh.status, body_of(afresh)["version"]) == (200, body_of(first)["version"])


def test_the_running_clock_shows_what_it_counted_and_skipped(platform: Platform) -> None:
    """Working time: from Friday over the weekend, on the calendar of the agency, in words a person can check."""
    platform.pass_time(days=4, hours=6)
    ref = accepted(platform)
    platform.pass_time(hours=2)
    shown = platform.look("routing", "show_clocks", d.REGISTRAR, ref=ref)
    assert shown is not None
    whole, step = shown["clocks"]
    assert (whole["step"], whole["agency"], whole["limit_en"]) == ("", d.PROVINCE, "16 working days")
    assert (step["step"], step["agency"], step["limit_vi"]) == ("household_business", d.COMMUNE, "3 ngày làm việc")
    assert step["calendar_id"] == "early"
    assert {interval["reason_vi"] for interval in step["derivation"]} >= {"giờ làm việc", "nghỉ hằng tuần"}
    counted = sum(interval["counted_minutes"] for interval in step["derivation"])
    assert counted == step["used_minutes"] + step["left_minutes"]
    assert step["used_minutes"] == 120
