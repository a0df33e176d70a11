"""What must hold of every chain there ever was: whose acts its results are, and that nobody was left waiting.

Law: NĐ 61/2018/NĐ-CP arts. 5 (nothing altered or deleted) and 19.6; TT 01/2018/TT-VPCP art. 17.
"""

from collections.abc import Iterable, Iterator

from services.routing.domain.chain import decider
from services.routing.domain.clock_events import ClockResumed, StepFulfilled
from services.routing.domain.events import (
    ChainClosed,
    ChainEvent,
    ChainOpened,
    ChainOverdue,
    ChainStopped,
    ChainWithdrawn,
    ClockSuspended,
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
    for stream, before, event in lived(log):
        match event:
            case StepReady():
                yield from (f"{stream}: {said}" for said in _wrong_beginning(before, event))
            case StepDecided() | StepRefused():
                yield from (f"{stream}: {said}" for said in _wrong_act(before, event))
            case StepFulfilled():
                yield from (f"{stream}: {said}" for said in _wrong_payment(before, event))
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
        elif need in progress.plan.never_deemed and chain.steps[need].is_deemed:
            yield f"{event.step} is ready though it needs a decision of {need}, which was silent"
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
    if progress.plan.party == "applicant" or progress.plan.agency != event.agency:
        yield f"{event.step} was {word} by {event.agency}, it is the duty of {progress.plan.agency or 'the applicant'}"
    if progress.is_on_time(event.at) != event.on_time:
        yield f"{event.step} was {word} at {event.at.isoformat()} and says on_time={event.on_time}"
    if isinstance(event, StepDecided) and event.version != progress.version + 1:
        yield f"{event.step} issued version {event.version} after version {progress.version}"


def _wrong_payment(chain: Chain, event: StepFulfilled) -> Iterator[str]:
    """What the applicant has to do is done when the notice that asked for it is paid, and not otherwise."""
    progress = chain.steps.get(event.step)
    if progress is None:
        yield f"{event.step} was fulfilled and was never planned"
        return
    if progress.plan.party != "applicant":
        yield f"{event.step} was fulfilled, it is the duty of {progress.plan.agency}"
    if not progress.is_open:
        yield f"{event.step} was fulfilled while it was {progress.stage}"
    if not any(chain.steps[need].dues_vnd is not None for need in progress.plan.needs):
        yield f"{event.step} was fulfilled before any notice said what is owed"


def wrong_standstills(log: Log) -> Iterator[str]:
    """Say which clock stood still twice for one thing, ran again without standing still, or stands for nobody."""
    chains: dict[str, Chain] = {}
    for stream, before, event in lived(log):
        known = {(one.ground, one.step) for one in before.standstills}
        if isinstance(event, ClockSuspended) and (event.ground, event.step) in known:
            yield f"{stream}: the clock stands still twice on {event.ground} ({event.step or 'the whole'})"
        if isinstance(event, ClockResumed) and (event.ground, event.step) not in known:
            ground = f"{event.ground} ({event.step or 'the whole'})"
            yield f"{stream}: the clock runs again and had not stood still on {ground}"
        if isinstance(event, ChainOverdue) and before.stands_still:
            yield f"{stream}: overdue while the clock stands still"
        chains[stream] = decider.evolve(before, event)
    for stream, chain in chains.items():
        waited_for = (one.step for one in chain.standstills if chain.is_open and one.step)
        for step in waited_for:
            if step not in chain.steps or not chain.steps[step].is_running:
                yield f"{stream}: the clock stands still for {step}, with which nothing is being done"


def unfinished_chains(log: Log) -> Iterator[str]:
    """Say which chain ended with something open, went on after its end, or is open and lies with nobody."""
    chains: dict[str, Chain] = {}
    for stream, before, event in lived(log):
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


def lived(log: Log) -> Iterator[tuple[str, Chain, ChainEvent]]:
    """Yield each event with the chain as it stood before it."""
    chains: dict[str, Chain] = {}
    for stream, event in log:
        before = chains.get(stream, NOT_OPENED)
        yield stream, before, event
        chains[stream] = decider.evolve(before, event)
