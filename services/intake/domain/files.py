"""A file that a dossier names: taken once, by one component of one dossier, with its key sealed for the applicant.

Law: NĐ 118/2025 art. 15 (papers handed in electronically); NĐ 61/2018 art. 5 (what was handed in is not altered: the
hash of the file as it rests stands here); Luật 91/2025/QH15 arts. 13–14 (with the applicant's key goes the file).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from kernel.decider import Decider
from kernel.refusal import Invalid, Refused
from services.intake.domain import rules
from services.intake.domain.words import FileBrought

# --- commands ---


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeFile:
    """Let a dossier have a file; follows from what names it, in the same transaction."""

    ref: str
    brought: FileBrought
    actor: str
    now: datetime


Command = TakeFile


# --- events ---


@dataclass(frozen=True, slots=True)
class FileTaken:
    """A file belongs to a dossier from here on.

    Args:
        sealed: JSON for the applicant: the file's key, its name, and the SHA-256 of its content.
        size_bytes: of its content.
        sha256: of the file as it rests, sealed: it can be proved by whoever has no key, and after a forgetting.
    """

    file: str
    ref: str
    component: str
    sealed: str
    size_bytes: int
    media_type: str
    sha256: str
    by: str
    at: datetime


Event = FileTaken


# --- state ---


@dataclass(frozen=True, slots=True)
class HeldFile:
    """The file as the dossier has it, or nothing yet."""

    taken: FileTaken | None = None


def decide(command: Command, state: HeldFile) -> tuple[Event, ...] | Refused:
    match command:
        case TakeFile(brought=brought):
            held = state.taken
            if held is None:
                return (
                    FileTaken(
                        brought.file, command.ref, brought.component, brought.sealed, brought.size_bytes,
                        brought.media_type, brought.sha256, command.actor, command.now,
                    ),
                )  # fmt: skip
            if (held.ref, held.component) == (command.ref, brought.component):
                return ()
            return Refused(rules.FILE_NAMED_TWICE, (Invalid(f"components[{brought.place}].file", "is used already"),))
        case _:
            assert_never(command)


def evolve(state: HeldFile, event: Event) -> HeldFile:
    match event:
        case FileTaken():
            return HeldFile(event)
        case _:
            assert_never(event)


decider: Decider[Command, HeldFile, Event] = Decider(HeldFile(), decide, evolve)


def unknown(files: tuple[FileBrought, ...]) -> Refused | None:
    """Return why some of the files cannot be handed in, or None."""
    wrong = tuple(Invalid(f"components[{one.place}].file", "upload it wholly first") for one in files if not one.sealed)
    if wrong:
        return Refused(rules.FILE_UNKNOWN, wrong)
    seen: set[str] = set()
    for one in files:
        if one.file in seen:
            return Refused(
                rules.FILE_NAMED_TWICE, (Invalid(f"components[{one.place}].file", "stands for another component"),)
            )
        seen.add(one.file)
    return None
