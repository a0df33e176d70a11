"""A gateway's notice on its way in: kept sealed, then verified, then told to the attempt, then answered.

Law: NĐ 118/2025/NĐ-CP art. 24 (online payment).

The order is that of the payments README. The work is one or two jobs for the lane, which takes them in turn, so the raw
bytes stand in the log before anything that follows from them; the last job's answer is the gateway's answer.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime

from chassis.executor import Done, Job, Outcome
from chassis.vault import Vault
from kernel.refusal import Refused
from services.payments.domain.attempt_words import RecordOutcome, RecordSilence, Silence
from services.payments.domain.callback import KeepCallback
from services.payments.gateways.gateway import RAW_LIMIT_BYTES, Answer, Asked, Gateway, Notice, Unpaid, Unverified

SEALED_FIELD = "raw"


def _always() -> bool:
    return True


def receive(
    gateway: Gateway, vault: Vault, raw: bytes, now: datetime, room_for_forged: Callable[[], bool] = _always
) -> tuple[Job, ...]:
    """Return the jobs that a notice comes to, to be submitted in this order; the last one's answer goes back.

    Args:
        room_for_forged: whether one more notice that is not the gateway's word may be kept; without room there is
            nothing to do, and `refusal` answers.
    """
    notice = gateway.read(raw)
    if isinstance(notice, Unverified):
        if not room_for_forged():
            return ()
        reply = gateway.answer(notice)
        return (Job(_keep(gateway, vault, raw, now, forged=True), render=lambda outcome: (200, reply.body)),)
    keep = _keep(gateway, vault, raw, now)
    record = _record(gateway, notice, now)
    return Job(keep), Job(
        record, render=lambda outcome: (200, _answer(gateway, outcome).body), correlation=notice.txn_ref
    )


def refusal(gateway: Gateway, raw: bytes) -> bytes:
    """Return what is answered to a notice that is not the gateway's word."""
    notice = gateway.read(raw)
    assert isinstance(notice, Unverified), "the gateway's own word is always kept"
    return gateway.answer(notice).body


def sealed_under(gateway: Gateway, vault: Vault) -> str:
    """Return whose key seals a gateway's notices: the gateway's own, for nothing in them is believed yet."""
    return vault.person("gateway", gateway.name)


def _keep(gateway: Gateway, vault: Vault, raw: bytes, now: datetime, forged: bool = False) -> KeepCallback:
    kept = raw[:RAW_LIMIT_BYTES].decode("latin-1")
    return KeepCallback(
        ref=hashlib.sha256(raw).hexdigest(),
        gateway=gateway.name,
        raw=vault.seal(sealed_under(gateway, vault), {SEALED_FIELD: kept}),
        length_bytes=len(raw),
        actor=_actor(gateway),
        now=now,
        forged=forged,
    )


def answered(gateway: Gateway, vault: Vault, asked: Asked, raw: bytes, now: datetime) -> tuple[Job, ...]:
    """Return the jobs that the answer to an inquiry comes to: it is kept and judged like a notice."""
    keep = Job(_keep(gateway, vault, raw, now))
    said = gateway.read_answer(asked, raw)
    if isinstance(said, Notice):
        return keep, Job(_record(gateway, said, now, asked.number), correlation=asked.txn_ref)
    return keep, silence(gateway, asked, "unpaid" if isinstance(said, Unpaid) else "unreachable", now)


def silence(gateway: Gateway, asked: Asked, said: Silence, now: datetime) -> Job:
    """Return the job of an inquiry that brought no outcome."""
    command = RecordSilence(txn_ref=asked.txn_ref, inquiry=asked.number, said=said, actor=_actor(gateway), now=now)
    return Job(command, correlation=asked.txn_ref)


def _record(gateway: Gateway, notice: Notice, now: datetime, inquiry: int = 0) -> RecordOutcome:
    return RecordOutcome(
        txn_ref=notice.txn_ref,
        gateway=gateway.name,
        outcome=notice.outcome,
        amount_vnd=notice.amount_vnd,
        currency=notice.currency,
        response_code=notice.response_code,
        gateway_no=notice.gateway_no,
        inquiry=inquiry,
        actor=_actor(gateway),
        now=now,
    )


def _actor(gateway: Gateway) -> str:
    return f"gateway:{gateway.name}"


def _answer(gateway: Gateway, outcome: Outcome) -> Answer:
    match outcome:
        case Done(events=events):
            return gateway.answer(events)
        case Refused():
            return gateway.answer(outcome)
        case _:
            raise AssertionError(f"a notice has no principal, no key and no version: {outcome}")
