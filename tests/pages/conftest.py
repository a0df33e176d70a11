"""One site for all that only look; whoever changes something makes a dossier of its own."""

from collections.abc import Iterator

import pytest

from tests.pages.site import Site


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = Site(tmp_path_factory.mktemp("site"))
    yield made
    made.close()
