"""The previous release and this one on one topic, both directions, under load, instances going and coming.

The previous release's records are put on a real topic while all five services of this release, which have taken over
its logs, hear them and say what follows from people's acts on new dossiers. Nothing was marked as heard before.
"""

import shutil
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from kafka import KafkaProducer

from chassis.bus.kafka_access import KafkaAccess
from chassis.bus.kafka_topic import id_of
from chassis.stores.sqlite_rows import tables_made_by
from chassis.web.auth import AGENCY_OFFICER, DESK_OFFICER, Principal
from services.__main__ import compose
from tests.chassis.apart import until
from tests.harness import REGISTRY
from tests.journeys.people import ALONE, FACTS, MARITAL_STATUS, WARD, WARD_DESK
from tests.kafka_server import KafkaServer
from tests.postgres_server import ON_POSTGRES, PostgresServer
from tests.upgrade.house import House, ends_of, everything_on, rows_about
from tests.upgrade.previous import Previous, Record, holes, numbers_of

pytestmark = [pytest.mark.slow, pytest.mark.skipif(ON_POSTGRES, reason="it has databases of its own")]

PARTITIONS = 3
NEW_DOSSIERS = 24
PEOPLE_AT_ONCE = 4
RECORDS_AT_ONCE = 40
BETWEEN_S = 0.2
ORDER_OF_UPGRADE = ("reporting", "postal", "payments", "routing", "intake")
DESK = Principal(f"officer:{WARD_DESK}:1", DESK_OFFICER, WARD_DESK)
OFFICER = Principal(f"officer:{WARD}:1", AGENCY_OFFICER, WARD)
STEP = "certificate"


@dataclass(frozen=True, slots=True)
class Upgraded:
    """What came of it.

    Args:
        topic: what stands in each partition, in order.
        new: the dossiers that people handed in meanwhile.
        embedded: reporting's rows about the old dossiers, as the embedded product makes them.
    """

    house: House
    topic: list[list[Record]]
    new: tuple[str, ...]
    embedded: dict[str, list[str]]


def lived(house: House) -> str:
    """Take one dossier from the counter through every service and back; return its reference."""
    procedure = REGISTRY.procedure(MARITAL_STATUS, on=house.today)
    components = [{"code": part.code} for part in procedure.components if part.required == "always"]
    handed_in = {"procedure": MARITAL_STATUS, "channel": "counter", "receiving_agency": WARD_DESK, **ALONE}
    body = {**handed_in, "facts": FACTS[MARITAL_STATUS], "components": components}
    ref: str = house.do("intake", "submit_dossier", DESK, body)["ref"]
    house.do("intake", "accept_dossier", DESK, ref=ref)
    until(lambda: house.look("routing", "show_chain", OFFICER, ref=ref) is not None, "the chain of a new dossier")
    house.do("routing", "acknowledge_step", OFFICER, ref=ref, step=STEP)
    code = next(step.result.code for step in procedure.steps if step.code == STEP)
    result = {"result_code": code, "number": f"1/{ref}", "signer": "Chủ tịch", "sha256": "0" * 64}
    house.do("routing", "decide_step", OFFICER, result, ref=ref, step=STEP)
    until(lambda: house.look("payments", "show_obligation", DESK, ref=ref) is not None, "what is owed for it")
    owed = house.look("payments", "show_obligation", DESK, ref=ref)
    assert owed is not None
    house.do("payments", "pay_at_desk", DESK, {"amount_vnd": owed["total_vnd"]}, ref=ref)
    shown = {"collector": "self", "paper_shown": "slip"}
    until(lambda: house.give("intake", "hand_out", DESK, shown, ref=ref).status < 300, "it is handed out")
    return ref


def put(access: KafkaAccess, topic: str, records: Sequence[Record]) -> None:
    """Say what the previous release said, a little at a time."""
    producer = KafkaProducer(**access.client(), acks="all")
    for start in range(0, len(records), RECORDS_AT_ONCE):
        for record in records[start : start + RECORDS_AT_ONCE]:
            producer.send(topic, key=record.key, headers=record.headers, value=record.value)
        producer.flush(30)
        time.sleep(BETWEEN_S)
    producer.close()


