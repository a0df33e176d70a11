"""Figures: what waits and for how long, requests by route, readings by purpose; labels that stay few."""

from datetime import timedelta

import pytest

from chassis.vault_openings import OTHERS, PURPOSES_COUNTED_MAX, kind_of
from chassis.web.metrics import ANSWERED
from tests.chassis.border import NO_REF, REF, Header, amount
from tests.chassis.test_operations import figures
from tests.http_harness import HttpPlatform


def test_what_was_not_taken_yet_has_an_age(
    platform: HttpPlatform, account: str, me: Header, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oldest message that a reader has not looked at, in seconds of the service's clock; none is 0."""
    oldest = (key for key in figures(platform) if key.startswith("lienthong_reader_oldest_seconds"))
    name = next(key for key in oldest if 'service="audit"' in key)
    assert figures(platform)[name] == 0
    now = platform.clock.now()
    source = name.split('channel="')[1].split('"')[0]
    inbox = platform.engine.running["audit"].inbox
    monkeypatch.setattr(inbox.bus, "further", lambda positions: ())  # nobody takes it while it is looked at
    monkeypatch.setattr(inbox, "positions", {source: 0})
    first = platform.engine.running["savings"].store.say(source, 0, 1)[0][0]
    told = figures(platform)
    assert told[name] == pytest.approx((now - first.time) / timedelta(seconds=1), abs=60)
    assert told[name.replace("oldest_seconds", "lag")] >= 1


def test_commands_are_counted_by_what_they_came_to(platform: HttpPlatform, account: str, me: Header) -> None:
    """Done, done before, refused by a rule, not there: each by itself; only a rule's no is a refusal."""
    before = figures(platform)
    headers = {**me, "Idempotency-Key": "k1"}
    for _ in range(2):
        platform.client.post(f"{account}/deposits", json=amount(5, "s1"), headers=headers)
    platform.post(f"{account}/withdrawals", me, amount(1_000_000_000, "s2"))
    platform.post(f"/api/v1/accounts/{NO_REF}/deposits", me, amount(5, "s3"))
    now = figures(platform)
    commands = {
        key.split('command="')[1].partition('"')[0] + " " + key.split('outcome="')[1].partition('"')[0]: number
        for key, number in now.items()
        if key.startswith("lienthong_commands_total{") and number != before.get(key, 0)
    }
    assert {words.split()[1] for words in commands} >= {"done", "replayed", "NotThere"}
    refusals = {key: number for key, number in now.items() if key.startswith("lienthong_refusals_total{")}
    assert len(refusals) == 1
    assert not any(word in key for key in refusals for word in ("NotThere", "replayed", "done"))


@pytest.mark.parametrize(
    ("method", "path", "route"),
    [
        ("GET", "/livez", "/livez"),
        ("GET", f"/api/v1/accounts/{REF}", "/api/v1/accounts/{ref}"),
        ("GET", "/api/v1/nguyen-van-a/0912345678", "none"),
        ("BREW", "/livez", None),
    ],
)
def test_requests_are_counted_by_route(platform: HttpPlatform, method: str, path: str, route: str | None) -> None:
    """Never by what a stranger typed: an address that leads nowhere and a method that is none have one name each."""
    platform.client.request(method, f"{path}?name=nguyen")
    labels = [sample.labels for metric in ANSWERED.collect() for sample in metric.samples]
    assert not any("nguyen" in str(label) or "0912345678" in str(label) for label in labels)
    if route is None:
        assert any(label["method"] == "OTHER" for label in labels)
    else:
        assert any(label["method"] == method and label["route"] == route for label in labels)


@pytest.mark.parametrize(
    ("purpose", "kind"),
    [
        ("postal visit 01M1WV6Y20MM3BC7SX19XQPHDC-delivery", "postal visit"),
        ("Phi, le phi ho so H48.23317.01-260907-0001", "Phi, le phi ho so"),
        ("search", "search"),
        ("hỏi thăm", OTHERS),
        ("0912345678", OTHERS),
        ("", OTHERS),
    ],
)
def test_a_purpose_is_counted_without_what_it_is_about(purpose: str, kind: str) -> None:
    """A reading for each dossier would be a figure for each dossier."""
    assert kind_of(purpose) == kind


def test_purposes_that_are_counted_stay_few(platform: HttpPlatform) -> None:
    """Beyond the limit they are counted together."""
    vault = platform.vault
    person = vault.person("personal_id", "051185003187")
    for number in range(PURPOSES_COUNTED_MAX + 10):
        word = "".join(chr(ord("a") + int(digit)) for digit in str(number))
        vault.told(person, "officer:1", f"purpose {word}", ("name",), platform.clock.now(), "", "")
    counted = vault.opened_for()
    assert len(counted) == PURPOSES_COUNTED_MAX + 1
    assert counted[OTHERS] == 10
