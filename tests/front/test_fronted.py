"""Whoever asks through the front is counted by their own address behind it, and nobody can claim another's."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from chassis.limits import UNSOLICITED_BURST
from chassis.web.auth import DevelopmentIssuer
from chassis.web.fronted import FRONT, Fronted, mark_of
from chassis.web.rates import Unsolicited
from chassis.web.server import server
from tests.front.conftest import Listening, Town
from tests.front.stand_in import TOKEN, StandIn

LOOKED_UP = "/api/v1/dossiers/G22.99.10-260305-0001"
TOO_OFTEN = 429


async def who(request: Request) -> PlainTextResponse:
    assert request.client is not None
    return PlainTextResponse(f"{request.url.scheme} {request.client.host}")


@pytest.fixture
def behind(town: Town) -> Listening:
    """A service's process behind the front, put together as `chassis.process` does it, under the product's server."""
    stand_in = StandIn("shop", "shop-1", town.folder / "shop.db")
    stand_in.public.append(Route(LOOKED_UP, who, methods=["GET"]))
    app = Starlette(routes=[*stand_in.app.routes, stand_in.public[-1]])
    app.add_middleware(Unsolicited, issuer=issuer(town.folder))
    app.add_middleware(Fronted, token=TOKEN)
    listening = town.listening["shop-1"] = Listening(app, product=True, believes_proxies=False)
    town.ports["shop"] = [listening.port]
    return listening


def issuer(folder: Path) -> DevelopmentIssuer:
    return DevelopmentIssuer(folder / "issuer.key", "http://127.0.0.1")


def from_address(address: str, base_url: str) -> httpx.Client:
    return httpx.Client(base_url=base_url, transport=httpx.HTTPTransport(local_address=address))


def held_up(ask: Callable[[], httpx.Response]) -> bool:
    """Ask as often as nobody may, and say whether the last time was too often."""
    return [ask().status_code for _ in range(UNSOLICITED_BURST + 1)][-1] == TOO_OFTEN


def test_callers_behind_the_front_are_counted_each_for_themselves(town: Town, behind: Listening) -> None:
    """Else whoever asks too often would hold up everybody, as all come from the front."""
    town.open(rehearsal=True)
    with from_address("127.0.0.2", town.door.url) as one, from_address("127.0.0.3", town.door.url) as other:
        assert one.get(LOOKED_UP).text == "http 127.0.0.2"
        assert held_up(lambda: one.get(LOOKED_UP))
        assert other.get(LOOKED_UP).text == "http 127.0.0.3"
        forged = {"X-Forwarded-For": "127.0.0.9", FRONT.decode(): "0" * 64}
        assert other.get(LOOKED_UP, headers=forged).text == "http 127.0.0.3", "the front says who it sees"


def test_nobody_but_the_front_says_who_asks(town: Town, behind: Listening) -> None:
    """Past the front, an address that is claimed without its mark is not taken, and spares nobody their waiting."""
    with from_address("127.0.0.2", behind.url) as client:
        claims = [{}, {FRONT.decode(): ""}, {FRONT.decode(): mark_of("another token").decode()}]
        for claim in claims:
            assert client.get(LOOKED_UP, headers={"X-Forwarded-For": "127.0.0.9"} | claim).text == "http 127.0.0.2"
        marked = {"X-Forwarded-For": "127.0.0.9", "X-Forwarded-Proto": "https", FRONT.decode(): mark_of(TOKEN).decode()}
        assert client.get(LOOKED_UP, headers=marked).text == "https 127.0.0.9"


def test_the_server_of_a_service_believes_no_proxy() -> None:
    """Not even one on its own machine: what the front says it says with its mark."""
    assert server(Starlette(), "127.0.0.1", 0, believes_proxies=False).config.proxy_headers is False
    assert server(Starlette(), "127.0.0.1", 0).config.proxy_headers is True
