"""The embedded bus: every reader hears all that is said, once and in order, however far behind it is."""

import threading
import time
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis.bus import embedded
from chassis.bus.embedded import EmbeddedBus
from chassis.stores.sqlite import SqliteStore
from chassis.stores.store import Writes
from kernel.message import Envelope, source_of
from tests.chassis.store_words import event, said

SOURCE = source_of("desk")
COMMIT, READ = "commit", "read"
steps = st.lists(
    st.one_of(
        st.tuples(st.just(COMMIT), st.lists(st.booleans(), min_size=1, max_size=9), st.just(0)),
        st.tuples(st.just(READ), st.integers(0, 2), st.integers(1, 5)),
    ),
    max_size=25,
)


def written(store: SqliteStore, public: list[bool]) -> None:
    """Write some events, those that are public numbered on."""
    version, sequence = store.head(), store.last_sequence("ref")
    events = []
    for is_public in public:
        version += 1
        sequence += is_public
        events.append(said("note-a", version, "ref", sequence) if is_public else event("note-a", version))
    store.commit(Writes(events))


@given(steps=steps, remembered=st.integers(1, 6), before=st.lists(st.booleans(), max_size=6))
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_readers_of_any_pace_hear_everything_once_and_in_order(
    monkeypatch: pytest.MonkeyPatch, steps: list[tuple[str, object, int]], remembered: int, before: list[bool]
) -> None:
    """What is remembered for the quick is not missing for the slow; what was there before the start is heard, too."""
    monkeypatch.setattr(embedded, "REMEMBERED", remembered)
    with TemporaryDirectory() as folder, closing(SqliteStore(Path(folder) / "desk.db")) as store:
        written(store, before)
        bus = EmbeddedBus({"desk": store})
        heard: list[list[Envelope]] = [[], [], []]
        at = [0, 0, 0]

        def read(reader: int, limit: int) -> bool:
            envelopes, now_at = bus.take(SOURCE, at[reader], limit)
            assert len(envelopes) <= limit
            moved = now_at != at[reader]
            heard[reader] += envelopes
            at[reader] = now_at
            return moved

        for step, what, limit in steps:
            if step == COMMIT:
                assert isinstance(what, list)
                written(store, what)
            else:
                assert isinstance(what, int)
                read(what, limit)
        for reader in range(3):
            while read(reader, 3):
                pass
        everything, head = store.say(SOURCE, 0, 10_000)
        assert heard == [list(everything)] * 3
        assert at == [head] * 3


def test_readers_on_other_threads_hear_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lanes and whoever looks at figures read at the same time."""
    monkeypatch.setattr(embedded, "REMEMBERED", 5)
    with closing(SqliteStore(tmp_path / "desk.db")) as store:
        bus, done = EmbeddedBus({"desk": store}), threading.Event()
        heard: dict[int, list[int]] = {1: [], 2: [], 7: [], 100: []}

        def read(limit: int) -> None:
            at = 0
            while True:
                finished = done.is_set()
                envelopes, now_at = bus.take(SOURCE, at, limit)
                heard[limit] += [one.sequence for one in envelopes]
                if finished and now_at == at:
                    return
                if now_at == at:
                    time.sleep(0.001)
                at = now_at

        readers = [threading.Thread(target=read, args=(limit,)) for limit in heard]
        for reader in readers:
            reader.start()
        for number in range(150):
            written(store, [True, number % 3 == 0])
        done.set()
        for reader in readers:
            reader.join(timeout=60)
        assert set(map(tuple, heard.values())) == {tuple(range(1, 201))}


def test_a_service_does_not_hear_itself(tmp_path: Path) -> None:
    """Its sources are all the others."""
    with closing(SqliteStore(tmp_path / "a.db")) as a, closing(SqliteStore(tmp_path / "b.db")) as b:
        bus = EmbeddedBus({"a": a, "b": b})
        assert list(bus.channels("a")) == [source_of("b")]
        assert list(bus.channels("c")) == [source_of("a"), source_of("b")]
