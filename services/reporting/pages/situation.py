"""Says of a dossier, its steps, parcels and refunds what the table of next acts asks: how each stands, and for whom."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec

from chassis.service import Scope
from chassis.web.auth import ALL, ASSIGNED, OWN, RECEIVING, Principal, may
from kernel.calendar import Words
from kernel.procedure import Component, Procedure
from services.reporting.domain.status import Standing
from services.reporting.pages.names import Names
from services.reporting.pages.next_acts import Thing
from services.reporting.pages.words import WORDS, word
from services.reporting.projections.money import PAID_AT_DESK

Row = Mapping[str, Any]
Choices = tuple[tuple[str, Words], ...]

ATTEMPTS: Final = 2
COLLECTION_REASONS: Final = tuple(
    code for code in WORDS["attempt_reason"] if code not in ("id_check_failed", "damaged")
)
MEASURES: Final[dict[tuple[str, bool], tuple[str, ...]]] = {
    ("collection", True): ("cancel_collection",),
    ("collection", False): ("retry_next_working_day", "retry_today", "address_check"),
    ("delivery", True): ("return_to_desk",),
    ("delivery", False): ("retry_next_working_day", "retry_today", "hold_at_office", "address_check"),
}
"""(leg, last attempt) → what may be done after a failure, the usual first."""
REFUSAL_LAW: Final = "NĐ 118/2025/NĐ-CP art. 17"
DOWN_TO_DESK: Final = ("papers_missing", "papers_contradict", "wrong_data")


@dataclass(frozen=True, slots=True)
class Known:
    """The rows of one dossier that acts are offered from."""

    dossier: Row
    standing: Standing
    procedure: Procedure | None
    names: Names
    steps: Sequence[Row]
    holdings: Sequence[Row]
    supplements: Sequence[Row]
    parcels: Sequence[Row]
    obligations: Sequence[Row]
    refunds: Sequence[Row]


def things(known: Known, principal: Principal, scope: Scope) -> Iterator[Thing]:
    """Yield all of a dossier that somebody might act on, with the relations in which this person stands to it."""
    relations = frozenset(one for one in (OWN, RECEIVING, ALL) if may(principal, {principal.role: one}, scope))
    yield _dossier(known, relations)
    for step in known.steps:
        duty = replace(scope, assigned=step["agency"], step=step["step"])
        assigned = may(principal, {principal.role: ASSIGNED}, duty)
        yield _step(known, step, relations | ({ASSIGNED} if assigned else set()))
    for parcel in known.parcels:
        yield _parcel(known, parcel, relations)
    for refund in known.refunds:
        yield _refund(known, refund, relations)


def _dossier(known: Known, relations: frozenset[str]) -> Thing:
    dossier, standing = known.dossier, known.standing
    missing, awaited = lacking(known), _awaited(known)
    stands = {standing.phase} | _where(
        complete=not missing,
        not_asked=not dossier["desk_asked"],
        desk_asks=dossier["supplement_stage"] == "desk",
        sent_back=bool(standing.at_desk),
        not_asked_again=not _asked_since_sent_back(known),
        fee_open=standing.fee_stands_open and (not dossier["ended"] or standing.waits_for_fee),
        tax_open=not dossier["ended"] and _tax_open(known),
        to_hand_out=_to_hand_out(standing),
        may_withdraw=standing.phase in ("with_post", "at_desk", "supplement", "awaiting_payment", "in_progress")
        and not (standing.asked_to_withdraw or dossier["chain_ending"]),
    )
    given = {
        "components": [(part.code, _name(part), part.code in missing) for part in _components(known)],
        "awaited": [(code, known.names.component(code)) for code in awaited],
        "refusal_reason": _choices("refusal_reason"),
        "refusal_law": REFUSAL_LAW,
        "fee_total_vnd": dossier["fee_total_vnd"],
        "collectors": _collectors(dossier["relation"]),
        "paper_shown": _choices("paper_shown"),
    }
    return Thing("dossier", frozenset(stands), relations, {"ref": dossier["ref"]}, given=given)


def _where(**words: bool) -> set[str]:
    return {name for name, holds in words.items() if holds}


def _tax_open(known: Known) -> bool:
    return any(one["purpose"] == "tax_notice" and one["standing"] == "open" for one in known.obligations)


def _to_hand_out(standing: Standing) -> bool:
    back = standing.phase == "dispatched" and standing.delivery == "back_at_desk"
    return back or (standing.waits_for_hand_out and not standing.waits_for_fee)


def _components(known: Known) -> tuple[Component, ...]:
    return known.procedure.components if known.procedure else ()


def _name(part: Component) -> Words:
    return Words(part.name_vi, part.name_en)


def given_papers(known: Known) -> dict[str, Mapping[str, Any]]:
    """Return the papers that were given, by the component in whose place they stand, supplements last."""
    papers: list[Mapping[str, Any]] = msgspec.json.decode(known.dossier["components"])
    for supplement in known.supplements:
        papers += msgspec.json.decode(supplement["components"])
    return {paper["substitute_for"] or paper["code"]: paper for paper in papers}


def required(part: Component, relation: str, facts: Mapping[str, Any], procedure: Procedure) -> bool:
    """Say whether the law asks for a paper in this dossier."""
    authority = next((rule.authority for rule in procedure.submitters if rule.relation == relation), None)
    if relation != "self" and part.code == authority:
        return True
    if part.required == "by_attorney":
        return relation != "self" and authority is not None
    return part.required == "always" or (part.required != "never" and facts.get(part.required) is True)


def lacking(known: Known) -> tuple[str, ...]:
    """Return the required papers that were not given."""
    if known.procedure is None:
        return ()
    facts, given = msgspec.json.decode(known.dossier["facts"]), given_papers(known)
    needed = (part for part in _components(known) if required(part, known.dossier["relation"], facts, known.procedure))
    return tuple(part.code for part in needed if part.code not in given)


def _awaited(known: Known) -> tuple[str, ...]:
    """Return what the applicant was asked for last and has not brought."""
    if not known.supplements:
        return ()
    items = msgspec.json.decode(known.supplements[-1]["items"])
    return tuple(dict.fromkeys(item["component"] for item in items))


def _asked_since_sent_back(known: Known) -> bool:
    """Say whether the applicant was asked already for what the agency sent back."""
    at_desk = [row["since"] for row in known.holdings if row["party"] == "desk" and row["until"] is None]
    asked = [row["asked_at"] for row in known.supplements if row["stage"] == "examination"]
    return bool(at_desk and asked) and max(asked) >= min(at_desk)


def _collectors(relation: str) -> Choices:
    codes = dict.fromkeys(("self", relation, "attorney"))
    return tuple((code, word("relation", code)) for code in codes if code)


def _choices(kind: str, codes: Iterable[str] = ()) -> Choices:
    return tuple((code, word(kind, code)) for code in codes or WORDS[kind])


def _step(known: Known, step: Row, relations: frozenset[str]) -> Thing:
    code, names = step["step"], known.names
    longer = msgspec.json.decode(step["longer_limits"])
    stands = {step["stage"]} | _where(
        handed_over_by=step["hand_over_by"] is not None,
        may_extend=bool(longer) and not step["ground"],
        at_desk=step["stage"] == "sent_back" and step["sent_to"] == "desk",
        answerable=known.standing.phase == "in_progress",
    )
    earlier = [(need, names.step(need)) for need in _before(code, {row["step"]: row["needs"] for row in known.steps})]
    planned = next((one for one in known.procedure.steps if one.code == code), None) if known.procedure else None
    given = {
        "result_code": planned.result.code if planned else step["result_code"],
        "signer": "",
        "law": step["law"],
        "earlier_steps": (("desk", Words("Bộ phận Một cửa", "The one-stop desk")), *earlier),
        "sent_back_for": _choices("reason", DOWN_TO_DESK),
        "refused_for": _choices("reason", ("conditions_not_met", "papers_contradict")),
        "grounds": tuple((one["ground"], word("reason", one["ground"])) for one in longer),
    }
    params = {"ref": known.dossier["ref"], "step": code}
    return Thing("step", frozenset(stands), relations, params, names.step(code), given)


def _before(step: str, needs: Mapping[str, str]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    open_ends = needs.get(step, "").split()
    while open_ends:
        need = open_ends.pop(0)
        if need not in found:
            found[need] = None
            open_ends += needs.get(need, "").split()
    return tuple(found)


def _parcel(known: Known, parcel: Row, relations: frozenset[str]) -> Thing:
    leg, attempts = parcel["leg"], parcel["attempts"]
    stands = {leg, parcel["status"], "attempts_left" if attempts < ATTEMPTS else "attempts_used_up"}
    reasons = COLLECTION_REASONS if leg == "collection" else tuple(WORDS["attempt_reason"])
    given = {
        "papers": parcel["papers"] or _papers(known, leg),
        "seal_number": f"NP-{parcel['item_code'][2:10]}",
        "record_no": f"BG-{parcel['item_code'][2:10]}",
        "desk_officer": f"desk_officer:{known.dossier['receiving_agency']}",
        "receiver": _choices("relation", ("self", "proxy")),
        "id_document": _choices("id_document"),
        "attempt_reasons": _choices("attempt_reason", reasons),
        "measures": _choices("measure", MEASURES[leg, attempts + 1 >= ATTEMPTS]),
    }
    params = {"ref": known.dossier["ref"], "leg": leg}
    return Thing("parcel", frozenset(stands), relations, params, word("leg", leg), given)


def _papers(known: Known, leg: str) -> int:
    if leg == "collection":
        return max(1, len(msgspec.json.decode(known.dossier["components"])))
    return max(1, sum(step["stage"] == "decided" for step in known.steps))


def _refund(known: Known, refund: Row, relations: frozenset[str]) -> Thing:
    stands = frozenset({"paid" if refund["paid_at"] else "owed"})
    transaction = refund["txn_ref"] if refund["txn_ref"] != PAID_AT_DESK else None
    given = {"txn_ref": transaction, "amount_vnd": refund["amount_vnd"]}
    params = {"ref": known.dossier["ref"], "txn_ref": refund["txn_ref"]}
    return Thing("refund", stands, relations, params, word("reason", refund["reason"]), given)
