"""What is personal, and therefore never stands in a log in clear.

Law: Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15 arts. 13–14. Sealed values alone can be destroyed by destroying a key.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any, Final

import msgspec

from chassis.run import Engine
from chassis.vault import is_sealed
from chassis.vault_port import Custody
from chassis.verification import Checked, Inspection, events_of

Place = tuple[str, ...]
"""Names of fields from the outside in; `[]` for each of a list."""

PERSONAL: Final[dict[str, dict[str, tuple[Place, ...]]]] = {
    "intake": {
        "DossierSubmitted": (("particulars",), ("submitter_particulars",), ("hand_out_to",)),
        "SupplementRequested": (("items", "[]", "note"),),
        "DossierRefused": (("note",),),
        "SentBackReceived": (("note",),),
        "SentBackAnswered": (("note",),),
        "ResultDispatched": (("hand_out_to",),),
        "AppointmentChanged": (("note",),),
        "ParticularsCorrected": (("particulars",), ("hand_out_to",), ("reason",)),
        "FileTaken": (("sealed",),),
    },
    "routing": {
        "StepRefused": (("note",),),
        "StepSentBack": (("note",),),
        "AppointmentMoved": (("note",),),
        "DelayApologised": (("note",),),
    },
    "payments": {"CallbackKept": (("raw",),)},
    "postal": {"ParcelOrdered": (("address",),)},
}
"""Service → stored event → fields that hold a sealed value, or nothing."""


def privacy_inspection(engine: Engine) -> Inspection:
    """Return the check that nothing personal stands in clear."""
    return Inspection("platform", "privacy", "what is personal stands sealed in every log", partial(_look, engine))


def forgetting_inspection(vault: Custody) -> Inspection:
    """Return the check that whoever was forgotten has no key; copies that were not reached yet are pending."""
    says = "whoever was forgotten has no key, here or in any copy"
    return Inspection("platform", "forgotten", says, partial(_look_for_forgotten, vault))


def _look_for_forgotten(vault: Custody, checked: Checked) -> None:
    checked.counted, kept = vault.kept_in_spite()
    for person in kept:
        checked.breaks(f"{person} was forgotten and has a key")
    for path, person in vault.copies.pending():
        checked.waits(f"{person} is not forgotten yet in {path}")


def _look(engine: Engine, checked: Checked) -> None:
    for service, types in PERSONAL.items():
        for stored in events_of(engine.running[service], tuple(types)):
            try:
                data = msgspec.json.decode(stored.data)
            except (msgspec.DecodeError, UnicodeDecodeError):
                continue  # named by `folds`
            for place in types[stored.type]:
                for text in texts_at(data, place):
                    checked.counted += 1
                    if text and not is_sealed(text):
                        checked.breaks(f"{stored.type} at position {stored.position} of {service}: {'.'.join(place)}")


def texts_at(value: Any, place: Place) -> Iterator[str]:
    """Yield the texts in one place of an event's data; what is no text there is no seal either, and shown as it is."""
    if not place:
        yield value if isinstance(value, str) else repr(value)
    elif place[0] == "[]":
        for inner in value if isinstance(value, list) else ():
            yield from texts_at(inner, place[1:])
    elif isinstance(value, dict) and place[0] in value:
        yield from texts_at(value[place[0]], place[1:])
