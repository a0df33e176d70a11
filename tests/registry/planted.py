"""The mistakes that the lint must find: each is one edit of the shipped registry, its findings in the last column."""

from tests.registry.planting import Planted

MARITAL = "procedures/1.004873.yaml"
KARAOKE = "procedures/9.000297.yaml"
BIRTH = "procedures/3.000722.yaml"
ARCHITECT = "procedures/1.008891.yaml"
DEATH = "procedures/2.002913.yaml"
LAND = "procedures/1.013831.yaml"
RECORD = "procedures/3.000333.yaml"
PERMIT = "procedures/1.013225.yaml"
INVESTMENT = "procedures/1.009645.yaml"
BENEFIT = "procedures/1.001776.yaml"
PROVINCE = "agencies/province.yaml"
COMMUNES = "agencies/communes.yaml"
OFFICES = "agencies/offices.yaml"
KON_TUM = "agencies/kon_tum_2021_province.yaml"
KARAOKE_FEE = "fees/karaoke_chain.yaml"
MARITAL_FEE = "fees/marital_status_certificate.yaml"

TOP = "# yaml-language-server"
LICENCE_LIMIT = "limit: {value: 10, unit: working_days}"
FIRST_NEEDS = "    limit: {value: 3, unit: working_days}\n    needs: []"
POLICE_NEEDS = "    limit: {value: 3, unit: working_days}\n    needs: [household_business]"
CONSENT = "      - {ground: third_party, limit: {value: 5, unit: working_days}, law: NĐ 301/2026/NĐ-CP}"
BOTH = "[consent_gia_lai, consent_da_nang]"
CONSENTS = f"    needs: [appraisal_report, consent_gia_lai, consent_da_nang]\n    never_deemed: {BOTH}"
STEP_LAW = "    law: NĐ 123/2015/NĐ-CP art. 22"
APPLICANT = "    party: applicant\n"
ATTORNEY = "    authority: authorisation\n    when: {fact: slip, is: number_1}"
EXPLAINED = "    when: {fact: technology_to_explain, is: true}"
SECURITY_FEE = "        amount_vnd: 300000\n"
NEW_FEE = "        valid_from: 2026-01-05\n"

# fmt: off
FILES = (
    Planted(KARAOKE, 'version: "2025-11-17"', "version: [", (("not_yaml", 'name_en: "Karaoke'),)),
    Planted(KARAOKE, "field_vi: Văn hóa", "field_vi: &a Văn hóa\nfield_en: *a", (("not_yaml", "field_en: *a"),)),
    Planted(KARAOKE, "  rooms: int", "  rooms: !!set int", (("not_yaml", "  rooms: !!set int"),)),
    Planted(KARAOKE, "  rooms: int", "  ? [rooms]\n  : int", (("not_yaml", "  ? [rooms]"),)),
    Planted(KARAOKE, "lead_kind: province_committee", "lead_kind: a\nlead_kind: b",
            (("duplicate_key", "lead_kind: b"),)),
    Planted("fees/note.yml", "", "id: note", (("stray_file", "id: note"),)),
    Planted(KARAOKE, 'code: "9.000297"', 'code: "9.000298"', (("misnamed_file", TOP),)),
    Planted("calendars/early.yaml", "holidays: holidays-vn", "holidays: tet", (("calendar_mistake", "holidays: tet"),)),
)

