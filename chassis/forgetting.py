"""Forgetting a person on request: refused while something of theirs is open, then beyond recall.

Law: Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15 art. 14 (deletion on request; where it cannot be done for a legitimate
reason, the one who asks is told); NĐ 61/2018/NĐ-CP art. 5 (what happened to a dossier stays: only who it was is gone).

What is open is known only when every reader has heard all there is, so this is done when the lanes rest; and nothing
can be handed in for the person meanwhile.
"""

import asyncio
import threading
from typing import Final

from chassis.run import Engine
from chassis.stores.store import StoreUnavailable
from chassis.vault import CannotOpen, Forgotten, SqliteVault
from kernel.refusal import HOUSE_RULE, Invalid, Refused, Rule

REST_WITHIN_S: Final = 20.0

MATTERS_OPEN: Final = Rule(
    "matters_open",
    "Luật 91/2025/QH15 art. 14",
    "Chưa xóa được: người này còn việc đang giải quyết.",
    "They cannot be forgotten yet: something of theirs is still open.",
)
NOT_KNOWN: Final = Rule("person_not_known", HOUSE_RULE, "Không có người này.", "This person is not known here.")


def open_matters(engine: Engine, person: str) -> tuple[str, ...]:
    """Return what keeps a person from being forgotten, a line each; the lanes must rest."""
    found = [
        f"{name}: {matter}"
        for name, running in engine.running.items()
        for matter in running.service.open_matters(running.store, person)
    ]
    found += [
        f"{name}: {held.envelope.type} about {held.envelope.subject} is {'held' if held.error is None else 'parked'}, "
        "and what it leads to is not known yet"
        for name, running in engine.running.items()
        for held in running.store.all_held()
    ]
    return tuple(found)


def forget(engine: Engine, vault: SqliteVault, proof: Forgotten) -> Forgotten | Refused:
    """Forget a person, or say what is still open; on the lanes' thread, when they rest.

    Asked again about somebody who was forgotten, it finishes what could not be reached and returns the first proof.
    """
    if all(one.person != proof.person for one in vault.forgotten()):
        if not vault.is_known(proof.person):
            return Refused(NOT_KNOWN)
        if matters := open_matters(engine, proof.person):
            return Refused(MATTERS_OPEN, tuple(Invalid("person", matter) for matter in matters))
    try:
        return vault.forget(proof)
    except CannotOpen:
        return Refused(NOT_KNOWN)


async def forget_when_idle(engine: Engine, vault: SqliteVault, proof: Forgotten) -> Forgotten | Refused:
    """Forget a person on a server that runs; call it on the thread that takes in commands.

    Up to the first wait nothing else runs on that thread, so whoever was handing something in for the person has
    handed it to a lane before, or is told to come again.

    Raises:
        StoreUnavailable: the lanes do not come to rest, or the vault is busy; ask again.
    """
    done: list[Forgotten | Refused] = []
    given_up = threading.Event()

    def errand() -> None:
        if not given_up.is_set():
            done.append(forget(engine, vault, proof))

    with vault.leaving(proof.person):
        try:
            await asyncio.wait_for(asyncio.wrap_future(engine.when_idle(errand)), REST_WITHIN_S)
        except TimeoutError as error:
            given_up.set()
            raise StoreUnavailable("the lanes do not come to rest") from error
    return done[0]
