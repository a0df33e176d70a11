"""What the tax agency determined that the applicant owes, and what follows when it is paid.

Law: NĐ 101/2024/NĐ-CP and QĐ 138/2025/QĐ-UBND (Đồng Tháp) art. 30: the tax agency issues the notice, the applicant
pays, and the land office goes on once that is confirmed. A notice over nothing has nothing to wait for.
"""

from kernel.refusal import Invalid, Refused
from services.routing.domain import rules
from services.routing.domain.clock_commands import SettleNotice
from services.routing.domain.clock_events import NoticeLine, StepFulfilled, TaxNoticeIssued
from services.routing.domain.commands import DecideStep
from services.routing.domain.facts import Facts
from services.routing.domain.moving_on import moved_on, step_ready
from services.routing.domain.plan import PlannedStep
from services.routing.domain.progress import Chain, Progress


def unlike_a_notice(plan: PlannedStep, lines: tuple[NoticeLine, ...]) -> Refused | None:
    """Refuse a decision that should say what is owed and does not, or says it though its step has no such duty."""
    if not plan.states_dues:
        wrong = Invalid("notice", "this step does not determine what is owed")
        return Refused(rules.NOT_A_NOTICE, (wrong,)) if lines else None
    invalid = tuple(
        Invalid(f"notice.{place}.amount_vnd", "a whole number of đồng, zero or more")
        for place, line in enumerate(lines)
        if type(line.amount_vnd) is not int or line.amount_vnd < 0
    )
    if not lines:
        invalid = (Invalid("notice", "at least one line, even if it is over 0 đ"),)
    elif len({line.code for line in lines}) < len(lines):
        invalid = (*invalid, Invalid("notice", "each line has a code of its own"))
    return Refused(rules.NOTICE_WITHOUT_LINES, invalid) if invalid else None


def notice_of(command: DecideStep, chain: Chain, progress: Progress) -> Facts:
    """Return the notice that a decision is, if it is one; another sum than before has to be paid anew."""
    paying = _paid_in(chain, command.step) if progress.plan.states_dues else None
    if paying is None:
        return ()
    issued = TaxNoticeIssued(
        chain.ref,
        chain.code,
        chain.procedure,
        command.step,
        paying.plan.step,
        command.agency,
        command.number,
        command.notice,
        chain.applicant,
        chain.submitter,
        chain.receiving_agency,
        command.actor,
        command.now,
    )
    dues_vnd = sum(line.amount_vnd for line in command.notice)
    if dues_vnd == 0:
        nothing_to_pay = StepFulfilled(chain.ref, paying.plan.step, True, command.now)
        return (issued, nothing_to_pay) if paying.is_open else (issued,)
    if progress.dues_vnd in (None, dues_vnd) or paying.stage not in ("ready", "decided"):
        return (issued,)
    again = step_ready(
        chain.ref, paying, command.calendars, at=command.now, ready_at=command.now, clock_from=command.now
    )
    return (issued, again)


def settle_notice(command: SettleNotice, chain: Chain) -> Facts:
    """Take the news that a notice is paid; it may come before everything else that the applicant's step needs."""
    notice, paying = chain.steps.get(command.step), _paid_in(chain, command.step)
    if not chain.is_open or notice is None or notice.dues_vnd is None or paying is None or not paying.is_open:
        return ()
    if paying.round > 1 and paying.since is not None and command.settled_at < paying.since:
        return ()  # It is what was paid on the notice before the corrected one.
    fulfilled = StepFulfilled(chain.ref, paying.plan.step, paying.is_on_time(command.settled_at), command.settled_at)
    return moved_on(
        chain, (fulfilled,), command.calendars, at=command.now, clock_from=command.settled_at, by=command.actor
    )


def _paid_in(chain: Chain, step: str) -> Progress | None:
    every = chain.steps.values()
    return next((one for one in every if one.plan.party == "applicant" and step in one.plan.needs), None)