FORMS = (
    Planted(BIRTH, "    form: CT01", "    from: CT01", (("unknown_key", "from: CT01"),)),
    Planted(KARAOKE, "clock_starts: payment", "clock: payment",
            (("missing_key", TOP), ("unknown_key", "clock: payment"), ("source_of_nothing", '  clock_starts: "NĐ'))),
    Planted(KARAOKE, "  fee_due: NĐ 297/2025/NĐ-CP arts. 6.2 and 9.1\n", "", (("missing_key", "sources:"),)),
    Planted(KARAOKE, '    note: "no source limits the time', '    why: "no source limits the time',
            (("missing_key", "  payment_limit:"), ("unknown_key", "    why:"))),
    Planted(BIRTH, "    sources:\n      agency_kind:", "    sources:\n      kind:",
            (("source_of_nothing", "      kind:"),)),
    Planted(KARAOKE, f"    {LICENCE_LIMIT}\n", "", (("missing_limit", "code: karaoke_licence"),)),
    Planted(RECORD, "value: 2\n      unit: calendar_days",
            "value: 2\n      unit: calendar_days\n      counting: hour_kept",
            (("not_allowed", "counting: hour_kept"),)),
    Planted(KARAOKE, LICENCE_LIMIT, "limit: {value: 10, unit: working_days, counting: whole_last_day}",
            (("not_allowed", "counting: whole_last_day"),)),
    Planted(KARAOKE, LICENCE_LIMIT, "limit: null", (("missing_limit", "limit: null"),)),
    Planted(KARAOKE, 'code: "9.000297"', "code: 9.000297", (("wrong_type", "code: 9.000297"),)),
    Planted(BIRTH, "optional: true", "optional: yes", (("wrong_type", "optional: yes"),)),
    Planted(KARAOKE, "  rooms: int", "  rooms: number", (("bad_form", "rooms: number"),)),
    Planted(KARAOKE, "channels: [portal]", "channels: [portal, fax]", (("not_allowed", "channels: [portal, fax]"),)),
    Planted(KARAOKE, "valid_from: 2025-11-17", "valid_from: 2025-11-31", (("bad_form", "2025-11-31"),)),
    Planted(KARAOKE, 'same_day_until: "16:00"', "same_day_until: 16h", (("bad_form", "same_day_until: 16h"),)),
    Planted(OFFICES, 'code: "21548"', 'code: "215480"', (("bad_form", "215480"),)),
    Planted(OFFICES, 'number: "14", ', "", (("missing_key", "name: Lý Sơn"),)),
    Planted(DEATH, "merit_person, none_of_these]", "merit_person, 3]", (("wrong_type", "merit_person, 3]"),)),
    Planted(DEATH, "when: {fact: deceased_group, is: pensioner}", "when: {fact: deceased_group}",
            (("condition_unclear", "when: {fact: deceased_group}"),)),
    Planted(DEATH, "when: {fact: deceased_group, is: pensioner}", "when: {fact: deceased_group, was: pensioner}",
            (("condition_unclear", "was: pensioner"), ("unknown_key", "was: pensioner"))),
    Planted(LAND, "  appointments:\n    source: assumed\n", "  appointment:\n    source: assumed\n",
            (("missing_key", "sources:"), ("source_of_nothing", "  appointment:"))),
    Planted(LAND, "    party: applicant\n", "", (("missing_key", "- code: tax_payment"),)),
    Planted(BIRTH, "fee_due: none", "fee_due: none\nescalate_every: {value: 1, unit: working_days}",
            (("missing_key", "sources:"),)),
    Planted(KARAOKE, "value: 16", "value: 16.25", (("out_of_range", "16.25"),)),
    Planted(KARAOKE, "value: 16", "value: 0", (("out_of_range", "value: 0"),)),
    Planted(BIRTH, "reuse: [LAND, POP]", "reuse: [LAND, LAND]", (("repeated", "[LAND, LAND]"),)),
    Planted(MARITAL_FEE, "amount_vnd: 15000", "amount_vnd: 15000.5", (("wrong_type", "15000.5"),)),
    Planted(KARAOKE_FEE, SECURITY_FEE, f"{SECURITY_FEE}        unit_fact: rooms\n", (("missing_key", "- id: flat"),)),
    Planted(PROVINCE, "\nagencies:\n", "\noffices:\n",
            (("does_not_fit", TOP), ("unknown_key", "offices:"), ("source_of_nothing", "  agencies:"))),
    Planted("agencies/spare.yaml", "", "source: NQ 1\nagencies:\n  - id: H48.99\n    kind: spare\n    level: province\n"
            "    name_vi: x\n    name_en: x\n    parent: H48\n    calendar: early\n",
            (("missing_key", "- id: H48.99"),)),
    Planted(COMMUNES, "name: Đăk Cấm, type: ward", "name: Đăk Cấm, type: town", (("type_unknown", "type: town"),)),
)

