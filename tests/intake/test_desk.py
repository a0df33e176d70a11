"""The desk at work on the embedded parts: commands by those who may give them, look-ups by those who may see."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chassis.web.auth import APPLICANT, DESK_OFFICER, SYSTEM, Principal
from chassis.web.auth import restriction as restricted
from services.intake.projections.look_ups import LISTINGS
from tests.harness import Platform, body_of
from tests.intake.people import (
    ANYBODY,
    CERTIFICATE,
    EXAMINER,
    FIRM,
    INSPECTS,
    KARAOKE,
    LAN,
    MINH,
    OFFICER,
    OTHER_OFFICER,
    POSTMAN,
    PROVINCE_DESK,
    accepted,
    applicant,
    desk,
    handed_in,
    papers,
)

EVERYTHING = Principal("system:vneid", SYSTEM)
INCOMPLETE = CERTIFICATE | {"components": papers("declaration", "residence_proof")}
ASK = {"items": [{"component": "identity_paper", "reason": "missing", "note": "Ông Nam chưa nộp căn cước"}]}


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    at_work = desk(tmp_path)
    yield at_work
    at_work.close()


def kinds(platform: Platform) -> list[str]:
    return [kind for kind, _ in platform.events("intake")]


def test_a_dossier_goes_from_the_counter_to_its_slip(platform: Platform) -> None:
    """NĐ 61/2018 art. 17: code and appointment at acceptance; by reference or by code it is the same dossier."""
    ref = accepted(platform)
    shown = platform.look("intake", "show_dossier", OFFICER, ref=ref)
    assert shown is not None
    assert (shown["code"], shown["status"]) == ("H48.23293.01-260907-0001", "accepted")
    assert shown["due_at"] == "2026-09-10T01:00:00Z"
    assert platform.look("intake", "show_dossier", OFFICER, ref=shown["code"]) == shown


def test_form_01_has_the_fields_of_the_circular(platform: Platform) -> None:
    """TT 03/2025/TT-VPCP form 01; whoever reads it is written down with the purpose."""
    ref = accepted(platform)
    slip = platform.look("intake", "show_slip", OFFICER, ref=ref)
    assert slip is not None
    assert slip["applicant"]["name"] == LAN["name"]
    assert slip["number"] == "0001/TTPVHCC"
    assert slip["agency"] == "Trung tâm Phục vụ hành chính công phường Kon Tum"
    assert slip["due_at"] == "2026-09-10T08:00+07:00"
    assert slip["authorised_by"] is None
    assert len(slip["components"]) == 3
    person = platform.vault.person("personal_id", LAN["personal_id"])
    (opening,) = platform.vault.openings(person)
    assert (opening["by"], opening["purpose"]) == (OFFICER.id, "acknowledgement_slip")


def test_form_01_names_who_acted_for_the_applicant(platform: Platform) -> None:
    """TT 03/2025/TT-VPCP form 01: name, number and paper of whoever was authorised."""
    attorney = {
        **CERTIFICATE, "submitter": MINH, "relation": "attorney",
        "components": papers("declaration", "identity_paper", "residence_proof", "authorisation"),
    }  # fmt: skip
    slip = platform.look("intake", "show_slip", OFFICER, ref=accepted(platform, attorney))
    assert slip is not None
    assert (slip["authorised_by"]["name"], slip["authorised_by"]["relation"]) == (MINH["name"], "attorney")
    assert slip["authorised_by"]["paper"].startswith("Văn bản ủy quyền")


def test_there_is_no_slip_before_acceptance(platform: Platform) -> None:
    """NĐ 61/2018 art. 11.2c: an incomplete dossier gets a request, not a receipt."""
    ref = handed_in(platform)
    assert platform.look("intake", "show_slip", OFFICER, ref=ref) is None


def test_a_slip_stays_as_it_was_issued(platform: Platform) -> None:
    """Forms 01 to 03 are signed papers: what happens later does not change them."""
    ref = handed_in(platform, INCOMPLETE)
    platform.give("intake", "ask_for_supplement", OFFICER, ASK, ref=ref)
    before = platform.look("intake", "show_supplement_request", OFFICER, ref=ref)
    platform.pass_time(hours=2)
    platform.give("intake", "receive_supplement", OFFICER, {"components": papers("identity_paper")}, ref=ref)
    after = platform.look("intake", "show_supplement_request", OFFICER, ref=ref)
    assert before is not None
    assert after is not None
    assert {**before, "items": []} == {**after, "items": []}
    assert before["items"][0]["note"] == "Ông Nam chưa nộp căn cước"
    assert (before["items"][0]["awaited"], after["items"][0]["awaited"]) == (True, False)


def test_form_03_gives_reason_law_and_note(platform: Platform) -> None:
    """TT 03/2025/TT-VPCP form 03; the officer's own words stand nowhere in clear but on the paper."""
    ref = handed_in(platform)
    refusal = {"reason_code": "wrong_authority", "law": "NĐ 118/2025 art. 14", "note": "Bà Lan thuộc xã khác"}
    answered = platform.give("intake", "refuse_dossier", OFFICER, refusal, ref=ref)
    assert body_of(answered)["status"] == "refused"
    slip = platform.look("intake", "show_refusal", applicant(platform, LAN), ref=ref)
    assert slip is not None
    assert (slip["reason"], slip["law"], slip["note"]) == tuple(refusal.values())


