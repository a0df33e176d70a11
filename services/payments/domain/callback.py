"""What came in a gateway's name, kept as it came before any of it is believed, and once however often it comes.

Law: NĐ 118/2025/NĐ-CP art. 24 (online payment); Luật 91/2025/QH15 (it tells of a payer's bank, so it is sealed).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from kernel.decider import Decider
from kernel.refusal import Refused
from services.payments.domain.obligation_words import GatewayName

# --- commands ---


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepCallback:
    """Keep a notice; `ref` is the SHA-256 of its bytes, `raw` the sealed bytes, `length_bytes` how many came."""

    ref: str
    gateway: GatewayName
    raw: str
    length_bytes: int
    actor: str
    now: datetime
    forged: bool = False


Command = KeepCallback


# --- events ---


@dataclass(frozen=True, slots=True)
class CallbackKept:
    """These bytes came in the name of `gateway`; `forged` where they could not be its word. Of those few are kept."""

    ref: str
    gateway: GatewayName
    raw: str
    length_bytes: int
    at: datetime
    forged: bool = False


Event = CallbackKept


# --- state ---


@dataclass(frozen=True, slots=True)
class Callback:
    """The kept notice; `raw` is sealed, and empty while nothing came."""

    raw: str = ""


def decide(command: Command, state: Callback) -> tuple[Event, ...] | Refused:
    match command:
        case KeepCallback():
            if state.raw:
                return ()
            return (
                CallbackKept(
                    command.ref, command.gateway, command.raw, command.length_bytes, command.now, command.forged
                ),
            )
        case _:
            assert_never(command)


def evolve(state: Callback, event: Event) -> Callback:
    match event:
        case CallbackKept(raw=raw):
            return Callback(raw)
        case _:
            assert_never(event)


decider: Decider[Command, Callback, Event] = Decider(Callback(), decide, evolve)