CHAINS = (
    Planted(KARAOKE, POLICE_NEEDS, POLICE_NEEDS.replace("household_business", "fire_check"),
            (("need_unknown", "[fire_check]"), ("unreachable_step", "- code: karaoke_licence"),
             ("no_route_to_result", "steps:"))),
    Planted(KARAOKE, FIRST_NEEDS, FIRST_NEEDS.replace("[]", "[karaoke_licence]"),
            (("cycle", "needs: [karaoke_licence]"), ("no_route_to_result", "steps:"))),
    Planted(KARAOKE, POLICE_NEEDS, POLICE_NEEDS.replace("household_business", "security_certificate"),
            (("cycle", "needs: [security_certificate]"), ("unreachable_step", "- code: karaoke_licence"),
             ("no_route_to_result", "steps:"))),
    Planted(BIRTH, "needs: [permanent_residence]", "needs: [identity_card]", (("cycle", "needs: [identity_card]"),)),
    Planted(BIRTH, "- code: health_insurance_card", "- code: permanent_residence # twice",
            (("duplicate_word", "# twice"),)),
    Planted(BIRTH, "- code: identity_card", "- code: desk", (("reserved_word", "- code: desk"),)),
    Planted(KARAOKE, "    needs: [household_business]\n    optional: false",
            "    needs: [household_business]\n    optional: true",
            (("needs_optional_step", "needs: [household_business, security_certificate]"),)),
    Planted(MARITAL, "    optional: false", "    optional: true", (("no_route_to_result", "steps:"),)),
    Planted(KARAOKE, "lead_kind: province_committee", "lead_kind: culture_department",
            (("lead_without_step", "lead_kind: culture_department"),)),
    Planted(KARAOKE, LICENCE_LIMIT, "limit: {value: 17, unit: working_days}",
            (("step_longer_than_total", "value: 17"),)),
    Planted(KARAOKE, LICENCE_LIMIT, "limit: {value: 10.5, unit: working_days}",
            (("path_longer_than_total", "total_limit: {value: 16"),)),
    Planted(KARAOKE, LICENCE_LIMIT, "limit: {value: 81, unit: working_hours}",
            (("path_longer_than_total", "total_limit: {value: 16"),)),
    Planted(BIRTH, "total_limit: null", "total_limit: {value: 7.5, unit: working_days}",
            (("option_longer_than_total", "value: 7.5"),)),
    Planted(KARAOKE, LICENCE_LIMIT, "limit: {value: 14, unit: calendar_days}",
            (("limits_not_comparable", "total_limit: {value: 16"),)),
    Planted(MARITAL, "acknowledge_within: null", "acknowledge_within: {value: 25, unit: working_hours}",
            (("alert_after_limit", "value: 25"),)),
    Planted(MARITAL, "limit: {value: 6, unit: working_days}", "limit: {value: 24, unit: working_hours}",
            (("extension_not_longer", "value: 24"),)),
    Planted(BIRTH, CONSENT, f"{CONSENT}\n      - {{ground: third_party, law: NĐ 301/2026/NĐ-CP}} # twice",
            (("duplicate_word", "# twice"),)),
    Planted(MARITAL, STEP_LAW, "    law: theo quy định", (("law_not_cited", "theo quy định"),)),
    Planted(MARITAL, STEP_LAW, "    law: NĐ 124/2015/NĐ-CP",
            (("law_not_named", "NĐ 124/2015/NĐ-CP"),)),
    Planted(BIRTH, CONSENT, CONSENT.replace("301", "302"), (("law_not_named", "law: NĐ 302/2026/NĐ-CP"),)),
    Planted(INVESTMENT, f"never_deemed: {BOTH}", "never_deemed: [defence_opinion]",
            (("never_deemed_no_need", "never_deemed: [defence_opinion]"),)),
    Planted(INVESTMENT, CONSENTS, "    needs: [appraisal_report, place_opinion]\n    never_deemed: [place_opinion]",
            (("never_deemed_but_deemed", "never_deemed: [place_opinion]"),)),
    Planted(LAND, APPLICANT, f"{APPLICANT}    supplement_within: {{value: 1, unit: working_days}}\n",
            (("not_for_an_applicant", "supplement_within: {value: 1"),)),
)

