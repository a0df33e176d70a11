"""Says to the post what the one-stop desk would say: a service that knows nothing and repeats what it is told."""

from dataclasses import dataclass
from datetime import datetime

from tests.teller import desk_that_says
from tests.teller import tell as tell


@dataclass(frozen=True, slots=True)
class DossierSubmitted:
    ref: str
    channel: str
    receiving_agency: str
    applicant: str
    particulars: str
    at: datetime


@dataclass(frozen=True, slots=True)
class DossierAccepted:
    ref: str
    code: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ResultDispatched:
    ref: str
    hand_out_to: str
    receiving_agency: str
    applicant: str
    at: datetime


@dataclass(frozen=True, slots=True)
class DossierWithdrawn:
    ref: str
    at: datetime


News = DossierSubmitted | DossierAccepted | ResultDispatched | DossierWithdrawn
KINDS = (DossierSubmitted, DossierAccepted, ResultDispatched, DossierWithdrawn)

service = desk_that_says(KINDS)
