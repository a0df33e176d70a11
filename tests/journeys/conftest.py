"""One town for each story: in one process, or over a cluster where `LIENTHONG_TEST_JOURNEYS=cluster` asks for it."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.drill.ground import Cluster
from tests.journeys import clustered
from tests.journeys.people import WARD_DESK
from tests.journeys.served import Embedded, Served
from tests.journeys.town import MONDAY, Town, in_vietnam

OVER_A_CLUSTER = os.environ.get("LIENTHONG_TEST_JOURNEYS") == "cluster"

Found = Callable[..., Town]


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster | None]:
    """The cluster of all stories, or None where each has a process of its own."""
    with ExitStack() as opened:
        yield opened.enter_context(clustered.cluster()) if OVER_A_CLUSTER else None


@pytest.fixture
def found_town(tmp_path: Path, cluster: Cluster | None) -> Iterator[Found]:
    """Founds a town at some instant of Vietnam, with nothing handed in yet; one in each story."""
    with ExitStack() as opened:

        def found(at: str = MONDAY, desk: str = WARD_DESK) -> Town:
            served: Served
            if cluster is None:
                served = Embedded(tmp_path, in_vietnam(at))
            else:
                clustered.empty(cluster)
                served = clustered.Clustered(cluster, in_vietnam(at))
            opened.callback(served.close)
            return Town(served, desk)

        yield found


@pytest.fixture
def town(found_town: Found) -> Town:
    """A town on the morning of Monday, 7 September 2026."""
    return found_town()
