"""What an agency may do with a step that is its duty: take it over, acknowledge, decide, refuse, send back.

Law: NĐ 61/2018/NĐ-CP arts. 19.4 (supplement), 19.6 (each its own task), 19.8 (refusal), 21.1 (an error is corrected by
whoever made it).
"""

from typing import assert_never

from kernel.refusal import Invalid, Refused, Rule
from kernel.working_time import due
from services.routing.domain import graph, rules
from services.routing.domain.commands import (
    AcknowledgeStep,
    AgencyCommand,
    DecideStep,
    ExtendLimit,
    RefuseStep,
    SendBack,
    TakeOverStep,
)
from services.routing.domain.events import (
    LimitExtended,
    StepAcknowledged,
    StepDecided,
    StepRefused,
    StepSentBack,
    StepTakenOver,
)
from services.routing.domain.moving_on import Facts, cancelled_after, closing, folded, moved_on
from services.routing.domain.progress import Chain, Progress
from services.routing.domain.words import DESK, Stage

# Examining a step is allowed in one stage only; what each other stage answers instead.
NOT_EXAMINED: dict[Stage, Rule] = {
    "planned": rules.STEP_NOT_READY,
    "ready": rules.STEP_NOT_ACKNOWLEDGED,
    "taken_over": rules.STEP_NOT_ACKNOWLEDGED,
    "sent_back": rules.STEP_SENT_BACK,
    "decided": rules.STEP_DECIDED,
    "refused": rules.STEP_REFUSED,
    "cancelled": rules.STEP_CANCELLED,
}


def act_of_agency(command: AgencyCommand, chain: Chain) -> Facts | Refused:
    """Answer an agency; the chain is known to exist."""
    progress = chain.steps.get(command.step)
    if progress is None:
        return Refused(rules.STEP_UNKNOWN)
    if progress.plan.agency != command.agency:
        return Refused(rules.NOT_YOUR_STEP)
    match command:
        case TakeOverStep():
            return _take_over(command, chain, progress)
        case AcknowledgeStep():
            return _acknowledge(command, chain, progress)
        case ExtendLimit():
            return _extend(command, chain, progress)
        case DecideStep():
            return _decide(command, chain, progress)
        case RefuseStep():
            return _refuse(command, chain, progress)
        case SendBack():
            return _send_back(command, chain, progress)
        case _:
            assert_never(command)


def _take_over(command: TakeOverStep, chain: Chain, progress: Progress) -> Facts | Refused:
    match progress.stage:
        case "ready":
            return (StepTakenOver(chain.ref, command.step, command.agency, command.actor, command.now),)
        case "planned" | "cancelled":
            return Refused(NOT_EXAMINED[progress.stage])
        case _:
            return ()


def _acknowledge(command: AcknowledgeStep, chain: Chain, progress: Progress) -> Facts | Refused:
    match progress.stage:
        case "ready" | "taken_over":
            return (StepAcknowledged(chain.ref, command.step, command.agency, command.actor, command.now),)
        case "planned" | "cancelled":
            return Refused(NOT_EXAMINED[progress.stage])
        case _:
            return ()


def _extend(command: ExtendLimit, chain: Chain, progress: Progress) -> Facts | Refused:
    if progress.is_running and progress.ground == command.ground:
        return ()
    if progress.stage != "acknowledged":
        return Refused(NOT_EXAMINED[progress.stage])
    longer = progress.plan.longer_limit(command.ground)
    if longer is None:
        offered = ", ".join(limit.ground for limit in progress.plan.longer_limits) or "no ground at all"
        return Refused(rules.GROUND_NOT_IN_LAW, (Invalid("ground", f"this step knows {offered}"),))
    assert progress.due_at is not None
    assert progress.clock_from is not None
    if command.now > progress.due_at:
        return Refused(rules.LIMIT_PASSED)
    calendar = command.calendars(progress.plan.calendar_id, progress.plan.calendar_version)
    due_at = due(calendar, progress.clock_from, longer.limit)
    return (
        LimitExtended(
            chain.ref,
            command.step,
            command.agency,
            progress.round,
            longer.ground,
            longer.law,
            due_at,
            command.actor,
            command.now,
        ),
    )


def _decide(command: DecideStep, chain: Chain, progress: Progress) -> Facts | Refused:
    act = ("decided", command.result_code, command.number, command.signer, command.sha256)
    if progress.stage == "decided" and progress.act == act:
        return ()
    if progress.stage != "acknowledged":
        return Refused(NOT_EXAMINED[progress.stage])
    if command.result_code != progress.plan.result_code:
        return Refused(rules.RESULT_OF_ANOTHER_KIND, (Invalid("result_code", f"it is {progress.plan.result_code}"),))
    decided = StepDecided(
        chain.ref,
        command.step,
        command.agency,
        command.result_code,
        command.number,
        command.signer,
        command.sha256,
        progress.version + 1,
        progress.is_on_time(command.now),
        command.actor,
        command.now,
    )
    return moved_on(chain, (decided,), command.calendars, command.now, command.now)


def _refuse(command: RefuseStep, chain: Chain, progress: Progress) -> Facts | Refused:
    if progress.stage == "refused" and progress.act == ("refused", command.reason_code, command.law):
        return ()
    if progress.stage != "acknowledged":
        return Refused(NOT_EXAMINED[progress.stage])
    refused = StepRefused(
        chain.ref,
        command.step,
        command.agency,
        command.reason_code,
        command.law,
        command.note,
        progress.is_on_time(command.now),
        command.actor,
        command.now,
    )
    facts = (refused, *cancelled_after(chain, command.step, command.now))
    return (*facts, *closing(folded(chain, facts), command.now))


def _send_back(command: SendBack, chain: Chain, progress: Progress) -> Facts | Refused:
    if progress.stage == "sent_back" and progress.act == ("sent_back", command.to, command.reason_code):
        return ()
    if progress.stage != "acknowledged":
        return Refused(NOT_EXAMINED[progress.stage])
    if command.to != DESK and command.to not in graph.earlier(chain.needs(), command.step):
        return Refused(rules.NOT_AN_EARLIER_STEP, (Invalid("to", "it is `desk` or a step that this one needs"),))
    assert progress.send_back_by is not None
    sent_back = StepSentBack(
        chain.ref,
        command.step,
        command.agency,
        command.to,
        command.reason_code,
        command.note,
        command.to != DESK or command.now <= progress.send_back_by,
        command.actor,
        command.now,
    )
    return moved_on(chain, (sent_back,), command.calendars, command.now, command.now)