CASES = (
    Planted(DEATH, "is: merit_person}", "is: merit}", (("value_never_given", "is: merit}"),)),
    Planted(INVESTMENT, "when: {fact: reaches_gia_lai, is: true}", "when: {fact: reaches_gia_lai, is: 1}",
            (("value_never_given", "is: 1}"),)),
    Planted(INVESTMENT, "  sector: [industry, tourism, other_sector]\n", "",
            (("fact_undeclared", "when: {fact: sector, is: industry}"),
             ("fact_undeclared", "when: {fact: sector, is: tourism}"))),
    Planted(RECORD, ATTORNEY, ATTORNEY.replace("slip, is: number_1", f"slips_beyond_two, in: {list(range(600))}"),
            (("too_many_cases", "steps:"),)),
    Planted(MARITAL, "    optional: false", "    optional: false\n    when: {fact: issued_before, is: true}",
            (("no_step_left", "steps:"),)),
    Planted(DEATH, "    needs: []", "    needs: []\n    when: {not: {fact: deceased_group, is: pensioner}}",
            (("lead_left_out", "lead_kind: commune_committee"),)),
    Planted(LAND, "    states_dues: true\n", "", (("nothing_to_pay", "- code: tax_payment"),)),
    Planted(LAND, "    states_dues: true\n", "    states_dues: true\n    when: {fact: mountainous, is: true}\n",
            (("nothing_to_pay", "- code: tax_payment"),)),
    Planted(INVESTMENT, EXPLAINED, f"{EXPLAINED}\n    special_limits:\n      - when: {{fact: sector, is: tourism}}\n"
            "        limit: {value: 8, unit: working_days}\n        law: NĐ 96/2026/NĐ-CP",
            (("path_longer_than_total", "total_limit: {value: 17"),)),
)

APPOINTMENTS = (
    Planted(LAND, "  - step: certificate\n", "  - step: permit\n", (("appointment_step_unknown", "- step: permit"),)),
    Planted(LAND, "  - code: certificate\n", "  - code: certificate\n    when: {fact: mountainous, is: true}\n",
            (("appointment_step_left_out", "- step: certificate"),)),
    Planted(LAND, "  - step: certificate\n", "  - step: forwarding\n",
            (("appointment_out_of_order", "- step: forwarding"),)),
    Planted(LAND, "appointments:\n  - step: examination",
            "appointments:\n  - step: forwarding\n    limit: {value: 0.5, unit: working_days}\n  - step: examination",
            (("appointment_without_break", "- step: examination"),)),
    Planted(LAND, "limit: {value: 15, unit: working_days}", "limit: {value: 14.5, unit: working_days} # too short",
            (("path_longer_than_appointment", "    limit: {value: 5, unit: working_days}"),)),
    Planted(LAND, "total_limit: null", "total_limit: {value: 8, unit: working_days}",
            (("total_beside_appointments", "total_limit: {value: 8"),)),
)

