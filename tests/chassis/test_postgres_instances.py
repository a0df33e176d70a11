"""Two instances of one service on one database: commands for the same things, given to both at once."""

from collections.abc import Iterator
from itertools import pairwise

import pytest

from chassis.clock import WallClock
from chassis.executor import Job
from chassis.run import Engine
from chassis.stores.postgres import PostgresStore
from chassis.stores.postgres_access import PostgresAccess
from tests.chassis.rough_bus import RoughBus
from tests.chassis.running import START, opened, paid, said_plainly
from tests.chassis.savings_desk import SAVINGS

SERVICE = SAVINGS.name
SLIPS = 60
ACCOUNTS = ("a", "b", "c")


@pytest.fixture
def engines(postgres_database: PostgresAccess) -> Iterator[tuple[Engine, Engine]]:
    both = tuple(
        Engine([SAVINGS], {SERVICE: PostgresStore(postgres_database)}, RoughBus(), WallClock(), disk_threads=True)
        for _ in range(2)
    )
    for one in both:
        one.start()
    yield both[0], both[1]
    for one in both:
        one.stop()


def said(engine: Engine, job: Job) -> Job:
    engine.submit(SERVICE, job)
    return job


def test_commands_for_one_thing_from_two_instances_all_have_their_effect_once(engines: tuple[Engine, Engine]) -> None:
    """Whoever was second reads again and decides anew; no amount is lost, none counted twice, no number left out."""
    for ref in ACCOUNTS:
        said(engines[0], Job(opened(ref), render=said_plainly)).future.result(timeout=60)
    jobs = [
        said(engine, Job(paid(ref, 5, f"slip-{number}-{place}"), id=f"{ref}-{number}-{place}", render=said_plainly))
        for number in range(SLIPS)
        for place, engine in enumerate(engines)
        for ref in ACCOUNTS
    ]
    assert {job.future.result(timeout=60).body for job in jobs} == {b"PaidIn"}
    for engine in engines:
        running = engine.running[SERVICE]
        for ref in ACCOUNTS:
            assert running.lane.durable_state(f"account-{ref}")[0].balance_vnd == 5 * SLIPS * 2
            envelopes = running.store.say_again("source", ref, 1, 1_000)
            assert [one.sequence for one in envelopes] == list(range(1, SLIPS * 2 + 2))
        rows = running.store.query("SELECT ref, balance_vnd FROM accounts ORDER BY ref")
        assert [tuple(row.values()) for row in rows] == [(ref, 5 * SLIPS * 2) for ref in ACCOUNTS]
    log = engines[0].running[SERVICE].store.tail(0, 10_000)
    assert all(earlier.position < later.position for earlier, later in pairwise(log))


def test_the_same_command_given_to_both_is_done_once(engines: tuple[Engine, Engine]) -> None:
    """A client that got no answer asks another instance: both answer what the first one did."""
    said(engines[0], Job(opened("a"), render=said_plainly)).future.result(timeout=60)
    for number in range(20):
        jobs = [
            said(engine, Job(paid("a", 5, f"slip-{number}"), id=f"key-{number}", fingerprint="f", render=said_plainly))
            for engine in engines
        ]
        assert [job.future.result(timeout=60).body for job in jobs] == [b"PaidIn", b"PaidIn"]
    running = engines[1].running[SERVICE]
    assert running.lane.fold("account-a")[0].balance_vnd == 5 * 20
    assert [one.type for one in running.store.read_stream("account-a")].count("PaidIn") == 20


def test_what_one_instance_decided_the_other_decides_by(engines: tuple[Engine, Engine]) -> None:
    """Even a refusal, which writes nothing and so can lose no race, is decided by what is durable now."""
    for number in range(15):
        ref = f"account-{number}"
        first, second = engines[number % 2], engines[1 - number % 2]
        said(first, Job(opened(ref), render=said_plainly)).future.result(timeout=60)
        assert said(second, Job(paid(ref, 7, "slip"), render=said_plainly)).future.result(timeout=60).body == b"PaidIn"
        assert said(first, Job(opened(ref, START), render=said_plainly)).future.result(timeout=60).status != 404
        assert first.running[SERVICE].lane.durable_state(f"account-{ref}")[0].balance_vnd == 7
