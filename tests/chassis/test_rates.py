"""How often somebody without a name may look things up; whoever signed in, and whoever rehearses, is not held up.

Law: NĐ 61/2018 art. 25 (an anonymous look-up shows code and degree of completion, to whoever has the code).
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from chassis.limits import CALLERS_REMEMBERED_MAX, UNSOLICITED_BURST, UNSOLICITED_PER_MINUTE
from chassis.web.auth import COOKIE, Principal
from chassis.web.rates import Buckets, caller_of
from services.__main__ import Platform, asgi, compose
from tests.harness import REGISTRY

CODE = "H48.23293.01-260907-0001"


class Hand:
    """A clock that is turned by hand."""

    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_holds_so_many_and_fills_again() -> None:
    """A burst, then one for each part of a minute; a long silence does not save up more."""
    hand = Hand()
    buckets = Buckets(hand)
    assert [buckets.wait_for("a") for _ in range(UNSOLICITED_BURST)] == [0.0] * UNSOLICITED_BURST
    wait = buckets.wait_for("a")
    assert 0 < wait <= 60 / UNSOLICITED_PER_MINUTE
    assert buckets.wait_for("b") == 0.0
    hand.now += wait
    assert buckets.wait_for("a") == 0.0
    assert buckets.wait_for("a") > 0.0
    hand.now += 86_400
    assert sum(buckets.wait_for("a") == 0.0 for _ in range(3 * UNSOLICITED_BURST)) == UNSOLICITED_BURST


def test_asking_in_vain_does_not_lengthen_the_wait() -> None:
    """Whoever waits as long as they were told is let in."""
    hand = Hand()
    buckets = Buckets(hand)
    for _ in range(UNSOLICITED_BURST):
        buckets.wait_for("a")
    waits = {buckets.wait_for("a") for _ in range(50)}
    assert len(waits) == 1
    hand.now += waits.pop()
    assert buckets.wait_for("a") == 0.0


def test_only_so_many_callers_are_remembered() -> None:
    """A flood of addresses takes no more memory than that."""
    buckets = Buckets(Hand())
    for number in range(CALLERS_REMEMBERED_MAX + 10):
        buckets.wait_for(str(number))
    assert len(buckets._full_at) == CALLERS_REMEMBERED_MAX


@pytest.mark.parametrize(
    ("host", "caller"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::9", "2001:db8:1:2::/64"),
        ("testclient", "testclient"),
    ],
)
def test_a_network_of_ipv6_is_one_caller(host: str, caller: str) -> None:
    """Who has one address of it has them all."""
    assert caller_of({"type": "http", "client": (host, 5)}) == caller


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Platform]:
    """The product as it is served to the public: not a rehearsal."""
    platform = compose(tmp_path, rehearsal=False, registry=REGISTRY)
    platform.engine.start()
    yield platform
    platform.close()


DOORS = (
    ("GET", f"/api/v1/dossiers/{CODE}"),
    ("GET", f"/api/v1/dossiers/{CODE}/timeline"),
    ("GET", f"/api/v1/reports/dossiers/{CODE}"),
    ("GET", f"/dossiers/{CODE}"),
    ("POST", "/api/v1/dossiers/search"),
    ("POST", "/api/v1/people/search"),
    ("POST", "/gateways/portal/token"),
)


@pytest.mark.parametrize(("method", "path"), DOORS)
def test_codes_and_passwords_cannot_be_tried_out(served: Platform, method: str, path: str) -> None:
    """Over the limit a problem document says how long to wait, whether there is such a dossier or not."""
    client = TestClient(asgi(served))
    sent = [client.request(method, path, json={} if method == "POST" else None) for _ in range(UNSOLICITED_BURST + 1)]
    assert 429 not in {answer.status_code for answer in sent[:UNSOLICITED_BURST]}
    refused = sent[-1]
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert refused.headers["content-type"] == "application/problem+json"


def test_guessed_tokens_and_sessions_count_as_nobodys(served: Platform) -> None:
    """Or a bad token would be a way around."""
    client = TestClient(asgi(served))
    for headers in ({"Authorization": "Bearer x.y.z"}, {"Cookie": f"{COOKIE}=x.y.z"}):
        for _ in range(UNSOLICITED_BURST // 2):
            client.get(f"/api/v1/dossiers/{CODE}", headers=headers)
    assert client.get(f"/api/v1/dossiers/{CODE}").status_code == 429


def test_whoever_signed_in_is_not_held_up(served: Platform) -> None:
    """Nor is anybody by what another at the same address did; and the catalogue and statistics are free."""
    client = TestClient(asgi(served))
    token = {"Authorization": f"Bearer {served.issuer.issue(Principal('inspector', 'inspector'))}"}
    for _ in range(UNSOLICITED_BURST + 1):
        last = client.get(f"/api/v1/dossiers/{CODE}")
    assert last.status_code == 429
    answers = {client.get(f"/api/v1/dossiers/{CODE}", headers=token).status_code for _ in range(3 * UNSOLICITED_BURST)}
    assert answers == {404}
    assert {client.get("/api/v1/procedures").status_code for _ in range(3 * UNSOLICITED_BURST)} == {200}


def test_a_rehearsal_holds_nobody_up(tmp_path: Path) -> None:
    """Its players look up more in a second than a citizen in a year."""
    platform = compose(tmp_path, rehearsal=True, registry=REGISTRY)
    platform.engine.start()
    try:
        client = TestClient(asgi(platform))
        answers = {client.get(f"/api/v1/dossiers/{CODE}").status_code for _ in range(3 * UNSOLICITED_BURST)}
    finally:
        platform.close()
    assert answers == {404}
