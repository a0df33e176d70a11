"""What the desk may be told to do with a dossier, by people, by timers and by what other services said.

Every command names the dossier, who orders it, and when it is. `prepare` in the wiring fills in what is marked
*prepared*: the procedure version, the calendar, the next number; none of it is stored.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from kernel.agency import Agency
from kernel.procedure import Procedure
from kernel.working_time import Calendar
from services.intake.domain.words import (
    ApplicantKind,
    Channel,
    ComponentGiven,
    FactValue,
    FileBrought,
    HandOutWay,
    MissingItem,
    Outcome,
    PaperShown,
    RefusalReason,
    Whose,
)

Context = TypeVar("Context")


def prepared(context: Context | None) -> Context:
    """Return what the wiring filled in; a command without it is a fault of ours, never of whoever ordered it."""
    assert context is not None, "the wiring prepares this command before it is decided"
    return context


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitDossier:
    """Hand a dossier in.

    Args:
        particulars, submitter_particulars, hand_out_to: sealed, or empty.
        published: prepared; the procedure version in force, or None where there is none.
        agency: prepared; the receiving agency as it stands today, or None.
        agencies: prepared; every agency that will act, or None where the area does not tell.
        categories: prepared; the groups of the procedure's fee schedule.
        published_by: the agency that a local procedure code names (`H48` of `1.001612.000.00.00.H48`), or None.
        files: what comes with the components.
    """

    ref: str
    procedure: str
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
    portal_code: str | None
    actor: str
    now: datetime
    published: Procedure | None = None
    agency: Agency | None = None
    agencies: tuple[str, ...] | None = None
    categories: tuple[str, ...] = ()
    published_by: str | None = None
    files: tuple[FileBrought, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordHandover:
    """The post and the desk signed the handover record at `signed_at`."""

    ref: str
    handover_record: str
    signed_at: datetime
    actor: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordCollectionFailed:
    """The post could not collect the papers and gave up."""

    ref: str
    actor: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AskForSupplement:
    """Tell the applicant everything that is missing; `published` and `calendar` are prepared."""

    ref: str
    items: tuple[MissingItem, ...]
    actor: str
    now: datetime
    published: Procedure | None = None
    calendar: Calendar | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveSupplement:
    """Take in what was asked for; `published` is prepared."""

    ref: str
    components: tuple[ComponentGiven, ...]
    actor: str
    now: datetime
    published: Procedure | None = None
    files: tuple[FileBrought, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StopForSilence:
    """The time to supplement has passed."""

    ref: str
    actor: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptDossier:
    """Accept a complete dossier.

    Args:
        code: prepared, where the portal gave none.
        elsewhere: prepared; the desk is not that of the dossier's own area (NĐ 118/2025 art. 17.3).
    """

    ref: str
    actor: str
    now: datetime
    published: Procedure | None = None
    calendar: Calendar | None = None
    code: str = ""
    elsewhere: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptPaidDossier:
    """Accept a complete dossier whose clock waited for the fee; prepared like `AcceptDossier`."""

    ref: str
    settled_at: datetime
    actor: str
    now: datetime
    published: Procedure | None = None
    calendar: Calendar | None = None
    elsewhere: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StopForNonPayment:
    """The time to pay has passed."""

    ref: str
    actor: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RefuseDossier:
    """Refuse reception; `law` is instrument and article, `note` the officer's own words, sealed or empty."""

    ref: str
    reason_code: RefusalReason
    law: str
    note: str
    actor: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawDossier:
    """The applicant wants to stop."""

    ref: str
    actor: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordWithdrawal:
    """The chain stopped at `stopped_at`; `kept` are the steps that had been decided."""

    ref: str
    kept: tuple[str, ...]
    stopped_at: datetime
    actor: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclineWithdrawal:
    """The chain had decided before the wish to withdraw came."""

    ref: str
    reason: str
    declined_at: datetime
    actor: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSettlement:
    """The fee is settled."""

    ref: str
    settled_at: datetime
    actor: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordResult:
    """A step has its result."""

    ref: str
    step: str
    result_code: str
    number: str
    decided_at: datetime
    actor: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordRevocation:
    """The agency of a step refused it; if it had issued a result before, that is revoked."""

    ref: str
    step: str
    refused_at: datetime
    actor: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSentBack:
    """An agency sent a step back to the desk; `on_time` and `note` as in `SentBackReceived`."""

    ref: str
    step: str
    reason_code: str
    sent_back_at: datetime
    actor: str
    now: datetime
    agency: str = ""
    on_time: bool = True
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerSentBack:
    """Answer the agency that sent a step back; `note` is sealed or empty, `published` and `calendar` are prepared."""

    ref: str
    step: str
    note: str
    actor: str
    now: datetime
    published: Procedure | None = None
    calendar: Calendar | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveDossier:
    """The chain is closed."""

    ref: str
    outcome: Outcome
    closed_at: datetime
    actor: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordAppointment:
    """Routing gave the applicant another date; the fields are those of its event, `due_at` the new date."""

    ref: str
    cause: str
    number: int
    step: str
    agency: str
    clock_from: datetime
    due_at: datetime
    note: str
    moved_at: datetime
    actor: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DigitiseComponent:
    """The desk has scanned and signed a paper that came in on paper."""

    ref: str
    component: str
    actor: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectParticulars:
    """Put right what stands wrong about a person.

    Args:
        corrected: field of `PARTICULARS` → what it should say; never shown, for it is personal.
        hand_out_to, reason: sealed, or "".
        by_applicant: the applicant asks, who may do so only before acceptance.
        particulars: prepared; the whole particulars, corrected and sealed, or None where nobody can read the old ones.
    """

    ref: str
    whose: Whose
    corrected: dict[str, str] = field(repr=False)
    hand_out_to: str
    reason: str
    by_applicant: bool
    actor: str
    now: datetime
    particulars: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchResult:
    """Give the result to the post."""

    ref: str
    actor: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepAtDesk:
    """Keep at the desk what the post brought back."""

    ref: str
    actor: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOut:
    """Give the result to the applicant, or to somebody with authority; `paper_shown` only at the desk."""

    ref: str
    way: HandOutWay
    collector: str
    paper_shown: PaperShown | None
    actor: str
    now: datetime


CommandOnDossier = (
    RecordHandover
    | RecordCollectionFailed
    | AskForSupplement
    | ReceiveSupplement
    | StopForSilence
    | AcceptDossier
    | AcceptPaidDossier
    | StopForNonPayment
    | RefuseDossier
    | WithdrawDossier
    | RecordWithdrawal
    | DeclineWithdrawal
    | RecordSettlement
    | RecordResult
    | RecordRevocation
    | RecordSentBack
    | AnswerSentBack
    | ResolveDossier
    | RecordAppointment
    | DigitiseComponent
    | CorrectParticulars
    | DispatchResult
    | KeepAtDesk
    | HandOut
)

Command = SubmitDossier | CommandOnDossier
