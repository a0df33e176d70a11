"""Giving the result to the applicant: at the desk, online or by post, when it exists and the fee is paid.

Law: NĐ 61/2018 arts. 6, 16, 19.7 (the desk that received hands out, whichever level decided), 20 and 22; NĐ 118/2025
arts. 6, 15 and 24; QĐ 45/2016 art. 9. A refusal after examination and results kept after a withdrawal are handed out
like any other (NĐ 61/2018 art. 19.8).
"""

from kernel.refusal import Invalid, Refused
from services.intake.domain import rules
from services.intake.domain.commands import DispatchResult, HandOut, KeepAtDesk
from services.intake.domain.events import (
    DossierHandedOut,
    DossierSubmitted,
    Event,
    ResultDispatched,
    ResultKeptAtDesk,
)
from services.intake.domain.state import Dossier
from services.intake.domain.words import REFUSAL_DOCUMENT, SELF

Answer = tuple[Event, ...] | Refused


def fee_stands_in_the_way(submission: DossierSubmitted, dossier: Dossier) -> bool:
    """Say whether a fee is due and unpaid; where nothing was granted the obligation is cancelled, so none is."""
    granted = dossier.outcome in ("granted", "partly_granted")
    return granted and submission.fee_due == "before_hand_out" and not dossier.fee_settled


def papers_of(dossier: Dossier) -> tuple[str, ...]:
    """Return the national codes of what there is to hand out; a refusal is a paper too."""
    codes = tuple(result.result_code for result in dossier.results)
    said_no = dossier.outcome in ("refused", "partly_granted")
    return (*codes, REFUSAL_DOCUMENT) if said_no else codes


def _not_ready(submission: DossierSubmitted, dossier: Dossier) -> Refused | None:
    kept = dossier.phase in ("withdrawn", "stopped") and bool(dossier.kept_results)
    if dossier.phase != "resolved" and not kept:
        return Refused(rules.NOT_RESOLVED)
    return Refused(rules.FEE_UNPAID) if fee_stands_in_the_way(submission, dossier) else None


def dispatch(command: DispatchResult, submission: DossierSubmitted, dossier: Dossier) -> Answer:
    """Give the result to the post, if that is how the applicant wants it."""
    if dossier.posting != "none" or dossier.phase == "handed_out":
        return ()
    if submission.hand_out_by != "post":
        return Refused(rules.HAND_OUT_WAY_NOT_CHOSEN)
    refused = _not_ready(submission, dossier)
    if refused is not None:
        return refused
    return (
        ResultDispatched(
            command.ref,
            dossier.hand_out_to,
            papers_of(dossier),
            submission.receiving_agency,
            submission.applicant,
            command.now,
        ),
    )


def keep_at_desk(command: KeepAtDesk, dossier: Dossier) -> Answer:
    """Take back what the post could not deliver."""
    if dossier.posting == "kept_at_desk" or dossier.phase == "handed_out":
        return ()
    if dossier.posting == "none":
        return Refused(rules.RESULT_NOT_WITH_POST)
    return (ResultKeptAtDesk(command.ref, command.now),)


def hand_out(command: HandOut, submission: DossierSubmitted, dossier: Dossier) -> Answer:
    """Give the result to the applicant or somebody with authority, in a way that is open."""
    if dossier.phase == "handed_out":
        return () if dossier.handed_out_by == command.way else Refused(rules.HANDED_OUT_BEFORE)
    refused = (
        _not_ready(submission, dossier)
        or _wrong_way(command, submission, dossier)
        or _wrong_collector(command, submission)
    )
    if refused is not None:
        return refused
    shown = command.paper_shown if command.way == "desk" else None
    return (DossierHandedOut(command.ref, command.way, command.collector, shown, command.actor, command.now),)


def _wrong_way(command: HandOut, submission: DossierSubmitted, dossier: Dossier) -> Refused | None:
    match command.way:
        case "desk":
            # Whatever was chosen, an applicant who comes to the desk gets the result, unless the post has it.
            return Refused(rules.RESULT_WITH_POST) if dossier.posting == "dispatched" else None
        case "online":
            return None if submission.hand_out_by == "online" else Refused(rules.HAND_OUT_WAY_NOT_CHOSEN)
        case "post":
            return None if dossier.posting == "dispatched" else Refused(rules.RESULT_NOT_WITH_POST)


def _wrong_collector(command: HandOut, submission: DossierSubmitted) -> Refused | None:
    if command.way != "desk":
        return None
    if command.paper_shown is None:
        return Refused(rules.NO_PAPER_SHOWN, (Invalid("paper_shown", "slip, identity_paper or authority_paper"),))
    if command.collector in (SELF, submission.relation) or command.paper_shown == "authority_paper":
        return None
    return Refused(rules.COLLECTOR_WITHOUT_AUTHORITY, (Invalid("paper_shown", "authority_paper"),))
