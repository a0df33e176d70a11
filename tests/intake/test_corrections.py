"""Corrections and digitising at the real desk: what is shown to whom, and what stays unread."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chassis.vault import is_sealed
from tests.harness import Platform, body_of
from tests.intake.people import (
    ANYBODY,
    CERTIFICATE,
    EXAMINER,
    FIRM,
    INSPECTS,
    LAN,
    MINH,
    OFFICER,
    OTHER_OFFICER,
    accepted,
    applicant,
    desk,
    handed_in,
    papers,
)

WRONG_NAME = {"name": "Nguyễn Thị Lân", "phone": "0977 111 222", "reason": "Gõ sai tên"}
BY_POST = CERTIFICATE | {
    "hand_out_by": "post", "hand_out_to": {"name": LAN["name"], "address": "99 Bà Triệu", "phone": "0905123456"},
}  # fmt: skip
ATTORNEY = {
    **CERTIFICATE, "submitter": MINH, "relation": "attorney",
    "components": papers("declaration", "identity_paper", "residence_proof", "authorisation"),
}  # fmt: skip


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    at_work = desk(tmp_path)
    yield at_work
    at_work.close()


def corrected(platform: Platform, ref: str, body: dict[str, Any] = WRONG_NAME) -> None:
    answered = platform.give("intake", "correct_particulars", OFFICER, body, ref=ref)
    assert answered.status == 200, body_of(answered)


def told(platform: Platform, kind: str) -> list[dict[str, Any]]:
    return [data for name, data in platform.events("intake") if name == kind]


def test_a_correction_carries_through_to_the_slip(platform: Platform) -> None:
    """Luật 91/2025/QH15 art. 13; NĐ 61/2018 art. 5: what was wrong is put right, and the paper says when."""
    ref = accepted(platform)
    corrected(platform, ref)
    slip = platform.look("intake", "show_slip", OFFICER, ref=ref)
    assert slip is not None
    assert (slip["applicant"]["name"], slip["applicant"]["phone"]) == ("Nguyễn Thị Lân", "0977 111 222")
    assert (slip["applicant"]["personal_id"], slip["applicant"]["address"]) == (LAN["personal_id"], LAN["address"])
    assert slip["corrected_on"] == ["2026-09-07"]
    shown = platform.look("intake", "show_dossier", OFFICER, ref=ref)
    assert shown is not None
    assert shown["corrections"] == [{"whose": "applicant", "at": "2026-09-07T01:00:00Z"}]


def test_a_correction_changes_nothing_that_was_written(platform: Platform) -> None:
    """NĐ 61/2018 art. 5: the event of the submission stays byte for byte as it was."""
    ref = accepted(platform)
    before = platform.events("intake")
    corrected(platform, ref)
    assert platform.events("intake")[: len(before)] == before
    (event,) = told(platform, "ParticularsCorrected")
    assert (event["person"], is_sealed(event["particulars"]), is_sealed(event["reason"])) == (
        platform.vault.person("personal_id", LAN["personal_id"]), True, True,
    )  # fmt: skip


def test_what_stood_before_is_the_inspectors_to_read(platform: Platform) -> None:
    """NĐ 61/2018 art. 5: it stays; Luật 91/2025/QH15: the one who checks may read it, and that is written down."""
    ref = accepted(platform)
    corrected(platform, ref)
    for nobody in (OFFICER, OTHER_OFFICER, EXAMINER, applicant(platform, LAN), ANYBODY):
        assert platform.look("intake", "show_corrections", nobody, ref=ref) is None
    seen = platform.look("intake", "show_corrections", INSPECTS, ref=ref)
    assert seen is not None
    (one,) = seen["items"]
    assert (one["before"]["name"], one["after"]["name"]) == (LAN["name"], "Nguyễn Thị Lân")
    assert (one["by"], one["reason"]) == (OFFICER.id, "Gõ sai tên")
    readings = platform.vault.openings(platform.vault.person("personal_id", LAN["personal_id"]))
    assert [(each["by"], each["purpose"]) for each in readings[-2:]] == [
        (INSPECTS.id, "inspection_of_corrections"),
    ] * 2


def test_the_submitter_is_corrected_apart(platform: Platform) -> None:
    """Each has the right for what is said of them; the other's stays as it was."""
    ref = accepted(platform, ATTORNEY)
    corrected(platform, ref, {"whose": "submitter", "address": "7 Lê Lợi", "reason": "Đã chuyển nhà"})
    slip = platform.look("intake", "show_slip", OFFICER, ref=ref)
    assert slip is not None
    assert (slip["authorised_by"]["address"], slip["applicant"]["address"]) == ("7 Lê Lợi", LAN["address"])


def test_the_desk_finds_whom_it_corrected_by_the_new_phone(platform: Platform) -> None:
    """The look-up index follows the correction; it stands in the vault and nowhere else."""
    ref = accepted(platform)
    corrected(platform, ref)
    assert platform.vault.find("phone", "0977111222") == (platform.vault.person("personal_id", LAN["personal_id"]),)


