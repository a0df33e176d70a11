"""The portal's code lists, by generation of its interface: the same digit has meant different things over the years.

Law: none; these are the lists of its interface descriptions. Only this folder knows them.
"""

from dataclasses import dataclass
from typing import Final

from services.intake.domain.state import Dossier
from services.intake.domain.words import ApplicantKind, Channel, HandOutWay, PaperForm, Phase


@dataclass(frozen=True, slots=True)
class Generation:
    """What the digits of one generation mean.

    Args:
        applicant_kinds: LoaiDoiTuong.
        channels: KenhThucHien; empty where the generation does not say it.
        hand_out_ways: HinhThuc.
        forms: LoaiBan.
        identities: LoaiDinhDanh → kind of number, as the vault names it.
    """

    applicant_kinds: dict[str, ApplicantKind]
    channels: dict[str, Channel]
    hand_out_ways: dict[str, HandOutWay]
    forms: dict[str, PaperForm]
    identities: dict[str, str]


DATABASES: Final = {"CSDLQGDC": "POP"}
"""MaCSDL → the registry's word; of one that is not listed only that it was a database is known."""

_CHANNELS: Final[dict[str, Channel]] = {"1": "counter", "2": "portal", "3": "post"}
_WAYS: Final[dict[str, HandOutWay]] = {"0": "desk", "1": "post"}
_FORMS: Final[dict[str, PaperForm]] = {"0": "original", "1": "copy", "2": "electronic"}
_IDENTITIES: Final = {"1": "personal_id", "2": "old_identity_number"}

GENERATIONS: Final[dict[str, Generation]] = {
    "2019": Generation({"1": "citizen", "2": "enterprise"}, {}, _WAYS, {}, {}),
    "2023": Generation(
        {"1": "citizen", "2": "enterprise", "3": "organisation", "4": "organisation"},
        _CHANNELS,
        _WAYS,
        _FORMS,
        _IDENTITIES,
    ),
    "2026": Generation(
        {"0": "citizen", "1": "enterprise", "2": "household_business"}, _CHANNELS, _WAYS, _FORMS, _IDENTITIES
    ),
}

NEWLY_REGISTERED: Final = "1"
SUPPLEMENTED: Final = "5"
WISH_TO_WITHDRAW: Final = "7"
OURS_TO_SAY: Final = frozenset({"2", "3", "4", "6", "8", "9", "10"})
"""Only the desk and the agencies know these; a portal that says one of them is contradicted, never believed."""

STATUS_SAID: Final[dict[Phase, str]] = {
    "submitted": "1",
    "awaiting_payment": "6",
    "accepted": "4",
    "resolved": "9",
    "handed_out": "10",
    "refused": "3",
    "withdrawn": "7",
    "stopped": "8",
}


def status_said(dossier: Dossier) -> str:
    """Return the one status of the portal in which a dossier is; a wait for the applicant comes before the phase."""
    if dossier.phase in ("submitted", "accepted"):
        if dossier.withdrawal == "requested":
            return WISH_TO_WITHDRAW
        if dossier.supplement is not None and dossier.supplement.awaited:
            return SUPPLEMENTED
    return STATUS_SAID[dossier.phase]
