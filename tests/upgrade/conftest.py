"""The stored release, unpacked once for the module that asks."""

import pytest

from tests.upgrade.previous import Previous, unpacked


@pytest.fixture(scope="module")
def previous(tmp_path_factory: pytest.TempPathFactory) -> Previous:
    return unpacked(tmp_path_factory.mktemp("previous"))