def test_the_result_goes_to_the_corrected_address(platform: Platform) -> None:
    """QĐ 45/2016 art. 9: and the slip shows the address that holds."""
    ref = accepted(platform, BY_POST)
    corrected(
        platform, ref, {"hand_out_to": {"name": "Nguyễn Thị Lân", "address": "5 Phan Đình Phùng"}, "reason": "Sai"}
    )
    slip = platform.look("intake", "show_slip", OFFICER, ref=ref)
    assert slip is not None
    assert slip["hand_out_to"] == {"name": "Nguyễn Thị Lân", "address": "5 Phan Đình Phùng", "phone": ""}


def test_the_applicant_corrects_until_the_desk_has_accepted(platform: Platform) -> None:
    """Luật 91/2025/QH15 art. 13: before acceptance alone, afterwards through the desk, which sees the paper."""
    ref, lan = handed_in(platform), applicant(platform, LAN)
    assert platform.give("intake", "correct_particulars", lan, WRONG_NAME, ref=ref).status == 200
    platform.give("intake", "accept_dossier", OFFICER, ref=ref)
    late = platform.give("intake", "correct_particulars", lan, WRONG_NAME, ref=ref)
    assert (late.status, body_of(late)["code"]) == (409, "correction_at_desk")
    readings = platform.vault.openings(platform.vault.person("personal_id", LAN["personal_id"]))
    assert [one["purpose"] for one in readings] == ["correction"]  # what is refused is not read either


@pytest.mark.parametrize(
    "body",
    [
        {"personal_id": "062190009999", "reason": "khác người"},
        {"tax_code": "0100112437", "reason": "khác người"},
        {"email": "no address", "reason": "sai thư"},
        {"name": "", "reason": "xóa tên"},
        {"name": "Lan"},
        {"name": "Lan", "whose": "neighbour", "reason": "sai tên"},
    ],
)
def test_who_somebody_is_cannot_be_corrected(platform: Platform, body: dict[str, Any]) -> None:
    """A number says who a person is; another number is another person, and another dossier."""
    ref = handed_in(platform)
    with pytest.raises(ValueError, match="validation error"):
        platform.give("intake", "correct_particulars", OFFICER, body, ref=ref)
    assert told(platform, "ParticularsCorrected") == []


def test_nothing_is_corrected_of_nothing(platform: Platform) -> None:
    """An order without content is a mistake worth hearing of."""
    ref = handed_in(platform)
    answered = platform.give("intake", "correct_particulars", OFFICER, {"reason": "không rõ"}, ref=ref)
    assert (answered.status, body_of(answered)["code"]) == (422, "nothing_to_correct")


def test_strangers_neither_correct_nor_digitise(platform: Platform) -> None:
    """What a principal may not touch answers exactly like what does not exist."""
    ref = handed_in(platform)
    for stranger in (OTHER_OFFICER, EXAMINER, INSPECTS, applicant(platform, FIRM), ANYBODY):
        for act, body, more in (
            ("correct_particulars", WRONG_NAME, {}),
            ("digitise_component", {}, {"component": "declaration"}),
        ):
            refused = platform.give("intake", act, stranger, body, ref=ref, **more)
            missing = platform.give("intake", act, stranger, body, ref="01M3G5W0000000000000000009", **more)
            assert (refused.status, refused.body) == (404, missing.body)


def test_a_paper_is_digitised_after_it_came_in(platform: Platform) -> None:
    """TT 03/2025/TT-VPCP art. 5; QĐ 766 index 4.2: the flag turns when the desk scans, and is said to others."""
    body = CERTIFICATE | {
        "components": [{"code": code} for code in ("declaration", "identity_paper", "residence_proof")]
    }
    ref = accepted(platform, body)
    answered = platform.give("intake", "digitise_component", OFFICER, ref=ref, component="declaration")
    assert answered.status == 200
    assert platform.give("intake", "digitise_component", applicant(platform, LAN), ref=ref, component="x").status == 404
    shown = platform.look("intake", "show_dossier", OFFICER, ref=ref)
    assert shown is not None
    assert [one["code"] for one in shown["components"] if one["digitised"]] == ["declaration"]
    assert [event["component"] for event in told(platform, "ComponentDigitised")] == ["declaration"]
    again = platform.give("intake", "digitise_component", OFFICER, ref=ref, component="declaration")
    assert again.status == 200
    assert len(told(platform, "ComponentDigitised")) == 1


def test_the_source_of_what_is_reused_is_recorded(platform: Platform) -> None:
    """NĐ 118/2025 art. 17.1; NQ 66.7/2025: the registry says which database may stand in which paper's place."""
    reused = [{"code": "identity_paper", "reused_from": "POP"}, {"code": "residence_proof", "reused": True}]
    body = CERTIFICATE | {"components": [*papers("declaration"), *reused]}
    ref = accepted(platform, body)
    shown = platform.look("intake", "show_dossier", OFFICER, ref=ref)
    assert shown is not None
    assert [(one["reused"], one["reused_from"]) for one in shown["components"]] == [
        (False, ""), (True, "POP"), (True, ""),
    ]  # fmt: skip
    wrong = CERTIFICATE | {"components": [{"code": "declaration", "reused": True}]}
    refused = platform.give("intake", "submit_dossier", OFFICER, wrong)
    assert (refused.status, body_of(refused)["code"]) == (422, "reuse_not_allowed")
