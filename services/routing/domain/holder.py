"""Whose minute it is: who has to do something now so that the chain goes on.

Law: TT 01/2018/TT-VPCP art. 17; NĐ 224/2026/NĐ-CP art. 15.1g (whoever looks sees where the dossier is, and since when).
"""

from dataclasses import dataclass, replace
from datetime import datetime

from services.routing.domain.progress import Chain, Progress
from services.routing.domain.words import Party


@dataclass(frozen=True, slots=True)
class Holder:
    """One who holds the chain.

    Args:
        party: `agency`; `system` while the exchange still has to hand a step over, or is broken; `desk` or `applicant`
            for what was sent back to the desk; `applicant` for what they have to do in a step of their own.
        agency: the agency of the party, or None for the applicant.
        step: the step that it holds.
    """

    party: Party
    agency: str | None
    step: str
    since: datetime


def holders(chain: Chain) -> tuple[Holder, ...]:
    """Return everyone who holds the open chain now; at least one, because every open step waits for one that is held.

    A step that waits for another one, to begin or to be corrected, is held through that one; so a minute is never
    counted against an agency that can do nothing.
    """
    if not chain.is_open:
        return ()
    found = (_holder(chain, progress) for progress in chain.steps.values())
    held, broken_since = (holder for holder in found if holder is not None), chain.incident_since
    if broken_since is None:
        return tuple(held)
    return tuple(replace(holder, party="system", since=max(holder.since, broken_since)) for holder in held)


def _holder(chain: Chain, progress: Progress) -> Holder | None:
    since = progress.since
    if since is None or not (progress.is_running or progress.waits_at_desk):
        return None
    plan = progress.plan
    if progress.waits_at_desk:
        return _at_desk(chain, plan.step, since)
    if plan.party == "applicant":
        return Holder("applicant", None, plan.step, since)
    if chain.awaits_receipt(progress) or (progress.stage == "ready" and progress.hand_over_by is not None):
        return Holder("system", plan.agency, plan.step, since)
    return Holder("agency", plan.agency, plan.step, since)


def _at_desk(chain: Chain, step: str, since: datetime) -> Holder:
    if chain.suspended_since is None:
        return Holder("desk", chain.receiving_agency, step, since)
    if chain.supplement_at is None:
        return Holder("applicant", None, step, max(since, chain.suspended_since))
    return Holder("desk", chain.receiving_agency, step, max(since, chain.supplement_at))
