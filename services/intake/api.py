"""What the desk may be told over HTTP, and what may be looked up: JSON in, a command; an answer out.

Law: NĐ 61/2018 arts. 11, 16–17, 20; NĐ 118/2025 arts. 15–17, 21; TT 01/2018 art. 16 (an anonymous look-up shows the code
and the degree of completion); Luật 91/2025/QH15 (personal data is opened for a stated purpose, and that is written down).
"""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr, field_validator, model_validator
from ulid import ULID

from chassis.executor import Done
from chassis.registry import Registry
from chassis.service import Scope
from chassis.vault import CannotOpen, Vault
from chassis.web.acts import Act, Call, Listing, View
from chassis.web.auth import (
    ACCOUNTANT,
    AGENCY_OFFICER,
    ACTING,
    ALL,
    ANONYMOUS,
    APPLICANT,
    DESK_OFFICER,
    INSPECTOR,
    OWN,
    POSTAL_STAFF,
    RECEIVING,
    Rights,
    SYSTEM,
)
from kernel.codes import AgencyId, InvalidCode, PersonalId, ProcedureCode, TaxCode
from kernel.refusal import Invalid, Refused
from services.intake.domain import commands, rules
from services.intake.domain.state import Dossier
from services.intake.domain.words import (
    SELF,
    ApplicantKind,
    Channel,
    ComponentGiven,
    HandOutWay,
    MissingItem,
    PaperForm,
    PaperShown,
    Phase,
    RefusalReason,
    SupplementReason,
)
from services.intake.projections import slips
from services.intake.projections.dossiers import in_text
