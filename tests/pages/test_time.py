"""The page of a dossier's time and what programs read of it: one and the same, and for those concerned only."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from chassis.web.pages import moment
from tests.pages.site import COMMITTEE, OTHER_DESK, STRANGER_ID, Site


def address(site: Site, ref: str) -> str:
    return f"/api/v1/dossiers/{ref}/clock"


def test_programs_read_both_clocks_with_every_interval(site: Site) -> None:
    """NĐ 61/2018 art. 19.4 and QĐ 766/QĐ-TTg; each interval has its reason in words."""
    seen = site.desk.get(address(site, site.decided)).json()
    for name in ("legal", "scoring"):
        clock = seen[name]
        assert clock["used_minutes"] + clock["left_minutes"] == clock["whole_minutes"]
        parts = clock["derivation"]
        assert sum(part["counted_minutes"] for part in parts) == clock["whole_minutes"]
        assert parts[-1]["end"] == clock["due_at"]
        assert all(part["reason_vi"] and part["reason_en"] for part in parts)
    assert [one["cause"] for one in seen["appointments"]] == ["accepted"]
    assert seen["until_result"]["whole_minutes"] == sum(
        stretch["minutes"] for stretch in seen["until_result"]["stretches"]
    )


def test_the_page_shows_what_programs_read(site: Site) -> None:
    """The same dates, the same intervals, in Vietnamese first."""
    seen = site.desk.get(address(site, site.decided)).json()
    page = site.desk.get(f"/dossiers/{site.code_of(site.decided)}/clock").text
    assert "Đồng hồ pháp lý" in page
    assert "Đồng hồ chấm điểm" in page
    assert moment(datetime.fromisoformat(seen["legal"]["due_at"])) in page
    weekends = [part for part in seen["legal"]["derivation"] if part["reason"] == "weekend"]
    assert all(part["reason_vi"] in page for part in weekends)
    assert "<script>alert" not in page


def test_the_page_adds_up_whose_minutes_there_were(tmp_path: Path) -> None:
    """Two hours at the agency: the whole, and what each clock counts of it."""
    site = Site(tmp_path)
    try:
        ref = site.hand_in()
        site.act(site.desk, f"/dossiers/{ref}/acceptance")
        site.settle()
        engine = site.platform.engine
        engine.move_clock(engine.clock.now() + timedelta(hours=2)).result(timeout=30)
        seen = site.desk.get(address(site, ref)).json()
        page = site.desk.get(f"/dossiers/{ref}/clock").text
    finally:
        site.close()
    assert seen["until_result"]["whole_minutes"] == 120
    assert [(share["party"], share["exact"], share["legal_minutes"]) for share in seen["until_result"]["shares"]] == [
        ("agency", "120", 120.0)
    ]
    assert "Cộng, đúng bằng toàn bộ" in page
    assert page.count("2 giờ") >= 4


def test_an_accepted_dossier_leads_to_the_page_of_its_time(site: Site) -> None:
    """From the clocks of the dossier's own page."""
    code = site.code_of(site.decided)
    assert f'href="/dossiers/{code}/clock"' in site.desk.get(f"/dossiers/{code}").text


def test_before_acceptance_there_is_no_clock(site: Site) -> None:
    """No date is shown that nobody gave."""
    seen = site.desk.get(address(site, site.at_desk)).json()
    assert seen["ref"] == site.at_desk
    assert "legal" not in seen
    answer = site.desk.get(f"/dossiers/{site.at_desk}/clock", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/dossiers/{site.at_desk}")


@pytest.mark.parametrize("who", ["nobody", "stranger", "other desk"])
def test_whom_it_does_not_concern_sees_only_how_far_it_is(site: Site, who: str) -> None:
    """TT 01/2018 art. 16: code and degree of completion, on every way in."""
    client = {
        "nobody": site.nobody,
        "stranger": site.be("applicant", personal_id=STRANGER_ID),
        "other desk": site.be("desk_officer", agency=OTHER_DESK),
    }[who]
    seen = client.get(address(site, site.decided)).json()
    assert set(seen) == {"code", "completion"}
    answer = client.get(f"/dossiers/{seen['code']}/clock", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/dossiers/{seen['code']}")


def test_whom_it_concerns_sees_whose_minutes_there_were(site: Site) -> None:
    """TT 01/2018 art. 17: the applicant and the agency that acted."""
    for client in (site.applicant, site.be("agency_officer", agency=COMMITTEE), site.be("inspector")):
        assert "until_result" in client.get(address(site, site.decided)).json()


def test_a_dossier_that_is_not_there_has_no_clock(site: Site) -> None:
    """The hidden and the absent look alike to a page, and to a program."""
    assert site.desk.get("/dossiers/H48.99999.01-260907-0001/clock").status_code == 404
    assert site.desk.get("/api/v1/dossiers/H48.99999.01-260907-0001/clock").status_code == 404
