"""What the desk remembers of a dossier, no more than its next decision needs."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from services.intake.domain.amendments import AppointmentChanged, ComponentDigitised, ParticularsCorrected
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
    BY_SERVICE,
    SUPPLEMENT,
    AppointmentMove,
    ComponentGiven,
    HandOutWay,
    Outcome,
    Phase,
    Posting,
    ResultHeld,
    StopReason,
    Whose,
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
    agency: str = ""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a dossier ended without its result."""

    reason: StopReason | None
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Dossier:
    """One dossier as the desk sees it.

    Args:
        acceptance, listed: the slip and the components on it, as it was issued; `appointment` is what holds now.
        given: the components as they stand, supplements in the place of what they mend.
        desk_asked: the one supplement that the desk may ask for was asked for.
        answered_steps: steps sent back and answered.
        kept_results: steps whose results stay valid although the dossier was withdrawn or stopped.
        moves: every change of the appointment, oldest first.
        corrections: what was put right about its people, oldest first; nothing of it is read without a purpose.
        supplements_asked: how often the applicant was asked for something, at the desk and after examination.
        ended: when it was withdrawn or stopped, by whom and why; what form 05 says.
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
    moves: tuple[AppointmentMove, ...] = ()
    corrections: tuple[ParticularsCorrected, ...] = ()
    supplements_asked: int = 0
    ended: Ended | None = None

    @property
    def papers_with_post(self) -> bool:
        """Say whether the papers are still on their way with the post."""
        by_post = self.submission is not None and self.submission.channel == "post"
        return by_post and self.papers_received_at is None

    def particulars(self, whose: Whose) -> str:
        """Return the sealed particulars that hold now: the last correction, or what was handed in."""
        if self.submission is None:
            return ""
        handed_in = {"applicant": self.submission.particulars, "submitter": self.submission.submitter_particulars}
        corrected = (one.particulars for one in reversed(self.corrections) if one.whose == whose)
        return next(corrected, handed_in[whose])

    @property
    def hand_out_to(self) -> str:
        """Return the sealed address that the result goes to, or "" where it goes to none."""
        if self.submission is None:
            return ""
        corrected = (one.hand_out_to for one in reversed(self.corrections) if one.hand_out_to)
        return next(corrected, self.submission.hand_out_to)

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
            issued = replace(dossier, acceptance=event, listed=dossier.given, appointment=appointment)
            return replace(issued, phase="accepted", code=event.code)
        case DossierRefused():
            return replace(dossier, phase="refused", refusal=event)
        case WithdrawalRequested():
            return replace(dossier, withdrawal="requested")
        case DossierWithdrawn():
            ended = Ended(None, event.by, event.at)
            return replace(dossier, phase="withdrawn", kept_results=event.kept_results, ended=ended)
        case WithdrawalTurnedDown():
            return replace(dossier, withdrawal="turned_down")
        case DossierStopped():
            ended = Ended(event.reason, BY_SERVICE, event.at)
            return replace(dossier, phase="stopped", kept_results=event.kept_results, ended=ended)
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
        case AppointmentChanged():
            return _moved(dossier, event)
        case ComponentDigitised():
            given = tuple(_digitised(one, event.component) for one in dossier.given)
            return replace(dossier, given=given)
        case ParticularsCorrected():
            return replace(dossier, corrections=(*dossier.corrections, event))
        case _:
            assert_never(event)


def _supplemented(dossier: Dossier, event: SupplementRequested | SupplementReceived) -> Dossier:
    match event:
        case SupplementRequested():
            awaited = tuple(dict.fromkeys(item.component for item in event.items))
            times = dossier.supplements_asked + 1
            asked = replace(dossier, supplement=Supplement(event, awaited), supplements_asked=times)
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
            waiting = SentBack(event.step, agency=event.agency)
            return replace(dossier, sent_back=(*dossier.sent_back, waiting))
        case SentBackAnswered():
            return _answered(dossier, event)
        case DossierResolved():
            return replace(dossier, phase="resolved", outcome=event.outcome)
        case _:
            assert_never(event)


def later_promise(appointment: Appointment | None, due_at: datetime) -> datetime | None:
    """Return the promise that is still worth something beside a new lawful date: the one that is later than it."""
    promised = None if appointment is None else appointment.promised_at
    return promised if promised is not None and promised > due_at else None


def _answered(dossier: Dossier, event: SentBackAnswered) -> Dossier:
    waiting = tuple(other for other in dossier.sent_back if other.step != event.step)
    answered = tuple(dict.fromkeys((*dossier.answered_steps, event.step)))
    before = dossier.appointment
    number = 1 if before is None else before.number
    promised_at = later_promise(before, event.due_at)
    fresh = replace(
        dossier,
        sent_back=waiting,
        answered_steps=answered,
        appointment=Appointment(event.clock_from, event.due_at, number, promised_at),
    )
    if before is None or before.clock_from == event.clock_from:
        return fresh
    moved = AppointmentMove(SUPPLEMENT, number, "", event.clock_from, event.due_at, promised_at, "", event.at)
    return replace(fresh, moves=(*dossier.moves, moved))


def _moved(dossier: Dossier, event: AppointmentChanged) -> Dossier:
    move = AppointmentMove(
        event.cause, event.number, event.agency, event.clock_from, event.due_at, event.promised_at, event.note, event.at
    )
    appointment = Appointment(event.clock_from, event.due_at, event.number, event.promised_at)
    return replace(dossier, appointment=appointment, moves=(*dossier.moves, move))


def _digitised(component: ComponentGiven, code: str) -> ComponentGiven:
    return replace(component, digitised=True) if component.code == code else component
