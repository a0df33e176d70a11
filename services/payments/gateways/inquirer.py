"""Asks a gateway that said nothing how its payments ended, and brings the answers in as if they had been notices.

Law: NĐ 118/2025/NĐ-CP art. 24 (online payment).

Which inquiries are open stands in the rows, so a restart forgets none. The lane is never kept waiting: whatever takes
time happens elsewhere, and each turn takes what has come.
"""

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from typing import Final

import httpx

from chassis.executor import Lane
from chassis.job import Job
from chassis.unit import Batch
from chassis.vault import Vault
from services.payments.domain.attempt_words import InquiryBegun
from services.payments.gateways.callbacks import answered, silence
from services.payments.gateways.gateway import Asked, Gateway, Unreachable, Wire

log = logging.getLogger("lienthong.inquirer")

INQUIRIES_AT_ONCE: Final = 64
ANSWER_WITHIN_S: Final = 10.0
CONNECTIONS: Final = 4
ANSWER_GIVEN_AT_MOST: Final = 3
"""How often an answer is brought that cannot be taken; then it waits for the next start."""

OPEN: Final = f"""
SELECT txn_ref, asking, started_at FROM payment_attempts WHERE asking > 0 ORDER BY txn_ref LIMIT {INQUIRIES_AT_ONCE}
"""


class Inquirer:
    """Looks after the open inquiries of one running service."""

    def __init__(self, gateway: Gateway, wire: Wire, vault: Vault, lane: Lane) -> None:
        self._gateway, self._wire, self._vault, self._lane = gateway, wire, vault, lane
        self._under_way: dict[Asked, Future[bytes]] = {}
        self._given: dict[Asked, int] = {}
        self._look = True
        lane.committed.append(self._committed)

    def _committed(self, batch: Batch) -> None:
        self._look |= any(event.type == InquiryBegun.__name__ for event in batch.writes.events)

    def pieces(self) -> Iterator[Job]:
        """Return what answers have come; an inquiry that is not under way is sent off."""
        if not self._look:
            return
        rows = self._lane.store.query(OPEN)
        still = [Asked(row["txn_ref"], row["asking"], datetime.fromisoformat(row["started_at"])) for row in rows]
        self._under_way = {asked: self._under_way.get(asked) or self._ask(asked) for asked in still}
        self._given = {asked: self._given.get(asked, 0) for asked in still}
        self._look = any(given < ANSWER_GIVEN_AT_MOST for given in self._given.values())
        for asked, answer in self._under_way.items():
            if answer.done() and self._given[asked] < ANSWER_GIVEN_AT_MOST:
                self._given[asked] += 1
                if self._given[asked] == ANSWER_GIVEN_AT_MOST:
                    log.error("payments: what the gateway answered about %s cannot be taken", asked.txn_ref)
                yield from self._brought(asked, answer)

    def _ask(self, asked: Asked) -> "Future[bytes]":
        return self._wire(self._gateway.question(asked, self._lane.clock.now()))

    def _brought(self, asked: Asked, answer: "Future[bytes]") -> tuple[Job, ...]:
        now = self._lane.clock.now()
        try:
            return answered(self._gateway, self._vault, asked, answer.result(timeout=0), now)
        except Unreachable as error:
            log.warning("payments: %s could not be asked about %s: %s", self._gateway.name, asked.txn_ref, error)
            return (silence(self._gateway, asked, "unreachable", now),)


def inquirer(gateway: Gateway, wire: Wire, vault: Vault) -> Callable[[Lane], Callable[[], Iterator[Job]]]:
    """Return what looks after the inquiries of whichever lane it is given."""
    return lambda lane: Inquirer(gateway, wire, vault, lane).pieces


def over_http(url: str) -> Wire:
    """Return what sends inquiries to `url` and waits for the answers on threads of its own; "" reaches nobody."""
    if not url:
        return _reach_nobody
    threads = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="inquirer")

    def post(question: bytes) -> bytes:
        try:
            headers = {"Content-Type": "application/json"}
            answer = httpx.post(url, content=question, headers=headers, timeout=ANSWER_WITHIN_S)
            return answer.raise_for_status().content
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unreachable(str(error)) from error

    return lambda question: threads.submit(post, question)


def _reach_nobody(question: bytes) -> "Future[bytes]":
    nobody: Future[bytes] = Future()
    nobody.set_exception(Unreachable("LIENTHONG_VNPAY_INQUIRY_URL is not set"))
    return nobody
