"""Gathers what the page for handing a dossier in asks: it is the procedure itself, turned into questions."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from chassis.registry import Registry
from chassis.web.auth import APPLICANT, DESK_OFFICER, Principal
from kernel.agency import Agency
from kernel.calendar import Words
from kernel.procedure import Procedure
from services.reporting.pages.words import WORDS, word

Choices = tuple[tuple[str, Words], ...]

MAY_HAND_IN: Final[Mapping[str, tuple[str, ...]]] = {DESK_OFFICER: ("counter", "post"), APPLICANT: ("portal", "post")}
"""Role → channels by which it hands in; intake decides."""

FACTS: Final[Mapping[str, Words]] = {
    "married_before": Words("Đã từng kết hôn", "Was married before"),
    "issued_before": Words("Đã được cấp giấy này trước đây", "Was given this paper before"),
    "foreign_degree": Words("Văn bằng do nước ngoài cấp", "Degree from abroad"),
    "rooms": Words("Số phòng", "Number of rooms"),
    "abandoned": Words("Trẻ bị bỏ rơi", "Abandoned child"),
    "surrogacy": Words("Mang thai hộ", "Surrogacy"),
    "residence_differs": Words("Đăng ký thường trú nơi khác cha mẹ", "Resides elsewhere than the parents"),
}


@dataclass(frozen=True, slots=True)
class SubmissionForm:
    """What is asked; the first of each list of choices is the usual one.

    Args:
        others: relations in which somebody else than the applicant hands in.
        areas: communes, where the desk serves the whole province; the first is none.
        facts: name, its type or the words that may be answered, and the question.
        stands_for: component → the one in whose place it may stand.
    """

    procedure: Procedure
    desks: Choices
    areas: Choices
    channels: Choices
    ways: Choices
    kinds: Choices
    categories: Choices
    relations: Choices
    others: tuple[str, ...]
    facts: tuple[tuple[str, str | Choices, Words], ...]
    options: Choices
    stands_for: Mapping[str, str]
    forms: Choices


def gather(registry: Registry, procedure: Procedure, principal: Principal, today: date) -> SubmissionForm:
    """Return what somebody is asked who hands in a dossier of `procedure`."""
    desks = _desks(registry, procedure, principal, today)
    relations = tuple(rule.relation for rule in procedure.submitters)
    channels = tuple(code for code in MAY_HAND_IN.get(principal.role, ()) if code in procedure.channels)
    return SubmissionForm(
        procedure=procedure,
        desks=tuple((desk.id, Words(desk.name_vi, desk.name_en)) for desk in desks),
        areas=_areas(registry, today) if any(not desk.areas for desk in desks) else (),
        channels=_choices("channel", channels),
        ways=_choices("way", procedure.hand_out_ways),
        kinds=_choices("applicant_kind", tuple(WORDS["applicant_kind"])),
        categories=_categories(registry, procedure),
        relations=_choices("relation", relations),
        others=tuple(relation for relation in relations if relation != "self"),
        facts=tuple(
            (name, kind if isinstance(kind, str) else _answers(kind), FACTS.get(name, Words(name, name)))
            for name, kind in procedure.facts.items()
        ),
        options=tuple((step.code, Words(step.name_vi, step.name_en)) for step in procedure.steps if step.optional),
        stands_for={other: part.code for part in procedure.components for other in part.substitutes},
        forms=_choices("form", ("original", "copy", "electronic")),
    )


def desks_of(registry: Registry, kinds: frozenset[str], today: date) -> tuple[Agency, ...]:
    """Return the agencies of these kinds that stand today."""
    return tuple(agency for agency in registry.agencies() if agency.kind in kinds and agency.stands_on(today))


def _desks(registry: Registry, procedure: Procedure, principal: Principal, today: date) -> tuple[Agency, ...]:
    desks = desks_of(registry, frozenset(procedure.receiving_kinds), today)
    own = tuple(desk for desk in desks if desk.id == principal.agency)
    return own if principal.role == DESK_OFFICER else desks


def _areas(registry: Registry, today: date) -> Choices:
    communes = desks_of(registry, frozenset({"commune_committee"}), today)
    named = ((area, Words(one.name_vi, one.name_en)) for one in communes for area in one.areas)
    return (("", Words("Không chọn", "None")), *named)


def _categories(registry: Registry, procedure: Procedure) -> Choices:
    if procedure.fee_rule is None:
        return ()
    lines = registry.fee_rule(procedure.fee_rule).lines
    named = (category for line in lines for tariff in line.tariffs for category in tariff.categories)
    return tuple((code, CATEGORIES.get(code, Words(code, code))) for code in dict.fromkeys(("normal", *named)))


ANSWERS: Final[Mapping[str, Words]] = {}
"""The words with which a fact may be answered."""

CATEGORIES: Final[Mapping[str, Words]] = {
    "normal": Words("Thông thường", "Ordinary"),
    "urban_premises": Words("Cơ sở ở đô thị", "Premises in town"),
    "merit_family": Words("Gia đình có công với cách mạng", "Family of merit"),
    "poor_household": Words("Hộ nghèo", "Poor household"),
    "disabled": Words("Người khuyết tật", "Person with a disability"),
}


def _answers(words: tuple[str, ...]) -> Choices:
    return tuple((code, ANSWERS.get(code, Words(code, code))) for code in words)


def _choices(kind: str, codes: tuple[str, ...]) -> Choices:
    return tuple((code, word(kind, code)) for code in codes)
