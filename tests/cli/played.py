"""A store in which a province has worked for two weeks, with dossiers at every stage of their way."""

import json
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from chassis import executor
from chassis.clock import RECORD_BYTES, RehearsalClock
from chassis.heads import Head
from chassis.registry import PRODUCT_REGISTRY, Registry, load_registry
from chassis.uploads import owner_of
from chassis.web.auth import DESK_OFFICER, SYSTEM, Principal
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
DESK = "H48.23293.01"
PAPER = b"%PDF-1.7\n" + b"% Y Blan\n" * 20 + b"%%EOF\n"

NEEDED = {
    "intake": (
        "SELECT 1 FROM timers",
        "SELECT 1 FROM snapshots",
        "SELECT 1 FROM events WHERE type='PortalNumberKept'",
        "SELECT 1 FROM events WHERE type='ResultDispatched'",
        "SELECT 1 FROM events WHERE type='SupplementRequested'",
        "SELECT 1 FROM dossiers WHERE status='handed_out' AND hand_out_by='post'",
        "SELECT 1 FROM events WHERE type='SentBackAnswered'",
    ),
    "routing": (
        "SELECT 1 FROM timers",
        "SELECT 1 FROM events WHERE type='StepSentBack'",
        "SELECT 1 FROM chains WHERE state='open'",
        "SELECT 1 FROM events WHERE type='ClockResumed'",
        "SELECT 1 FROM events WHERE type='StepOverdue'",
        "SELECT 1 FROM events WHERE type='ChainOverdue'",
        "SELECT 1 FROM events WHERE type='LatenessEscalated'",
        "SELECT 1 FROM events WHERE type='DelayApologised'",
        "SELECT 1 FROM events WHERE type='TaxNoticeIssued'",
    ),
    "payments": (
        "SELECT 1 FROM obligations WHERE standing='open'",
        "SELECT 1 FROM events WHERE type='PaymentSucceeded'",
        "SELECT 1 FROM obligations WHERE purpose='tax_notice'",
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
                _hand_in_a_file(platform)
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


def hold_still(data: Path) -> None:
    """Let the clock of a stopped rehearsal stand again; whoever played to the present has let it go."""
    clock = data / "clock.json"
    kept = {"at": json.loads(clock.read_text())["at"], "released": False}
    clock.write_text(json.dumps(kept).ljust(RECORD_BYTES))


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


def _hand_in_a_file(platform: Platform) -> None:
    """Let an officer of a ward's desk bring a paper as a file, and hand a dossier in with it."""
    desk = Principal(f"officer:{DESK}:1", DESK_OFFICER, DESK)
    uploads, now = platform.parts.uploads, platform.engine.clock.now()
    owner = owner_of(desk.id, desk.role, desk.agency, desk.person)
    digest = sha256(PAPER).hexdigest()
    upload = uploads.begin(owner, desk.id, desk.person, "Tờ khai.pdf", len(PAPER), digest, "application/pdf")
    uploads.add(upload, 0, PAPER, now)
    dossier = {
        "procedure": "1.004873", "channel": "counter", "receiving_agency": DESK,
        "applicant": {"name": "Y Blan", "personal_id": "062190001122"},
        "components": [{"code": "declaration", "file": upload.id}],
        "facts": {"married_before": False, "issued_before": False},
    }  # fmt: skip
    job = platform.borders["intake"].give("submit_dossier", desk, {}, dossier, "with a file")
    platform.engine.run_until_idle()
    assert job.future.result(timeout=0).status == 201, job.future.result(timeout=0)
