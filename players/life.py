"""One dossier's life from the first paper to the last: who does what after whom."""

from collections.abc import Mapping
from typing import Any

from players.agencies import Chain
from players.case import Case, Crew
from players.desk import collect, examine, hand_in, never_pay, see, withdraw
from players.payer import give_back, pay_after, pay_at_desk, pay_online
from players.post import collect_papers, deliver
from players.schedule import on_grid
from players.script import Life, Until

KEEPS_RESULTS = ("withdrawn", "stopped")


def life(case: Case) -> Life:
    """Live one dossier through all services, as its plan says."""
    case.now = on_grid(case.plan.submits_at)
    yield Until(case.now)
    yield from hand_in(case)
    if case.plan.channel == "post" and not (yield from collect_papers(case)):
        yield from _last_look(case)
        return
    if not (yield from examine(case)):
        yield from _last_look(case)
        return
    yield from case.soon()
    procedure = case.world.procedure(case.plan)
    if procedure.fee_due == "before_clock":
        yield from _pay_first(case)
    crew = Crew(case)
    if case.story.seen == "accepted":
        crew.add(Chain(case, crew).look())
    if procedure.fee_due == "before_hand_out" and _pays_early(case):
        crew.add(pay_online(case) if case.plan.pays_online else _to_the_desk(case))
    if case.plan.at_agency == "withdrawn":
        crew.add(_change_of_mind(case, procedure.fee_due == "before_hand_out"))
    yield from crew.work()
    yield from case.soon()
    yield from _result(case)
    yield from give_back(case)
    yield from _last_look(case)


def _pay_first(case: Case) -> Life:
    """Pay before anything happens; the clock starts when the money is there."""
    if case.plan.payment == "never":
        yield from never_pay(case)
    elif case.plan.pays_online:
        yield from pay_online(case)
    else:
        yield from _to_the_desk(case)
    yield from case.soon()
    yield from see(case)


def _pays_early(case: Case) -> bool:
    """Cash is paid when the result is fetched at the desk; whoever will not come there for it pays before."""
    return case.plan.pays_online or (case.plan.hand_out_by != "desk" and case.plan.payment != "never")


def _to_the_desk(case: Case) -> Life:
    yield from case.wait_for("fetch")
    if not case.withdrawn:
        yield from pay_at_desk(case)


def _change_of_mind(case: Case, owes: bool) -> Life:
    """Ask for the dossier back, sometimes with a payment on its way that nobody stops any more."""
    yield from case.wait_for("change_of_mind")
    if owes and case.happens("pays_while_withdrawing"):
        yield from pay_after(case, withdraw(case))
    else:
        yield from withdraw(case)


def _result(case: Case) -> Life:
    """Receive whatever there is to receive, by the way that was chosen."""
    plan, seen = case.plan, (yield from see(case))
    if plan.at_agency == "withdrawn_too_late":
        yield from withdraw(case)
    if seen["posting"] == "dispatched":
        if (yield from deliver(case)):
            return
    elif (
        plan.hand_out_by != "desk" or not _waits_at_desk(seen) or (plan.payment == "never" and not seen["fee_settled"])
    ):
        return
    yield from case.wait_for("fetch")
    yield from pay_at_desk(case)
    yield from case.soon()
    yield from collect(case)


def _waits_at_desk(seen: Mapping[str, Any]) -> bool:
    return seen["status"] == "resolved" or (seen["status"] in KEEPS_RESULTS and bool(seen["kept_results"]))


def _last_look(case: Case) -> Life:
    yield from case.soon()
    yield from see(case)
