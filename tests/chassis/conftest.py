"""The savings desk and its auditor at the start of a working day."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chassis.audit import AUDIT
from tests.chassis.rough_bus import RoughBus
from tests.chassis.running import Stage, staged
from tests.chassis.savings_desk import SAVINGS


@pytest.fixture(params=[False, True], ids=["", "disk threads"])
def desk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Stage]:
    """The desk on one thread, and with the waiting for the disk on others: no test may tell the difference."""
    with staged(tmp_path, SAVINGS, disk_threads=request.param) as stage:
        yield stage


@pytest.fixture
def bus() -> RoughBus:
    """A bus that delivers what a test tells it to."""
    return RoughBus()


@pytest.fixture
def audit(tmp_path: Path, bus: RoughBus) -> Iterator[Stage]:
    """The auditor, alone at the end of that bus."""
    with staged(tmp_path, AUDIT, bus=bus) as stage:
        yield stage
