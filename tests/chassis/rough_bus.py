"""A bus that misorders, repeats, drops and says again: what lies outside the port, for tests of hearing."""

from collections.abc import Iterable, Mapping, Sequence

from chassis.bus.bus import Behind
from chassis.codec import encode
from chassis.stores.store import StoreUnavailable
from kernel.message import Envelope, type_of
from tests.chassis.audit import SAVINGS_SOURCE


def message(kind: str, ref: str, sequence: int, version: int = 1, **fields: object) -> Envelope:
    """Return a public event of the savings desk as it was said."""
    data = encode({"ref": ref, **fields})
    wire = type_of("savings", kind, version)
    return Envelope(
        0, SAVINGS_SOURCE, f"account-{ref}@{sequence}", wire, ref, sequence, ref, 0, "trace", "cause", None, data
    )


def account_opened(ref: str, sequence: int = 1) -> Envelope:
    return message("AccountOpened", ref, sequence)


def paid_in(ref: str, sequence: int, amount_vnd: int = 0) -> Envelope:
    """Return a payment; its amount is its number unless another is given, so that order shows."""
    return message("PaidIn", ref, sequence, amount_vnd=amount_vnd or sequence)


class RoughBus:
    """Delivers what it is told to, in that order, as often as it is told.

    Args:
        delivered: what arrives, in the order of arrival.
        truth: what the source has in its log, said again when asked for.
    """

    def __init__(self, delivered: Iterable[Envelope] = (), truth: Iterable[Envelope] = ()) -> None:
        self._delivered: list[Envelope] = []
        self._truth = {(one.subject, one.sequence): one for one in truth}
        self.asked: list[tuple[str, int, int]] = []
        self.is_down = False
        self.changed_hands = 0
        self.deliver(*delivered)

    def deliver(self, *envelopes: Envelope) -> None:
        for envelope in envelopes:
            self._delivered.append(envelope._replace(position=len(self._delivered) + 1))

    @property
    def hands(self) -> int:
        return self.changed_hands

    def channels(self, service: str) -> Sequence[str]:
        return (SAVINGS_SOURCE,)

    def further(self, positions: Mapping[str, int]) -> Sequence[str]:
        return tuple(positions)

    def take(self, channel: str, after: int, limit: int) -> tuple[Sequence[Envelope], int]:
        if self.is_down:
            raise StoreUnavailable("the bus is down")
        taken = self._delivered[after : after + limit]
        return taken, after + len(taken)

    def behind(self, channel: str, after: int) -> Behind:
        waiting = self._delivered[after:]
        return Behind(len(waiting), waiting[0].time_us if waiting else None)

    def again(self, source: str, subject: str, first: int, last: int) -> Sequence[Envelope]:
        self.asked.append((subject, first, last))
        numbers = range(first, last + 1)
        return [self._truth[subject, number] for number in numbers if (subject, number) in self._truth]