def test_nothing_personal_stands_in_clear(platform: Platform) -> None:
    """Luật 91/2025/QH15: not in events, not in rows, not in kept answers, not in the files of the store."""
    body = {**CERTIFICATE, "hand_out_by": "post",
            "hand_out_to": {"name": LAN["name"], "address": "99 Bà Triệu", "phone": "0905123456"}}  # fmt: skip
    ref = handed_in(platform, body)
    platform.give("intake", "refuse_dossier", OFFICER, ref=ref, body={
        "reason_code": "not_conforming", "law": "NĐ 118/2025 art. 17", "note": "Chữ ký của bà Hồng Nhung",
    })  # fmt: skip
    platform.close()
    for file in platform.data.glob("intake.db*"):
        content = file.read_bytes()
        for text in (*LAN.values(), "99 Bà Triệu", "Hồng Nhung"):
            assert text.encode() not in content, f"{text} stands in {file.name}"


def test_a_forgotten_person_leaves_the_form_without_the_name(platform: Platform) -> None:
    """When the key is gone the paper keeps its form; nothing breaks over it."""
    ref = accepted(platform)
    platform.vault._db.execute("DELETE FROM people")
    platform.vault._keys.clear()
    slip = platform.look("intake", "show_slip", OFFICER, ref=ref)
    assert slip is not None
    assert (slip["applicant"]["name"], slip["code"]) == (None, "H48.23293.01-260907-0001")


@pytest.mark.parametrize(
    ("act", "body"),
    [
        ("ask_for_supplement", ASK),
        ("receive_supplement", {"components": papers("identity_paper")}),
        ("accept_dossier", {}),
        ("refuse_dossier", {"reason_code": "wrong_authority", "law": "NĐ 118/2025 art. 14"}),
        ("withdraw_dossier", {}),
        ("hand_out", {"paper_shown": "slip"}),
    ],
)
def test_a_stranger_learns_nothing_and_changes_nothing(platform: Platform, act: str, body: dict[str, Any]) -> None:
    """What a principal may not touch answers exactly like what does not exist."""
    ref = handed_in(platform, INCOMPLETE)
    before = kinds(platform)
    for stranger in (OTHER_OFFICER, EXAMINER, applicant(platform, MINH), POSTMAN, INSPECTS, ANYBODY):
        refused = platform.give("intake", act, stranger, body, ref=ref)
        missing = platform.give("intake", act, stranger, body, ref="01M3G5W0000000000000000009")
        assert (refused.status, refused.body) == (404, missing.body)
    assert kinds(platform) == before


@pytest.mark.parametrize(
    ("who", "sees", "lists"),
    [
        ("applicant", True, True),
        ("submitter", True, True),
        ("somebody_else", False, False),
        ("desk", True, True),
        ("other_desk", False, False),
        ("acting_agency", True, True),
        ("inspector", True, True),
    ],
)
def test_one_filter_for_looking_and_listing(platform: Platform, who: str, sees: bool, lists: bool) -> None:
    """Whoever may see one dossier finds it in the list, and nobody else does."""
    attorney = {
        **CERTIFICATE, "submitter": MINH, "relation": "attorney",
        "components": papers("declaration", "identity_paper", "residence_proof", "authorisation"),
    }  # fmt: skip
    ref = accepted(platform, attorney)
    principals = {
        "applicant": applicant(platform, LAN), "submitter": applicant(platform, MINH),
        "somebody_else": applicant(platform, FIRM), "desk": OFFICER, "other_desk": OTHER_OFFICER,
        "acting_agency": EXAMINER, "inspector": INSPECTS,
    }  # fmt: skip
    principal = principals[who]
    assert (platform.look("intake", "show_dossier", principal, ref=ref) is not None) is sees
    where, params = restricted(principal, LISTINGS[0].rights)
    assert bool(platform.rows("intake", f"SELECT ref FROM dossiers WHERE {where}", **params)) is lists


