"""One province for all that only try: it is prepared once, and every test leaves it as it was."""

from collections.abc import Iterator

import pytest

from tests.borders.places import places
from tests.borders.province import Place, Province
from tests.borders.town import Town, bodies_of, settled


@pytest.fixture(scope="session")
def province(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Province]:
    made = Province(tmp_path_factory.mktemp("province"))
    yield made
    made.close()


@pytest.fixture(scope="session")
def granted(province: Province) -> list[Place]:
    """For every act of the running product a place where it would be granted, if only it were asked for rightly."""
    return list(places(province))


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory, province: Province) -> Iterator[Town]:
    there = settled(tmp_path_factory.mktemp("town"), bodies_of(province))
    yield there
    there.province.close()
