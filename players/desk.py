"""The one-stop desk and the people in front of it: handing in, examining, supplementing, and collecting the result."""

from collections.abc import Generator, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from kernel.working_time import Limit, before
from players import portal
from players.case import Case
from players.people import Person
from players.script import Answer, Do, Life, Move, See, Until, must

PORTAL: Final = "portal"
COUNTER: Final = "counter"
REFUSAL: Final = {"reason_code": "wrong_authority", "law": "NĐ 118/2025/NĐ-CP art. 14"}
STILL_INCOMPLETE: Final = {"reason_code": "supplement_incomplete", "law": "NĐ 118/2025/NĐ-CP art. 17"}

HOUR: Final = Limit(1, "working_hours")

Told = Generator[Move | Until, Answer, bool]


def hand_in(case: Case) -> Life:
    """Hand the dossier in, at the counter, through the portal or with the post."""
    plan = case.plan
    if plan.own_message:
        ref = yield from portal.send_new(case)
    else:
        who = case.desk_officer if plan.channel == COUNTER else case.submitter
        ref = (yield from must(Do("intake", "submit_dossier", who, submission(case))))["ref"]
    case.ref = case.story.ref = ref
    case.story.seen = "submitted"


def submission(case: Case) -> Mapping[str, Any]:
    """Return the dossier as our own form takes it."""
    plan = case.plan
    body = {
        "procedure": plan.procedure,
        "channel": plan.channel,
        "receiving_agency": plan.desk,
        "applicant": _particulars(plan.applicant),
        "applicant_kind": plan.applicant_kind,
        "category": plan.category,
        "relation": plan.relation,
        "components": papers(case, (code for code in plan.given if code not in plan.lacking)),
        "options": list(plan.options),
        "hand_out_by": plan.hand_out_by,
        "facts": dict(plan.facts),
    }
    if plan.area:
        body["area"] = plan.area
    if plan.relation != "self":
        body["submitter"] = _particulars(plan.submitter)
    if plan.hand_out_to:
        body["hand_out_to"] = {
            "name": plan.submitter.name, "address": plan.hand_out_to, "phone": plan.submitter.phone,
        }  # fmt: skip
    return body


def papers(case: Case, codes: Iterable[str]) -> list[dict[str, Any]]:
    """Return components as they are given: files through the portal, papers that the desk scans elsewhere."""
    form = "electronic" if case.plan.channel == PORTAL else "original"
    return [
        {"code": code, "form": form, "digitised": form == "electronic" or case.happens("scanned")} for code in codes
    ]


def _particulars(person: Person) -> dict[str, str]:
    given = {"name": person.name, "address": person.address, "phone": person.phone, "email": person.email}
    numbers = {"personal_id": person.personal_id, "tax_code": person.tax_code}
    return given | {name: number for name, number in numbers.items() if number}


def examine(case: Case) -> Told:
    """Look at what was handed in, as the plan says; tell whether it was accepted, or only waits for its fee."""
    plan = case.plan
    yield from case.wait_for("look_at_counter" if plan.channel == COUNTER else "look_at_portal")
    match plan.at_desk:
        case "refused":
            yield from _tell(case, "refuse_dossier", REFUSAL)
            return False
        case "withdrawn":
            yield from case.wait_for("change_of_mind")
            yield from withdraw(case)
            return False
        case "not_supplemented":
            yield from ask_for_supplement(case, plan.lacking, "missing")
            yield from _let_pass(case, (yield from see(case))["supplement"]["due_at"])
            return False
        case "supplemented" | "supplemented_in_part":
            yield from ask_for_supplement(case, plan.lacking, "missing")
            yield from _gather(case)
            whole = plan.at_desk == "supplemented"
            yield from bring(case, plan.lacking if whole else plan.lacking[:-1])
            yield from case.wait_for("look_at_portal")
            if not whole:
                yield from _tell(case, "refuse_dossier", STILL_INCOMPLETE)
                return False
    accepted = yield from _tell(case, "accept_dossier", {})
    case.story.code = accepted["code"]
    return True


def _gather(case: Case) -> Life:
    """Take the time that it takes to find what is asked for, and where the law limits it an hour less than that."""
    limit = (yield from see(case))["supplement"]["due_at"]
    found = case.after("bring_supplement")
    if limit is not None:
        found = min(found, before(case.desk_calendar, datetime.fromisoformat(limit), HOUR))
    yield from case.wait(found)


def _let_pass(case: Case, limit: str | None) -> Life:
    """Do nothing until a limit has passed, where the law sets one."""
    if limit is not None:
        yield from case.wait(datetime.fromisoformat(limit))


def never_pay(case: Case) -> Life:
    """Let the time to pay pass."""
    yield from _let_pass(case, (yield from see(case))["pay_by"])


def _tell(case: Case, act: str, body: Mapping[str, Any]) -> Generator[Move | Until, Answer, Mapping[str, Any]]:
    """Give a command about the dossier as its desk, and remember where it then stands."""
    told = yield from must(Do("intake", act, case.desk_officer, body, case.at))
    case.story.seen = told["status"]
    return told


def ask_for_supplement(case: Case, codes: Iterable[str], reason: str) -> Life:
    yield from _tell(case, "ask_for_supplement", {"items": [{"component": code, "reason": reason} for code in codes]})


def bring(case: Case, codes: Iterable[str]) -> Life:
    """Bring what was asked for: through the portal by oneself, else at the desk."""
    if case.plan.own_message:
        yield from portal.send_supplement(case, codes)
        return
    who = case.submitter if case.plan.channel == PORTAL else case.desk_officer
    yield from must(Do("intake", "receive_supplement", who, {"components": papers(case, codes)}, case.at))


def withdraw(case: Case) -> Life:
    """Ask for the dossier back; after acceptance the chain decides whether that is still possible."""
    if case.plan.own_message:
        case.withdrawn = yield from portal.send_withdrawal(case)
        return
    answer = yield Do("intake", "withdraw_dossier", case.submitter, params=case.at)
    case.withdrawn = answer.well


def answer_sent_back(case: Case, step: str) -> Life:
    """Have the applicant supplement what an agency doubts, and tell the agency."""
    yield from case.wait_for("answer_sent_back")
    doubted = case.chance.choice(case.plan.given)
    yield from ask_for_supplement(case, (doubted,), "unreadable")
    yield from _gather(case)
    yield from bring(case, (doubted,))
    yield from case.wait_for("answer_sent_back")
    told = {"note": "Đã bổ sung."}
    yield from must(Do("intake", "answer_sent_back", case.desk_officer, told, {**case.at, "step": step}))


def see(case: Case) -> Generator[Move | Until, Answer, Mapping[str, Any]]:
    """Look at the dossier as its desk, and remember where it stands."""
    seen = yield from must(See("intake", "show_dossier", case.desk_officer, case.at))
    case.story.seen, case.story.code = seen["status"], seen["code"] or ""
    return seen


def collect(case: Case) -> Life:
    """Fetch the result at the desk."""
    collector = {"collector": case.plan.relation, "paper_shown": "slip"}
    yield from _tell(case, "hand_out", collector)
