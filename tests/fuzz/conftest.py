"""One played province for all that only knock."""

from collections.abc import Iterator

import pytest

from tests.fuzz.played import Played


@pytest.fixture(scope="package")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    made = Played(tmp_path_factory.mktemp("fuzz"))
    yield made
    made.close()
