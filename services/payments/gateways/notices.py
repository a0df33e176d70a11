"""The address that a gateway calls with its notices.

Law: NĐ 118/2025/NĐ-CP art. 24 (online payment).
"""

import asyncio
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as HttpRoute

from chassis.vault import Vault
from chassis.web.acts import Border
from chassis.web.problem import UNAVAILABLE, Problem
from services.payments.gateways.callbacks import receive, refusal
from services.payments.gateways.gateway import Gateway
from services.payments.projections.payments import room_for_forged

NOTICES: Final = "/api/v1/payments/vnpay/ipn"
ANSWER_WITHIN_S: Final = 30.0


def notices(gateway: Gateway, vault: Vault) -> HttpRoute:
    """Return the address that `gateway` calls (IPN). It has no principal: what it says is believed by its signature."""

    async def hear(request: Request) -> Response:
        border: Border = request.app.state.borders["payments"]
        raw, now, running = request.scope["query_string"], border.clock.now(), border.running
        jobs = receive(gateway, vault, raw, now, lambda: room_for_forged(running.store, now))
        if not jobs:
            running.lane.count("forged_notice_not_kept")
            return Response(refusal(gateway, raw), media_type="application/json")
        for job in jobs:
            border.submit(job)
        work = asyncio.gather(*(asyncio.wrap_future(job.future) for job in jobs))
        try:
            answers = await asyncio.wait_for(work, ANSWER_WITHIN_S)
        except TimeoutError as error:
            raise Problem(UNAVAILABLE, "Send the same notice again.") from error
        return Response(answers[-1].body, media_type="application/json")

    return HttpRoute(NOTICES, hear, methods=["GET"], include_in_schema=False)
