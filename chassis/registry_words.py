"""Puts the plain data of a registry file, which fits its schema, into the kernel's words."""

from collections.abc import Iterator, Mapping
from datetime import date, time
from types import MappingProxyType
from typing import Any, NamedTuple

from kernel.agency import Agency
from kernel.condition import AllOf, AnyOf, Condition, Is, Not
from kernel.fee import FeeKind, FeeRule, Tariff
from kernel.procedure import (
    AppointmentRule,
    Component,
    Extension,
    Pause,
    Procedure,
    ResultKind,
    SpecialLimit,
    Step,
    SubmitterRule,
)
from kernel.working_time import HOUR_KEPT, WHOLE_LAST_DAY, Limit

Data = Mapping[str, Any]
At = tuple[str | int, ...]

REFUND_CASES = ("withdrawn", "refused", "stopped")


def procedure(data: Data) -> Procedure:
    """Read one version of a procedure."""
    return Procedure(
        code=data["code"],
        version=data["version"],
        name_vi=data["name_vi"],
        name_en=data["name_en"],
        field_vi=data["field_vi"],
        law=tuple(data["law"]),
        valid_from=date.fromisoformat(data["valid_from"]),
        valid_to=_day(data["valid_to"]),
        receiving_kinds=tuple(data["receiving_kinds"]),
        lead_kind=data["lead_kind"],
        channels=tuple(data["channels"]),
        hand_out_ways=tuple(data["hand_out_ways"]),
        submitters=tuple(map(_submitter, data["submitters"])),
        components=tuple(map(_component, data["components"])),
        steps=tuple(map(_step, data["steps"])),
        total_limit=_limit(data["total_limit"]),
        clock_starts=data["clock_starts"],
        same_day_until=None if data["same_day_until"] is None else time.fromisoformat(data["same_day_until"]),
        supplement_limit=_limit(data["supplement_limit"]),
        payment_limit=_limit(data["payment_limit"]),
        fee_rule=data["fee_rule"],
        fee_due=data["fee_due"],
        facts=MappingProxyType(
            {fact: answers if isinstance(answers, str) else tuple(answers) for fact, answers in data["facts"].items()}
        ),
        source=data["source"],
        appointments=tuple(
            AppointmentRule(each["step"], _some_limit(each["limit"]), _special_limits(each))
            for each in data.get("appointments", ())
        ),
        escalate_every=_limit(data.get("escalate_every")),
        supplements_max=data.get("supplements_max"),
    )


def _submitter(data: Data) -> SubmitterRule:
    return SubmitterRule(data["relation"], data["authority"], _condition(data.get("when")))


def _component(data: Data) -> Component:
    return Component(
        code=data["code"],
        name_vi=data["name_vi"],
        name_en=data["name_en"],
        originals=data["originals"],
        copies=data["copies"],
        required=data["required"],
        substitutes=tuple(data.get("substitutes", ())),
        reuse=tuple(data.get("reuse", ())),
        form=data.get("form", ""),
    )


def _step(data: Data) -> Step:
    result = data["result"]
    return Step(
        code=data["code"],
        name_vi=data["name_vi"],
        name_en=data["name_en"],
        agency_kind=data.get("agency_kind", ""),
        limit=_some_limit(data["limit"]),
        needs=tuple(data["needs"]),
        optional=data["optional"],
        acknowledge_within=_limit(data["acknowledge_within"]),
        hand_over_within=_limit(data["hand_over_within"]),
        result=ResultKind(result["code"], result["name_vi"], result["name_en"]),
        silence=data["silence"],
        law=data["law"],
        extensions=tuple(
            Extension(each["ground"], _some_limit(each["limit"]), each["law"]) for each in data.get("extensions", ())
        ),
        when=_condition(data.get("when")),
        special_limits=_special_limits(data),
        never_deemed=tuple(data.get("never_deemed", ())),
        party=data.get("party", "agency"),
        not_counted=data.get("not_counted"),
        pauses=tuple(Pause(each["ground"], each["law"], _limit(each.get("limit"))) for each in data.get("pauses", ())),
        supplement_within=_limit(data.get("supplement_within")),
        internal=data.get("internal", False),
        states_dues=data.get("states_dues", False),
    )


def _special_limits(data: Data) -> tuple[SpecialLimit, ...]:
    return tuple(
        SpecialLimit(condition(each["when"]), _some_limit(each["limit"]), each["law"])
        for each in data.get("special_limits", ())
    )