def test_agencies_see_a_dossier_only_once_it_is_accepted(platform: Platform) -> None:
    """Before that it is between the applicant and the desk."""
    ref = handed_in(platform)
    assert platform.look("intake", "show_dossier", EXAMINER, ref=ref) is None
    platform.give("intake", "accept_dossier", OFFICER, ref=ref)
    assert platform.look("intake", "show_dossier", EXAMINER, ref=ref) is not None


def test_anybody_sees_the_code_and_no_more(platform: Platform) -> None:
    """TT 01/2018 art. 16; the degree of completion is reporting's to say."""
    ref = accepted(platform)
    glimpse = {"code": "H48.23293.01-260907-0001"}
    assert platform.look("intake", "show_dossier", ANYBODY, ref=ref) == glimpse
    assert platform.look("intake", "show_dossier", POSTMAN, ref=ref) == glimpse
    assert platform.look("intake", "show_dossier", ANYBODY, ref="H48.23293.01-260907-0002") is None


@pytest.mark.parametrize(
    ("role", "channel", "status"),
    [
        (DESK_OFFICER, "counter", 201),
        (DESK_OFFICER, "portal", 422),
        (APPLICANT, "portal", 201),
        (APPLICANT, "post", 201),
        (APPLICANT, "counter", 422),
        (SYSTEM, "portal", 201),
    ],
)
def test_how_a_dossier_came_in_is_recorded_as_it_was(platform: Platform, role: str, channel: str, status: int) -> None:
    """Honest data: a desk that hands in through the portal for people would make its online share a fiction."""
    who = {DESK_OFFICER: OFFICER, APPLICANT: applicant(platform, LAN), SYSTEM: EVERYTHING}[role]
    answered = platform.give("intake", "submit_dossier", who, CERTIFICATE | {"channel": channel})
    assert answered.status == status
    assert ("DossierSubmitted" in kinds(platform)) is (status == 201)


def test_nobody_hands_in_for_strangers(platform: Platform) -> None:
    """The signed-in person is the applicant or the submitter; a desk writes in its own book only."""
    body = CERTIFICATE | {"channel": "portal"}
    assert platform.give("intake", "submit_dossier", applicant(platform, MINH), body).status == 404
    assert platform.give("intake", "submit_dossier", OTHER_OFFICER, CERTIFICATE).status == 404
    assert kinds(platform) == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"receiving_agency": PROVINCE_DESK}, "area_needed"),
        ({"receiving_agency": PROVINCE_DESK, "area": "99999"}, "area_needed"),
        ({"receiving_agency": "H48.23293"}, "agency_not_receiving"),
        ({"receiving_agency": "H99.99"}, "agency_not_receiving"),
        ({"procedure": "1.000001"}, "procedure_not_in_force"),
        ({"category": "rich"}, "category_unknown"),
        ({"facts": {}}, "facts_do_not_fit"),
        ({"components": papers("diploma")}, "component_unknown"),
    ],
)
def test_what_the_registry_does_not_know_is_refused(platform: Platform, change: dict[str, Any], code: str) -> None:
    """The registry is the law in force; what it does not know cannot be handed in."""
    answered = platform.give("intake", "submit_dossier", EVERYTHING, {**CERTIFICATE, **change})
    assert (answered.status, body_of(answered)["code"]) == (422, code)
    assert kinds(platform) == []


def test_the_provinces_desk_receives_for_a_commune(platform: Platform) -> None:
    """NĐ 118/2025 art. 14.2: anywhere in the province; the commune that is named acts."""
    body = {**CERTIFICATE, "receiving_agency": PROVINCE_DESK, "area": "23284", "procedure": "1.004873.000.00.00.H48"}
    ref = handed_in(platform, body, EVERYTHING)
    (submitted,) = [data for kind, data in platform.events("intake") if kind == "DossierSubmitted"]
    assert (submitted["ref"], submitted["agencies"], submitted["area"]) == (ref, ["H48.23284"], "23284")


