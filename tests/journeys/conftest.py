"""One town for each story."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.town import Town


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """A town on the morning of Monday, 7 September 2026, with nothing handed in yet."""
    with Town(tmp_path).open() as opened:
        yield opened
