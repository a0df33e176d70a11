"""Gathers what the page for handing a dossier in asks: it is the procedure itself, turned into questions."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from chassis.file_types import ENDINGS
from chassis.limits import FILE_BYTES_MAX
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
    "request": Words("Nội dung đề nghị", "What is asked for"),
    "for_a_child": Words("Người hưởng là trẻ em", "For a child"),
    "sector": Words("Lĩnh vực của dự án", "Sector of the project"),
    "technology_to_explain": Words("Phải giải trình công nghệ", "Technology has to be explained"),
    "own_site": Words("Đã có quyền sử dụng đất", "Has the right to use the site"),
    "by_cooperation_contract": Words("Theo hợp đồng hợp tác kinh doanh (BCC)", "By a cooperation contract (BCC)"),
    "reaches_gia_lai": Words("Dự án sang địa bàn Gia Lai", "Reaches into Gia Lai"),
    "reaches_da_nang": Words("Dự án sang địa bàn Đà Nẵng", "Reaches into Đà Nẵng"),
    "work": Words("Loại công trình", "Kind of building"),
    "adjoining_building": Words("Có công trình liền kề", "Adjoins another building"),
    "ask_fire_police": Words("Lấy ý kiến cảnh sát phòng cháy", "Fire police to be asked"),
    "ask_heritage": Words("Lấy ý kiến cơ quan di sản", "Heritage agency to be asked"),
    "ask_defence": Words("Lấy ý kiến cơ quan quốc phòng", "Defence agency to be asked"),
    "mountainous": Words("Xã miền núi, vùng khó khăn", "Mountainous or remote commune"),
    "land_use_fee_owed": Words("Phải nộp tiền sử dụng đất", "Land-use fee owed"),
    "mortgaged": Words("Đất đang thế chấp", "Land is mortgaged"),
    "several_transferees": Words("Nhiều người nhận chuyển nhượng", "Several transferees"),
    "assets_of_another": Words("Tài sản trên đất của người khác", "Assets of another on the land"),
    "measured_again": Words("Phải đo đạc lại", "Has to be measured again"),
    "divided_or_merged": Words("Tách hoặc hợp thửa", "Parcel divided or merged"),
    "deceased_group": Words("Người mất thuộc diện", "The deceased was"),
    "funeral_costs_claimed": Words("Đề nghị mai táng phí", "Funeral costs claimed"),
    "on_survivors_pension": Words("Đề nghị tuất hằng tháng", "Survivors' pension claimed"),
    "slip": Words("Phiếu lý lịch tư pháp", "Judicial record slip"),
    "slips_beyond_two": Words("Số phiếu từ phiếu thứ ba", "Slips beyond the second"),
}


@dataclass(frozen=True, slots=True)
class SubmissionForm:
    """What is asked; the first of each list of choices is the usual one.

    Args:
        others: relations in which somebody else than the applicant hands in.
        areas: communes, where the desk serves the whole province; the first is none.
        facts: name, its type or the words that may be answered, and the question.
        stands_for: component → the one in whose place it may stand.
        endings: how names of files end whose type is taken.
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
    endings: tuple[str, ...]
    file_megabytes_max: int


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
        endings=(*ENDINGS.values(), ".jpeg", ".tiff"),
        file_megabytes_max=FILE_BYTES_MAX // 1_048_576,
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


ANSWERS: Final[Mapping[str, Words]] = {
    "monthly_benefit": Words("Trợ cấp xã hội hằng tháng", "Monthly benefit"),
    "facility": Words("Vào cơ sở trợ giúp xã hội", "Place in a facility"),
    "industry": Words("Công nghiệp", "Industry"),
    "tourism": Words("Du lịch", "Tourism"),
    "other_sector": Words("Lĩnh vực khác", "Another sector"),
    "private_house": Words("Nhà ở riêng lẻ", "Private house"),
    "other_work": Words("Công trình khác", "Another building"),
    "pensioner": Words("Người hưởng lương hưu", "A pensioner"),
    "social_protection": Words("Đối tượng bảo trợ xã hội", "Under social protection"),
    "merit_person": Words("Người có công", "A person of merit"),
    "none_of_these": Words("Không thuộc diện nào", "None of these"),
    "number_1": Words("Phiếu số 1", "Slip no. 1"),
    "number_2": Words("Phiếu số 2", "Slip no. 2"),
}
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
