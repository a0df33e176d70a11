"""The embedded bus: readers look into the other services' logs, in commit order and complete."""

from collections.abc import Mapping, Sequence

from chassis.stores.store import Store
from kernel.message import Envelope, source_of


class EmbeddedBus:
    """Every service's log by its source; nothing is copied, nothing can be lost between log and bus."""

    def __init__(self, stores: Mapping[str, Store]) -> None:
        self._stores = {source_of(service): store for service, store in stores.items()}

    def sources(self, service: str) -> Sequence[str]:
        return [source for source in self._stores if source != source_of(service)]

    def take(self, source: str, after: int, limit: int) -> tuple[Sequence[Envelope], int]:
        return self._stores[source].say(source, after, limit)

    def again(self, source: str, subject: str, first: int, last: int) -> Sequence[Envelope]:
        return self._stores[source].say_again(source, subject, first, last)
