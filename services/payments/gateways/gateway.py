"""The port to a payment gateway: where the payer is sent, what the gateway says of it, and what we answer.

Law: NĐ 61/2018/NĐ-CP art. 22 and NĐ 118/2025/NĐ-CP art. 24 (online payment).

Adapters only translate. They keep no state and decide nothing: a notice becomes `RecordOutcome`, and the answer follows
from what the deciders said, so that the same stored state always gives the same answer.
"""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from chassis.limits import GATEWAY_NOTICE_BYTES_MAX
from kernel.refusal import Refused
from services.payments.domain.attempt_words import Outcome
from services.payments.domain.obligation_words import GatewayName

RAW_LIMIT_BYTES = GATEWAY_NOTICE_BYTES_MAX


@dataclass(frozen=True, slots=True)
class PayRequest:
    """What the payer takes to the gateway. Nothing in it says who the payer is.

    Args:
        purpose: what is paid, in any script; adapters reduce it to what their gateway prints.
        return_url: where the payer's browser comes back to; what it then claims is shown, never believed.
    """

    txn_ref: str
    amount_vnd: int
    purpose: str
    started_at: datetime
    expires_at: datetime
    return_url: str


@dataclass(frozen=True, slots=True)
class Notice:
    """What a gateway said of one attempt, its signature verified.

    Args:
        amount_vnd: None when the gateway's figure is no whole number of đồng.
        response_code: the gateway's own code, as it came.
    """

    txn_ref: str
    outcome: Outcome
    amount_vnd: int | None
    currency: str
    response_code: str
    gateway_no: str


@dataclass(frozen=True, slots=True)
class Unverified:
    """Not known to be the gateway's word: the signature is wrong, or the message is not one of the gateway's."""

    why: Literal["signature", "form"]
    detail: str


@dataclass(frozen=True, slots=True)
class Unpaid:
    """The gateway knows of no payment for this attempt: its word, with a verified signature."""

    txn_ref: str


@dataclass(frozen=True, slots=True)
class Asked:
    """One inquiry: how did the attempt end that began at `started_at`?

    Args:
        number: 1, 2, … for each attempt; the gateway takes no request twice.
    """

    txn_ref: str
    number: int
    started_at: datetime


class Unreachable(Exception):
    """The gateway could not be asked, or did not answer in time."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the gateway gets back; it also tells it whether to send the notice again."""

    body: bytes
    media_type: str


Decision = tuple[object, ...] | Refused


class Gateway(Protocol):
    """A payment gateway, real or simulated: both speak the same wire format."""

    @property
    def name(self) -> GatewayName: ...

    @property
    def limit_vnd(self) -> int:
        """The most that it takes in one payment."""
        ...

    def pay_url(self, request: PayRequest) -> str:
        """Return the signed address that the payer's browser is sent to."""
        ...

    def read(self, raw: bytes) -> Notice | Unverified:
        """Verify and read a notice as it was received, byte for byte."""
        ...

    def answer(self, said: Unverified | Decision) -> Answer:
        """Return the answer to a notice that was not verified, or that led to this decision."""
        ...

    def question(self, asked: Asked, now: datetime) -> bytes:
        """Return a signed inquiry as it goes to the gateway."""
        ...

    def read_answer(self, asked: Asked, raw: bytes) -> Notice | Unpaid | Unverified:
        """Verify and read the answer to an inquiry, byte for byte."""
        ...


Wire = Callable[[bytes], "Future[bytes]"]
"""Sends an inquiry and brings its answer; the future may hold `Unreachable`. It never waits."""
