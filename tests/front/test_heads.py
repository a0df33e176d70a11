"""Signed heads through the front: each service's process seals its own log, and one address gives them all."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from chassis.heads import read_heads
from chassis.merkle import is_included
from chassis.sealing import Sealer
from chassis.sealing_keys import SealingKeys, public_keys_in
from chassis.seals_sqlite import seals_in
from chassis.web.app import application
from chassis.web.auth import DevelopmentIssuer
from chassis.web.heads import heads
from tests.chassis.running import Stage, opened, staged
from tests.chassis.savings_desk import SAVINGS
from tests.front.conftest import Listening, Town
from tests.front.stand_in import StandIn


@pytest.fixture
def stages(tmp_path: Path) -> Iterator[dict[str, Stage]]:
    with staged(tmp_path / "one", SAVINGS) as one, staged(tmp_path / "two", SAVINGS) as two:
        yield {"shop": one, "post": two}


@pytest.fixture
def sealed(town: Town, stages: dict[str, Stage]) -> Iterator[Town]:
    """Two services' processes, each with a log and its seals, and keys that they share."""
    keys = SealingKeys(town.folder / "heads.json")
    keys.add("2026-03-02T00:00:00+00:00")
    sealers = []
    for number, (name, stage) in enumerate(stages.items(), 1):
        for one in range(number):
            stage.give(opened(f"account-{one}"))
        stores = {name: stage.running().store}
        sealers.append(Sealer(seals_in(town.folder / f"{name}-seals.db", [name]), keys, stores, stage.clock))
        router = heads(sealers[-1], DevelopmentIssuer(town.folder / "issuer.key", "http://127.0.0.1"))
        stand_in = StandIn(name, f"{name}-1", town.folder / f"{name}.db")
        stand_in.public += router.routes  # type: ignore[arg-type]
        app = application(name, [router])
        app.router.routes.extend(stand_in.app.routes)
        listening = town.listening[f"{name}-1"] = Listening(app)
        town.ports[name] = [listening.port]
    yield town
    for sealer in sealers:
        sealer.close()


def test_heads_of_all_services_are_had_at_one_address(sealed: Town, stages: dict[str, Stage]) -> None:
    """They are sealed at once, listed by service, and checked by the one list of keys."""
    with closing(sealed.open()) as client:
        given = client.post("/api/v1/rehearsal/tokens", json={"role": "inspector"}).json()
        inspector = {"Authorization": f"Bearer {given['token']}"}
        assert client.post("/api/v1/heads").status_code == 404
        answer = client.post("/api/v1/heads", headers=inspector)
        assert answer.status_code == 201
        found = read_heads([answer.content])
        assert {(head.service, head.size) for head in found} == {
            (name, stage.running().store.head()) for name, stage in stages.items()
        }
        keys = public_keys_in(client.get("/api/v1/heads/keys").json())
        assert [head.wrong(keys) for head in found] == ["", ""]
        for head in found:
            listed = client.get("/api/v1/heads", params={"service": head.service})
            assert read_heads([listed.content]) == (head,)
        (post,) = (head for head in found if head.service == "post")
        asked = {"position": 2, "size": post.size}
        assert client.get("/api/v1/heads/post/inclusion", params=asked).status_code == 404
        proof = client.get("/api/v1/heads/post/inclusion", params=asked, headers=inspector).json()
        path = [bytes.fromhex(one) for one in proof["path"]]
        assert is_included(bytes.fromhex(proof["leaf"]), 1, post.size, path, bytes.fromhex(post.root))
        assert client.get("/api/v1/heads", params={"service": "nobody"}).status_code == 404