ASKED = (
    Planted(MARITAL, "  - code: residence_proof", "  - code: identity_paper # twice", (("duplicate_word", "# twice"),)),
    Planted(KARAOKE, "relation: attorney", "relation: legal_representative, note: twice",
            (("duplicate_word", "note: twice"),)),
    Planted(MARITAL, "[statement_of_reasons]", "[letter]", (("substitute_unknown", "[letter]"),)),
    Planted(MARITAL, "[statement_of_reasons]", "[previous_certificate]",
            (("substitute_itself", "[previous_certificate]"),)),
    Planted(KARAOKE, "authority: authorisation", "authority: proxy", (("authority_unknown", "authority: proxy"),)),
    Planted(BIRTH, "  surrogacy: bool\n", "", (("fact_undeclared", "required: surrogacy"),)),
    Planted(BIRTH, "  surrogacy: bool\n", "  surrogacy: str\n", (("fact_of_wrong_type", "required: surrogacy"),)),
    Planted(KARAOKE, "  rooms: int", "  rooms: bool", (("fact_of_wrong_type", "fee_rule: karaoke_chain"),)),
    Planted(KARAOKE, "  rooms: int", "  rooms: int\n  seats: int", (("fact_unused", "seats: int"),)),
    Planted(MARITAL, "channels: [portal, counter, post]", "channels: [counter, post]",
            (("online_without_portal", "hand_out_ways: [desk, online, post]"),)),
    Planted(ARCHITECT, "hand_out_ways: [desk, post]", "hand_out_ways: [desk]",
            (("post_one_way", "hand_out_ways: [desk]"),)),
)

AGENCIES = (
    Planted(KARAOKE, "agency_kind: commune_police", "agency_kind: district_police",
            (("kind_without_agency", "agency_kind: district_police"),)),
    Planted(ARCHITECT, "receiving_kinds: [province_desk, commune_desk]",
            "receiving_kinds:\n  - province_desk\n  - district_desk", (("kind_without_agency", "- district_desk"),)),
    Planted(PROVINCE, "kind: construction_department\n", "kind: construction_department\n    valid_to: 2025-12-31\n",
            (("kind_without_agency", "lead_kind: construction_department", ARCHITECT),
             ("kind_without_agency", "agency_kind: construction_department", ARCHITECT),
             ("kind_without_agency", "agency_kind: construction_department", INVESTMENT))),
    Planted(PROVINCE, "parent: H48.01\n", "parent: H48.99\n", (("parent_unknown", "parent: H48.99"),)),
    Planted(COMMUNES, "parent: G01.51\n", "parent: G01.99\n", (("parent_unknown", "parent: G01.99"),)),
    Planted(PROVINCE, "parent: G22\n    source: QĐ 20", "parent: H48.01.01\n    source: QĐ 20",
            (("parent_cycle", "parent: H48.01.01"),)),
    Planted(OFFICES, "calendar: full\n", "calendar: late\n", (("calendar_unknown", "calendar: late"),)),
    Planted(COMMUNES, 'code: "23284"', 'code: "23293"', (("duplicate_code", "name: Đăk Cấm"),)),
    Planted(OFFICES, 'code: "21548"', 'code: "23293"',
            (("two_agencies_act", "name: Lý Sơn"), ("area_without_agency", 'code: "21548"', COMMUNES))),
    Planted(KON_TUM, "\nvalid_to: 2025-07-01", "\nvalid_to: 2025-06-01",
            (("kind_without_agency", "agency_kind: labour_department", BENEFIT),)),
    Planted(OFFICES, '["23538", "23535"]', '["23538", "23539"]',
            (("area_without_agency", 'code: "23535"', COMMUNES),)),
)

