"""Whether a dossier may be handed in at all: the procedure, the desk, the submitter and what was declared.

Law: NĐ 61/2018 arts. 16–17; NĐ 118/2025 arts. 14–17 (a centre receives what its own province or a ministry published,
art. 14); NQ 66.7/2025 (which databases stand in a paper's place). What is merely missing is no ground to turn a person
away here: the desk asks for it, once.
"""

import re
from collections.abc import Callable
from typing import Final

from kernel.calendar import VIETNAM
from kernel.condition import holds
from kernel.procedure import Procedure
from kernel.refusal import Invalid, Refused
from services.intake.domain import rules
from services.intake.domain.commands import SubmitDossier
from services.intake.domain.completeness import misplaced
from services.intake.domain.words import NORMAL, SELF, FactValue

Check = Callable[[SubmitDossier, Procedure], Refused | None]

COUNT_LIMIT: Final = 1_000_000

MINISTRY: Final = "G"
"""How the identifiers of ministries begin; provinces' begin with H (QĐ 20/2020/QĐ-TTg)."""

# A text fact is a word of the registry, never free text: facts stand in clear in every event.
_WORD: Final = re.compile(r"[0-9A-Za-z_.-]{1,64}")

_WANTED: Final = {
    "bool": "true or false is needed",
    "int": f"a whole number from 0 to {COUNT_LIMIT} is needed",
    "str": "a word of letters, digits, dots, dashes and underscores is needed",
}


def inadmissible(command: SubmitDossier) -> Refused | None:
    """Return why the dossier may not be handed in, or None; the first reason wins."""
    procedure, today = command.published, command.now.astimezone(VIETNAM).date()
    if procedure is None or procedure.code != command.procedure:
        invalid = Invalid("procedure", f"{command.procedure} is not published here")
        return Refused(rules.PROCEDURE_NOT_IN_FORCE, (invalid,))
    if today < procedure.valid_from or (procedure.valid_to is not None and procedure.valid_to <= today):
        invalid = Invalid("procedure", f"{procedure.code} version {procedure.version} is not in force on {today}")
        return Refused(rules.PROCEDURE_NOT_IN_FORCE, (invalid,))
    for check in _CHECKS:
        refused = check(command, procedure)
        if refused is not None:
            return refused
    return None


def _publisher(command: SubmitDossier, procedure: Procedure) -> Refused | None:
    """A province's own form of a procedure has its own limits and fees, so another province's is not ours."""
    if command.published_by is None:
        return None
    publisher, province = command.published_by.split(".")[0], command.receiving_agency.split(".")[0]
    if publisher == province or publisher.startswith(MINISTRY):
        return None
    invalid = Invalid("procedure", f"{publisher} published it; here it is {procedure.code}, or its form of {province}")
    return Refused(rules.PROCEDURE_OF_ANOTHER_PROVINCE, (invalid,))


def _channel(command: SubmitDossier, procedure: Procedure) -> Refused | None:
    if command.channel in procedure.channels:
        return None
    return Refused(rules.CHANNEL_NOT_OFFERED, (Invalid("channel", f"one of {', '.join(procedure.channels)}"),))


def _agency(command: SubmitDossier, procedure: Procedure) -> Refused | None:
    agency = command.agency
    if agency is not None and agency.kind in procedure.receiving_kinds:
        if agency.stands_on(command.now.astimezone(VIETNAM).date()):
            return None
        return Refused(rules.AGENCY_NOT_RECEIVING, (Invalid("receiving_agency", f"{agency.id} does not stand today"),))
    wanted = f"an agency of kind {', '.join(procedure.receiving_kinds)}"
    return Refused(rules.AGENCY_NOT_RECEIVING, (Invalid("receiving_agency", wanted),))


