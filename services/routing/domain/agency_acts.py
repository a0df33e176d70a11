"""What an agency may do with a step that is its duty: take it over, acknowledge, decide, refuse, send back.

Law: NĐ 61/2018/NĐ-CP arts. 19.4 (supplement), 19.6 (each its own task), 19.8 (refusal), 21.1 (an error is corrected by
whoever made it).
"""

from typing import assert_never

from kernel.refusal import Invalid, Refused
from services.routing.domain import clock_rules, graph, rules
from services.routing.domain.chain_clock import clock_follows, extended, received
from services.routing.domain.clock_dates import stood_still, warn_at
from services.routing.domain.clock_events import in_words
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
from services.routing.domain.notice import notice_of, unlike_a_notice
from services.routing.domain.progress import Chain, Progress
from services.routing.domain.rules import NOT_EXAMINED
from services.routing.domain.words import DESK


def act_of_agency(command: AgencyCommand, chain: Chain) -> Facts | Refused:
    """Answer an agency; the chain is known to exist."""
    progress = chain.steps.get(command.step)
    if progress is None:
        return Refused(rules.STEP_UNKNOWN)
    if progress.plan.party == "applicant" or progress.plan.agency != command.agency:
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
            taken_over = StepTakenOver(chain.ref, command.step, command.agency, command.actor, command.now)
            return (taken_over, *_received(command, chain, progress))
        case "planned" | "cancelled":
            return Refused(NOT_EXAMINED[progress.stage])
        case _:
            return ()


def _acknowledge(command: AcknowledgeStep, chain: Chain, progress: Progress) -> Facts | Refused:
    match progress.stage:
        case "ready" | "taken_over":
            acknowledged = StepAcknowledged(chain.ref, command.step, command.agency, command.actor, command.now)
            return (acknowledged, *_received(command, chain, progress))
        case "planned" | "cancelled":
            return Refused(NOT_EXAMINED[progress.stage])
        case _:
            return ()


def _received(command: TakeOverStep | AcknowledgeStep, chain: Chain, progress: Progress) -> Facts:
    """Law: NĐ 118/2025 art. 17.3: what was received elsewhere is received here with the first of the two."""
    return received(chain, progress, command.calendars, at=command.now, by=command.actor)


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
    if progress.stopped_on is not None:
        return Refused(clock_rules.CLOCK_STANDS_STILL)
    if command.now > progress.due_at:
        return Refused(rules.LIMIT_PASSED)
    calendar = command.calendars(progress.plan.calendar_id, progress.plan.calendar_version)
    due_at, counted_from = stood_still(calendar, progress.clock_from, longer.limit, progress.stood)
    claimed = LimitExtended(
        chain.ref,
        command.step,
        command.agency,
        progress.round,
        longer.ground,
        longer.law,
        due_at,
        command.actor,
        command.now,
        warn_at(calendar, counted_from, due_at, longer.limit) if progress.plan.lateness_counts else None,
    )
    after, now, by = folded(chain, (claimed,)), command.now, command.actor
    return (claimed, *extended(after, command.step, command.calendars, at=now, runs_at=now, by=by))


def _decide(command: DecideStep, chain: Chain, progress: Progress) -> Facts | Refused:
    written = (command.result_code, command.number, command.signer, command.sha256)
    act = ("decided", *written, *in_words(command.notice))
    if progress.stage == "decided" and progress.act == act:
        return ()
    if progress.stage != "acknowledged":
        return Refused(NOT_EXAMINED[progress.stage])
    if command.result_code != progress.plan.result_code:
        return Refused(rules.RESULT_OF_ANOTHER_KIND, (Invalid("result_code", f"it is {progress.plan.result_code}"),))
    if wrong := unlike_a_notice(progress.plan, command.notice):
        return wrong
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
        progress.plan.internal,
    )
    facts = (decided, *notice_of(command, chain, progress))
    return moved_on(chain, facts, command.calendars, at=command.now, clock_from=command.now, by=command.actor)


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
    facts = (*facts, *closing(folded(chain, facts), command.now))
    return clock_follows(chain, facts, command.calendars, at=command.now, over_at=command.now, by=command.actor)


def _send_back(command: SendBack, chain: Chain, progress: Progress) -> Facts | Refused:
    if progress.stage == "sent_back" and progress.act == ("sent_back", command.to, command.reason_code):
        return ()
    if progress.stage != "acknowledged":
        return Refused(NOT_EXAMINED[progress.stage])
    if command.to != DESK and not _may_correct(chain, command):
        wrong = Invalid("to", "it is `desk`, or a step of an agency that this one needs")
        return Refused(rules.NOT_AN_EARLIER_STEP, (wrong,))
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
    return moved_on(chain, (sent_back,), command.calendars, at=command.now, clock_from=command.now, by=command.actor)


def _may_correct(chain: Chain, command: SendBack) -> bool:
    """Whoever made an error corrects it; what the applicant paid is no act that could be corrected."""
    earlier = graph.earlier(chain.needs(), command.step)
    return command.to in earlier and chain.steps[command.to].plan.party == "agency"