DATES = (
    Planted(KARAOKE, "valid_to: null", "valid_to: 2025-11-17", (("ends_before_it_begins", "valid_to: 2025-11-17"),)),
    Planted(PROVINCE, "kind: health_department\n", "kind: health_department\n    valid_to: 2025-01-01\n",
            (("ends_before_it_begins", "valid_to: 2025-01-01"),)),
    Planted(KARAOKE_FEE, SECURITY_FEE, f"{SECURITY_FEE}        valid_to: 2025-01-01\n",
            (("ends_before_it_begins", "valid_to: 2025-01-01"), ("tariff_missing", "- code: security_appraisal"))),
    Planted(KARAOKE_FEE, NEW_FEE, NEW_FEE.replace("05", "06"), (("tariff_missing", "- code: karaoke_appraisal"),)),
    Planted(KARAOKE_FEE, NEW_FEE, NEW_FEE.replace("05", "04"), (("overlapping_validity", "valid_from: 2026-01-04"),)),
)

FEES = (
    Planted(KARAOKE, "fee_rule: karaoke_chain", "fee_rule: karaoke",
            (("fee_rule_unknown", "fee_rule: karaoke"), ("fact_unused", "  rooms: int"),
             ("fee_rule_unused", "id: karaoke_chain", KARAOKE_FEE))),
    Planted("fees/spare.yaml", "", 'id: spare\nversion: "2026-01-01"\nlaw: NQ 1\nsource: NQ 1\n'
            "refund: {withdrawn: none, refused: none, stopped: none}\nlines:\n  - code: spare\n    kind: phi\n"
            "    name_vi: x\n    name_en: x\n    tariffs:\n"
            "      - {id: flat, amount_vnd: 1, valid_from: 2026-01-01, law: NQ 1, source: NQ 1}\n",
            (("fee_rule_unused", "id: spare"),)),
    Planted(BIRTH, "fee_due: none", "fee_due: before_hand_out",
            (("fee_and_rule_disagree", "fee_due: before_hand_out"),)),
    Planted(KARAOKE, "clock_starts: payment", "clock_starts: acceptance",
            (("clock_and_fee_disagree", "clock_starts: acceptance"),)),
    Planted(BIRTH, "payment_limit: null", "payment_limit: {value: 5, unit: working_days}",
            (("payment_limit_without_fee", "payment_limit: {value: 5"),)),
    Planted(KARAOKE_FEE, SECURITY_FEE, f"{SECURITY_FEE}        channels: [portal, post]\n",
            (("tariff_channel_not_offered", "channels: [portal, post]"),)),
    Planted(KARAOKE_FEE, SECURITY_FEE, f"{SECURITY_FEE}        ceiling_vnd: 200000\n",
            (("ceiling_below_amount", "ceiling_vnd: 200000"),)),
    Planted(KARAOKE_FEE, "- id: by_room_elsewhere_2021", "- id: by_room_urban_2021 # twice",
            (("duplicate_word", "# twice"),)),
)
# fmt: on

EVERY = FILES + FORMS + CHAINS + CASES + APPOINTMENTS + ASKED + AGENCIES + DATES + FEES

HARMLESS = (
    Planted(BIRTH, "total_limit: null", "total_limit: {value: 8, unit: working_days}", ()),
    Planted(KARAOKE, LICENCE_LIMIT, "limit: {value: 80, unit: working_hours}", ()),
    Planted(KARAOKE, POLICE_NEEDS, POLICE_NEEDS.replace("household_business", ""), ()),
    Planted(MARITAL, "channels: [portal, counter, post]", "channels: [portal]", ()),
    Planted(COMMUNES, '{code: "23284", name: Đăk Cấm, type: ward}', '{code: "23284", name: Đăk C., type: ward}', ()),
    Planted(KARAOKE_FEE, SECURITY_FEE, f"{SECURITY_FEE}        ceiling_vnd: 300000\n", ()),
    Planted(LAND, "      value: 30\n", "      value: 300\n", ()),
    Planted(DEATH, "is: merit_person}", "in: [merit_person, none_of_these]}", ()),
    Planted(RECORD, ATTORNEY, ATTORNEY.replace("slip, is: number_1", "slips_beyond_two, is: 0"), ()),
)
