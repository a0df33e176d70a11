"""Every kind of mistake is planted in a copy of the shipped registry, and found in its file, on its line."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis.registry import PRODUCT_REGISTRY
from chassis.registry_files import RegistryUnusable
from chassis.registry_findings import ASSUMED, codes
from chassis.registry_lint import lint
from chassis.yaml_lines import read_lined
from tests.registry.planted import BIRTH, COMMUNES, EVERY, HARMLESS, KARAOKE, KARAOKE_FEE, MARITAL, OFFICES
from tests.registry.planting import Planted, copy, edit, line_of

# Findings that one edit of one file cannot plant; each has its own test below.
PLANTED_OTHERWISE = {"assumed_value", "area_without_agency", "duplicate_code", "overlapping_validity"}


def mistakes(registry: Path) -> set[tuple[str, str, int]]:
    """Return code, file and line of everything found that is not merely assumed."""
    return {(found.code, found.file, found.line) for found in lint(registry) if found.severity != ASSUMED}


def test_the_shipped_registry_has_no_mistake() -> None:
    """What the product promises citizens begins with this data."""
    assert mistakes(PRODUCT_REGISTRY) == set()
