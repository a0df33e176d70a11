"""One public door: whichever process answers, the answer is the one it gave, and nothing is done twice."""

import signal
import threading
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
from starlette.routing import Route
from starlette.testclient import TestClient

from chassis.limits import BODY_BYTES_MAX
from chassis.web.app import application
from tests.front.conftest import Town, until

MEGA = 1_048_576
GROWS_AT_MOST_BYTES = 24 * MEGA


def resident_bytes() -> int:
    """Return how much memory this process, which runs the front, takes now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def test_an_answer_is_the_one_the_process_gave(town: Town) -> None:
    """Status, headers and bytes are the service's own; the door adds none but the server's date."""
    behind = town.instance("shop")
    client = town.open()
    answer = client.post("/api/v1/orders", json={"what": "a"}, headers={"Idempotency-Key": "k"})
    assert (answer.status_code, answer.json()) == (201, {"number": 1, "by": "shop-1"})
    assert answer.headers["X-Custom"] == "as it is"
    assert answer.headers.get_list("date") == [answer.headers["date"]]
    shown = client.get(
        "/api/v1/orders/7%2F8?a=b%20c&a=d", headers={"traceparent": "00-" + "a" * 32 + "-" + "b" * 16 + "-01"}
    )
    assert shown.status_code == 404, "an encoded slash is a slash, as where all routes are in one process"
    shown = client.get(
        "/api/v1/orders/t%C3%A1m?a=b%20c&a=d", headers={"traceparent": "00-" + "a" * 32 + "-" + "b" * 16 + "-01"}
    )
    assert shown.json() == {"number": "tám", "by": "shop-1", "as": "a=b%20c&a=d"}
    seen = behind.asked[-1].headers
    assert seen["traceparent"].startswith("00-aaaa")
    assert seen["x-forwarded-for"] == "127.0.0.1"
    assert seen["host"] == town.door.url.removeprefix("http://")


def test_what_a_stranger_says_of_the_way_is_not_sent_on(town: Town) -> None:
    """Who asks from where is what the door saw (RFC 9110 §7.6.1: what is of one hop stays there)."""
    behind = town.instance("shop")
    client = town.open()
    client.get(
        "/api/v1/orders/1", headers={"Forwarded": "for=10.0.0.1", "TE": "trailers", "Keep-Alive": "x", "X-Own": "y"}
    )
    seen = behind.asked[-1].headers
    assert seen["x-own"] == "y"
    assert not {"forwarded", "te", "keep-alive"} & set(seen)


def test_a_head_is_answered_without_a_body_and_the_next_request_too(town: Town) -> None:
    town.instance("shop")
    client = town.open()
    for _ in range(3):
        head = client.head("/api/v1/orders/5")
        assert (head.status_code, head.content) == (200, b"")
        assert int(head.headers["content-length"]) > 0
        assert client.get("/api/v1/orders/5").json()["number"] == "5"


def test_an_address_that_nobody_has_is_the_same_problem_as_in_one_process(town: Town) -> None:
    town.instance("shop")
    client = town.open()
    embedded = TestClient(application("x", []))
    for method, path in (
        ("GET", "/nowhere"),
        ("POST", "/api/v1/nowhere"),
        ("GET", "/internal/rest"),
        ("GET", "/api/v1/orders/"),
    ):
        here, there = client.request(method, path), embedded.request(method, path)
        assert here.status_code == there.status_code == 404, path
        assert here.headers["content-type"] == there.headers["content-type"]
        assert {**here.json(), "instance": ""} == {**there.json(), "instance": ""}


def test_a_method_that_an_address_does_not_take_says_which_it_takes(town: Town) -> None:
    town.instance("shop")
    client = town.open()
    answer = client.delete("/api/v1/orders/5")
    assert (answer.status_code, answer.headers["allow"], answer.json()["code"]) == (
        405,
        "GET, HEAD",
        "method_not_allowed",
    )
    answer = client.delete("/api/v1/rehearsal/clock")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")


def test_requests_are_shared_and_a_dead_instance_is_passed_over(town: Town) -> None:
    town.instance("shop")
    town.instance("shop")
    client = town.open()
    assert {client.get("/api/v1/orders/1").json()["by"] for _ in range(6)} == {"shop-1", "shop-2"}
    town.listening["shop-1"].die()
    assert [client.get("/api/v1/orders/1").json()["by"] for _ in range(6)] == ["shop-2"] * 6
    town.instance("shop", town.listening["shop-1"].port, "shop-1 anew")
    until(lambda: client.get("/api/v1/orders/1").json()["by"] == "shop-1 anew")


def test_the_less_busy_instance_takes_the_next_request(town: Town) -> None:
    town.instance("shop").idle = False
    town.instance("shop").idle = False
    client = town.open()
    holding = threading.Thread(target=lambda: httpx.get(f"{town.door.url}/api/v1/shop/hold", timeout=30))
    holding.start()
    busy = until(lambda: [one for one in town.stand_ins.values() if one.asked])[0]
    try:
        answered = {client.get("/api/v1/orders/1").json()["by"] for _ in range(4)}
        assert answered == {one.instance for one in town.stand_ins.values()} - {busy.instance}
    finally:
        for one in town.stand_ins.values():
            one.idle = True
        holding.join()


def test_a_command_with_a_key_whose_instance_is_killed_gets_the_first_answer(town: Town) -> None:
    """It was done and not answered; sent again elsewhere, the same answer comes, and it is done once."""
    town.process("shop")
    town.process("shop")
    client = town.open()
    for number in range(2):  # one of the two kills the instance whose turn it is
        die = f"shop-{number + 1}"
        answer = client.post("/api/v1/orders", json={"die": die}, headers={"Idempotency-Key": f"key {number}"})
        if town.processes[die].poll() is not None:
            break
    assert town.processes[die].wait(5) == 1
    assert (answer.status_code, answer.headers["Idempotent-Replayed"]) == (201, "true")
    assert answer.json()["by"] == die
    again = client.post("/api/v1/orders", json={}, headers={"Idempotency-Key": "another"})
    assert again.json()["number"] == answer.json()["number"] + 1


def test_an_instance_that_stands_still_is_passed_over_and_its_requests_go_elsewhere(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes connections and says nothing (SIGSTOP): found out by asking, and whoever waits is not left waiting."""
    monkeypatch.setattr("chassis.web.door_instances.ANSWERS_LOOK_WITHIN_S", 1.0)
    town.process("shop")
    town.process("shop")
    client = town.open()
    town.processes["shop-1"].send_signal(signal.SIGSTOP)
    began = time.monotonic()
    answers = [
        client.post("/api/v1/orders", json={}, headers={"Idempotency-Key": f"key {number}"}) for number in range(3)
    ]
    assert [(one.status_code, one.json()["by"]) for one in answers] == [(201, "shop-2")] * 3
    assert time.monotonic() - began < 6
    town.processes["shop-1"].send_signal(signal.SIGCONT)
    until(lambda: client.get("/api/v1/orders/1").json()["by"] == "shop-1")
    numbers = [one.json()["number"] for one in answers]
    again = client.post("/api/v1/orders", json={}, headers={"Idempotency-Key": "key 0"})
    assert again.json()["number"] == numbers[0]


