"""Which papers a dossier still lacks, and whether whoever hands it in may act for the applicant.

Law: NĐ 61/2018 arts. 6, 11.2c and 17.1; NĐ 118/2025 arts. 6, 15 and 17.1. Nothing beyond the published components may
be asked for (NĐ 61/2018 art. 5). A database stands in a paper's place where the procedure says so, and nowhere else
(NĐ 309/2026 art. 4.2a; NQ 66.7/2025).
"""

from collections.abc import Iterable, Mapping

from kernel.procedure import Component, Procedure
from kernel.refusal import Invalid, Refused
from services.intake.domain import rules
from services.intake.domain.events import DossierSubmitted
from services.intake.domain.state import Dossier
from services.intake.domain.words import SELF, ComponentGiven, FactValue


def authority_paper(procedure: Procedure, relation: str) -> str | None:
    """Return the component that proves a submitter's authority, or None where the law asks for none."""
    if relation == SELF:
        return None
    return next((rule.authority for rule in procedure.submitters if rule.relation == relation), None)


def brings(given: Iterable[ComponentGiven], code: str) -> bool:
    """Say whether a component was given, itself or by its substitute; re-used papers count like any other."""
    return any(code in (component.code, component.substitute_for) for component in given)


def missing(
    procedure: Procedure, relation: str, facts: Mapping[str, FactValue], given: tuple[ComponentGiven, ...]
) -> tuple[str, ...]:
    """Return the codes of the required components that were not given, in the procedure's order."""
    authority = authority_paper(procedure, relation)
    return tuple(
        component.code
        for component in procedure.components
        if _is_required(component, authority, facts) and not brings(given, component.code)
    )


def _is_required(component: Component, authority: str | None, facts: Mapping[str, FactValue]) -> bool:
    if component.code == authority:
        return True
    match component.required:
        case "always":
            return True
        case "never":
            return False
        case "by_attorney":
            return authority is not None
        case fact:
            return facts.get(fact) is True


def lacking(submission: DossierSubmitted, dossier: Dossier, procedure: Procedure) -> tuple[str, ...]:
    """Return what the dossier lacks now: what the law requires, then what else was asked for and has not come."""
    required = missing(procedure, submission.relation, submission.facts, dossier.given)
    awaited = dossier.supplement.awaited if dossier.supplement else ()
    return tuple(dict.fromkeys((*required, *awaited)))


def misfits(procedure: Procedure, components: tuple[ComponentGiven, ...]) -> tuple[Invalid, ...]:
    """Return what is wrong with the components handed in: unknown ones, and substitutes that may not stand there."""
    published = {component.code: component for component in procedure.components}
    known = set(published).union(*(component.substitutes for component in procedure.components))
    wrong = []
    for place, component in enumerate(components):
        if component.code not in known:
            wrong.append(Invalid(f"components[{place}].code", f"{component.code} is no component of {procedure.code}"))
        elif component.substitute_for is not None:
            replaced = published.get(component.substitute_for)
            if replaced is None or component.code not in replaced.substitutes:
                reason = f"{component.code} may not stand in the place of {component.substitute_for}"
                wrong.append(Invalid(f"components[{place}].substitute_for", reason))
    return tuple(wrong)


def wrongly_reused(procedure: Procedure, components: tuple[ComponentGiven, ...]) -> tuple[Invalid, ...]:
    """Return each component that a database is said to stand for although its procedure does not let it."""
    published = {component.code: component for component in procedure.components}
    wrong = []
    for place, component in enumerate(components):
        paper = published.get(component.substitute_for or component.code)
        allowed = () if paper is None else paper.reuse
        if (component.reused and not allowed) or (component.reused_from and component.reused_from not in allowed):
            reason = f"it may be taken from {' or '.join(allowed)}" if allowed else "no database stands in its place"
            wrong.append(Invalid(f"components[{place}].reused", f"{component.code}: {reason}"))
    return tuple(wrong)


def misplaced(components: tuple[ComponentGiven, ...], procedure: Procedure) -> Refused | None:
    """Return why these components may not be handed in as they are, or None."""
    unfit = misfits(procedure, components)
    if unfit:
        return Refused(rules.COMPONENT_UNKNOWN, unfit)
    reused = wrongly_reused(procedure, components)
    return Refused(rules.REUSE_NOT_ALLOWED, reused) if reused else None


def named(procedure: Procedure, codes: Iterable[str]) -> tuple[Invalid, ...]:
    """Return each component with its name, for whoever has to bring it."""
    names = {component.code: component.name_vi for component in procedure.components}
    return tuple(Invalid(code, names.get(code, code)) for code in codes)
