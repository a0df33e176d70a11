"""What the catalogue of procedures looks like as JSON.

Law: NĐ 61/2018 art. 5 (nothing beyond what is published may be asked for); NĐ 118/2025 art. 16.
"""

from services.intake.projections.papers_shown import InBoth, Said


class ProcedureLine(Said):
    """One line of the catalogue."""

    code: str
    version: str
    name_vi: str
    name_en: str
    field_vi: str
    channels: list[str]
    receiving_kinds: list[str]


class ProceduresPage(Said):
    """A page of the catalogue; `next` is what to ask `after` for, null at the end."""

    items: list[ProcedureLine]
    next: str | None


class SubmitterRule(Said):
    """Who may hand it in, and with which authority."""

    relation: str
    authority: str | None
    conditional: bool


class ComponentRule(Said):
    """A paper that is asked for."""

    code: str
    name_vi: str
    name_en: str
    originals: int
    copies: int
    required: str
    substitutes: list[str]
    reuse: list[str]
    form: str | None


class StepResult(Said):
    """What a step ends with."""

    code: str
    name_vi: str
    name_en: str


class StepRule(Said):
    """What an agency does, and within which time."""

    code: str
    name_vi: str
    name_en: str
    agency_kind: str
    limit: InBoth
    needs: list[str]
    optional: bool
    conditional: bool
    party: str
    not_counted: str | None
    result: StepResult
    law: str


class AppointmentLimit(Said):
    """One of several dates, and within which time it lies."""

    step: str
    limit: InBoth


class TariffRule(Said):
    """What somebody of some kind pays."""

    amount_vnd: int
    unit_fact: str | None
    per_unit_vnd: int
    ceiling_vnd: int | None
    channels: list[str]
    categories: list[str]
    law: str


class FeeLine(Said):
    """A fee or a charge."""

    code: str
    kind: str
    name_vi: str
    name_en: str
    tariffs: list[TariffRule]


class ProcedureShown(ProcedureLine):
    """Everything a person needs to know before handing a dossier in."""

    law: list[str]
    valid_from: str
    hand_out_ways: list[str]
    submitters: list[SubmitterRule]
    components: list[ComponentRule]
    facts: dict[str, str | list[str]]
    steps: list[StepRule]
    total_limit: InBoth | None
    appointments: list[AppointmentLimit]
    supplement_limit: InBoth | None
    clock_starts: str
    fee_due: str
    fees: list[FeeLine]
    source: str