def test_a_command_without_a_key_that_may_have_been_done_is_not_sent_again(town: Town) -> None:
    town.process("shop")
    town.process("shop")
    client = town.open()
    before = {name: process.pid for name, process in town.processes.items()}
    answers = [client.post("/api/v1/orders", json={"die": "shop-1"}) for _ in range(2)]
    assert len(before) == 2
    assert sorted(one.status_code for one in answers) == [201, 503]
    problem = next(one for one in answers if one.status_code == 503)
    assert problem.headers["retry-after"]
    assert "shop" in problem.json()["detail_en"]
    last = client.post("/api/v1/orders", json={})
    assert last.json()["number"] == 3, "two were done: the one that was answered and the one that was not"


def test_where_nobody_answers_the_problem_names_the_service(town: Town) -> None:
    town.instance("shop")
    town.instance("post")
    client = town.open()
    town.listening["shop-1"].die()
    answer = client.post("/api/v1/orders", json={}, headers={"Idempotency-Key": "k"})
    assert (answer.status_code, answer.json()["code"]) == (503, "try_again")
    assert "shop" in answer.json()["detail"]
    assert "shop" in answer.json()["detail_en"]
    assert answer.headers["retry-after"] == "2"
    ready = client.get("/readyz")
    assert ready.status_code == 503
    assert {name: one["status"] for name, one in ready.json()["services"].items()} == {
        "shop": "unavailable",
        "post": "ok",
    }
    assert client.get("/livez").json() == {"status": "ok"}


