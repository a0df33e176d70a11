"""What every event store must do with its log as a whole: hashes, generations, and read models made anew.

To be subclassed beside `StoreContract`, which gives the fixtures.
"""

import pytest

from chassis.stores.chain import NOTHING_BEFORE, event_hash
from chassis.stores.store import Statement, Store, Unwritable, Writes
from tests.chassis.store_words import INSERT, SOURCE, TABLE, Open, event, everything, said

FIRST_HASH = "1ae084c0db49c14def076560b01cc87d17f6ac067ea8578ff8ec1f42cbb98791"
"""Of `said('note-a', 1, 'ref', 7, b'{}', b'[]')`, put together by hand from the specification of MessagePack."""


class ChainContract:
    """The other half of the contract."""

    def test_read_models_of_another_form_begin_anew(self, store: Store, open_store: Open) -> None:
        """What stands in them follows from the logs; a table drawn otherwise is not read as if it were the old one."""
        store.commit(everything())
        store.close()
        again = open_store()
        wider = TABLE.replace("papers INTEGER", "colour TEXT, papers INTEGER")
        assert again.define([wider])
        assert again.query("SELECT * FROM shelf") == []
        again.fill([Statement(INSERT, {"ref": "b", "papers": 3})])
        assert again.query("SELECT * FROM shelf") == [{"ref": "b", "colour": None, "papers": 3}]
        assert not again.define([wider])
        assert again.define([wider], "made of other events")
        assert again.head() == 2, "events are not what is built anew"

    def test_read_models_that_were_not_filled_to_the_end_begin_anew(self, store: Store, open_store: Open) -> None:
        """Half a read model looks like a whole one to everybody who reads it."""
        assert store.define([TABLE], "other")
        with pytest.raises(Unwritable):
            store.fill([Statement(INSERT, {"ref": "a", "papers": 1}), Statement(INSERT, {"ref": "b", "papers": 100})])
        assert store.query("SELECT * FROM shelf") == []
        store.close()
        assert open_store().define([TABLE], "other")

    def test_each_event_is_tied_to_the_one_before_it_in_its_stream(self, store: Store) -> None:
        """Within one commit and over many; streams do not touch each other."""
        first, second, third, other = event("note-a", 1), event("note-a", 2), event("note-a", 3), event("note-b", 1)
        store.commit(Writes([first, other, second], {"note-a": 0, "note-b": 0}))
        store.commit(Writes([third], {"note-a": 2}))
        tied = NOTHING_BEFORE
        for one, recorded in zip((first, second, third), store.read_stream("note-a"), strict=True):
            tied = event_hash(tied, 1, one)
            assert recorded.hash == tied
        assert store.read_stream("note-b")[0].hash == event_hash(NOTHING_BEFORE, 1, other)

    def test_the_first_hash_is_the_same_wherever_it_is_computed(self) -> None:
        """Another release, another store and a stranger must all find the same 32 bytes."""
        assert event_hash(NOTHING_BEFORE, 1, said("note-a", 1, "ref", 7, b"{}", b"[]")).hex() == FIRST_HASH

    def test_what_is_to_be_sealed_can_be_read_in_order(self, store: Store) -> None:
        """Position, hash and time of every event, page by page."""
        for version in range(5):
            store.commit(Writes([event("note-a", version + 1)], {"note-a": version}))
        links = [*store.links(0, 3), *store.links(3, 3)]
        assert [tuple(link) for link in links] == [(one.position, one.hash, one.time_us) for one in store.tail(0, 9)]

    def test_a_new_generation_numbers_from_the_start(self, store: Store, open_store: Open) -> None:
        """Readers take it for a new source: each subject's sequence begins at 1, and the old ones can be said again."""
        store.commit(Writes([said("note-a", 1, "ref", 1), said("note-a", 2, "ref", 2)], {"note-a": 0}))
        assert [one.number for one in store.generations] == [1]
        assert store.begin_generation(77, "restored") == (2, 2, 77, "restored")
        assert store.last_sequence("ref") == 0
        store.commit(Writes([said("note-a", 3, "ref", 1)], {"note-a": 2}))
        assert store.last_sequence("ref") == 1
        assert [one.position for one in store.say_again(SOURCE, "ref", 1, 9)] == [3]
        assert [one.position for one in store.say_again(SOURCE, "ref", 1, 9, generation=1)] == [1, 2]
        assert [one.position for one in store.say(SOURCE, 0, 9, up_to=2)[0]] == [1, 2]
        assert store.say(SOURCE, 2, 9, up_to=2) == ((), 2)
        before = store.generations
        store.close()
        assert open_store().generations == before
