"""What the desk remembers of a dossier, no more than its next decision needs."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from services.intake.domain.appointment import Appointment
from services.intake.domain.events import (
    DossierAccepted,
    DossierHandedOut,
    DossierRefused,
    DossierResolved,
    DossierStopped,
    DossierSubmitted,
    DossierWithdrawn,
    Event,
    FeeSettled,
    PapersReceived,
    PaymentAwaited,
    ResultDispatched,
    ResultKeptAtDesk,
    ResultReceived,
    ResultRevoked,
    SentBackAnswered,
    SentBackReceived,
    SupplementReceived,
    SupplementRequested,
    WithdrawalRequested,
    WithdrawalTurnedDown,
)
from services.intake.domain.words import (
    ComponentGiven,
    HandOutWay,
    Outcome,
    Phase,
    Posting,
    ResultHeld,
    Withdrawal,
)


@dataclass(frozen=True, slots=True)
class Supplement:
    """The latest request for a supplement.

    Args:
        request: the slip as it was issued.
        awaited: components that have not come yet.
        answered: something came, though perhaps not all of it.
        complete_at: when the last of it came.
    """

    request: SupplementRequested
    awaited: tuple[str, ...]
    answered: bool = False
    complete_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SentBack:
    """A step that an agency sent back and the desk has not answered; `asked` once a supplement was asked for it."""

    step: str
    asked: bool = False


@dataclass(frozen=True, slots=True)
class Dossier:
    """One dossier as the desk sees it.

    Args:
        acceptance, listed: the slip and the components on it, as it was issued; `appointment` is what holds now.
        given: the components as they stand, supplements in the place of what they mend.
        desk_asked: the one supplement that the desk may ask for was asked for.
        answered_steps: steps sent back and answered.
        kept_results: steps whose results stay valid although the dossier was withdrawn or stopped.
    """

    submission: DossierSubmitted | None = None
    phase: Phase = "none"
    given: tuple[ComponentGiven, ...] = ()
    papers_received_at: datetime | None = None
    desk_asked: bool = False
    supplement: Supplement | None = None
    code: str = ""
    pay_by: datetime | None = None
    acceptance: DossierAccepted | None = None
    listed: tuple[ComponentGiven, ...] = ()
    appointment: Appointment | None = None
    fee_settled: bool = False
    refusal: DossierRefused | None = None
    withdrawal: Withdrawal = "none"
    sent_back: tuple[SentBack, ...] = ()
    answered_steps: tuple[str, ...] = ()
    results: tuple[ResultHeld, ...] = ()
    kept_results: tuple[str, ...] = ()
    outcome: Outcome | None = None
    posting: Posting = "none"
    handed_out_by: HandOutWay | None = None

    @property
    def papers_with_post(self) -> bool:
        """Say whether the papers are still on their way with the post."""
        by_post = self.submission is not None and self.submission.channel == "post"
        return by_post and self.papers_received_at is None

    @property
    def awaits_examination_supplement(self) -> bool:
        """Say whether the applicant has not answered yet what an agency wanted."""
        return (
            self.supplement is not None
            and self.supplement.request.stage == "examination"
            and not self.supplement.answered
        )


def evolve(dossier: Dossier, event: Event) -> Dossier:
    """Return the dossier after `event`; every event is taken in every state."""
    match event:
        case DossierSubmitted():
            return replace(dossier, submission=event, phase="submitted", given=event.components)
        case PapersReceived():
            return replace(dossier, papers_received_at=event.at)
        case SupplementRequested() | SupplementReceived():
            return _supplemented(dossier, event)
        case PaymentAwaited():
            return replace(dossier, phase="awaiting_payment", code=event.code, pay_by=event.pay_by)
        case DossierAccepted():
            appointment = Appointment(event.clock_from, event.due_at)
            issued = replace(dossier, acceptance=event, listed=dossier.given)
            return replace(issued, phase="accepted", code=event.code, appointment=appointment)
        case DossierRefused():
            return replace(dossier, phase="refused", refusal=event)
        case WithdrawalRequested():
            return replace(dossier, withdrawal="requested")
        case DossierWithdrawn():
            return replace(dossier, phase="withdrawn", kept_results=event.kept_results)
        case WithdrawalTurnedDown():
            return replace(dossier, withdrawal="turned_down")
        case DossierStopped():
            return replace(dossier, phase="stopped", kept_results=event.kept_results)
        case FeeSettled():
            return replace(dossier, fee_settled=True)
        case ResultReceived() | ResultRevoked() | SentBackReceived() | SentBackAnswered() | DossierResolved():
            return _along_the_chain(dossier, event)
        case ResultDispatched():
            return replace(dossier, posting="dispatched")
        case ResultKeptAtDesk():
            return replace(dossier, posting="kept_at_desk")
        case DossierHandedOut():
            return replace(dossier, phase="handed_out", handed_out_by=event.way)
        case _:
            assert_never(event)


def _supplemented(dossier: Dossier, event: SupplementRequested | SupplementReceived) -> Dossier:
    match event:
        case SupplementRequested():
            awaited = tuple(dict.fromkeys(item.component for item in event.items))
            asked = replace(dossier, supplement=Supplement(event, awaited))
            if event.stage == "desk":
                return replace(asked, desk_asked=True)
            return replace(asked, sent_back=_first_asked(dossier.sent_back))
        case SupplementReceived():
            fresh = {component.code for component in event.components}
            kept = tuple(component for component in dossier.given if component.code not in fresh)
            given = replace(dossier, given=kept + event.components)
            if dossier.supplement is None:
                return given
            awaited = still_awaited(dossier.supplement.awaited, event.components)
            complete_at = None if awaited else event.at
            answered = replace(dossier.supplement, awaited=awaited, answered=True, complete_at=complete_at)
            return replace(given, supplement=answered)
        case _:
            assert_never(event)


def _first_asked(sent_back: tuple[SentBack, ...]) -> tuple[SentBack, ...]:
    """A request belongs to the step that has waited longest without one."""
    for index, waiting in enumerate(sent_back):
        if not waiting.asked:
            return (*sent_back[:index], replace(waiting, asked=True), *sent_back[index + 1 :])
    return sent_back


def still_awaited(awaited: tuple[str, ...], components: tuple[ComponentGiven, ...]) -> tuple[str, ...]:
    """Return the awaited components that `components` bring neither as themselves nor in a substitute."""
    brought = {component.code for component in components} | {component.substitute_for for component in components}
    return tuple(code for code in awaited if code not in brought)


def _along_the_chain(
    dossier: Dossier, event: ResultReceived | ResultRevoked | SentBackReceived | SentBackAnswered | DossierResolved
) -> Dossier:
    match event:
        case ResultReceived():
            held = ResultHeld(event.step, event.result_code, event.number)
            others = tuple(result for result in dossier.results if result.step != event.step)
            return replace(dossier, results=(*others, held))
        case ResultRevoked():
            return replace(dossier, results=tuple(held for held in dossier.results if held.step != event.step))
        case SentBackReceived():
            return replace(dossier, sent_back=(*dossier.sent_back, SentBack(event.step)))
        case SentBackAnswered():
            waiting = tuple(other for other in dossier.sent_back if other.step != event.step)
            answered = tuple(dict.fromkeys((*dossier.answered_steps, event.step)))
            return replace(
                dossier,
                sent_back=waiting,
                answered_steps=answered,
                appointment=Appointment(event.clock_from, event.due_at),
            )
        case DossierResolved():
            return replace(dossier, phase="resolved", outcome=event.outcome)
        case _:
            assert_never(event)
