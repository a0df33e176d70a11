"""Putting right what stands wrong about a person, without touching what was written before.

Law: NĐ 61/2018 art. 5 and NĐ 118/2025 art. 5 (dossier data is neither altered nor deleted), so the correction is an
event of its own; Luật 91/2025/QH15 art. 13 (whoever the data is about may have it corrected).
"""

from kernel.refusal import Invalid, Refused
from services.intake.domain import rules
from services.intake.domain.amendments import ParticularsCorrected
from services.intake.domain.commands import CorrectParticulars
from services.intake.domain.events import DossierSubmitted, Event
from services.intake.domain.state import Dossier
from services.intake.domain.words import PARTICULARS, SELF

Answer = tuple[Event, ...] | Refused


def correct(command: CorrectParticulars, submission: DossierSubmitted, dossier: Dossier) -> Answer:
    """Put the particulars right: the applicant before acceptance, the desk at any time.

    Who the person is cannot change: no number is among the `PARTICULARS`, and the opaque id is the dossier's own.
    """
    if any(one.reason == command.reason for one in dossier.corrections):
        return ()  # a reason is sealed for one order alone, so it is the same order again
    refused = may_not_correct(command, submission, dossier)
    if refused is not None:
        return refused
    if command.particulars is None:
        return Refused(rules.PARTICULARS_UNREADABLE)
    person = submission.applicant if command.whose == "applicant" else submission.submitter
    return (
        ParticularsCorrected(
            ref=command.ref,
            whose=command.whose,
            person=person,
            particulars=command.particulars,
            hand_out_to=command.hand_out_to,
            reason=command.reason,
            by=command.actor,
            at=command.now,
        ),
    )


def may_not_correct(command: CorrectParticulars, submission: DossierSubmitted, dossier: Dossier) -> Refused | None:
    """Return why not, or None; asked before anything is opened, for what is refused need not be read."""
    if command.by_applicant and dossier.phase not in ("submitted", "awaiting_payment"):
        return Refused(rules.CORRECTION_AT_DESK)
    if command.whose == "submitter" and submission.relation == SELF:
        return Refused(rules.NOTHING_TO_CORRECT, (Invalid("whose", "the applicant handed in"),))
    unknown = tuple(name for name in command.corrected if name not in PARTICULARS)
    if unknown or not (command.corrected or command.hand_out_to):
        fields = Invalid("corrected", f"one or more of {', '.join(PARTICULARS)}, or hand_out_to")
        return Refused(rules.NOTHING_TO_CORRECT, (fields,))
    if not command.reason:
        return Refused(rules.CORRECTION_WITHOUT_REASON)
    if command.hand_out_to and submission.hand_out_by != "post":
        return Refused(rules.HAND_OUT_WAY_NOT_CHOSEN)
    if command.hand_out_to and (dossier.posting != "none" or dossier.phase == "handed_out"):
        return Refused(rules.PARCEL_ORDERED)
    return None
