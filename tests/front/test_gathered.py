"""What is no one service's is asked of each and put together, in the form that it has in one process."""

from typing import Any

import pytest

from chassis.vault import SqliteVault
from tests.front.conftest import Town

HELD: dict[str, Any] = {"service": "shop", "source": "/desk", "subject": "d1", "sequence": 1, "state": "parked"}


def bearer(town: Town, role: str, **who: str) -> dict[str, str]:
    given = town.client.post("/api/v1/rehearsal/tokens", json={"role": role, **who}).json()
    return {"Authorization": f"Bearer {given['token']}"}


def test_parked_messages_are_listed_once_though_several_instances_know_them(town: Town) -> None:
    town.instance("shop").parked = [HELD]
    town.instance("shop").parked = [HELD, HELD | {"sequence": 2}]
    town.instance("post").parked = [HELD | {"service": "post"}]
    client = town.open()
    items = client.get("/api/v1/operations/parked").json()["items"]
    assert items == [HELD, HELD | {"sequence": 2}, HELD | {"service": "post"}]
    assert client.get("/api/v1/operations/parked", headers={"Authorization": "Bearer no"}).status_code == 401


def test_the_tail_of_a_log_is_asked_of_its_own_service(town: Town) -> None:
    town.instance("shop")
    town.instance("post")
    client = town.open()
    for service in ("shop", "post"):
        answer = client.get("/api/v1/operations/events", params={"service": service})
        assert (answer.json(), answer.headers["Lienthong-Position"]) == ({"by": f"{service}-1"}, f"{service}:1")
    assert client.get("/api/v1/operations/events", params={"service": "nobody"}).status_code == 404
    assert client.get("/api/v1/operations/events").status_code == 422


def test_the_description_is_the_union_and_keeps_different_things_apart(town: Town) -> None:
    town.instance("shop")
    town.instance("post")
    client = town.open()
    told = client.get("/api/openapi.json").json()
    assert {"/api/v1/shop/events", "/api/v1/post/events", "/api/v1/rehearsal/clock", "/api/v1/people/search"} <= set(
        told["paths"]
    )
    assert len(told["info"]["title"]) > 0
    for service in ("shop", "post"):
        answer = told["paths"][f"/api/v1/{service}/events"]["get"]["responses"]["200"]
        name = answer["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        assert told["components"]["schemas"][name]["title"] == service
    assert client.get("/api/openapi.json").json() == told


def test_somebody_is_forgotten_once_no_service_has_anything_open(town: Town) -> None:
    """Law: Luật 91/2025/QH15 art. 14: refused while something of theirs is open, with the reason of each service."""
    shop, post = town.instance("shop"), town.instance("post")
    client = town.open()
    person = client.post("/api/v1/rehearsal/tokens", json={"role": "applicant", "personal_id": "079090000017"}).json()[
        "person"
    ]
    staff = bearer(town, "system")
    shop.matters, post.matters = ["shop: an order"], ["post: a parcel"]
    answer = client.post(f"/api/v1/people/{person}/forgetting", json={"decision": "1/QD"}, headers=staff)
    assert (answer.status_code, answer.json()["code"]) == (409, "matters_open")
    assert answer.json()["detail"] == "shop: an order; post: a parcel"
    shop.matters, post.matters = [], []
    answer = client.post(f"/api/v1/people/{person}/forgetting", json={"decision": "1/QD"}, headers=staff)
    assert answer.status_code == 200
    assert answer.json()["person"] == person
    assert town.vault.is_forgotten(person)
    shop.matters = ["shop: what came later"]
    again = client.post(f"/api/v1/people/{person}/forgetting", json={"decision": "2/QD"}, headers=staff)
    assert (again.status_code, again.json()["decision"]) == (200, "1/QD")
    nobody = client.post(f"/api/v1/people/p{'0' * 24}/forgetting", json={"decision": "1/QD"}, headers=staff)
    assert nobody.status_code == 404
    other = bearer(town, "applicant", personal_id="079090000018")
    assert client.post(f"/api/v1/people/{person}/forgetting", json={"decision": "1"}, headers=other).status_code == 404


def test_nobody_is_forgotten_while_a_service_cannot_be_asked(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.front_forgetting.REST_WITHIN_S", 0.3)
    town.instance("shop")
    town.instance("post")
    client = town.open()
    given = client.post("/api/v1/rehearsal/tokens", json={"role": "applicant", "personal_id": "079090000017"}).json()
    staff = bearer(town, "system")
    town.listening["post-1"].die()
    answer = client.post(f"/api/v1/people/{given['person']}/forgetting", json={"decision": "1/QD"}, headers=staff)
    assert answer.status_code == 503
    assert "post" in answer.json()["detail_en"]
    assert not town.vault.is_forgotten(given["person"])
    assert isinstance(town.vault, SqliteVault)


def test_the_signing_in_of_a_rehearsal_is_the_doors_own(town: Town) -> None:
    town.instance("shop")
    client = town.open()
    assert client.get("/.well-known/openid-configuration").json()["token_endpoint"].endswith("/oidc/token")
    assert "<form" in client.get(
        "/oidc/authorize",
        params={
            "response_type": "code", "client_id": "x", "redirect_uri": "http://127.0.0.1/back", "scope": "openid",
            "code_challenge": "a" * 43, "code_challenge_method": "S256",
        },
    ).text  # fmt: skip
    session = client.post("/api/v1/rehearsal/sessions", json={"role": "inspector"})
    assert session.json()["csrf"]
    assert "lienthong_session" in session.cookies


def test_without_rehearsal_there_is_no_clock_and_nobody_to_be(town: Town) -> None:
    town.instance("shop")
    client = town.open(rehearsal=False)
    assert client.get("/api/v1/rehearsal/clock").status_code == 404
    assert client.post("/api/v1/rehearsal/tokens", json={"role": "system"}).status_code == 404
    assert client.get("/.well-known/openid-configuration").status_code == 404
    assert client.get("/readyz").status_code == 200
