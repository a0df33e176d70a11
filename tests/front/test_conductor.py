"""The one clock of a rehearsal moves only when everybody has caught up, and stops at every timer on the way."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from chassis.clock import to_us
from tests.front.conftest import Town, until
from tests.front.stand_in import PARTITIONS, StandIn

MONDAY = datetime(2026, 9, 7, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
WORK_TAKES_S = 0.03
CLOCK = "/api/v1/rehearsal/clock"


class Post:
    """What one instance says and others hear: a topic with one place in it for each reader."""

    def __init__(self, *readers: "Worker") -> None:
        self.messages: list[tuple[StandIn, str]] = []
        for reader in readers:
            reader.post = self


class Worker:
    """Gives a stand-in work that takes a while: timers that ring, and messages that lead to more."""

    def __init__(self, stand_in: StandIn) -> None:
        self.stand_in = stand_in
        self.post: Post
        self.read = 0
        self.worked: list[tuple[str, datetime | None]] = []
        self.answers: dict[str, tuple[str, ...]] = {}
        self.stops = False
        threading.Thread(target=self._work, daemon=True).start()

    def _work(self) -> None:
        one = self.stand_in
        while not self.stops:
            time.sleep(0.001)
            ring = [at for at in one.timers_us if one.at is not None and at <= to_us(one.at)]
            heard = self.post.messages[self.read :] if hasattr(self, "post") else []
            one.heard = not heard
            if not ring and not heard:
                continue
            one.idle = False
            one.activity += 1
            time.sleep(WORK_TAKES_S)
            for at in ring:
                self.worked.append(("timer", one.at))
                self._say("rang")
                one.timers_us.remove(at)
            for sender, said in heard:
                self.read += 1
                self.worked.append((f"{said} by {sender.service}", one.at))
                for answer in self.answers.get(said, ()):
                    self._do(answer)
            one.heard = True
            one.idle = True

    def _do(self, what: str) -> None:
        if what.startswith("say "):
            self._say(what.removeprefix("say "))
        else:
            at = self.stand_in.at
            assert at is not None
            self.stand_in.timers_us.append(to_us(at + timedelta(minutes=int(what))))

    def _say(self, what: str) -> None:
        self.stand_in.relayed = False
        self.stand_in.activity += 1
        threading.Timer(WORK_TAKES_S, self._relay, (what,)).start()

    def _relay(self, what: str) -> None:
        if hasattr(self, "post"):
            self.post.messages.append((self.stand_in, what))
            time.sleep(0.005)  # until whoever reads has been told of it
        self.stand_in.relayed = True


def move(client: httpx.Client, to: datetime) -> httpx.Response:
    return client.post(CLOCK, json={"to": to.isoformat()})


def test_the_clock_stops_at_every_timer_and_waits_for_all_that_follows(town: Town) -> None:
    """A timer leads to a message, that to a timer elsewhere, that to a message back: each happens at its own time."""
    shop, post = Worker(town.instance("shop")), Worker(town.instance("post"))
    Post(shop, post)
    post.answers = {"rang": ("say carried", "30")}
    shop.answers = {"carried": ("10",)}
    client = town.open()
    move(client, MONDAY)
    shop.stand_in.timers_us.append(to_us(MONDAY + HOUR))
    answer = move(client, MONDAY + 3 * HOUR)
    assert answer.status_code == 200
    assert datetime.fromisoformat(answer.json()["now"]) == MONDAY + 3 * HOUR
    rung = [at for what, at in shop.worked if what == "timer"]
    assert rung[:3] == [MONDAY + HOUR, MONDAY + HOUR + timedelta(minutes=10), MONDAY + HOUR + timedelta(minutes=20)]
    assert ("rang by shop", MONDAY + HOUR) in post.worked
    assert ("timer", MONDAY + HOUR + timedelta(minutes=30)) in post.worked
    assert shop.stand_in.at == post.stand_in.at == MONDAY + 3 * HOUR
    assert shop.stand_in.idle
    assert post.stand_in.idle
    assert shop.read == post.read == len(shop.post.messages)
    assert min(shop.stand_in.timers_us + post.stand_in.timers_us) > to_us(MONDAY + 3 * HOUR)


@pytest.mark.parametrize("missing", ["idle", "relayed", "heard", "partitions"])
def test_the_clock_never_moves_while_one_instance_is_not_at_rest(town: Town, missing: str) -> None:
    town.instance("shop")
    late = town.instance("shop")
    town.instance("post")
    client = town.open()
    move(client, MONDAY)
    if missing == "partitions":
        for one in town.stand_ins.values():
            one.partitions = list(range(PARTITIONS - 1))
    else:
        setattr(late, missing, False)
    with ThreadPoolExecutor(1) as beside:
        moving = beside.submit(move, client, MONDAY + HOUR)
        for _ in range(20):
            time.sleep(0.02)
            late.activity += 1
            assert {one.at for one in town.stand_ins.values()} == {MONDAY}
            assert not moving.done()
        if missing == "partitions":
            for one in town.stand_ins.values():
                one.partitions = list(range(PARTITIONS))
        else:
            setattr(late, missing, True)
        assert moving.result(10).status_code == 200
    assert {one.at for one in town.stand_ins.values()} == {MONDAY + HOUR}


def test_a_service_whose_instances_share_the_partitions_has_them_all(town: Town) -> None:
    town.instance("shop").partitions = [0, 1, 2, 3, 4]
    town.instance("shop").partitions = [5, 6, 7, 8, 9, 10, 11]
    client = town.open()
    assert move(client, MONDAY).status_code == 200


def test_something_done_between_two_looks_is_looked_at_again(town: Town) -> None:
    """Each look finds everybody at rest, yet something went from one to the other between: the count tells."""
    shop = town.instance("shop")
    client = town.open()
    move(client, MONDAY)
    shop.hurries = True
    with ThreadPoolExecutor(1) as pool:
        moving = pool.submit(move, client, MONDAY + HOUR)
        time.sleep(0.3)
        assert not moving.done()
        assert shop.at == MONDAY
        shop.hurries = False
        assert moving.result(10).status_code == 200


def test_a_timer_that_is_due_and_has_not_rung_holds_the_clock(town: Town) -> None:
    """The instance that tends the timers may be another than the one that answers first."""
    town.instance("shop")
    tends = town.instance("shop")
    client = town.open()
    move(client, MONDAY)
    tends.timers_us.append(to_us(MONDAY))
    with ThreadPoolExecutor(1) as pool:
        moving = pool.submit(move, client, MONDAY + HOUR)
        time.sleep(0.2)
        assert not moving.done()
        assert tends.at == MONDAY
        tends.timers_us.clear()
        assert moving.result(10).status_code == 200


def test_the_first_move_may_go_into_the_past_and_no_other(town: Town) -> None:
    town.instance("shop")
    client = town.open()
    assert client.get(CLOCK).json()["untouched"]
    assert move(client, MONDAY - 365 * 24 * HOUR).status_code == 200
    assert not client.get(CLOCK).json()["untouched"]
    assert move(client, MONDAY).status_code == 200
    back = move(client, MONDAY - HOUR)
    assert (back.status_code, back.json()["code"]) == (409, "clock_moves_forward_only")
    assert move(client, MONDAY).status_code == 200


def test_a_released_clock_runs_everywhere_and_cannot_be_set_again(town: Town) -> None:
    shop = town.instance("shop")
    client = town.open()
    move(client, MONDAY - 400 * 24 * HOUR)
    answer = client.post(f"{CLOCK}/release")
    assert answer.json()["released"]
    assert shop.released
    now = datetime.fromisoformat(answer.json()["now"])
    assert timedelta() <= datetime.now(UTC) - now < timedelta(minutes=1) or now == MONDAY
    assert client.post(f"{CLOCK}/release").json()["released"]
    assert move(client, datetime.now(UTC) + HOUR).status_code == 409


def test_one_move_at_a_time(town: Town) -> None:
    """Two at once come one after the other; the one that would lead back is refused."""
    worker = Worker(town.instance("shop"))
    client = town.open()
    move(client, MONDAY)
    worker.stand_in.timers_us = [to_us(MONDAY + timedelta(minutes=number)) for number in range(1, 6)]
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(move, client, MONDAY + HOUR)
        until(lambda: worker.worked)
        second = pool.submit(move, client, MONDAY + 2 * HOUR)
        assert first.result(20).status_code == second.result(20).status_code == 200
    assert [at for _, at in worker.worked] == [MONDAY + timedelta(minutes=number) for number in range(1, 6)]
    assert worker.stand_in.at == MONDAY + 2 * HOUR


def test_a_process_that_comes_back_shows_the_time_of_all(town: Town) -> None:
    town.instance("shop")
    town.instance("post")
    client = town.open()
    move(client, MONDAY)
    town.listening["shop-1"].die()
    with ThreadPoolExecutor(1) as pool:
        moving = pool.submit(move, client, MONDAY + HOUR)
        time.sleep(0.2)
        assert not moving.done()
        anew = town.instance("shop", town.listening["shop-1"].port, "shop-1 anew")
        assert moving.result(10).status_code == 200
    assert anew.at == town.stand_ins["post-1"].at == MONDAY + HOUR


def test_a_front_that_comes_back_takes_the_time_from_the_processes(town: Town) -> None:
    """It keeps nothing itself; whoever stands further on is right, for what is stored there was done then."""
    shop, post = town.instance("shop"), town.instance("post")
    shop.at, post.at = MONDAY + HOUR, MONDAY
    client = town.open()
    until(lambda: post.at == MONDAY + HOUR)
    shown = client.get(CLOCK).json()
    assert datetime.fromisoformat(shown["now"]) == MONDAY + HOUR
    assert not shown["untouched"]
    assert move(client, MONDAY).status_code == 409


def test_whoever_keeps_the_clock_from_moving_is_named_in_the_end(town: Town) -> None:
    town.instance("shop")
    town.instance("post").heard = False
    client = town.open()
    town.front.conductor._patience_s = 0.3
    town.listening["shop-1"].die()
    began = time.monotonic()
    answer = move(client, MONDAY)
    assert time.monotonic() - began < 5
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert "shop" in answer.json()["detail_en"]
    assert "no answer" in answer.json()["detail_en"]
    town.instance("shop", town.listening["shop-1"].port, "shop-1 anew")
    until(lambda: "post-1" in move(client, MONDAY).json()["detail_en"])
    answer = move(client, MONDAY)
    assert "not all heard" in answer.json()["detail_en"]
    town.stand_ins["post-1"].heard = True
    assert move(client, MONDAY).status_code == 200


def test_moving_past_many_timers_is_quick(town: Town) -> None:
    """A demo stops some thousands of times: what the conductor adds to each stop has to be small."""
    stops = 100
    shop = town.instance("shop")
    for service in ("post", "desk", "till", "books"):
        town.instance(service)
    client = town.open()
    move(client, MONDAY)
    rung: list[datetime] = []

    def rings(instant: datetime) -> None:
        StandIn.moved_to(shop, instant)
        shop.timers_us = [at for at in shop.timers_us if at > to_us(instant)]
        rung.append(instant)

    shop.timers_us = [to_us(MONDAY + timedelta(minutes=number)) for number in range(1, stops + 1)]
    shop.moved_to = rings  # type: ignore[method-assign]
    began = time.monotonic()
    assert move(client, MONDAY + 100 * HOUR).status_code == 200
    taken_s = time.monotonic() - began
    assert rung[:stops] == [MONDAY + timedelta(minutes=number) for number in range(1, stops + 1)]
    assert rung[-1] == MONDAY + 100 * HOUR
    assert taken_s / stops < 0.2
