"""What was amended of a dossier by an event of its own, while what stood before stays as it was written.

Law: NĐ 61/2018 art. 5 and NĐ 118/2025 art. 5 (dossier data is neither altered nor deleted); Luật 91/2025/QH15 art. 13
(correction). Text documented as *sealed* is opaque here, as in `events`, of which these are a part.
"""

from dataclasses import dataclass
from datetime import datetime

from services.intake.domain.words import Whose


@dataclass(frozen=True, slots=True)
class AppointmentChanged:
    """The applicant has another date; the cause is in routing's words, for routing said so.

    Args:
        number: which of the dossier's appointments it is, 1 for the first.
        step, agency: which step is the reason, or "", and who answers for the new date.
        clock_from, due_at: the lawful appointment from now on; an apology leaves it as it was (NĐ 61/2018 art. 19.9).
        promised_at: what the applicant was promised where that is a later date, or None.
        note: the agency's reasons, sealed, or "".
    """

    ref: str
    cause: str
    number: int
    step: str
    agency: str
    clock_from: datetime
    due_at: datetime
    promised_at: datetime | None
    note: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ComponentDigitised:
    """The desk scanned and signed what had come in on paper (NĐ 61/2018 art. 17.1; TT 03/2025/TT-VPCP art. 5)."""

    ref: str
    component: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ParticularsCorrected:
    """What stood wrong about a person was put right; what stood before stays, unread (NĐ 61/2018 art. 5).

    Args:
        whose: the applicant's particulars, or the submitter's.
        person: the opaque id, which a correction never changes.
        particulars: sealed JSON like that of `DossierSubmitted`, whole and corrected.
        hand_out_to: sealed JSON of where the result goes from now on, or "" where that stays as it was.
        reason: why, sealed.
    """

    ref: str
    whose: Whose
    person: str
    particulars: str
    hand_out_to: str
    reason: str
    by: str
    at: datetime
