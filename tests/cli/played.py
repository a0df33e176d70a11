"""A store in which a province has worked for two weeks, with dossiers at every stage of their way."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from chassis import executor
from chassis.clock import RehearsalClock
from chassis.heads import Head
from chassis.registry import PRODUCT_REGISTRY, Registry, load_registry
from chassis.web.auth import SYSTEM, Principal
from kernel.calendar import VIETNAM
from players.by_wire import Wire
from players.crowd import Crowd
from players.mix import load_mix
from players.plan import Weeks, world_of
from services.__main__ import Platform, compose

START = datetime(2026, 9, 7, tzinfo=VIETNAM)
DOSSIERS = 60
DAYS = 14.4
SEEDS = range(7, 40)
EVENTS_PER_SNAPSHOT = 8

NEEDED = {
    "intake": (
        "SELECT 1 FROM timers",
        "SELECT 1 FROM snapshots",
        "SELECT 1 FROM events WHERE type='PortalNumberKept'",
        "SELECT 1 FROM events WHERE type='ResultDispatched'",
        "SELECT 1 FROM events WHERE type='SupplementRequested'",
        "SELECT 1 FROM dossiers WHERE status='handed_out' AND hand_out_by='post'",
    ),
    "routing": (
        "SELECT 1 FROM timers",
        "SELECT 1 FROM events WHERE type='StepSentBack'",
        "SELECT 1 FROM chains WHERE state='open'",
    ),
    "payments": (
        "SELECT 1 FROM obligations WHERE standing='open'",
        "SELECT 1 FROM events WHERE type='PaymentSucceeded'",
        "SELECT 1 FROM receipts WHERE number>1",
    ),
    "postal": ("SELECT 1 FROM events WHERE type='ParcelDelivered'",),
}
"""What must be there to be damaged."""


def registry() -> Registry:
    return load_registry(PRODUCT_REGISTRY)


def play(folder: Path, laws: Registry) -> Path:
    """Play until a seed leaves something of everything, and return the folder of its stores."""
    for seed in SEEDS:
        data = folder / f"seed-{seed}"
        platform = compose(data, rehearsal=True, registry=laws)
        try:
            _play(platform, seed)
            if _has_everything(platform):
                _leave_a_payment_open(platform)
                platform.sealer.seal_now()
                return data
        finally:
            platform.close()
    raise AssertionError(f"no seed of {SEEDS} leaves all of {NEEDED}")


def _play(platform: Platform, seed: int) -> None:
    clock = platform.engine.clock
    assert isinstance(clock, RehearsalClock)
    clock.move_to(START)
    weeks = Weeks(START, START + timedelta(days=DAYS), cut=True)
    crowd = Crowd(world_of(platform.parts.registry, load_mix(), weeks), seed, DOSSIERS)
    with pytest.MonkeyPatch.context() as patch, Wire(platform, seed) as wire:
        # So many events no stream has in two weeks; every store of some age has snapshots all the same.
        patch.setattr(executor, "EVENTS_PER_SNAPSHOT", EVENTS_PER_SNAPSHOT)
        wire.play(crowd.schedule(), lambda instant, moves: None)


def go_on(data: Path, laws: Registry, seed: int = 5, dossiers: int = 40, days: int = 14) -> tuple[Head, ...]:
    """Let new dossiers come in where a store stands, and return the heads that are signed at the end."""
    platform = compose(data, rehearsal=True, registry=laws)
    try:
        now = platform.engine.clock.now()
        weeks = Weeks(now + timedelta(hours=1), now + timedelta(days=days), cut=True)
        crowd = Crowd(world_of(laws, load_mix(), weeks), seed, dossiers)
        with Wire(platform, seed) as wire:
            wire.play(crowd.schedule(), lambda instant, moves: None)
        return platform.sealer.seal_now()
    finally:
        platform.close()


def _has_everything(platform: Platform) -> bool:
    return all(
        platform.engine.running[service].store.query(f"{sql} LIMIT 1")
        for service, queries in NEEDED.items()
        for sql in queries
    )


def _leave_a_payment_open(platform: Platform) -> None:
    """Send a payer to the gateway who has not come back when the stores are closed."""
    border = platform.borders["payments"]
    (unpaid,) = border.running.store.query("SELECT ref FROM obligations WHERE standing='open' LIMIT 1")
    job = border.give("start_payment", Principal("system:test", SYSTEM), {"ref": unpaid["ref"]}, {}, "left open")
    platform.engine.run_until_idle()
    assert job.future.result(timeout=0).status == 201
