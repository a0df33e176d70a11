"""Words for tests of hearing: what the auditor heard, noted, holds and was told by staff."""

from chassis.inbox import LayAside, Retry
from kernel.message import Envelope
from tests.chassis.audit import SAVINGS_SOURCE, ShutLedger
from tests.chassis.rough_bus import RoughBus
from tests.chassis.running import Stage

A_MINUTE = {"minutes": 2}
"""More than it takes until what is held is asked for again."""


def hear(audit: Stage, bus: RoughBus, *envelopes: Envelope) -> None:
    bus.deliver(*envelopes)
    audit.engine.run_until_idle()


def noted(audit: Stage, ref: str = "a") -> tuple[int, ...]:
    """Return the amounts that the ledger holds, in order."""
    amounts: tuple[int, ...] = audit.state(f"ledger-{ref}").amounts_vnd
    return amounts


def heard(audit: Stage, ref: str = "a") -> list[int]:
    """Return the sequences that the read model holds, in the order in which they were written."""
    return [row[0] for row in audit.rows(f"SELECT sequence FROM heard WHERE subject='{ref}' ORDER BY rowid")]


def held(audit: Stage) -> dict[tuple[str, int], str | None]:
    """Return what is held, with the error of what is parked; in the store and in memory alike."""
    stored = {(one.envelope.subject, one.envelope.sequence): one.error for one in audit.running().store.all_held()}
    in_memory = {(subject, number): one.error for (_, subject, number), one in audit.running().inbox.held.items()}
    assert stored == in_memory
    return stored


def mark(audit: Stage, ref: str = "a") -> int:
    return audit.running().store.mark(SAVINGS_SOURCE, ref)


def decide(audit: Stage, piece: Retry | LayAside) -> bool:
    audit.engine.submit("audit", piece)
    audit.engine.run_until_idle()
    return piece.future.result(timeout=0)


def retry(audit: Stage, ref: str, sequence: int) -> bool:
    return decide(audit, Retry(audit.running().inbox, (SAVINGS_SOURCE, ref, sequence)))


def lay_aside(audit: Stage, ref: str, sequence: int) -> bool:
    return decide(audit, LayAside(audit.running().inbox, (SAVINGS_SOURCE, ref, sequence), "staff:7", "paper lost"))


def shut(audit: Stage, ref: str) -> None:
    assert audit.say(ShutLedger(ref)) == "LedgerShut"
