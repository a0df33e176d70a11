"""What a published procedure asks, promises and costs: the words that the registry's data is read into.

Law: NĐ 61/2018 and NĐ 118/2025 (one-stop mechanism); each procedure names its own. A dossier is pinned to one version.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time

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
    """Who may hand the dossier in for the applicant; `authority` names the component that proves it, if one must."""

    relation: str
    authority: str | None


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
class Step:
    """One agency's duty in a chain.

    Args:
        agency_kind: the kind of agency that acts; which one follows from the receiving agency's area.
        needs: codes of the steps whose results must exist before this one is ready.
        optional: carried out only if the applicant asked for it.
        acknowledge_within: the agency must acknowledge within this limit from ready, else an alert.
        hand_over_within: the agency's system must have taken the step over within this limit, else an alert.
        silence: `escalate` (default of the law) or `deemed_agreed`.
        extensions: the longer limits it may have, and on which grounds.
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
        facts: typed questions about the dossier that rules and fees use: name → `bool`, `int` or `str`.
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
    facts: Mapping[str, str]
    source: str
