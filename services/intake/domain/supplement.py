"""Asking the applicant for what is missing: everything at once, with reasons, once; and what comes of it.

Law: NĐ 61/2018 arts. 5, 11.2c (the desk: once) and 19.4 (after examination: through the desk, and the limit begins
again from zero when all of it has come); NĐ 118/2025 art. 17.2a; TT 03/2025/TT-VPCP form 02. How long the applicant may
take is each procedure's own law: NĐ 301/2026 (7 working days), NĐ 297/2025 art. 6.4a (15), NĐ 217/2026 (2); then it
stops. A second request after examination is lawful, but QĐ 766/QĐ-TTg index 2.1 counts the dossier as overdue for it;
NĐ 217/2026 allows no second one.
"""

from kernel.calendar import CalendarDoesNotReach
from kernel.procedure import Procedure
from kernel.refusal import Invalid, Refused
from kernel.working_time import due
from services.intake.domain import files, rules
from services.intake.domain.commands import AskForSupplement, ReceiveSupplement, StopForSilence, prepared
from services.intake.domain.completeness import lacking, misplaced, named
from services.intake.domain.events import (
    DossierStopped,
    DossierSubmitted,
    Event,
    SupplementReceived,
    SupplementRequested,
)
from services.intake.domain.state import Dossier, still_awaited
from services.intake.domain.words import SUPPLEMENT_REASONS, Stage

Answer = tuple[Event, ...] | Refused


def ask_for_supplement(command: AskForSupplement, submission: DossierSubmitted, dossier: Dossier) -> Answer:
    """Ask for everything that is missing, once at the desk and once for each step sent back."""
    stage: Stage = "desk" if dossier.phase == "submitted" else "examination"
    if _is_asked_already(command, stage, dossier):
        return ()
    procedure = prepared(command.published)
    refused = _may_not_ask(dossier, procedure) or _bad_list(command, submission, dossier, procedure)
    if refused is not None:
        return refused
    due_at = None
    if procedure.supplement_limit is not None:
        try:
            due_at = due(prepared(command.calendar), command.now, procedure.supplement_limit)
        except CalendarDoesNotReach as short:
            return Refused(rules.CALENDAR_DOES_NOT_REACH, (Invalid("calendar", str(short)),))
    sent_back = next((step for step in dossier.sent_back if not step.asked), None) if stage == "examination" else None
    return (
        SupplementRequested(
            command.ref,
            command.items,
            stage,
            due_at,
            command.actor,
            command.now,
            "" if sent_back is None else sent_back.step,
            "" if sent_back is None else sent_back.agency,
        ),
    )


def _is_asked_already(command: AskForSupplement, stage: Stage, dossier: Dossier) -> bool:
    """The same list for another step sent back later is a new request, not the old one again."""
    last = dossier.supplement
    if last is None or (last.request.stage, last.request.items) != (stage, command.items):
        return False
    return not last.answered or all(step.asked for step in dossier.sent_back)


def _may_not_ask(dossier: Dossier, procedure: Procedure) -> Refused | None:
    match dossier.phase:
        case "submitted" if dossier.papers_with_post:
            return Refused(rules.PAPERS_WITH_POST)
        case "submitted":
            return Refused(rules.SUPPLEMENT_ASKED_ONCE) if dossier.desk_asked else None
        case "awaiting_payment" | "resolved" | "handed_out":
            return Refused(rules.NOT_AT_DESK)
        case "accepted" if not dossier.sent_back:
            return Refused(rules.NOT_AT_DESK)
        case "accepted" if dossier.awaits_examination_supplement:
            return Refused(rules.SUPPLEMENT_AWAITED)
        case "accepted" if all(step.asked for step in dossier.sent_back):
            return Refused(rules.SUPPLEMENT_ASKED_ONCE)
        case "accepted":
            return Refused(rules.SUPPLEMENTS_USED_UP) if _is_used_up(dossier, procedure) else None
        case _:
            return Refused(rules.DOSSIER_CLOSED)


def _is_used_up(dossier: Dossier, procedure: Procedure) -> bool:
    after_examination = dossier.supplements_asked - dossier.desk_asked
    return procedure.supplements_max is not None and after_examination >= procedure.supplements_max


def _bad_list(
    command: AskForSupplement, submission: DossierSubmitted, dossier: Dossier, procedure: Procedure
) -> Refused | None:
    known = {component.code for component in procedure.components}
    places = tuple(enumerate(command.items))
    unknown = tuple(
        Invalid(f"items[{place}].component", f"{item.component} is no component of {procedure.code}")
        for place, item in places
        if item.component not in known
    )
    if unknown:
        return Refused(rules.COMPONENT_UNKNOWN, unknown)
    unreasoned = tuple(
        Invalid(f"items[{place}].reason", f"one of {', '.join(SUPPLEMENT_REASONS)}")
        for place, item in places
        if item.reason not in SUPPLEMENT_REASONS
    )
    if unreasoned:
        return Refused(rules.SUPPLEMENT_WITHOUT_REASON, unreasoned)
    asked = {item.component for item in command.items}
    forgotten = tuple(code for code in lacking(submission, dossier, procedure) if code not in asked)
    if forgotten:
        return Refused(rules.SUPPLEMENT_INCOMPLETE_LIST, named(procedure, forgotten))
    if not asked:
        return Refused(rules.SUPPLEMENT_INCOMPLETE_LIST, (Invalid("items", "a request names at least one paper"),))
    return None


def receive_supplement(command: ReceiveSupplement, dossier: Dossier) -> Answer:
    """Take in what was asked for; the rest may follow a part."""
    asked = dossier.supplement
    if asked is None:
        return Refused(rules.SUPPLEMENT_NOT_ASKED)
    brings_awaited = still_awaited(asked.awaited, command.components) != asked.awaited
    if not brings_awaited and command.components and set(command.components) <= set(dossier.given):
        return ()
    if dossier.phase != ("submitted" if asked.request.stage == "desk" else "accepted"):
        return Refused(rules.NOT_AT_DESK if dossier.phase in ("awaiting_payment", "accepted") else rules.DOSSIER_CLOSED)
    if not asked.awaited:
        return Refused(rules.SUPPLEMENT_NOT_ASKED)
    refused = misplaced(command.components, prepared(command.published)) or files.unknown(command.files)
    if refused is not None:
        return refused
    if not command.components:
        return Refused(rules.COMPONENTS_MISSING, (Invalid("components", f"awaited: {', '.join(asked.awaited)}"),))
    return (SupplementReceived(command.ref, command.components, asked.request.stage, command.actor, command.now),)


def stop_for_silence(command: StopForSilence, dossier: Dossier) -> Answer:
    """Stop a dossier whose applicant let the time pass without bringing anything."""
    asked = dossier.supplement
    if asked is None or asked.answered or asked.request.due_at is None or command.now < asked.request.due_at:
        return ()
    if dossier.phase != ("submitted" if asked.request.stage == "desk" else "accepted"):
        return ()
    decided = tuple(result.step for result in dossier.results)
    return (DossierStopped(command.ref, "no_supplement", decided, command.now),)
