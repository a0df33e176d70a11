"""The savings desk at the start of a working day."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chassis.running import Stage, staged
from tests.chassis.savings_desk import SAVINGS


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Stage]:
    with staged(tmp_path, SAVINGS) as stage:
        yield stage
