"""Live figures from the read model: what the first page begins with, and what programs and open pages are told.

Where the services stand apart the same addresses lead to the process that counts over Kafka (`streams.py`).
"""

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from chassis.clock import Clock, to_us
from chassis.web.sent_events import NOT_KEPT, SentEvents
from services.reporting.domain.live import hour_of, shown, shown_by_place, windows
from services.reporting.projections.live import hours_by_place, hours_by_status
from services.reporting.projections.rows import Readable

FIGURES: Final = "/figures"
LIVE: Final = "/figures/live"


class LiveFigures:
    """Figures that anybody may see: counts and rates of the last hour, day and week."""

    def __init__(self, store: Readable, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._sent = SentEvents(self.province)

    def routes(self) -> tuple[Route, ...]:
        return (
            Route(FIGURES, self.figures, methods=["GET"], include_in_schema=False),
            Route(LIVE, self._sent.answer, methods=["GET"], include_in_schema=False),
        )

    def province(self) -> dict[str, Any]:
        """Return the windows of the whole province."""
        now_hour = self._now_hour()
        return shown(windows(hours_by_status(self._store, now_hour), now_hour), now_hour)

    async def figures(self, request: Request) -> Response:
        now_hour = self._now_hour()
        return JSONResponse(shown_by_place(hours_by_place(self._store, now_hour), now_hour), headers=NOT_KEPT)

    def _now_hour(self) -> int:
        return hour_of(to_us(self._clock.now()))
