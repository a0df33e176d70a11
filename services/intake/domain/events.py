"""What happened to a dossier at the one-stop desk, as it is stored; most of it is public and said as it stands.

Law: NĐ 61/2018 art. 5 and NĐ 118/2025 art. 5 (dossier data is neither altered nor deleted).

Text documented as *sealed* is opaque here: it was encrypted under a person's key before it came in.
"""

from dataclasses import dataclass
from datetime import datetime

from services.intake.domain.amendments import AppointmentChanged, ComponentDigitised, ParticularsCorrected
from services.intake.domain.words import (
    ApplicantKind,
    Channel,
    ComponentGiven,
    FactValue,
    FeeDue,
    HandOutWay,
    MissingItem,
    Outcome,
    PaperShown,
    RefusalReason,
    Stage,
    StopReason,
)


@dataclass(frozen=True, slots=True)
class DossierSubmitted:
    """A dossier was handed in; from here on it is pinned to one version of its procedure.

    Args:
        area: GSO code of the commune the dossier belongs to, or None where it is the receiving desk's own.
        applicant, submitter: opaque person ids; they are the same exactly where `relation` is `self`.
        category: group of the fee schedule, `normal` or one that the schedule names.
        particulars: sealed JSON: name, personal_id, tax_code, address, phone, email.
        submitter_particulars: the same of the submitter, or empty where that is the applicant.
        options: codes of the optional steps asked for.
        hand_out_to: sealed JSON: name, address, phone; or empty.
        facts: the typed answers that rules and fees use; nothing personal.
        agencies: every agency that will act.
        portal_code: number that the portal gave, or None; it becomes the dossier code.
    """

    ref: str
    procedure: str
    procedure_version: str
    channel: Channel
    receiving_agency: str
    area: str | None
    applicant: str
    applicant_kind: ApplicantKind
    category: str
    particulars: str
    submitter: str
    submitter_particulars: str
    relation: str
    components: tuple[ComponentGiven, ...]
    options: tuple[str, ...]
    hand_out_by: HandOutWay
    hand_out_to: str
    facts: dict[str, FactValue]
    fee_due: FeeDue
    agencies: tuple[str, ...]
    portal_code: str | None
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PapersReceived:
    """The post handed the papers over; `at`, the signing of the record, is the legal time of submission.

    Law: QĐ 45/2016/QĐ-TTg art. 7.4.
    """

    ref: str
    handover_record: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SupplementRequested:
    """The applicant was told everything that is missing, with reasons (TT 03/2025/TT-VPCP form 02).

    Args:
        due_at: until when the applicant may bring it, or None where the law gives no limit.
        step, agency: after examination, the step that was sent back and its agency; "" where the desk asks itself.
    """

    ref: str
    items: tuple[MissingItem, ...]
    stage: Stage
    due_at: datetime | None
    by: str
    at: datetime
    step: str = ""
    agency: str = ""


