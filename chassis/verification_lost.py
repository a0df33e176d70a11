"""What a restored store has lost: others took it, and what they hold of it cannot be proved against that log any more.

It is not for a check to call that broken, and not to be kept quiet about: staff look at each of those dossiers by hand.
Only what rests on another's word is treated so; a service's own log, hashes and seals have to hold all the same.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from chassis.verification_hearing import last_said
from chassis.verification_words import Checked, Inspection, ears_for

if TYPE_CHECKING:
    from chassis.run import Engine

ROWS: Final = "rows"
OF_ANOTHERS_WORD: Final = frozenset({"heard", "causes", ROWS})
OF_ONE: Final = ("'ref': ", "'subject': ", "'code': ")
"""What a row has that is of one subject; others count several, the lost among them."""

BETWEEN: Final = "platform"
KEPT_HEADS: Final = "kept_heads"


def lost_in(engine: "Engine") -> dict[str, str]:
    """Return subject → the source that lost it: others took more of it, in a generation that ended, than it has."""
    found: dict[str, str] = {}
    for speaker in engine.running.values():
        if len(speaker.store.generations) == 1:
            continue
        for reader in engine.running.values():
            for ear in list(ears_for(reader, speaker))[:-1]:
                last = last_said(ear)
                found |= {subject: ear.source for subject, mark in ear.marks.items() if mark > last.get(subject, 0)}
    return found


class LostApart(Checked):
    """What one check found, with that of lost subjects apart from what is broken."""

    __slots__ = ("lost",)
    lost: Mapping[str, str]

    def breaks(self, line: str) -> None:
        """Name a place; where it is of a subject that was lost, it waits for staff."""
        source = next((source for subject, source in self.lost.items() if subject in line), None)
        if source is not None:
            self.waits(f"{line}: {source} lost it with its store")
        elif self.name == ROWS and not any(column in line for column in OF_ONE):
            self.waits(f"{line}: it may count what was lost")
        else:
            Checked.breaks(self, line)


def carried_out(inspection: Inspection, lost: Mapping[str, str]) -> Checked:
    """Carry a check out where a store may have lost something.

    Args:
        lost: subject → the source that lost it.
    """
    rests_on_others = inspection.service == BETWEEN and inspection.name != KEPT_HEADS
    if not lost or not (rests_on_others or inspection.name in OF_ANOTHERS_WORD):
        return inspection.carry_out()
    checked = LostApart(inspection.service, inspection.name, inspection.says)
    checked.lost = lost
    return inspection.carry_out(checked)
