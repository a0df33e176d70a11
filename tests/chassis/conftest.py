"""The savings desk at the start of a working day."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chassis.running import Stage, staged
from tests.chassis.savings_desk import SAVINGS


@pytest.fixture(params=[False, True], ids=["", "disk threads"])
def desk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Stage]:
    """The desk on one thread, and with the waiting for the disk on others: no test may tell the difference."""
    with staged(tmp_path, SAVINGS, disk_threads=request.param) as stage:
        yield stage
