"""From stored events to states: which fold a stream has, and its state from a snapshot and the events since."""

import logging
from typing import Any

from chassis.codec import Codec, Unreadable, encode, shape_of
from chassis.service import Service
from chassis.stores.store import Snapshot, Store

log = logging.getLogger("lienthong.folding")


class Folding:
    """The folds of one service's streams, deciders' and sagas'; may be used from any thread."""

    def __init__(self, service: Service, store: Store) -> None:
        self._service = service
        self._store = store
        self.codec = Codec(service.events + tuple(fact for route in service.sagas for fact in route.facts))
        self.folds: dict[str, Any] = {prefix.rstrip("-"): decider for prefix, decider in service.streams.items()}
        self.folds |= {route.saga.name: route.saga for route in service.sagas}
        assert len(self.folds) == len(service.streams) + len(service.sagas), "two kinds of stream share a prefix"
        self._shapes = {name: shape_of(type(fold.initial)) for name, fold in self.folds.items()}
        self._codecs = {name: Codec((type(fold.initial),)) for name, fold in self.folds.items()}

    def of(self, stream: str, known: tuple[Any, int] | None = None) -> tuple[Any, int]:
        """Return state and version of a stream from the store.

        Args:
            known: an earlier state and its version, from which to go on.
        """
        prefix = stream.partition("-")[0]
        fold = self.folds[prefix]
        state, version = known or self._from_snapshot(stream, prefix) or (fold.initial, 0)
        for recorded in self._store.read_stream(stream, version):
            state = fold.evolve(state, self.codec.decode(recorded.type, recorded.data))
            version = recorded.version
        return state, version

    def snapshot(self, stream: str, state: Any, version: int) -> Snapshot:
        """Return a state in the form in which it is kept."""
        return Snapshot(stream, version, self._shapes[stream.partition("-")[0]], encode(state))

    def _from_snapshot(self, stream: str, prefix: str) -> tuple[Any, int] | None:
        snapshot = self._store.snapshot(stream, self._shapes[prefix])
        if snapshot is None:
            return None
        try:
            kind = type(self.folds[prefix].initial).__name__
            return self._codecs[prefix].decode(kind, snapshot.data), snapshot.version
        except Unreadable as error:
            log.error("%s: the snapshot of %s is passed over: %s", self._service.name, stream, error)
            return None
