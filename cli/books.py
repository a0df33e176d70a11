"""What must agree between services: what one of them did because another had said so, and what it had to do then.

A dossier's way across the services is carried by messages. Each rule here names both ends of such a message in the two
logs, without a look at marks: an effect that nobody asked for, and a word that nobody followed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import msgspec

from chassis.run import Engine, Running
from chassis.verification import Checked, Ear, Inspection, ears_for, events_of

PLATFORM = "platform"

Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """One type of stored event, as one end of a message.

    Args:
        fields: what both ends have in common, in the same order.
        only: field → the value it must have, where it has the field: what was stored before there was one fits.
    """

    type: str
    fields: tuple[str, ...]
    only: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rule:
    """What `follower` stored rests on what `speaker` said; `always`: whatever was said has to be followed."""

    name: str
    says: str
    follower: str
    effect: Fact
    speaker: str
    words: tuple[Fact, ...]
    always: bool = True


RULES = (
    Rule(
        "results", "no result without its deciding event, and no decision for the applicant that the desk has not got",
        "intake", Fact("ResultReceived", ("ref", "step", "number")),
        "routing", (Fact("StepDecided", ("ref", "step", "number"), {"internal": False}),),
    ),
    Rule(
        "openings", "every accepted dossier has its one chain, and every chain an accepted dossier",
        "routing", Fact("ChainOpened", ("ref", "code")),
        "intake", (Fact("DossierAccepted", ("ref", "code")),),
    ),
    Rule(
        "resolutions", "no dossier is resolved but by the end of its chain",
        "intake", Fact("DossierResolved", ("ref", "outcome")),
        "routing", (Fact("ChainClosed", ("ref", "outcome")),), always=False,
    ),
    Rule(
        "fees", "whoever owes a fee was asked for it, and nobody else was",
        "payments", Fact("ObligationRaised", ("ref", "code"), {"purpose": "fee"}),
        "intake", (
            Fact("PaymentAwaited", ("ref", "code")),
            Fact("DossierAccepted", ("ref", "code"), {"fee_due": "before_hand_out"}),
        ),
    ),
    Rule(
        "settlements", "no fee counts as paid at the desk that was not settled, and every settlement counts",
        "intake", Fact("FeeSettled", ("ref",)),
        "payments", (Fact("ObligationSettled", ("ref",), {"purpose": "fee"}),),
    ),
    Rule(
        "tax notices", "nobody owes a tax that no tax agency has determined",
        "payments", Fact("ObligationRaised", ("ref", "step", "notice"), {"purpose": "tax_notice"}),
        "routing", (Fact("TaxNoticeIssued", ("ref", "step", "number")),), always=False,
    ),
    Rule(
        "handovers", "papers that came by post have their signed record, and every record its papers",
        "intake", Fact("PapersReceived", ("ref", "handover_record")),
        "postal", (Fact("PapersHandedOver", ("ref", "record_no")),),
    ),
    Rule(
        "deliveries", "every result given to the post has its parcel, and every such parcel a result",
        "postal", Fact("ParcelOrdered", ("ref",), {"leg": "delivery"}),
        "intake", (Fact("ResultDispatched", ("ref",)),),
    ),
)  # fmt: skip


def cross_inspections(engine: Engine) -> Iterator[Inspection]:
    """Yield the checks that span services."""
    for rule in RULES:
        yield Inspection(PLATFORM, rule.name, rule.says, partial(_look, engine, rule))


def _look(engine: Engine, rule: Rule, checked: Checked) -> None:
    follower, speaker = engine.running[rule.follower], engine.running[rule.speaker]
    followed = {hash(found.key) for found in _stored(follower, (rule.effect,))}
    said: set[int] = set()
    ears = list(ears_for(follower, speaker))
    for found in _stored(speaker, rule.words):
        checked.counted += 1
        said.add(hash(found.key))
        if rule.always and hash(found.key) not in followed:
            _unfollowed(rule, next(ear for ear in ears if found.position <= ear.head), found, checked)
    for found in _stored(follower, (rule.effect,)):
        checked.counted += 1
        if hash(found.key) not in said:
            checked.breaks(f"{found} of {rule.follower}: {rule.speaker} never said so")


def _unfollowed(rule: Rule, ear: Ear, found: "Stored", checked: Checked) -> None:
    if found.position > ear.position:
        checked.waits(f"{found}: {rule.follower} has not looked past position {ear.position} of {rule.speaker}")
    elif ear.has_had_effect(found.subject, found.sequence):
        checked.breaks(f"{found} of {rule.speaker}: {rule.follower} has no {rule.effect.type} for it")
    elif (found.subject, found.sequence) not in ear.discharged:
        checked.waits(f"{found}: held or parked in {rule.follower}, behind #{ear.marks.get(found.subject, 0)}")


@dataclass(frozen=True, slots=True)
class Stored:
    """One end of a message as it stands in a log."""

    position: int
    type: str
    subject: str
    sequence: int
    key: Key

    def __str__(self) -> str:
        return f"{self.type} {' '.join(map(str, self.key))}"


def _stored(running: Running, facts: tuple[Fact, ...]) -> Iterator[Stored]:
    """Yield one end of messages, in the order of its log; what cannot be read is for another check to name."""
    kinds = {fact.type: fact for fact in facts}
    for event in events_of(running, tuple(kinds)):
        key = _key(event.data, kinds[event.type])
        if key is not None:
            yield Stored(event.position, event.type, event.subject or "", event.sequence or 0, key)


def _key(data: bytes, fact: Fact) -> Key | None:
    try:
        read = msgspec.json.decode(data)
        wanted = all(read.get(name, value) == value for name, value in fact.only.items())
        return tuple(str(read[name]) for name in fact.fields) if wanted else None
    except (msgspec.DecodeError, UnicodeDecodeError, KeyError, TypeError):
        return None