def test_until_every_service_was_heard_nothing_is_called_unknown(town: Town) -> None:
    """An address that leads nowhere may lead to the one that has not come up yet."""
    town.instance("shop")
    town.ports["post"] = [1]
    client = town.open(wait_for="shop")
    answer = client.get("/api/v1/post/events")
    assert answer.status_code == 503
    assert "post" in answer.json()["detail_en"]
    assert client.get("/api/openapi.json").status_code == 503
    assert client.get("/api/v1/orders/1").status_code == 200


def test_another_service_at_an_address_is_not_taken_for_the_one_that_is_named(town: Town) -> None:
    town.instance("shop")
    client = town.open()
    port = town.listening["shop-1"].port
    town.listening["shop-1"].die()
    town.instance("post", port, "post at the wrong place")
    until(lambda: client.get("/api/v1/orders/1").status_code == 503)


def test_a_hundred_mebibytes_up_and_down_take_no_memory(town: Town) -> None:
    """A file comes in parts of a mebibyte, and goes out as fast as it is read, not as fast as it could be."""
    town.instance("shop")
    client = town.open()
    part = bytes(range(256)) * 4096
    client.patch("/api/v1/orders/1/parts", content=part, headers={"content-type": "application/octet-stream"})
    before = resident_bytes()
    for _ in range(100):
        answer = client.patch(
            "/api/v1/orders/1/parts", content=part, headers={"content-type": "application/octet-stream"}
        )
        assert (answer.status_code, answer.headers["X-Digest"]) == (204, sha256(part).hexdigest())
    assert resident_bytes() - before < GROWS_AT_MOST_BYTES
    length, most = 0, 0
    with client.stream("GET", "/api/v1/shop/bytes?pieces=1600") as coming:
        for piece in coming.iter_raw():
            length += len(piece)
            if length < 2 * MEGA:
                time.sleep(0.02)  # a slow reader: whoever writes has to wait
            most = max(most, resident_bytes())
    assert length == 100 * MEGA
    assert most - before < GROWS_AT_MOST_BYTES


def test_a_body_over_the_limit_is_refused_at_the_door(town: Town) -> None:
    behind = town.instance("shop")
    client = town.open()

    def endless() -> Iterator[bytes]:
        for _ in range(2 * BODY_BYTES_MAX // 65_536):
            yield bytes(65_536)

    contents: tuple[bytes | Iterator[bytes], ...] = (bytes(BODY_BYTES_MAX + 1), endless())
    for content in contents:
        answer = client.patch(
            "/api/v1/orders/1/parts", content=content, headers={"content-type": "application/octet-stream"}
        )
        assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert behind.asked == []


def test_sent_events_pass_through_at_once_and_end_with_whoever_listens(town: Town) -> None:
    behind = town.instance("shop")
    client = town.open()
    with client.stream("GET", "/api/v1/shop/events") as coming:
        pieces = coming.iter_raw()
        began = time.monotonic()
        assert next(pieces) == b"data: 0\n\n"
        assert b"data: 1" in next(pieces)
        assert time.monotonic() - began < 1.0
        assert not behind.idle
    until(lambda: behind.idle)


def test_the_front_stops_though_somebody_listens_without_end(town: Town) -> None:
    town.instance("shop")
    client = town.open()
    with client.stream("GET", "/api/v1/shop/events") as coming:
        next(coming.iter_raw())
        began = time.monotonic()
        town.door.stop()
        assert time.monotonic() - began < 3.0


def test_requests_sent_on_are_counted_by_service(town: Town) -> None:
    town.instance("shop")
    client = town.open()
    client.get("/api/v1/orders/1")
    figures = client.get("/metrics").text
    assert 'lienthong_door_requests_total{outcome="answered",service="shop"}' in figures
    assert 'lienthong_door_living{service="shop"} 1.0' in figures
    assert 'route="/api/v1/orders/{number}"' in figures


def test_the_live_figures_come_from_their_own_process_while_it_answers(town: Town) -> None:
    """Nothing depends on it: without it the service that has the same address answers."""
    for one in (town.instance("shop"), town.instance("live")):
        one.app.router.routes.append(Route("/figures", one.whoami, methods=["GET"]))
        one.public.append(Route("/figures", one.whoami, methods=["GET"]))
    live = town.listening["live-1"]
    del town.ports["live"]
    client = town.open(live_url=live.url)
    until(lambda: client.get("/figures").json() == {"by": "live-1"})
    assert set(client.get("/readyz").json()["services"]) == {"shop"}
    live.die()
    until(lambda: client.get("/figures").json() == {"by": "shop-1"})