def fee_rule(data: Data) -> FeeRule:
    """Read a fee rule."""
    return FeeRule(
        id=data["id"],
        version=data["version"],
        lines=tuple(
            FeeKind(line["code"], line["kind"], line["name_vi"], line["name_en"], tuple(map(_tariff, line["tariffs"])))
            for line in data["lines"]
        ),
        refund=tuple((case, data["refund"][case]) for case in REFUND_CASES),
        law=data["law"],
        source=data["source"],
    )


def _tariff(data: Data) -> Tariff:
    return Tariff(
        id=data["id"],
        amount_vnd=data["amount_vnd"],
        unit_fact=data.get("unit_fact"),
        per_unit_vnd=data.get("per_unit_vnd", 0),
        ceiling_vnd=data.get("ceiling_vnd"),
        valid_from=date.fromisoformat(data["valid_from"]),
        valid_to=_day(data.get("valid_to")),
        channels=tuple(data.get("channels", ())),
        categories=tuple(data.get("categories", ())),
        law=data["law"],
        source=data["source"],
    )


def agency(data: Data) -> Agency:
    """Read one agency from a row of `agency_rows` that has no fault."""
    return Agency(
        id=data["id"],
        kind=data["kind"],
        level=data["level"],
        name_vi=data["name_vi"],
        name_en=data["name_en"],
        parent=data["parent"],
        area=data.get("area"),
        calendar=data["calendar"],
        valid_from=date.fromisoformat(data["valid_from"]),
        valid_to=_day(data.get("valid_to")),
        source=data["source"],
        serves=tuple(data.get("serves", ())),
    )


class AgencyRow(NamedTuple):
    """One agency of a file, with what the file says for all of them.

    Args:
        at: the agency's place in the file; of a unit's body the unit's, for that line is what tells it apart.
        elsewhere: key → its place in the file, where that is not under `at`.
        fault: code and words of the finding that keeps it from being an agency, or None.
    """

    data: Data
    at: At
    elsewhere: Mapping[str, At]
    fault: tuple[str, Data] | None


def agency_rows(file: Data) -> Iterator[AgencyRow]:
    """Write an agency file out: every agency in it, and every body of every unit."""
    common = {key: file[key] for key in ("calendar", "valid_from", "valid_to", "source") if key in file}
    for index, each in enumerate(file.get("agencies", ())):
        elsewhere = {key: (key,) for key in common if key not in each}
        yield _agency_row({**common, **each}, ("agencies", index), elsewhere)
    for index, unit in enumerate(file.get("units", ())):
        at = ("units", index)
        if (type_words := file["unit_words"].get(unit["type"])) is None:
            yield AgencyRow({}, (*at, "type"), {}, ("type_unknown", {"type": unit["type"]}))
            continue
        filled = {key: unit[key] for key in ("code", "number", "name") if key in unit}
        filled |= {"type_vi": type_words["vi"], "type_en": type_words["en"]}
        own = {key: unit[key] for key in ("valid_from", "valid_to", "serves") if key in unit}
        for number, body in enumerate(file["bodies"]):
            elsewhere = {key: (key,) for key in common if key not in own}
            elsewhere |= {key: ("bodies", number, key) for key in body}
            try:
                made = {key: value.format(**filled) if isinstance(value, str) else value for key, value in body.items()}
            except KeyError as absent:
                yield AgencyRow({}, at, {}, ("missing_key", {"key": absent.args[0]}))
                continue
            yield _agency_row({**common, **own, **made, "area": unit["code"]}, at, elsewhere)


def _agency_row(data: Data, at: At, elsewhere: Mapping[str, At]) -> AgencyRow:
    missing = [key for key in ("calendar", "valid_from") if key not in data]
    return AgencyRow(data, at, elsewhere, ("missing_key", {"key": missing[0]}) if missing else None)


def condition(data: Data) -> Condition:
    """Read a condition: `{fact, is}`, `{fact, in}`, `{all}`, `{any}` or `{not}`."""
    match data:
        case {"fact": fact, "is": value}:
            return Is(fact, (value,))
        case {"fact": fact, "in": values}:
            return Is(fact, tuple(values))
        case {"all": inner}:
            return AllOf(tuple(map(condition, inner)))
        case {"any": inner}:
            return AnyOf(tuple(map(condition, inner)))
        case _:
            return Not(condition(data["not"]))


def _condition(data: Data | None) -> Condition | None:
    return None if data is None else condition(data)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _limit(data: Data | None) -> Limit | None:
    return None if data is None else _some_limit(data)


def _some_limit(data: Data) -> Limit:
    # Bộ luật Dân sự art. 148: a term in days ends with its last day, an open one; no procedure may say otherwise.
    usual = WHOLE_LAST_DAY if data["unit"] == "calendar_days" else HOUR_KEPT
    return Limit(data["value"], data["unit"], data.get("counting", usual))
