"""Rights that are narrowed or shared: steps, keys of repeated commands, an agency's own system, forgotten people."""

from pathlib import Path

from chassis.web.auth import Principal
from tests.borders.documents import bare
from tests.borders.places import ASKED, REFUSED
from tests.borders.province import (
    COMMITTEE,
    DESK,
    OTHER_COMMITTEE,
    STEP,
    STRANGER_ID,
    Province,
)
from tests.borders.town import ABSENT_REF, STRANGER, Somebody, Town, handed_in, seen


def test_whoever_is_assigned_to_other_steps_meets_none_of_these(town: Town) -> None:
    """A step that is not yours answers like one that there is not: in the worklist, and in every act on it."""
    accepted = [one for one in town.dossiers if one.committee == COMMITTEE and one.is_accepted]
    mine = Somebody("agency_officer", COMMITTEE, "", (), (STEP,))
    other = Somebody("agency_officer", COMMITTEE, "", (), ("another_step",))
    assert len(town.province.get("/api/v1/steps", town.header(mine)).json()["items"]) == len(accepted)
    assert town.province.get("/api/v1/steps", town.header(other)).json()["items"] == []
    act = "/api/v1/dossiers/{}/steps/{}/acknowledgement"
    refused = town.province.post(act.format(accepted[1].ref, STEP), town.header(other))
    nothing = town.province.post(act.format(accepted[1].ref, "no_such_step"), town.header(other))
    whole = town.province.post(act.format(accepted[1].ref, "no_such_step"), town.header(mine))
    elsewhere = town.province.post(act.format(accepted[1].ref, STEP), town.province.other_officer)
    assert bare(refused) == bare(nothing) == bare(whole) == bare(elsewhere)
    assert refused.status_code == 404


def test_a_key_is_its_owners_alone(town: Town) -> None:
    """A repeated key gives the first answer to whoever used it; another principal learns nothing by it."""
    dossier = town.dossiers[1]
    path = f"/api/v1/dossiers/{dossier.ref}/steps/{STEP}/takeover"
    headers = {"Idempotency-Key": "a key that travels"}
    mine = town.header(Somebody("agency_officer", COMMITTEE, "", (), ()))
    first = town.province.post(path, mine, headers=headers)
    again = town.province.post(path, mine, headers=headers)
    assert (first.status_code, again.content) == (200, first.content)
    assert again.headers["Idempotent-Replayed"] == "true"
    for role, agency in (("agency_officer", OTHER_COMMITTEE), ("desk_officer", DESK), ("system", OTHER_COMMITTEE)):
        who = town.header(Somebody(role, agency, "", (), ()))
        stolen = town.province.post(path, who, headers=headers)
        nothing = town.province.post(path.replace(dossier.ref, ABSENT_REF), who, headers={"Idempotency-Key": "fresh"})
        assert bare(stolen) == bare(nothing)
        assert stolen.status_code == 404


def test_the_same_person_with_another_right_is_another_asker(town: Town) -> None:
    """Whoever moves to another agency leaves the answers behind that were given at the old one."""
    issuer, dossier = town.province.platform.issuer, town.dossiers[0]
    path = f"/api/v1/dossiers/{dossier.ref}/steps/{STEP}/takeover"
    headers = {"Idempotency-Key": "before and after"}
    for agency, status in ((COMMITTEE, 200), (OTHER_COMMITTEE, 404)):
        who = {"Authorization": f"Bearer {issuer.issue(Principal('officer-9', 'agency_officer', agency))}"}
        assert town.province.post(path, who, headers=headers).status_code == status


def test_the_system_of_one_agency_runs_nothing_of_the_platform(town: Town) -> None:
    """Logs, parked messages, people and incidents are the platform's; an agency's token does not reach them."""
    agencys = town.header(Somebody("system", COMMITTEE, "", (), ()))
    for path in ("/api/v1/operations/events", "/api/v1/operations/parked", "/api/v1/people/forgotten"):
        answer = town.province.get(path, agencys, service="intake")
        assert answer.status_code == 404
        assert town.province.get(path, town.province.system, service="intake").status_code == 200
    for path in ("incident", "incident/end", "appointment/redating"):
        body = {"since": "2026-09-07T01:00:00Z"} if path == "incident" else None
        answer = town.province.post(f"/api/v1/dossiers/{town.dossiers[0].ref}/{path}", agencys, body)
        assert answer.status_code == 404, answer.text


def test_a_forgotten_persons_dossier_is_as_hidden_as_before(tmp_path: Path) -> None:
    """What a command needs of the dossier comes through the filter too, so only those concerned hear of its fault."""
    province = Province(tmp_path)
    ref = handed_in(province, DESK, False, applicant=STRANGER, submitter=None, relation="self")
    province.do("refuse_dossier", province.desk, REFUSED, ref=ref)
    forgetting = f"/api/v1/people/{province.person(STRANGER_ID)}/forgetting"
    done = province.post(forgetting, province.system, {"decision": "12-QD"})
    assert done.is_success, done.text
    for act in ("refusal", "supplement-request"):
        body = REFUSED if act == "refusal" else ASKED
        for who in (province.other_desk, province.other_officer):
            hidden = province.post(f"/api/v1/dossiers/{ref}/{act}", who, body)
            absent = province.post(f"/api/v1/dossiers/{ABSENT_REF}/{act}", who, body)
            assert seen(hidden, ref) == seen(absent, ABSENT_REF)
        told = province.post(f"/api/v1/dossiers/{ref}/{act}", province.desk, body)
        assert (told.status_code, told.json()["code"]) == (409, "person_forgotten")
    province.close()
