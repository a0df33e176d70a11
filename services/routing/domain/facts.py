"""A decision's facts, and the chain as it is after them."""

from collections.abc import Iterable

from services.routing.domain.events import ChainEvent
from services.routing.domain.folding import evolve
from services.routing.domain.progress import Chain

Facts = tuple[ChainEvent, ...]


def folded(chain: Chain, facts: Iterable[ChainEvent]) -> Chain:
    """Return the chain as it is after `facts`."""
    for fact in facts:
        chain = evolve(chain, fact)
    return chain