@dataclass(frozen=True, slots=True)
class SupplementReceived:
    """The applicant brought what was asked for, or a part of it."""

    ref: str
    components: tuple[ComponentGiven, ...]
    stage: Stage
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PaymentAwaited:
    """The dossier is complete and has its code; its clock starts when the fee is paid."""

    ref: str
    code: str
    procedure: str
    procedure_version: str
    channel: Channel
    category: str
    facts: dict[str, FactValue]
    receiving_agency: str
    applicant: str
    submitter: str
    pay_by: datetime | None
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class DossierAccepted:
    """The dossier has its code, its slip and its appointment (TT 03/2025/TT-VPCP form 01).

    Args:
        due_at: the appointment: a promise, never moved silently.
        clock_from: the instant the limit runs from, the 15:00 rule applied.
        calendar_id, calendar_version: the calendar the appointment was counted on.
        at: when it was accepted; where the clock waited for the fee, when that was settled.
        received_elsewhere: the desk is not that of the dossier's own area, so its clock starts when the resolving
            agency receives it, and `due_at` is provisional until then (NĐ 118/2025 art. 17.3).
    """

    ref: str
    code: str
    procedure: str
    procedure_version: str
    channel: Channel
    category: str
    facts: dict[str, FactValue]
    receiving_agency: str
    area: str | None
    applicant: str
    submitter: str
    options: tuple[str, ...]
    agencies: tuple[str, ...]
    fee_due: FeeDue
    due_at: datetime
    calendar_id: str
    calendar_version: str
    clock_from: datetime
    by: str
    at: datetime
    received_elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class DossierRefused:
    """Reception was refused before acceptance (TT 03/2025/TT-VPCP form 03); `note` is sealed, or empty."""

    ref: str
    reason_code: RefusalReason
    law: str
    note: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class WithdrawalRequested:
    """The applicant asks to stop an accepted dossier; its chain knows whether a decision came first."""

    ref: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class DossierWithdrawn:
    """The dossier was withdrawn; `kept_results` are steps that had been decided, and their results stay valid."""

    ref: str
    kept_results: tuple[str, ...]
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class WithdrawalTurnedDown:
    """A decision had come before the wish to withdraw."""

    ref: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class DossierStopped:
    """Nothing came in time, so handling stopped; `kept_results` are steps that had been decided by then."""

    ref: str
    reason: StopReason
    kept_results: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class FeeSettled:
    """The fee was paid, or came to nothing."""

    ref: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ResultReceived:
    """The result of one step exists; a corrected one takes the place of the one before it."""

    ref: str
    step: str
    result_code: str
    number: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ResultRevoked:
    """The agency that issued the result of a step took it back; it is not handed out."""

    ref: str
    step: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SentBackReceived:
    """An agency sent a step back to the desk.

    Args:
        on_time: whether it did so within the limit that its law gives it to ask for a supplement.
        note: what it found lacking, in its officer's own words; sealed, or "".
    """

    ref: str
    step: str
    reason_code: str
    at: datetime
    agency: str = ""
    on_time: bool = True
    note: str = ""


@dataclass(frozen=True, slots=True)
class SentBackAnswered:
    """The desk answered the agency; `note` is sealed, or empty.

    Args:
        clock_from, due_at: the appointment from now on. It is the old one, except that the legal clock restarts from
            zero when a supplement made the dossier complete again (NĐ 61/2018 art. 19.4).
    """

    ref: str
    step: str
    note: str
    clock_from: datetime
    due_at: datetime
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class DossierResolved:
    """The whole chain is closed.

    Args:
        on_time: measures the deciding instant `at` against `due_at`.
        due_at: the lawful date; a date promised with an apology does not make a late dossier timely (NĐ 61/2018 art.
            19.9).
    """

    ref: str
    outcome: Outcome
    on_time: bool
    due_at: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class ResultDispatched:
    """The result went to the post; `hand_out_to` is the sealed address, `results` the national result codes."""

    ref: str
    hand_out_to: str
    results: tuple[str, ...]
    receiving_agency: str
    applicant: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ResultKeptAtDesk:
    """The post brought the result back; it waits at the desk."""

    ref: str
    at: datetime


@dataclass(frozen=True, slots=True)
class DossierHandedOut:
    """The applicant has the result.

    Args:
        collector: who took it, in the words of the procedure's submitters (`self`, `attorney`, …).
        paper_shown: what was shown at the desk, or None where nobody came to it.
    """

    ref: str
    way: HandOutWay
    collector: str
    paper_shown: PaperShown | None
    by: str
    at: datetime


Event = (
    DossierSubmitted
    | PapersReceived
    | SupplementRequested
    | SupplementReceived
    | PaymentAwaited
    | DossierAccepted
    | DossierRefused
    | WithdrawalRequested
    | DossierWithdrawn
    | WithdrawalTurnedDown
    | DossierStopped
    | FeeSettled
    | ResultReceived
    | ResultRevoked
    | SentBackReceived
    | SentBackAnswered
    | DossierResolved
    | ResultDispatched
    | ResultKeptAtDesk
    | DossierHandedOut
    | AppointmentChanged
    | ComponentDigitised
    | ParticularsCorrected
)
