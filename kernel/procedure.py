"""What a published procedure asks, promises and costs: the words that the registry's data is read into.

Law: NĐ 61/2018 and NĐ 118/2025 (one-stop mechanism); each procedure names its own. A dossier is pinned to one version.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time

from kernel.condition import Condition, FactValue, holds
from kernel.working_time import Limit


@dataclass(frozen=True, slots=True)
class Component:
    """One required paper or file (thành phần hồ sơ).

    Args:
        required: `always`, `by_attorney` (only when somebody else submits), `never` (may be given), or the name of a
            boolean fact of the dossier that makes it required.
        substitutes: codes of components that may stand in its place, in this order.
        reuse: databases that make the paper unnecessary (POP, CIV, INS, BUS, LAND, LLTP, DRV, EHR of NQ 66.7/2025;
            HOSP is a hospital's signed data).
    """

    code: str
    name_vi: str
    name_en: str
    originals: int
    copies: int
    required: str
    substitutes: tuple[str, ...] = ()
    reuse: tuple[str, ...] = ()
    form: str = ""


@dataclass(frozen=True, slots=True)
class SubmitterRule:
    """Who may hand the dossier in for the applicant; `authority` names the component that proves it, if one must.

    Args:
        when: only then may they (a judicial record no. 2 has no attorney); None: always.
    """

    relation: str
    authority: str | None
    when: Condition | None = None


@dataclass(frozen=True, slots=True)
class ResultKind:
    """The result document a step ends with; `code` is the national one (KQ.G15.000031)."""

    code: str
    name_vi: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Extension:
    """A longer limit that the law allows a step on one ground, such as `verification`; it replaces the step's own."""

    ground: str
    limit: Limit
    law: str


@dataclass(frozen=True, slots=True)
class SpecialLimit:
    """Another limit where `when` holds of the dossier, such as in a mountainous commune; it replaces the usual one."""

    when: Condition
    limit: Limit
    law: str


@dataclass(frozen=True, slots=True)
class Pause:
    """A ground on which the step's agency may stop the clock, such as a check by a third party.

    Args:
        ground: `third_party`, `posting` or `incident`.
        limit: how long at most, or None where the law gives no limit.
    """

    ground: str
    law: str
    limit: Limit | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One duty in a chain, an agency's or, where `party` says so, the applicant's.

    Args:
        agency_kind: the kind of agency that acts; which one follows from the receiving agency's area.
        needs: codes of the steps whose results must exist before this one is ready.
        optional: carried out only if the applicant asked for it.
        acknowledge_within: the agency must acknowledge within this limit from ready, else an alert.
        hand_over_within: the agency's system must have taken the step over within this limit, else an alert.
        silence: `escalate` (default of the law) or `deemed_agreed`.
        extensions: the longer limits it may have, and on which grounds.
        when: taken only where this holds of the dossier; None: always.
        special_limits: other limits of certain dossiers; the first that holds counts.
        never_deemed: those of `needs` whose silence is never agreement, so that a deemed result does not do.
        party: `agency`, or `applicant` for what the applicant has to do (pay a tax notice).
        not_counted: the ground (`tax_notice`, `payment`, `third_party`, `posting`) on which the chain's clock stands
            still while only steps that are not counted are open; None where it is counted.
        pauses: grounds on which its agency may stop the clock.
        supplement_within: until when it may ask for a supplement in time; None: NĐ 61/2018 art. 19.4, 3 working days.
        internal: its result goes to the agencies that need it and is not handed out (an opinion, a look-up).
        states_dues: its decision is a notice of what the applicant owes, with its lines.
    """

    code: str
    name_vi: str
    name_en: str
    agency_kind: str
    limit: Limit
    needs: tuple[str, ...]
    optional: bool
    acknowledge_within: Limit | None
    hand_over_within: Limit | None
    result: ResultKind
    silence: str
    law: str
    extensions: tuple[Extension, ...] = ()
    when: Condition | None = None
    special_limits: tuple[SpecialLimit, ...] = ()
    never_deemed: tuple[str, ...] = ()
    party: str = "agency"
    not_counted: str | None = None
    pauses: tuple[Pause, ...] = ()
    supplement_within: Limit | None = None
    internal: bool = False
    states_dues: bool = False

    def limit_for(self, facts: Mapping[str, FactValue]) -> Limit:
        """Return the limit that a dossier with these facts has here."""
        return next((special.limit for special in self.special_limits if holds(special.when, facts)), self.limit)


@dataclass(frozen=True, slots=True)
class AppointmentRule:
    """One of several appointments of a dossier: by its limit `step` is done.

    The limit of the first runs from the clock's start, that of each later one from when the clock runs again after the
    steps that are not counted (land: tax and payment, NĐ 101/2024, Đồng Tháp QĐ 138/2025 art. 30).
    """

    step: str
    limit: Limit
    special_limits: tuple[SpecialLimit, ...] = ()

    def limit_for(self, facts: Mapping[str, FactValue]) -> Limit:
        """Return the limit that a dossier with these facts has here."""
        return next((special.limit for special in self.special_limits if holds(special.when, facts)), self.limit)


@dataclass(frozen=True, slots=True)
class Procedure:
    """One version of a published procedure, in force from `valid_from` until `valid_to` (exclusive).

    Args:
        receiving_kinds: kinds of agency whose desk may receive it.
        lead_kind: kind of the agency that owns the chain's deadline.
        channels: of `portal`, `counter`, `post`.
        hand_out_ways: of `desk`, `online`, `post`.
        total_limit: the limit promised to the applicant, or None when it is the sum along the chain.
        clock_starts: `acceptance`, or `payment` where the law counts from the fee.
        same_day_until: received up to this hour the first day counts; later it starts with the next working day
            (15:00 rule), or None.
        fee_rule: id of the fee rule, or None where nothing is owed.
        fee_due: `before_clock`, `before_hand_out`, or `none`.
        supplement_limit: how long the applicant may take to supplement; None where the law gives no limit.
        payment_limit: how long the applicant may take to pay before the dossier is stopped, or None.
        facts: typed questions about the dossier that rules and fees use: name → `bool`, `int`, `str`, or the words
            that may be answered.
        appointments: where several are given one after the other (land); empty: one, by `total_limit` or the steps.
        escalate_every: while a dossier stays overdue, how long until the next agency up the tree is told.
        supplements_max: how often in all a supplement may be asked for after examination; None: once for each step
            that is sent back.
    """

    code: str
    version: str
    name_vi: str
    name_en: str
    field_vi: str
    law: tuple[str, ...]
    valid_from: date
    valid_to: date | None
    receiving_kinds: tuple[str, ...]
    lead_kind: str
    channels: tuple[str, ...]
    hand_out_ways: tuple[str, ...]
    submitters: tuple[SubmitterRule, ...]
    components: tuple[Component, ...]
    steps: tuple[Step, ...]
    total_limit: Limit | None
    clock_starts: str
    same_day_until: time | None
    supplement_limit: Limit | None
    payment_limit: Limit | None
    fee_rule: str | None
    fee_due: str
    facts: Mapping[str, str | tuple[str, ...]]
    source: str
    appointments: tuple[AppointmentRule, ...] = ()
    escalate_every: Limit | None = None
    supplements_max: int | None = None

    def steps_for(self, options: tuple[str, ...], facts: Mapping[str, FactValue]) -> tuple[Step, ...]:
        """Return the steps that a dossier takes, in the procedure's order.

        Args:
            options: codes of the optional steps asked for.
        """
        return tuple(
            step
            for step in self.steps
            if (not step.optional or step.code in options) and (step.when is None or holds(step.when, facts))
        )
