"""The words of an attempt to pay through a gateway: the orders it takes and the facts it leaves.

Law: NĐ 61/2018/NĐ-CP art. 22 and NĐ 118/2025/NĐ-CP art. 24 (online payment).

`purpose` and `step` say which obligation of the dossier it is for, as in `obligation_words`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from services.payments.domain.dues import Dues
from services.payments.domain.obligation_words import GatewayName, Purpose

CURRENCY = "VND"
Outcome = Literal["succeeded", "failed", "cancelled_by_payer", "unfinished"]
Silence = Literal["unpaid", "unreachable"]
"""What an inquiry may end with that is no outcome: nothing was paid, or the gateway could not be asked."""
Said = Literal[
    "succeeded", "failed", "cancelled_by_payer", "unfinished", "unpaid", "unreachable", "amount_differs", "contradicted"
]
"""What an inquiry ended with; the last two are the gateway's word, and people have to look at them."""
Standing = Literal["none", "started", "succeeded", "failed", "cancelled_by_payer", "expired"]


# --- commands ---


@dataclass(frozen=True, slots=True, kw_only=True)
class StartAttempt:
    """Begin to pay what is owed for `ref`.

    Args:
        txn_ref: our reference of this attempt at the gateway, never used twice.
        limit_vnd: the most that the gateway takes at once.
        step: which obligation is paid, None for the only one that is open.
        dues: context, what is owed at this moment; filled in by the shell.
    """

    ref: str
    txn_ref: str
    gateway: GatewayName
    limit_vnd: int
    expires_at: datetime
    step: str | None = None
    dues: Dues | None = None
    actor: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordOutcome:
    """Take down what a gateway says, with a verified signature, of one attempt.

    Args:
        amount_vnd: None when the gateway's amount is no whole number of đồng.
        response_code: the gateway's own code, kept as it came.
        gateway_no: the gateway's number of the transaction.
        inquiry: the number of our inquiry that it answers, 0 where the gateway spoke unasked.
    """

    txn_ref: str
    gateway: GatewayName
    outcome: Outcome
    amount_vnd: int | None
    currency: str
    response_code: str
    gateway_no: str
    inquiry: int = 0
    actor: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpireAttempt:
    """The time for paying is over (a timer's command): the gateway is asked how the attempt ended."""

    ref: str
    txn_ref: str
    actor: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AskGateway:
    """Ask the gateway again how the attempt ended, by a timer or by a person who wants to know."""

    txn_ref: str
    actor: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSilence:
    """Inquiry number `inquiry` brought no outcome."""

    txn_ref: str
    inquiry: int
    said: Silence
    actor: str
    now: datetime


Command = StartAttempt | RecordOutcome | ExpireAttempt | AskGateway | RecordSilence


# --- events ---


@dataclass(frozen=True, slots=True)
class PaymentStarted:
    """The payer was sent to the gateway with this amount; `code` is the dossier's."""

    ref: str
    txn_ref: str
    gateway: GatewayName
    code: str
    amount_vnd: int
    expires_at: datetime
    at: datetime
    purpose: Purpose = "fee"
    step: str = ""


@dataclass(frozen=True, slots=True)
class PaymentSucceeded:
    """The gateway has the payer's money."""

    ref: str
    txn_ref: str
    gateway: GatewayName
    amount_vnd: int
    gateway_no: str
    at: datetime
    purpose: Purpose = "fee"
    step: str = ""


@dataclass(frozen=True, slots=True)
class PaymentFailed:
    """The gateway says that no money was paid; `code` is its own response code."""

    ref: str
    txn_ref: str
    gateway: GatewayName
    code: str
    gateway_no: str
    at: datetime
    purpose: Purpose = "fee"
    step: str = ""


@dataclass(frozen=True, slots=True)
class PaymentCancelledByPayer:
    """The payer turned back at the gateway."""

    ref: str
    txn_ref: str
    gateway: GatewayName
    at: datetime
    purpose: Purpose = "fee"
    step: str = ""


@dataclass(frozen=True, slots=True)
class PaymentExpired:
    """Nothing was paid until the attempt's time was over, and the gateway says so too."""

    ref: str
    txn_ref: str
    gateway: GatewayName
    at: datetime
    purpose: Purpose = "fee"
    step: str = ""


@dataclass(frozen=True, slots=True)
class InquiryBegun:
    """The gateway is asked how the attempt ended, for the `number`-th time (private)."""

    ref: str
    txn_ref: str
    gateway: GatewayName
    number: int
    at: datetime


@dataclass(frozen=True, slots=True)
class InquiryEnded:
    """What came of an inquiry (private); what it means for the attempt follows as an event of its own.

    Args:
        again_at: when the gateway is asked again; None where the end is known, or a person has to look.
    """

    ref: str
    txn_ref: str
    gateway: GatewayName
    number: int
    said: Said
    again_at: datetime | None
    at: datetime


Event = (
    PaymentStarted
    | PaymentSucceeded
    | PaymentFailed
    | PaymentCancelledByPayer
    | PaymentExpired
    | InquiryBegun
    | InquiryEnded
)
