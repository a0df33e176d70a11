"""What must hold of every chain there ever was: whose acts its results are, and that nobody was left waiting.

Law: NĐ 61/2018/NĐ-CP arts. 5 (nothing altered or deleted) and 19.6; TT 01/2018/TT-VPCP art. 17.
"""

from collections.abc import Iterable, Iterator

from services.routing.domain.chain import decider
from services.routing.domain.events import (
    ChainClosed,
    ChainEvent,
    ChainOpened,
    ChainStopped,
    ChainWithdrawn,
    StepDecided,
    StepReady,
    StepRefused,
    WithdrawalDeclined,
)
from services.routing.domain.holder import holders
from services.routing.domain.progress import NOT_OPENED, Chain

Log = Iterable[tuple[str, ChainEvent]]


def unexplained_results(log: Log) -> Iterator[str]:
    """Say which step began before what it needs existed, and which act is not that of the agency it belongs to."""
    for stream, before, event in _lived(log):
        match event:
            case StepReady():
                yield from (f"{stream}: {said}" for said in _wrong_beginning(before, event))
            case StepDecided() | StepRefused():
                yield from (f"{stream}: {said}" for said in _wrong_act(before, event))
            case _:
                pass


def _wrong_beginning(chain: Chain, event: StepReady) -> Iterator[str]:
    progress = chain.steps.get(event.step)
    if progress is None:
        yield f"{event.step} is ready and was never planned"
        return
    for need in progress.plan.needs:
        if chain.steps[need].stage != "decided":
            yield f"{event.step} is ready while {need} is {chain.steps[need].stage}"
    if event.round != progress.round + 1:
        yield f"{event.step} is ready in round {event.round} after round {progress.round}"


def _wrong_act(chain: Chain, event: StepDecided | StepRefused) -> Iterator[str]:
    progress = chain.steps.get(event.step)
    word = "decided" if isinstance(event, StepDecided) else "refused"
    if progress is None:
        yield f"{event.step} was {word} and was never planned"
        return
    if progress.stage != "acknowledged":
        yield f"{event.step} was {word} while it was {progress.stage}"
    if progress.plan.agency != event.agency:
        yield f"{event.step} was {word} by {event.agency}, it is the duty of {progress.plan.agency}"
    if progress.is_on_time(event.at) != event.on_time:
        yield f"{event.step} was {word} at {event.at.isoformat()} and says on_time={event.on_time}"
    if isinstance(event, StepDecided) and event.version != progress.version + 1:
        yield f"{event.step} issued version {event.version} after version {progress.version}"


def unfinished_chains(log: Log) -> Iterator[str]:
    """Say which chain ended with something open, went on after its end, or is open and lies with nobody."""
    chains: dict[str, Chain] = {}
    for stream, before, event in _lived(log):
        name = type(event).__name__
        if before.ref and isinstance(event, ChainOpened):
            yield f"{stream}: opened twice"
        elif not before.ref and not isinstance(event, ChainOpened):
            yield f"{stream}: {name} before it was opened"
        if before.ending and not isinstance(event, WithdrawalDeclined):
            yield f"{stream}: {name} after it had ended ({before.ending})"
        if isinstance(event, ChainClosed) and event.outcome != before.outcome():
            yield f"{stream}: closed as {event.outcome}, its steps say {before.outcome()}"
        if isinstance(event, ChainClosed | ChainWithdrawn | ChainStopped) and before.open_steps():
            yield f"{stream}: ended while open: {', '.join(before.open_steps())}"
        chains[stream] = decider.evolve(before, event)
    for stream, chain in chains.items():
        if chain.is_open and not holders(chain):
            yield f"{stream}: open, and it lies with nobody"


def _lived(log: Log) -> Iterator[tuple[str, Chain, ChainEvent]]:
    """Yield each event with the chain as it stood before it."""
    chains: dict[str, Chain] = {}
    for stream, event in log:
        before = chains.get(stream, NOT_OPENED)
        yield stream, before, event
        chains[stream] = decider.evolve(before, event)
