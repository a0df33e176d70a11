"""Opens what a paper needs of its people, and shows it; each reading is written down with its purpose and dossier.

Law: Luật 91/2025/QH15 art. 13 (read for a stated purpose, and corrected); NĐ 61/2018 art. 5 (what stood before a
correction stays: the inspector alone may read it).
"""

from typing import Any, Final

from chassis.instants import in_second
from chassis.registry import Registry
from chassis.vault import CannotOpen, Erased, Vault
from chassis.web.acts import Call
from services.intake.domain.state import Dossier
from services.intake.domain.words import Whose
from services.intake.projections import letters, slips

ADDRESS: Final = ("name", "address", "phone")


def _with_page(paper: dict[str, Any], page: str) -> dict[str, Any]:
    """Name the page that shows a person the same."""
    return paper | {"page": f"/dossiers/{paper['ref']}/{page}"}


class Papers:
    """Shows the papers that the desk issued."""

    def __init__(self, vault: Vault, registry: Registry) -> None:
        self._vault = vault
        self._registry = registry

    def slip(self, call: Call, dossier: Dossier) -> dict[str, Any]:
        """Show form 01."""
        purpose = "acknowledgement_slip"
        applicant = self._person(call, dossier, "applicant", purpose)
        submitter = self._person(call, dossier, "submitter", purpose)
        to = self._open(call, dossier.hand_out_to, purpose, ADDRESS)
        return _with_page(slips.slip(dossier, self._registry, applicant, submitter, to), "slip")

    def supplement_request(self, call: Call, dossier: Dossier) -> dict[str, Any]:
        """Show form 02."""
        assert dossier.supplement is not None, "the scope let through only what was asked for"
        purpose = "supplement_request"
        notes = [self._note(call, item.note, purpose) for item in dossier.supplement.request.items]
        applicant = self._person(call, dossier, "applicant", purpose)
        return _with_page(slips.supplement_request(dossier, self._registry, applicant, notes), "supplement-request")

    def refusal(self, call: Call, dossier: Dossier) -> dict[str, Any]:
        """Show form 03."""
        assert dossier.refusal is not None, "the scope let through only what was refused"
        purpose = "refusal_slip"
        note = self._note(call, dossier.refusal.note, purpose)
        applicant = self._person(call, dossier, "applicant", purpose)
        return _with_page(slips.refusal(dossier, self._registry, applicant, note), "refusal")

    def apology(self, call: Call, dossier: Dossier) -> dict[str, Any]:
        """Show form 04."""
        move = letters.apology_of(dossier)
        assert move is not None, "the scope let through only what an agency apologised for"
        purpose = "apology_letter"
        note = self._note(call, move.note, purpose)
        applicant = self._person(call, dossier, "applicant", purpose)
        return _with_page(letters.apology(dossier, self._registry, applicant, note), "apology")

    def stop_notice(self, call: Call, dossier: Dossier) -> dict[str, Any]:
        """Show form 05."""
        applicant = self._person(call, dossier, "applicant", "stop_notice")
        return _with_page(letters.stop_notice(dossier, self._registry, applicant), "stop-notice")

    def corrections(self, call: Call, dossier: Dossier) -> dict[str, Any]:
        """Show what was put right, and what stood before each correction."""
        assert dossier.submission is not None, "the scope let through only what exists"
        purpose, before = "inspection_of_corrections", {
            "applicant": dossier.submission.particulars,
            "submitter": dossier.submission.submitter_particulars,
        }  # fmt: skip
        shown = []
        for one in dossier.corrections:
            stood, stands = before[one.whose], one.particulars
            shown.append(
                {
                    "whose": one.whose,
                    "by": one.by,
                    "at": in_second(one.at),
                    "reason": self._note(call, one.reason, purpose),
                    "before": self._open(call, stood, purpose, slips.OPENED),
                    "after": self._open(call, stands, purpose, slips.OPENED),
                }
            )
            before[one.whose] = stands
        return {"items": shown}

    def _person(self, call: Call, dossier: Dossier, whose: Whose, purpose: str) -> dict[str, Any]:
        return self._open(call, dossier.particulars(whose), purpose, slips.OPENED)

    def _note(self, call: Call, sealed: str, purpose: str) -> str:
        return str(self._open(call, sealed, purpose, ("note",)).get("note", ""))

    def _open(self, call: Call, sealed: str, purpose: str, fields: tuple[str, ...]) -> dict[str, Any]:
        """Open what is there; of a person who was forgotten the paper keeps its form and loses the name."""
        if not sealed:
            return {}
        try:
            return self._vault.open(
                sealed, by=call.principal.id, purpose=purpose, fields=fields, at=call.now, about=call.ref
            )
        except Erased:
            return {"erased": True}
        except CannotOpen:
            return {}
