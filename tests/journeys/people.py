"""Who lives in the stories and where they go: procedures, agencies, people, and what they are asked.

The ward of Kon Tum and its province as they stand since 2025-07-01; the commune of Sa Thầy as it stood before.
"""

from typing import Any, Final

MARITAL_STATUS, ARCHITECT, BIRTH, KARAOKE = "1.004873", "1.008891", "3.000722", "9.000297"
DEATH, LAND, JUDICIAL_RECORD = "2.002913", "1.013831", "3.000333"
PERMIT, INVESTMENT, SOCIAL_BENEFIT = "1.013225", "1.009645", "1.001776"

WARD_DESK = "H48.23293.01"
WARD = "H48.23293"
WARD_POLICE = "G01.51.23293"
INSURANCE = "G24.51.01"
LAND_BRANCH, TAX_OFFICE = "H48.04.01.01", "G12.51.01"
OTHER_WARD_DESK, OTHER_WARD = "H48.23284.01", "H48.23284"

PROVINCE = "H48"
PROVINCE_DESK = "H48.01.01"
FINANCE, AGRICULTURE, CONSTRUCTION, SCIENCE = "H48.03", "H48.04", "H48.05", "H48.06"
HOME_AFFAIRS, INDUSTRY, CULTURE = "H48.10", "H48.11", "H48.12"
POLICE, POLICE_RECORDS, FIRE_POLICE = "G01.51", "G01.51.06", "G01.51.07"
NATIONAL_RECORDS = "G01.01"
ARMY = "G11.51"
GIA_LAI = "H21"

OLD_COMMUNE_DESK, OLD_COMMUNE = "H34.616.23527.01", "H34.616.23527"
OLD_DISTRICT, OLD_LABOUR_OFFICE = "H34.616", "H34.616.02"
OLD_LABOUR_DEPARTMENT = "H34.11"

PARENT_ID = "062085001234"
CHILD_ID = "062326000001"
HOUSE_TAX_CODE = "6836044508"
INVESTOR_TAX_CODE = "6100123454"
LAN = {"name": "Nguyễn Thị Lan", "personal_id": "062185004321", "address": "12 Trần Phú, phường Kon Tum"}
HAI = {"name": "Trần Hải", "personal_id": PARENT_ID}

FACTS: Final[dict[str, dict[str, Any]]] = {
    MARITAL_STATUS: {"married_before": False, "issued_before": False},
    ARCHITECT: {"foreign_degree": False},
    BIRTH: {"abandoned": False, "surrogacy": False, "residence_differs": False},
    KARAOKE: {"rooms": 4},
    DEATH: {"deceased_group": "none_of_these", "funeral_costs_claimed": False, "on_survivors_pension": False},
    LAND: {
        "mountainous": False, "land_use_fee_owed": False, "mortgaged": False, "several_transferees": False,
        "assets_of_another": False, "measured_again": False, "divided_or_merged": False,
    },
    JUDICIAL_RECORD: {"slip": "number_1", "slips_beyond_two": 0},
    PERMIT: {
        "work": "private_house", "adjoining_building": False, "ask_fire_police": False, "ask_heritage": False,
        "ask_defence": False,
    },
    INVESTMENT: {
        "sector": "industry", "technology_to_explain": False, "own_site": False, "by_cooperation_contract": False,
        "reaches_gia_lai": False, "reaches_da_nang": False,
    },
    SOCIAL_BENEFIT: {"request": "monthly_benefit", "for_a_child": False},
}  # fmt: skip
"""The plainest case of each procedure; a story says what is different in its own."""

ALONE: Final[dict[str, Any]] = {"applicant": LAN}
PEOPLE: Final[dict[str, dict[str, Any]]] = {
    MARITAL_STATUS: ALONE,
    ARCHITECT: ALONE,
    LAND: ALONE,
    JUDICIAL_RECORD: ALONE,
    PERMIT: ALONE,
    SOCIAL_BENEFIT: ALONE,
    BIRTH: {"applicant": {"name": "Trần An", "personal_id": CHILD_ID}, "relation": "parent", "submitter": HAI},
    DEATH: {
        "applicant": {"name": "Trần Văn Sơn", "personal_id": "062048007788"}, "relation": "relative", "submitter": HAI,
    },
    KARAOKE: {
        "applicant": {"name": "Hộ kinh doanh karaoke Sao Đêm", "tax_code": HOUSE_TAX_CODE},
        "applicant_kind": "household_business",
        "relation": "legal_representative",
        "submitter": HAI,
    },
    INVESTMENT: {
        "applicant": {"name": "Công ty Cổ phần Dược liệu Ngọc Linh", "tax_code": INVESTOR_TAX_CODE},
        "applicant_kind": "enterprise",
        "relation": "legal_representative",
        "submitter": HAI,
    },
}  # fmt: skip
