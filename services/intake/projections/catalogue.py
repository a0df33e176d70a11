"""The catalogue: what a published procedure asks, promises and costs, as anybody may read it.

Law: NĐ 61/2018 art. 5 (nothing beyond what is published may be asked for); NĐ 118/2025 art. 16 (guided once and fully).
"""

from datetime import date
from typing import Any

from chassis.registry import Registry
from kernel.fee import Tariff
from kernel.procedure import Component, Procedure, Step
from kernel.working_time import Limit


def summary(procedure: Procedure) -> dict[str, Any]:
    """Return one line of the catalogue."""
    return {
        "code": procedure.code,
        "version": procedure.version,
        "name_vi": procedure.name_vi,
        "name_en": procedure.name_en,
        "field_vi": procedure.field_vi,
        "channels": procedure.channels,
        "receiving_kinds": procedure.receiving_kinds,
    }


def details(procedure: Procedure, registry: Registry, today: date) -> dict[str, Any]:
    """Return everything a person needs to know before handing a dossier in."""
    return summary(procedure) | {
        "law": procedure.law,
        "valid_from": procedure.valid_from.isoformat(),
        "hand_out_ways": procedure.hand_out_ways,
        "submitters": [
            {"relation": rule.relation, "authority": rule.authority, "conditional": rule.when is not None}
            for rule in procedure.submitters
        ],
        "components": [_component(component) for component in procedure.components],
        "facts": dict(procedure.facts),
        "steps": [_step(step) for step in procedure.steps],
        "total_limit": in_words(procedure.total_limit),
        "appointments": [{"step": rule.step, "limit": in_words(rule.limit)} for rule in procedure.appointments],
        "supplement_limit": in_words(procedure.supplement_limit),
        "clock_starts": procedure.clock_starts,
        "fee_due": procedure.fee_due if procedure.fee_rule else "none",
        "fees": _fees(procedure, registry, today),
        "source": procedure.source,
    }


def in_words(limit: Limit | None) -> dict[str, str] | None:
    """Return a limit as pages say it, or None where there is none."""
    return None if limit is None else {"vi": limit.in_words.vi, "en": limit.in_words.en}


def _component(component: Component) -> dict[str, Any]:
    return {
        "code": component.code,
        "name_vi": component.name_vi,
        "name_en": component.name_en,
        "originals": component.originals,
        "copies": component.copies,
        "required": component.required,
        "substitutes": component.substitutes,
        "reuse": component.reuse,
        "form": component.form,
    }


def _step(step: Step) -> dict[str, Any]:
    return {
        "code": step.code,
        "name_vi": step.name_vi,
        "name_en": step.name_en,
        "agency_kind": step.agency_kind,
        "limit": in_words(step.limit),
        "needs": step.needs,
        "optional": step.optional,
        "conditional": step.when is not None,
        "party": step.party,
        "not_counted": step.not_counted,
        "result": {"code": step.result.code, "name_vi": step.result.name_vi, "name_en": step.result.name_en},
        "law": step.law,
    }


def _fees(procedure: Procedure, registry: Registry, today: date) -> list[dict[str, Any]]:
    if procedure.fee_rule is None:
        return []
    return [
        {
            "code": line.code,
            "kind": line.kind,
            "name_vi": line.name_vi,
            "name_en": line.name_en,
            "tariffs": [_tariff(tariff) for tariff in line.tariffs if _holds(tariff, today)],
        }
        for line in registry.fee_rule(procedure.fee_rule).lines
    ]


def _holds(tariff: Tariff, today: date) -> bool:
    return tariff.valid_from <= today and (tariff.valid_to is None or today < tariff.valid_to)


def _tariff(tariff: Tariff) -> dict[str, Any]:
    return {
        "amount_vnd": tariff.amount_vnd,
        "unit_fact": tariff.unit_fact,
        "per_unit_vnd": tariff.per_unit_vnd,
        "ceiling_vnd": tariff.ceiling_vnd,
        "channels": tariff.channels,
        "categories": tariff.categories,
        "law": tariff.law,
    }