def test_silence_stops_a_dossier_when_its_timer_is_due(platform: Platform) -> None:
    """NĐ 297/2025 art. 6.4a: fifteen working days to supplement, then it is closed."""
    body = {**KARAOKE, "components": papers("declaration", "judicial_record")}
    ref = handed_in(platform, body, applicant(platform, MINH))
    items = [{"component": "fire_acceptance_by_police", "reason": "missing"}]
    platform.give("intake", "ask_for_supplement", OFFICER, {"items": items}, ref=ref)
    platform.pass_time(days=20)
    assert "DossierStopped" not in kinds(platform)
    platform.pass_time(days=2)
    shown = platform.look("intake", "show_dossier", OFFICER, ref=ref)
    assert shown is not None
    assert shown["status"] == "stopped"


def test_an_answered_request_stops_nothing(platform: Platform) -> None:
    """The timer went with the answer, and a substitute is an answer too."""
    body = {**KARAOKE, "components": papers("declaration", "judicial_record")}
    ref = handed_in(platform, body, applicant(platform, MINH))
    items = [{"component": "fire_acceptance_by_police", "reason": "missing"}]
    platform.give("intake", "ask_for_supplement", OFFICER, {"items": items}, ref=ref)
    brought = {"components": [{"code": "fire_acceptance_by_owner", "substitute_for": "fire_acceptance_by_police"}]}
    platform.give("intake", "receive_supplement", applicant(platform, MINH), brought, ref=ref)
    platform.pass_time(days=60)
    assert "DossierStopped" not in kinds(platform)
    assert platform.give("intake", "accept_dossier", OFFICER, ref=ref).status == 200


def test_an_unpaid_dossier_stops_when_its_timer_is_due(platform: Platform) -> None:
    """The fee comes before the clock, so a dossier that nobody pays for would wait for ever."""
    ref = handed_in(platform, KARAOKE, applicant(platform, MINH))
    platform.give("intake", "accept_dossier", OFFICER, ref=ref)
    platform.pass_time(days=30)
    shown = platform.look("intake", "show_dossier", OFFICER, ref=ref)
    assert shown is not None
    assert (shown["status"], shown["code"]) == ("stopped", "H48.23293.01-260907-0001")


def test_a_dossier_is_withdrawn_by_its_applicant_before_acceptance(platform: Platform) -> None:
    """NĐ 118/2025 art. 21."""
    ref = handed_in(platform)
    answered = platform.give("intake", "withdraw_dossier", applicant(platform, LAN), ref=ref)
    assert body_of(answered)["status"] == "withdrawn"
    assert platform.give("intake", "accept_dossier", OFFICER, ref=ref).status == 409


def test_the_rows_follow_the_dossier(platform: Platform) -> None:
    """The list shows where each dossier stands and whom it waits for."""

    def row(ref: str) -> tuple[str, str]:
        (found,) = platform.rows("intake", "SELECT status, awaits FROM dossiers WHERE ref=:ref", ref=ref)
        return found["status"], found["awaits"]

    ref = handed_in(platform, INCOMPLETE)
    assert row(ref) == ("submitted", "")
    platform.give("intake", "ask_for_supplement", OFFICER, ASK, ref=ref)
    assert row(ref) == ("submitted", "supplement")
    platform.give("intake", "receive_supplement", OFFICER, {"components": papers("identity_paper")}, ref=ref)
    assert row(ref) == ("submitted", "")
    platform.give("intake", "accept_dossier", OFFICER, ref=ref)
    assert row(ref) == ("accepted", "")
    platform.give("intake", "withdraw_dossier", OFFICER, ref=ref)
    assert row(ref) == ("accepted", "withdrawal")
    by_post = handed_in(platform, CERTIFICATE | {"channel": "post"})
    assert row(by_post) == ("submitted", "papers")
    unpaid = handed_in(platform, KARAOKE, applicant(platform, MINH))
    platform.give("intake", "accept_dossier", OFFICER, ref=unpaid)
    assert row(unpaid) == ("awaiting_payment", "payment")


def test_the_same_command_again_gets_the_same_answer(platform: Platform) -> None:
    """Same key and body: the first answer; another body under the key: a conflict."""
    first = platform.give("intake", "submit_dossier", OFFICER, CERTIFICATE, key="k")
    again = platform.give("intake", "submit_dossier", OFFICER, CERTIFICATE, key="k")
    other = platform.give("intake", "submit_dossier", OFFICER, INCOMPLETE, key="k")
    assert (again.body, again.replayed) == (first.body, True)
    assert other.status == 409
    assert kinds(platform).count("DossierSubmitted") == 1
