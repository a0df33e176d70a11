"""What the previous release said is understood by this one; and what it would not understand is found."""

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from typing import Any

import msgspec
import pytest

from cli import published
from cli.compatibility import breaking_changes, events_of
from services.__main__ import Platform, compose
from tests.harness import REGISTRY
from tests.postgres_server import ON_POSTGRES
from tests.upgrade.previous import LOGS, Headers, Previous, Record, holes, numbers_of, unversioned

Change = Callable[[dict[str, Any]], object]

pytestmark = pytest.mark.skipif(ON_POSTGRES, reason="a folder is what the previous release left")


@pytest.fixture(scope="module")
def brought_up(
    previous: Previous, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Platform, dict[str, int]]]:
    """This release over the previous one's stores, all ears at the beginning; with the size of each log before."""
    data = tmp_path_factory.mktemp("brought-up") / "data"
    shutil.copytree(previous.data, data)
    (data / "reporting.db").unlink()
    sizes = {}
    for name in LOGS:
        with closing(sqlite3.connect(data / f"{name}.db")) as log, log:
            log.execute("DELETE FROM marks")
            log.execute("DELETE FROM positions")
            (sizes[name],) = log.execute("SELECT count(*) FROM events WHERE said IS NOT NULL").fetchone()
    platform = compose(data, rehearsal=True, registry=REGISTRY)
    platform.engine.run_until_idle()
    yield platform, sizes
    platform.close()


def test_the_archive_is_a_whole_province_at_work(previous: Previous) -> None:
    """Without one, all that follows would hold for nothing."""
    kinds = {record.envelope.type for record in previous.records}
    assert len(previous.records) > 1_500
    assert len(previous.refs) > 100
    assert len(kinds) > 40
    assert {record.envelope.source.rpartition("/")[2] for record in previous.records} == set(LOGS)
    assert holes(numbers_of(previous.records)) == []
    assert all(record.key.decode() == record.envelope.root for record in previous.records)


def test_the_previous_release_fits_its_own_words(previous: Previous) -> None:
    """The judge itself: what a release said it would have taken, by forms that say something."""
    assert len(previous.schemas) > 50
    assert {name: len(read) > 5 for name, read in previous.readings.items()} == dict.fromkeys(
        (*LOGS, "reporting"), True
    )
    assert [line for record in previous.records for line in previous.misfits(record)] == []


def test_all_of_it_is_heard_again_by_this_release_with_nothing_parked_and_nothing_said(
    brought_up: tuple[Platform, dict[str, int]],
) -> None:
    """Readers that have lost every mark take all of it by the readings of today; its effects are there already."""
    platform, sizes = brought_up
    for name, running in platform.engine.running.items():
        assert list(running.inbox.held.values()) == [], name
        assert running.lane.counts["heard"] > 200, name
        if name in sizes:
            said = running.store.query("SELECT count(*) AS n FROM events WHERE said IS NOT NULL")
            assert said[0]["n"] == sizes[name], name


def test_nothing_was_published_by_the_previous_release_that_this_one_breaks(previous: Previous) -> None:
    """`make check` compares with the last *release* by name; this with the one that is really running."""
    forms = events_of(previous.data.parent / "schemas")
    assert len(forms) == len(previous.schemas)
    assert breaking_changes(forms, events_of(published.FOLDER)) == []


def said_of(previous: Previous, kind: str) -> Record:
    return next(record for record in previous.records if record.envelope.type == kind)


def changed(record: Record, change: Change) -> Record:
    data = json.loads(record.value)
    change(data)
    return record._replace(value=msgspec.json.encode(data))


def renamed(headers: Headers, name: str, value: str) -> Headers:
    return [(one, value.encode() if one == name else of) for one, of in headers]


ACCEPTED = "lienthong.intake.DossierAccepted.v1"


