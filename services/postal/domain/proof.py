"""What the post shows for a passing of papers, and what is wrong with it.

Law: QĐ 45/2016/QĐ-TTg (papers counted, packed and closed in the sender's presence, the slip signed by both; art. 7.4
the handover record; art. 9 the result); TT 17/2017/TT-BTTTT (identity shown at delivery).

Photos and signatures are personal data: only their digests come here. A device's own time is recorded and never
trusted; legal times are the server's.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from kernel.refusal import Invalid

Relation = Literal["self", "proxy"]
IdDocumentKind = Literal["identity_card", "electronic_identity", "passport"]

RECORD_NO_LIMIT_CHARACTERS: Final = 40
SEAL_NUMBER_LIMIT_CHARACTERS: Final = 40
CODE_LIMIT_CHARACTERS: Final = 40
PRINCIPAL_LIMIT_CHARACTERS: Final = 100
PAPERS_LIMIT: Final = 1_000

_SHA256 = re.compile(r"[0-9a-f]{64}")
_NUMBER = re.compile(r"[0-9A-Za-z][0-9A-Za-z./-]*")
_PRINCIPAL = re.compile(r"[0-9A-Za-z][0-9A-Za-z:.@_-]*")
_CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]*")


@dataclass(frozen=True, slots=True)
class Proof:
    """What was seen when the post took papers over, from the applicant or from the desk.

    Args:
        seal_number: number of the seal that closed the bag while the giver watched.
        signature_sha256: digest of the slip signed by both.
        photo_sha256: digest of the photo of the closed bag.
        device_time: what the postman's device said, or None.
        advised_missing: component codes that the applicant was told are missing and sends without.
    """

    counted_papers: int
    seal_number: str
    signature_sha256: str
    photo_sha256: str
    device_time: datetime | None = None
    advised_missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DeliveryProof:
    """What was seen when the receiver took the papers.

    Args:
        authority_paper: digest of the proxy's written authority; empty for the applicant in person.
    """

    relation: Relation
    id_document_kind: IdDocumentKind
    signature_sha256: str
    photo_sha256: str
    authority_paper: str = ""


@dataclass(frozen=True, slots=True)
class HandoverRecord:
    """A signed record (biên bản giao nhận) by which papers pass between post and desk; one record may list many items.

    Args:
        officer: principal of the desk's signer; the post's signer is whoever acts.
        missing: component codes of papers counted at pick-up that were not in the bag.
    """

    record_no: str
    officer: str
    accepted_papers: int
    missing: tuple[str, ...] = ()


def wrong_in_pickup(proof: Proof) -> tuple[Invalid, ...]:
    """Return what makes `proof` unfit to show a pick-up."""
    return (
        *_wrong_papers("counted_papers", proof.counted_papers),
        *_wrong_number("seal_number", proof.seal_number, SEAL_NUMBER_LIMIT_CHARACTERS),
        *wrong_digest("signature_sha256", proof.signature_sha256),
        *wrong_digest("photo_sha256", proof.photo_sha256),
        *_wrong_codes("advised_missing", proof.advised_missing),
    )


def wrong_in_delivery(proof: DeliveryProof) -> tuple[Invalid, ...]:
    """Return what makes `proof` unfit to show a delivery, apart from a proxy's missing authority."""
    return (
        *wrong_digest("signature_sha256", proof.signature_sha256),
        *wrong_digest("photo_sha256", proof.photo_sha256),
        *(wrong_digest("authority_paper", proof.authority_paper) if proof.authority_paper else ()),
    )


def wrong_signatures(record_no: str, officer: str, post: str) -> tuple[Invalid, ...]:
    """Return what keeps a record from being one that two people signed."""
    return (
        *_wrong_number("record_no", record_no, RECORD_NO_LIMIT_CHARACTERS),
        *_wrong_principal("officer", officer),
        *((Invalid("officer", "who gives and who takes are two people"),) if officer == post else ()),
    )


def wrong_count(record: HandoverRecord, counted_papers: int) -> tuple[Invalid, ...]:
    """Return where the record disagrees with the count that post and giver signed at pick-up."""
    if not 0 <= record.accepted_papers <= counted_papers:
        return (Invalid("accepted_papers", f"between 0 and the {counted_papers} papers counted at pick-up"),)
    if (record.accepted_papers < counted_papers) != bool(record.missing):
        return (Invalid("missing", f"of {counted_papers} papers counted at pick-up, name those that are not here"),)
    return tuple(_wrong_codes("missing", record.missing))


def wrong_digest(name: str, text: str) -> Iterator[Invalid]:
    """Yield a complaint unless `text` is a SHA-256 in lower-case hexadecimal."""
    if not _SHA256.fullmatch(text):
        yield Invalid(name, "SHA-256 of the file, 64 lower-case hexadecimal digits")


def _wrong_number(name: str, text: str, limit_characters: int) -> Iterator[Invalid]:
    if len(text) > limit_characters or not _NUMBER.fullmatch(text):
        yield Invalid(name, f"1 to {limit_characters} letters, digits, dots, slashes and dashes")


def _wrong_principal(name: str, text: str) -> Iterator[Invalid]:
    if len(text) > PRINCIPAL_LIMIT_CHARACTERS or not _PRINCIPAL.fullmatch(text):
        yield Invalid(name, "the principal id of the desk officer who signs, not a name")


def _wrong_papers(name: str, papers: int) -> Iterator[Invalid]:
    if not 1 <= papers <= PAPERS_LIMIT:
        yield Invalid(name, f"a whole number from 1 to {PAPERS_LIMIT}")


def _wrong_codes(name: str, codes: tuple[str, ...]) -> Iterator[Invalid]:
    """Codes only: a remark in words might name a person, and events are not sealed."""
    if len(codes) > PAPERS_LIMIT or not all(
        len(code) <= CODE_LIMIT_CHARACTERS and _CODE.fullmatch(code) for code in codes
    ):
        yield Invalid(name, "codes of components, as the procedure lists them")
