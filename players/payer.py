"""The payer: at the gateway, where much can go wrong, or with cash at the desk; and the accountant who gives back."""

from collections.abc import Generator, Mapping
from datetime import datetime
from typing import Any, Final

from players.case import Case
from players.script import Answer, Do, Life, Move, Pay, See, Surprised, Until, must

NOTHING_TO_PAY: Final = frozenset({"already_settled", "obligation_cancelled", "obligation_unknown", "not_found"})
"""What a payer may be told who comes when there is nothing to pay any more."""
FEE: Final = "fee"

Turn = Generator[Move | Until, Answer, Mapping[str, Any] | None]


def pay_online(case: Case, owed: str = FEE, span: str = "pay") -> Life:
    """Pay at the gateway, in the way that the plan says: the fee, or the notice of the step `owed`."""
    course = case.plan.payment
    yield from case.wait_for(span)
    if course == "never" or case.withdrawn:
        return
    first = yield from _begin(case, owed)
    if first is None:
        return
    match course:
        case "failed_first" | "cancelled_first":
            yield from _end(case, first, "failed" if course == "failed_first" else "cancelled_by_payer")
            yield from _try_again(case, owed)
        case "unheard_first":
            yield from _end(case, first, "succeeded", "silent" if case.chance.random() < 0.5 else "wrong_signature")
            yield from _try_again(case, owed)
        case "twice":
            second = yield from _begin(case, owed)
            yield from _end(case, first, "succeeded")
            if second is not None:
                yield from must(Pay(second["pay_url"], "succeeded"))
        case "late":
            yield from _until_too_late(case)
            yield from must(Pay(first["pay_url"], "succeeded", "late"))
        case _:
            yield from _end(case, first, "succeeded", "twice" if case.happens("called_twice") else "none")


def pay_notice(case: Case, step: str) -> Life:
    """Pay what the notice of a step states: at the gateway, or at the desk."""
    if case.plan.pays_online:
        yield from pay_online(case, step, "pay_notice")
        return
    yield from case.wait_for("pay_notice")
    if case.plan.payment != "never" and not case.withdrawn:
        yield from pay_at_desk(case)


def _begin(case: Case, owed: str) -> Turn:
    """Go to the gateway with what is owed; None if nothing is."""
    move = Do("payments", "start_payment", case.submitter, {"obligation": owed}, case.at)
    answer = yield move
    if answer.well:
        return answer.body
    if answer.body.get("code") in NOTHING_TO_PAY:
        return None
    raise Surprised(move, answer)


def _end(case: Case, attempt: Mapping[str, Any], ending: str, misbehaviour: str = "none") -> Life:
    yield from case.wait_for("at_gateway")
    yield from must(Pay(attempt["pay_url"], ending, misbehaviour))


def _try_again(case: Case, owed: str) -> Life:
    yield from case.wait_for("pay_again")
    if case.withdrawn:
        return
    again = yield from _begin(case, owed)
    if again is not None:
        yield from _end(case, again, "succeeded")


def _until_too_late(case: Case) -> Life:
    """Wait until the attempt has expired; where the law limits the time to pay, until that is over too."""
    seen = yield from must(See("intake", "show_dossier", case.submitter, case.at))
    if seen["status"] == "awaiting_payment" and seen["pay_by"] is not None:
        yield from case.wait(datetime.fromisoformat(seen["pay_by"]))
    yield from case.wait_for("heard_late")


def pay_after(case: Case, meanwhile: Life) -> Life:
    """Go to the gateway, do something else, and only then pay."""
    attempt = yield from _begin(case, FEE)
    yield from meanwhile
    if attempt is not None:
        yield from _end(case, attempt, "succeeded")


def pay_at_desk(case: Case) -> Life:
    """Pay in cash whatever is still owed."""
    officer = case.desk_officer
    seen = yield See("payments", "show_obligation", officer, case.at)
    for one in _obligations(seen):
        if one["standing"] == "open":
            cash = {"amount_vnd": one["total_vnd"], "obligation": one["step"] or FEE}
            yield from must(Do("payments", "pay_at_desk", officer, cash, case.at))


def _obligations(seen: Answer) -> tuple[Mapping[str, Any], ...]:
    """Return the fee and what notices state, as far as any of them was raised."""
    return (seen.body, *seen.body["further"]) if seen.well else ()


def give_back(case: Case) -> Life:
    """Pay back what the books say is owed to the payer."""
    seen = yield See("payments", "show_obligation", case.accountant, case.at)
    owed = [
        (one["step"] or FEE, refund)
        for one in _obligations(seen)
        for refund in one["refunds"]
        if refund["standing"] == "owed"
    ]
    if not owed or not case.happens("refund_paid"):
        return
    yield from case.wait_for("refund")
    for name, refund in owed:
        order = {"txn_ref": refund["txn_ref"], "amount_vnd": refund["amount_vnd"], "obligation": name}
        order["order_no"] = f"LHT-{case.story.index}-{refund['reason']}"
        yield from must(Do("payments", "record_refund", case.accountant, order, case.at))
