"""What every test may ask for, and how hypothesis behaves here."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PROJECT = Path(__file__).resolve().parent.parent
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")

pytest_plugins = ("tests.kafka_server", "tests.postgres_server")

# Cores are shared, so a slow example says nothing; a failing one prints what reproduces it.
settings.register_profile("house", deadline=None, print_blob=True)
settings.load_profile("house")


SLOW_PLACES = (
    "tests/borders/",
    "tests/cli/",
    "tests/drill/",
    "tests/front/",
    "tests/journeys/",
    "tests/kafka/",
    "tests/pages/",
    "tests/simulation/",
    "tests/players/test_stages.py",
    "tests/players/test_ten_procedures.py",
    "tests/chassis/test_backup.py",
    "tests/chassis/test_durability.py",
    "tests/chassis/test_operations.py",
    "tests/chassis/test_postgres",
    "tests/chassis/test_rates.py",
    "tests/chassis/test_web.py",
    "tests/intake/test_http.py",
    "tests/intake/test_papers.py",
    "tests/intake/test_portal.py",
    "tests/intake/test_portal_refusals.py",
    "tests/intake/test_properties.py",
    "tests/payments/test_callbacks.py",
    "tests/payments/test_money.py",
    "tests/postal/test_http.py",
    "tests/registry/test_lint.py",
    "tests/contracts/test_wire.py",
    "tests/reporting/test_after_a_restore.py",
    "tests/reporting/test_clocks.py",
    "tests/reporting/test_dues_on_the_page.py",
    "tests/reporting/test_known_faults.py",
    "tests/reporting/test_live",
    "tests/reporting/test_projections.py",
    "tests/reporting/test_routing_agrees.py",
    "tests/routing/test_extension.py",
    "tests/routing/test_lateness_properties.py",
    "tests/routing/test_properties.py",
    "tests/samples/",
    "tests/upgrade/",
)
"""What goes through whole borders, whole stores or many whole lives: left to `make test`, so that `make check` stays
under a minute."""


SERVERS = frozenset({"postgres_server", "own_postgres", "own_server", "kafka", "kafka_cluster", "kafka_alone"})
"""Fixtures that start a server; `make check` needs none."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        needs_server = not SERVERS.isdisjoint(getattr(item, "fixturenames", ()))
        if needs_server or item.path.relative_to(PROJECT).as_posix().startswith(SLOW_PLACES):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def project() -> Path:
    """The folder of the project."""
    return PROJECT


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    """A headless Chromium: the machine's own where there is one, else the copy that Playwright installed.

    For one module only: while it lives, Playwright's event loop counts as running in this thread, and whoever wants to
    run one of their own there (the players by wire do) is refused.
    """
    from playwright.sync_api import sync_playwright  # only the slow tests pay for loading it

    found = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    # Chromium refuses its sandbox to root, which is who containers run tests as.
    sandbox = hasattr(os, "geteuid") and os.geteuid() != 0
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, chromium_sandbox=sandbox)
        yield started
        started.close()