@pytest.mark.parametrize(
    ("change", "found"),
    [
        pytest.param(lambda data: None, "", id="nothing"),
        pytest.param(lambda data: data.update(colour="đỏ"), "", id="an optional field more"),
        pytest.param(lambda data: data.pop("ref"), "'ref' is a required property", id="a field less"),
        pytest.param(lambda data: data.update(ref=7), "7 is not of type 'string'", id="another type"),
        pytest.param(lambda data: data.update(ref=None), "None is not of type 'string'", id="nothing where it must be"),
        pytest.param(lambda data: data.update(options="none"), "'none' is not of type 'array'", id="another form"),
    ],
)
def test_data_that_the_previous_release_could_not_read_is_found(previous: Previous, change: Change, found: str) -> None:
    """A check that cannot fail shows nothing: each kind of change once."""
    lines = previous.misfits(changed(said_of(previous, ACCEPTED), change))
    assert bool(lines) == bool(found), lines
    assert found in "\n".join(lines)


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("ce_type", "lienthong.intake.DossierAccepted.v2", "reads another version of lienthong.intake.DossierAccepted"),
        ("ce_type", "lienthong.routing.DossierAccepted.v1", "intake may not say lienthong.routing.DossierAccepted.v1"),
        ("ce_source", "/lienthong/quangngai/postal", "postal may not say lienthong.intake.DossierAccepted.v1"),
        ("ce_sequence", "first", "is no event"),
        ("ce_specversion", "2.0", "is no event"),
        ("ce_type", "lienthong.intake.DossierFramed.v1", ""),
    ],
)
def test_headers_that_the_previous_release_could_not_read_are_found(
    previous: Previous, name: str, value: str, found: str
) -> None:
    """A version nobody knows, a foreign type, what is no event; a type that is new is only passed over."""
    record = said_of(previous, ACCEPTED)
    lines = previous.misfits(record._replace(headers=renamed(record.headers, name, value)))
    assert bool(lines) == bool(found), lines
    assert found in "\n".join(lines)


@pytest.mark.parametrize("missing", ["ce_id", "ce_type", "ce_sequence", "ce_partitionkey"])
def test_a_record_without_what_an_event_needs_is_found(previous: Previous, missing: str) -> None:
    """The binding's attributes and ours."""
    record = said_of(previous, ACCEPTED)
    headers = [(name, value) for name, value in record.headers if name != missing]
    assert previous.misfits(record._replace(headers=headers)) == [f"is no event: it has no header {missing}"]


def test_a_hole_in_the_numbers_is_found(previous: Previous) -> None:
    """What is left out anywhere but at an end leaves one."""
    key = next(key for key, found in numbers_of(previous.records).items() if len(found) > 2)
    without = [
        one
        for one in previous.records
        if (one.envelope.source, one.envelope.subject, one.envelope.sequence) != (*key, 2)
    ]
    assert holes(numbers_of(without)) == [key]


def unread(said: Iterable[str], readings: Mapping[str, Iterable[str]]) -> list[str]:
    """Return a line for each type that a service listens to in other versions, or that nobody says any more."""
    now: dict[str, set[str]] = {}
    for kind in said:
        now.setdefault(unversioned(kind), set()).add(kind)
    lines = []
    for service, kinds in readings.items():
        known = set(kinds)
        for name in sorted(set(map(unversioned, known))):
            lines += [f"{service} cannot read {kind}" for kind in sorted(now.get(name, set()) - known)]
            if name not in now:
                lines.append(f"{service} listens to {name}, which is said no more")
    return lines


def test_the_previous_release_reads_every_version_that_this_one_may_say(previous: Previous) -> None:
    """Contracts, evolution: readers learn to read both first; also for what nobody happened to say in these tests."""
    said = {f"lienthong.{path.replace('/', '.').removesuffix('.json')}" for path in events_of(published.FOLDER)}
    assert len(said) > 50
    assert unread(said, previous.readings) == []


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({"a.X.v1"}, []),
        ({"a.X.v1", "a.New.v1"}, []),
        ({"a.X.v2"}, ["s cannot read a.X.v2"]),
        ({"a.X.v1", "a.X.v2"}, ["s cannot read a.X.v2"]),
        (set(), ["s listens to a.X, which is said no more"]),
    ],
)
def test_a_version_that_nobody_has_learnt_to_read_is_found(said: set[str], found: list[str]) -> None:
    """Each way to be too early."""
    assert unread(said, {"s": ["a.X.v1"]}) == found
