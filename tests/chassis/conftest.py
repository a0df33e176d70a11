"""The savings desk and its auditor at the start of a working day."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chassis import savings_border
from tests.chassis.audit import AUDIT
from tests.chassis.border import AGENCY, MINE, REF, Header, open_account
from tests.chassis.rough_bus import RoughBus
from tests.chassis.running import Stage, staged
from tests.chassis.savings_desk import SAVINGS
from tests.http_harness import HttpPlatform


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


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[HttpPlatform]:
    """The desk and its auditor behind their HTTP border."""
    with HttpPlatform(tmp_path, (savings_border.desk, savings_border.auditor)) as platform:
        yield platform


@pytest.fixture
def me(platform: HttpPlatform) -> Header:
    """A citizen."""
    return platform.token("applicant", personal_id=MINE)


@pytest.fixture
def officer(platform: HttpPlatform) -> Header:
    """An officer of the agency whose desk it is."""
    return platform.token("desk_officer", agency=AGENCY)


@pytest.fixture
def account(platform: HttpPlatform, me: Header) -> str:
    """The path of an account of mine."""
    assert open_account(platform, me, REF).status_code == 201
    return f"/api/v1/accounts/{REF}"


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HttpPlatform]:
    """One platform with an account of mine, for all tests of what changes nothing."""
    with HttpPlatform(tmp_path_factory.mktemp("data"), (savings_border.desk, savings_border.auditor)) as platform:
        open_account(platform, platform.token("applicant", personal_id=MINE), REF)
        yield platform


@pytest.fixture(scope="session")
def shared_me(shared: HttpPlatform) -> Header:
    """A citizen, there."""
    return shared.token("applicant", personal_id=MINE)
