"""The dossier's code stands for its reference here too, so that a postman may type what is on the applicant's paper."""

from dataclasses import dataclass
from typing import Final

from chassis.service import Projection
from chassis.stores.store import Statement
from chassis.web.refs import TABLE, known_code
from kernel.message import Envelope, type_of


@dataclass(frozen=True, slots=True)
class Coded:
    """A dossier got its code, waiting for a payment or accepted."""

    ref: str
    code: str


def coded(dossier: Coded, envelope: Envelope) -> tuple[Statement, ...]:
    return (known_code(dossier.code, dossier.ref),)


codes: Final = Projection(
    name="dossier_codes",
    tables=(TABLE,),
    heard={
        type_of("intake", "PaymentAwaited", 1): (Coded, coded),
        type_of("intake", "DossierAccepted", 1): (Coded, coded),
    },
)
