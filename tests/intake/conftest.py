"""The desk behind its real HTTP border, and the portal in front of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.intake.wiring import service
from tests.http_harness import HttpPlatform
from tests.intake.portal_messages import Portal


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[HttpPlatform]:
    """One service, running, with its own data folder."""
    with HttpPlatform(tmp_path, (service,)) as running:
        yield running


@pytest.fixture
def portal(platform: HttpPlatform) -> Portal:
    """The portal, signed in."""
    return Portal(platform)
