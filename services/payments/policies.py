"""What payments makes of the news: a dossier that is to be paid for owes its fee, one that ended owes nothing more.

Law: NĐ 61/2018/NĐ-CP art. 22; refunds per fee schedule (TT 25/2021/TT-BTC art. 6.3, NĐ 297/2025/NĐ-CP art. 9.2); tax
notices: NĐ 101/2024/NĐ-CP.

The fee begins and ends with what intake says of the dossier, a tax notice with what routing says of the chain: each
from one source, so that the end is never heard before the beginning.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from kernel.message import CancelTimer, Heard, Hearing, Timer
from services.payments.domain.attempt_words import (
    AskGateway,
    ExpireAttempt,
    InquiryEnded,
    PaymentCancelledByPayer,
    PaymentFailed,
    PaymentStarted,
    PaymentSucceeded,
)
from services.payments.domain.obligation_words import (
    CancelNotices,
    CancelObligation,
    CancelReason,
    NoticeLine,
    RaiseNotice,
    RaiseObligation,
)

POLICY = "system:payments"
TIMER = "system:timer"


@dataclass(frozen=True, slots=True)
class PaymentAwaited:
    """intake: the dossier is complete, and its law counts from the payment."""

    ref: str
    code: str
    procedure: str
    procedure_version: str
    channel: str
    category: str
    facts: Mapping[str, int | str | bool]
    receiving_agency: str
    applicant: str
    at: datetime
    pay_by: datetime | None = None
    submitter: str = ""


@dataclass(frozen=True, slots=True)
class DossierAccepted:
    """intake: the dossier is accepted; `fee_due` says whether and until when something is to be paid."""

    ref: str
    code: str
    procedure: str
    procedure_version: str
    channel: str
    category: str
    facts: Mapping[str, int | str | bool]
    receiving_agency: str
    applicant: str
    fee_due: str
    at: datetime
    submitter: str = ""


@dataclass(frozen=True, slots=True)
class DossierWithdrawn:
    """intake: the applicant took the dossier back before a decision."""

    ref: str


@dataclass(frozen=True, slots=True)
class DossierRefused:
    """intake: the desk refused to accept the dossier."""

    ref: str


@dataclass(frozen=True, slots=True)
class DossierStopped:
    """intake: handling ended because something did not come."""

    ref: str
    reason: str


@dataclass(frozen=True, slots=True)
class DossierResolved:
    """intake: the chain is closed, with this outcome."""

    ref: str
    outcome: str


@dataclass(frozen=True, slots=True)
class TaxNoticeIssued:
    """routing: the tax agency determined what the applicant owes."""

    ref: str
    code: str
    procedure: str
    step: str
    agency: str
    number: str
    lines: tuple[NoticeLine, ...]
    payer: str
    submitter: str
    receiving_agency: str


@dataclass(frozen=True, slots=True)
class ChainWithdrawn:
    """routing: what was undecided stopped, because the applicant withdrew."""

    ref: str


@dataclass(frozen=True, slots=True)
class ChainStopped:
    """routing: what was undecided stopped, because the desk stopped the dossier."""

    ref: str


@dataclass(frozen=True, slots=True)
class ChainClosed:
    """routing: nothing is open any more, with this outcome."""

    ref: str
    outcome: str


def raise_while_awaited(news: PaymentAwaited, heard: Heard) -> tuple[RaiseObligation, ...]:
    """The fee is raised before the clock starts."""
    return (_raise(news, news.pay_by, heard),)


def raise_on_acceptance(news: DossierAccepted, heard: Heard) -> tuple[RaiseObligation, ...]:
    """The fee is raised now where it is due before handing out; elsewhere it was raised earlier, or never is."""
    return (_raise(news, None, heard),) if news.fee_due == "before_hand_out" else ()


def _raise(news: PaymentAwaited | DossierAccepted, pay_by: datetime | None, heard: Heard) -> RaiseObligation:
    return RaiseObligation(
        ref=news.ref,
        code=news.code,
        procedure=news.procedure,
        procedure_version=news.procedure_version,
        channel=news.channel,
        category=news.category,
        facts=news.facts,
        payer=news.applicant,
        submitter=news.submitter,
        receiving_agency=news.receiving_agency,
        pay_by=pay_by,
        accepted_at=news.at,
        actor=POLICY,
        now=heard.now,
    )


def cancel_withdrawn(news: DossierWithdrawn, heard: Heard) -> tuple[CancelObligation, ...]:
    return (_cancel(news.ref, "withdrawn", heard),)


def cancel_refused(news: DossierRefused, heard: Heard) -> tuple[CancelObligation, ...]:
    return (_cancel(news.ref, "refused", heard),)


def cancel_stopped(news: DossierStopped, heard: Heard) -> tuple[CancelObligation, ...]:
    return (_cancel(news.ref, "not_paid" if news.reason == "not_paid" else "stopped", heard),)


def cancel_not_granted(news: DossierResolved, heard: Heard) -> tuple[CancelObligation, ...]:
    """A refusal after examination is the fee schedule's case `refused`; partly granted is not refused."""
    return (_cancel(news.ref, "refused", heard),) if news.outcome == "refused" else ()