def played(house: House, kafka: KafkaServer, previous: Previous) -> tuple[str, ...]:
    """Let both releases speak at once, and replace every instance in the middle of it."""
    for name in house.names:
        house.start(name, f"{name}-old")
    middle = len(previous.records) // 2
    with ThreadPoolExecutor(PEOPLE_AT_ONCE + 1) as pool:
        begun = pool.submit(put, kafka.admin, house.topic, previous.records[:middle])
        lives = [pool.submit(lived, house) for _ in range(NEW_DOSSIERS)]
        until(lambda: sum(life.done() for life in lives) >= NEW_DOSSIERS // 4, "some are through")
        for name in ORDER_OF_UPGRADE:
            house.start(name, f"{name}-new")
        begun.result()
        pool.submit(put, kafka.admin, house.topic, previous.records[middle:]).result()
        return tuple(life.result() for life in lives)


def embedded_rows(previous: Previous, data: Path, tables: list[str]) -> dict[str, list[str]]:
    """Return what reporting knows when the embedded product makes it of the same logs."""
    shutil.copytree(previous.data, data)
    (data / "reporting.db").unlink()
    platform = compose(data, rehearsal=True, registry=REGISTRY)
    platform.engine.run_until_idle()
    rows = rows_about(platform.engine.running["reporting"].store, tables, previous.refs.__contains__)
    platform.close()
    return rows


@pytest.fixture(scope="module")
def upgraded(
    previous: Previous, kafka: KafkaServer, postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Upgraded]:
    folder = tmp_path_factory.mktemp("upgraded")
    shutil.copytree(previous.data, folder / "house")
    topics = kafka.topic(partitions=PARTITIONS), kafka.topic("say-again")
    house = House(folder / "house", postgres_server, kafka.admin, topics, kafka.unique("u"))
    try:
        house.relayed_by_the_previous(id_of(kafka.cluster.client, house.topic))
        new = played(house, kafka, previous)
        until(lambda: house.rests(ends_of(kafka.admin, house.topic)), "everything is said and heard")
        projections = house.instances["reporting"].running.service.projections
        tables = tables_made_by([table for one in projections for table in one.tables])
        embedded = embedded_rows(previous, folder / "embedded", tables)
        yield Upgraded(house, everything_on(kafka.admin, house.topic), new, embedded)
    finally:
        house.close()


def test_everything_is_taken_and_nothing_is_parked(upgraded: Upgraded) -> None:
    """By every service, up to the last number of every source and subject."""
    numbers = numbers_of(record for partition in upgraded.topic for record in partition)
    assert holes(numbers) == []
    for name, instance in upgraded.house.instances.items():
        assert instance.store.all_held() == [], name
        assert not instance.engine.failing, name
        others = {key: max(found) for key, found in numbers.items() if not key[0].endswith(f"/{name}")}
        taken = {key: instance.store.mark(*key) for key in others}
        assert taken == others, name


def test_both_releases_really_spoke_at_once(upgraded: Upgraded, previous: Previous) -> None:
    """Else what is shown here was shown one after the other: each partition has them mixed."""
    old = previous.refs
    for partition in upgraded.topic:
        whose = [record.key.decode() in old for record in partition]
        last_of_the_old = len(whose) - whose[::-1].index(True)
        assert whose[:last_of_the_old].count(False) > 20, "new ones before the last of the old"
    assert len(upgraded.new) == len(set(upgraded.new)) == NEW_DOSSIERS


def test_what_this_release_says_of_the_previous_ones_log_is_the_same_to_the_byte(
    upgraded: Upgraded, previous: Previous
) -> None:
    """The relays began where the previous ones knew their logs to be: key, headers and value are repeats."""
    said = {(one.envelope.source, one.envelope.subject, one.envelope.sequence): one for one in previous.records}
    of_the_old = [one for partition in upgraded.topic for one in partition if one.key.decode() in previous.refs]
    assert len(of_the_old) > len(previous.records) + 20
    for one in of_the_old:
        event = one.envelope
        assert one == said[event.source, event.subject, event.sequence]


def test_what_this_release_says_would_be_taken_by_the_previous_one(upgraded: Upgraded, previous: Previous) -> None:
    """By the forms that it published and by what each of its services reads."""
    new = [one for partition in upgraded.topic for one in partition if one.key.decode() not in previous.refs]
    assert len({one.envelope.type for one in new}) > 8
    assert len(new) >= 8 * NEW_DOSSIERS
    assert [line for one in new for line in previous.misfits(one)] == []


def test_reporting_knows_of_the_old_dossiers_what_the_embedded_product_makes_of_them(
    upgraded: Upgraded, previous: Previous
) -> None:
    """Whatever was between, whoever spoke beside, and whichever instance heard it."""
    rows = rows_about(upgraded.house.store("reporting"), list(upgraded.embedded), previous.refs.__contains__)
    assert sum(map(len, upgraded.embedded.values())) > 1_000
    assert rows == upgraded.embedded


def test_every_new_dossier_was_lived_to_its_end_once(upgraded: Upgraded) -> None:
    """Instances went and came in the middle: nobody noticed."""
    store = upgraded.house.store("reporting")
    rows = store.query("SELECT ref FROM dossiers WHERE ended='resolved' AND handed_out_at IS NOT NULL")
    assert set(upgraded.new) <= {row["ref"] for row in rows}
    for ref in upgraded.new:
        kinds = [event.type for event in upgraded.house.store("intake").read_stream(f"dossier-{ref}")]
        assert kinds.count("DossierHandedOut") == 1
