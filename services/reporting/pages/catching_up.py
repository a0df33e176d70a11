"""Waits a moment until reporting has heard what somebody has just done, and what followed from it at once.

A page may say `?seen=intake:41`: the head of that service's log when its answer left (`Lienthong-Position`).
"""

import asyncio
from typing import Final

from chassis.run import Engine

WAIT_AT_MOST_S: Final = 2.0
LOOK_EVERY_S: Final = 0.02
DIGITS_MAX: Final = 18
HOPS: Final = 3
"""How far news is followed: from the one who acted to those who hear it, to those who hear them, to reporting."""


def head_of(engine: Engine, service: str) -> str:
    """Return how far a service has spoken, as a page would say it; "" where it runs elsewhere."""
    running = engine.running.get(service)
    return f"{service}:{running.store.head()}" if running is not None else ""


async def caught_up(engine: Engine, seen: str) -> bool:
    """Wait until reporting has read what `seen` names and what others said on hearing it; say whether it has."""
    service, _, position = seen.partition(":")
    if service not in engine.running or not position.isascii() or not position.isdigit() or len(position) > DIGITS_MAX:
        return False
    try:
        await asyncio.wait_for(_heard(engine, service, int(position)), WAIT_AT_MOST_S)
    except TimeoutError:
        return False
    return True


async def _heard(engine: Engine, service: str, position: int) -> None:
    heads = {engine.running[service].source: position}
    for _ in range(HOPS):
        while not all(_has_read(engine, reader, heads) for reader in engine.running):
            await asyncio.sleep(LOOK_EVERY_S)
        heads = {running.source: running.store.head() for running in engine.running.values()}


def _has_read(engine: Engine, reader: str, heads: dict[str, int]) -> bool:
    positions = engine.running[reader].inbox.positions
    return all(positions[source] >= head for source, head in heads.items() if source in positions)
