"""Papers made electronic at the desk, recorded when it happens: the indicators cannot be derived afterwards.

Law: NĐ 61/2018 art. 17.1 (as amended by NĐ 107/2021) and NĐ 118/2025 art. 17.1: the desk digitises what comes in on
paper; TT 03/2025/TT-VPCP art. 5; TT 01/2023/TT-VPCP art. 8.2 (the officer signs the copy); QĐ 766/QĐ-TTg index 4.2.
"""

from kernel.refusal import Invalid, Refused
from services.intake.domain import rules
from services.intake.domain.amendments import ComponentDigitised
from services.intake.domain.commands import DigitiseComponent
from services.intake.domain.events import Event
from services.intake.domain.state import Dossier

Answer = tuple[Event, ...] | Refused


def digitise(command: DigitiseComponent, dossier: Dossier) -> Answer:
    """Record that the desk scanned and signed a paper that was handed in, as long as the dossier runs."""
    given = next((component for component in dossier.given if component.code == command.component), None)
    if given is not None and given.digitised:
        return ()
    if dossier.phase not in ("submitted", "awaiting_payment", "accepted", "resolved"):
        return Refused(rules.DOSSIER_CLOSED)
    if dossier.papers_with_post:
        return Refused(rules.PAPERS_WITH_POST)
    if given is None:
        handed_in = ", ".join(component.code for component in dossier.given) or "none"
        return Refused(rules.COMPONENT_NOT_GIVEN, (Invalid("component", f"handed in: {handed_in}"),))
    return (ComponentDigitised(command.ref, command.component, command.actor, command.now),)
