"""All that one dossier owes: its fee, and what each tax notice states. They are raised, paid and ended apart.

Law: NĐ 61/2018/NĐ-CP art. 22 and NĐ 118/2025/NĐ-CP art. 24 (ways of paying); NĐ 101/2024/NĐ-CP (tax notices).

They stand in one stream, so that one look tells what is open, and nobody pays the one while meaning the other.
"""

from dataclasses import dataclass
from typing import assert_never

from kernel.decider import Decider
from kernel.refusal import Invalid, Refused
from services.payments.domain import obligation, rules
from services.payments.domain.obligation_state import Obligation
from services.payments.domain.obligation_words import (
    CancelNotices,
    CancelObligation,
    Command,
    Event,
    PayAtDesk,
    RaiseNotice,
    RaiseObligation,
    RecordRefund,
    TakePayment,
)

FEE = "fee"
"""What the fee is called where a person names what is meant; a notice is called by its step."""


@dataclass(frozen=True, slots=True)
class Dues:
    """What a dossier owes or owed, in the order in which it was first raised."""

    obligations: tuple[Obligation, ...] = ()

    def of(self, step: str) -> Obligation:
        """Return the fee ("") or what a step's notice states; an empty one where it was never raised."""
        return next((one for one in self.obligations if one.step == step), Obligation())


def step_named(name: str | None) -> str | None:
    """Return the step that a person's name of an obligation stands for."""
    return "" if name == FEE else name


def name_of(one: Obligation) -> str:
    return one.step or FEE


def chosen(dues: Dues, step: str | None) -> Obligation | Refused:
    """Return what is meant: what is named, else the only one that is open, else the first there was."""
    if step is not None:
        return dues.of(step)
    still = tuple(one for one in dues.obligations if one.standing == "open")
    return _only(still) if still else next(iter(dues.obligations), Obligation())


def _only(meant: tuple[Obligation, ...]) -> Obligation | Refused:
    if len(meant) == 1:
        return meant[0]
    return Refused(rules.OBLIGATION_NOT_NAMED, tuple(Invalid("obligation", name_of(one)) for one in meant))


def _to_be_refunded(command: RecordRefund, dues: Dues) -> Obligation | Refused:
    """Return what a refund is about: a transaction belongs to one obligation, cash at the desk may to several."""
    if command.step is not None:
        return dues.of(command.step)
    owing = tuple(one for one in dues.obligations if any(refund.txn_ref == command.txn_ref for refund in one.refunds))
    return _only(owing) if owing else chosen(dues, None)


def decide(command: Command, dues: Dues) -> tuple[Event, ...] | Refused:
    match command:
        case RaiseObligation() | CancelObligation():
            meant: Obligation | Refused = dues.of("")
        case RaiseNotice(step=step) | TakePayment(step=step):
            meant = dues.of(step)
        case PayAtDesk(step=named):
            meant = chosen(dues, named)
        case RecordRefund():
            meant = _to_be_refunded(command, dues)
        case CancelNotices():
            return _cancel_notices(command, dues)
        case _:
            assert_never(command)
    return meant if isinstance(meant, Refused) else obligation.decide(command, meant)


def _cancel_notices(command: CancelNotices, dues: Dues) -> tuple[Event, ...] | Refused:
    events: tuple[Event, ...] = ()
    for one in dues.obligations:
        ended = obligation.decide(command, one) if one.step else ()
        if isinstance(ended, Refused):
            return ended
        events += ended
    return events


def evolve(dues: Dues, event: Event) -> Dues:
    for place, one in enumerate(dues.obligations):
        if one.step == event.step:
            after = obligation.decider.evolve(one, event)
            return Dues((*dues.obligations[:place], after, *dues.obligations[place + 1 :]))
    return Dues((*dues.obligations, obligation.decider.evolve(Obligation(step=event.step), event)))


decider: Decider[Command, Dues, Event] = Decider(Dues(), decide, evolve)