def _submitter(command: SubmitDossier, procedure: Procedure) -> Refused | None:
    relations = tuple(rule.relation for rule in procedure.submitters)
    if command.relation not in relations:
        return Refused(rules.SUBMITTER_NOT_ALLOWED, (Invalid("relation", f"one of {', '.join(relations)}"),))
    if (command.relation == SELF) != (command.submitter == command.applicant):
        reason = "the applicant hands in as `self`, everybody else names the relation"
        return Refused(rules.SUBMITTER_NOT_ALLOWED, (Invalid("relation", reason),))
    return None


def _hand_out(command: SubmitDossier, procedure: Procedure) -> Refused | None:
    if command.hand_out_by not in procedure.hand_out_ways:
        ways = ", ".join(procedure.hand_out_ways)
        return Refused(rules.HAND_OUT_WAY_NOT_OFFERED, (Invalid("hand_out_by", f"one of {ways}"),))
    if command.hand_out_by == "post" and not command.hand_out_to:
        return Refused(rules.HAND_OUT_ADDRESS_MISSING, (Invalid("hand_out_to", "the address for the post"),))
    return None


def _category(command: SubmitDossier, procedure: Procedure) -> Refused | None:
    known = (NORMAL, *(category for category in command.categories if category != NORMAL))
    if command.category in known:
        return None
    return Refused(rules.CATEGORY_UNKNOWN, (Invalid("category", f"one of {', '.join(known)}"),))


def _options(command: SubmitDossier, procedure: Procedure) -> Refused | None:
    optional = tuple(step.code for step in procedure.steps if step.optional)
    unknown = tuple(
        Invalid(f"options[{place}]", f"{option} is no optional step; there are: {', '.join(optional) or 'none'}")
        for place, option in enumerate(command.options)
        if option not in optional
    )
    return Refused(rules.OPTION_UNKNOWN, unknown) if unknown else None


def _facts(command: SubmitDossier, procedure: Procedure) -> Refused | None:
    wrong = [
        Invalid(f"facts.{name}", _wanted(kind))
        for name, kind in procedure.facts.items()
        if not _has_type(command.facts.get(name), kind)
    ]
    wrong += [
        Invalid(f"facts.{name}", f"{procedure.code} does not ask for it")
        for name in command.facts
        if name not in procedure.facts
    ]
    return Refused(rules.FACTS_DO_NOT_FIT, tuple(wrong)) if wrong else None


def _wanted(kind: str | tuple[str, ...]) -> str:
    return _WANTED[kind] if isinstance(kind, str) else f"one of {', '.join(kind)}"


def _has_type(value: FactValue | None, kind: str | tuple[str, ...]) -> bool:
    if isinstance(kind, tuple):
        return value in kind
    match value:
        case bool():
            # A yes is no number, although Python counts it as one.
            return kind == "bool"
        case int():
            return kind == "int" and 0 <= value <= COUNT_LIMIT
        case str():
            return kind == "str" and _WORD.fullmatch(value) is not None
        case None:
            return False


def _occasion(command: SubmitDossier, procedure: Procedure) -> Refused | None:
    """Some may hand in only on some occasions: a judicial record no. 2 has no attorney (asked once the facts fit)."""
    rule = next((rule for rule in procedure.submitters if rule.relation == command.relation), None)
    if rule is None or rule.when is None or holds(rule.when, command.facts):
        return None
    return Refused(rules.SUBMITTER_NOT_ALLOWED, (Invalid("relation", f"not as {command.relation} in this case"),))


def _components(command: SubmitDossier, procedure: Procedure) -> Refused | None:
    return misplaced(command.components, procedure)


def _area(command: SubmitDossier, procedure: Procedure) -> Refused | None:
    if command.agencies is not None:
        return None
    return Refused(rules.AREA_NEEDED, (Invalid("area", "the statistics office's code of a commune, like 23293"),))


_CHECKS: Final[tuple[Check, ...]] = (
    _channel,
    _agency,
    _publisher,
    _submitter,
    _hand_out,
    _category,
    _options,
    _facts,
    _occasion,
    _components,
    _area,
)