def _cancel(ref: str, reason: CancelReason, heard: Heard) -> CancelObligation:
    return CancelObligation(ref=ref, reason=reason, actor=POLICY, now=heard.now)


def raise_notice(news: TaxNoticeIssued, heard: Heard) -> tuple[RaiseNotice, ...]:
    """What the notice states is owed to the state, by the applicant, and has its own receipt."""
    return (
        RaiseNotice(
            ref=news.ref,
            code=news.code,
            procedure=news.procedure,
            step=news.step,
            agency=news.agency,
            number=news.number,
            lines=news.lines,
            payer=news.payer,
            submitter=news.submitter,
            receiving_agency=news.receiving_agency,
            actor=POLICY,
            now=heard.now,
        ),
    )


def cancel_notices_withdrawn(news: ChainWithdrawn, heard: Heard) -> tuple[CancelNotices, ...]:
    return (CancelNotices(ref=news.ref, reason="withdrawn", actor=POLICY, now=heard.now),)


def cancel_notices_stopped(news: ChainStopped, heard: Heard) -> tuple[CancelNotices, ...]:
    return (CancelNotices(ref=news.ref, reason="stopped", actor=POLICY, now=heard.now),)


def cancel_notices_refused(news: ChainClosed, heard: Heard) -> tuple[CancelNotices, ...]:
    """A chain that is granted, wholly or in part, keeps its taxes; a refused one had nothing to be taxed."""
    if news.outcome != "refused":
        return ()
    return (CancelNotices(ref=news.ref, reason="refused", actor=POLICY, now=heard.now),)


HEARS: tuple[Hearing, ...] = (
    Hearing("lienthong.intake.PaymentAwaited.v1", PaymentAwaited, raise_while_awaited),
    Hearing("lienthong.intake.DossierAccepted.v1", DossierAccepted, raise_on_acceptance),
    Hearing("lienthong.intake.DossierWithdrawn.v1", DossierWithdrawn, cancel_withdrawn),
    Hearing("lienthong.intake.DossierRefused.v1", DossierRefused, cancel_refused),
    Hearing("lienthong.intake.DossierStopped.v1", DossierStopped, cancel_stopped),
    Hearing("lienthong.intake.DossierResolved.v1", DossierResolved, cancel_not_granted),
    Hearing("lienthong.routing.TaxNoticeIssued.v1", TaxNoticeIssued, raise_notice),
    Hearing("lienthong.routing.ChainWithdrawn.v1", ChainWithdrawn, cancel_notices_withdrawn),
    Hearing("lienthong.routing.ChainStopped.v1", ChainStopped, cancel_notices_stopped),
    Hearing("lienthong.routing.ChainClosed.v1", ChainClosed, cancel_notices_refused),
)


def timers(event: object) -> tuple[Timer | CancelTimer, ...]:
    """When an attempt's time is over the gateway is asked how it ended, unless it said so; and again where need be."""
    match event:
        case PaymentStarted(ref=ref, txn_ref=txn_ref, expires_at=expires_at):
            expire = ExpireAttempt(ref=ref, txn_ref=txn_ref, actor=TIMER, now=expires_at)
            return (Timer(_expiry(txn_ref), expires_at, expire),)
        case InquiryEnded(txn_ref=txn_ref, again_at=again_at) if again_at is not None:
            return (Timer(_expiry(txn_ref), again_at, AskGateway(txn_ref=txn_ref, actor=TIMER, now=again_at)),)
        case PaymentSucceeded() | PaymentFailed() | PaymentCancelledByPayer():
            return (CancelTimer(_expiry(event.txn_ref)),)
        case _:
            return ()


def _expiry(txn_ref: str) -> str:
    return f"attempt-{txn_ref}-expiry"
