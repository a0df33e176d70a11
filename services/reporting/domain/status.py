"""Where a dossier stands, how far it has come, and who has it now: what several services said, put together.

Law: TT 01/2018/TT-VPCP arts. 16–17 (degree of completion to everybody, the rest to those concerned); NĐ 118/2025/NĐ-CP.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from services.reporting.domain.words import OVER, Party

RUNNING_STAGES = frozenset({"ready", "taken_over", "acknowledged"})
CLOSED_STAGES = frozenset({"decided", "refused", "cancelled"})


class StepNow(NamedTuple):
    """A step as it stands.

    Args:
        sent_to: step or desk to which it was sent back.
        handed_over: False while the exchange still has to bring it into its agency's own system.
        party: `applicant` where the step is the applicant's to do; it has no agency then.
    """

    step: str
    agency: str
    stage: str
    sent_to: str = ""
    handed_over: bool = True
    party: str = "agency"


@dataclass(frozen=True, slots=True)
class Standing:
    """What was heard of one dossier, from whichever service and in whichever order.

    Args:
        phase: what the desk's events say.
        outcome: what the chain came to, or "".
        kept_results: it was withdrawn or stopped, but results exist that are handed out.
        asked_to_withdraw, withdrawal_declined: the wish (intake's), and routing's answer no.
        fee_stands_open: something is owed and unpaid.
        delivery: status of the parcel that brings the result, or "".
        incident: the system is broken for this dossier, so nobody else's minute passes.
    """

    phase: str
    receiving_agency: str
    outcome: str = ""
    fee_due: str = ""
    kept_results: bool = False
    supplement_stage: str = ""
    asked_to_withdraw: bool = False
    withdrawal_declined: bool = False
    fee_stands_open: bool = False
    delivery: str = ""
    steps: tuple[StepNow, ...] = ()
    incident: bool = False

    @property
    def running(self) -> tuple[StepNow, ...]:
        """The steps that lie with their agencies."""
        return tuple(step for step in self.steps if step.stage in RUNNING_STAGES)

    @property
    def at_desk(self) -> tuple[StepNow, ...]:
        """The steps that were sent back to the desk."""
        return tuple(step for step in self.steps if step.stage == "sent_back" and step.sent_to == "desk")

    @property
    def is_closed(self) -> bool:
        """Nothing more will happen, but for results that a withdrawn or stopped dossier keeps."""
        return self.phase in OVER and not self.waits_for_hand_out

    @property
    def waits_for_hand_out(self) -> bool:
        return self.phase == "resolved" or (self.phase in ("withdrawn", "stopped") and self.kept_results)

    @property
    def waits_for_fee(self) -> bool:
        """The result exists and the fee that was due before it is handed out has not been paid."""
        granted = self.outcome in ("granted", "partly_granted")
        return self.phase == "resolved" and granted and self.fee_due == "before_hand_out" and self.fee_stands_open


def status_of(standing: Standing) -> str:
    """Return the one word for where a dossier stands, a `Status`."""
    if standing.phase == "in_progress" and standing.asked_to_withdraw and not standing.withdrawal_declined:
        return "withdrawal_asked"
    if standing.waits_for_fee:
        return "fee_before_hand_out"
    if standing.phase == "dispatched" and standing.delivery == "back_at_desk":
        return "back_at_desk"
    return standing.phase


class Completion(NamedTuple):
    """How much of a dossier's way is behind it: acceptance, each step, handing out."""

    done: int
    of: int

    @property
    def percent(self) -> int:
        return self.done * 100 // self.of


def completion_of(standing: Standing, accepted: bool) -> Completion:
    """Return the degree of completion, which is all that a stranger may know.

    A dossier that ended without a result has nothing left to be done, so it is complete too.
    """
    of = 2 + max(1, len(standing.steps))
    if standing.is_closed:
        return Completion(of, of)
    closed = sum(step.stage in CLOSED_STAGES for step in standing.steps)
    return Completion(int(accepted) + closed, of)


class Holder(NamedTuple):
    """Whose minute it is: `agency` for an agency or a desk, `step` where it is one step of several."""

    party: Party
    agency: str = ""
    step: str = ""


def holders_of(standing: Standing) -> tuple[Holder, ...]:
    """Return everybody whose clock runs now; nobody where nothing more will happen."""
    desk = Holder("desk", standing.receiving_agency)
    match standing.phase:
        case "in_progress" | "supplement" if standing.incident:
            return (Holder("system"),)
        case "with_post":
            return (Holder("post"),)
        case "supplement" if standing.supplement_stage == "desk":
            return (Holder("applicant"),)
        case "awaiting_payment":
            return (Holder("applicant"),)
        case "in_progress" | "supplement":
            waits = Holder("applicant") if standing.phase == "supplement" else desk
            return _once((*_with_agencies(standing), *(waits for _ in standing.at_desk))) or (desk,)
        case "dispatched":
            return (desk,) if standing.delivery == "back_at_desk" else (Holder("post"),)
        case _ if standing.waits_for_fee:
            return (Holder("applicant"),)
        case _ if standing.is_closed:
            return ()
        case _:
            return (desk,)


def _with_agencies(standing: Standing) -> Iterable[Holder]:
    for step in standing.running:
        if step.party == "applicant":
            yield Holder("applicant", "", step.step)
        else:
            yield Holder("agency" if step.handed_over else "system", step.agency, step.step)


def _once(holders: Iterable[Holder]) -> tuple[Holder, ...]:
    return tuple(dict.fromkeys(holders))
