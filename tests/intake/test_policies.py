"""What the desk does when it hears of something, and when a time has come."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec
import pytest

from kernel.message import CancelTimer, Envelope, Heard, Timer
from services.intake import policies
from services.intake.domain.commands import (
    DeclineWithdrawal,
    RecordAppointment,
    RecordCollectionFailed,
    RecordHandover,
    RecordResult,
    RecordRevocation,
    RecordSentBack,
    RecordSettlement,
    RecordWithdrawal,
    ResolveDossier,
    StopForNonPayment,
    StopForSilence,
)
from tests.intake.cases import (
    ACCEPTED,
    ASKED,
    AWAITED,
    HANDED_OUT,
    LATER,
    RECEIVED,
    REF,
    STOPPED,
    SUBMITTED,
    TUESDAY,
    WITHDRAWN,
    at,
)

SYSTEM: dict[str, Any] = {"ref": REF, "actor": "system:intake", "now": TUESDAY}
WHEN = LATER.isoformat().replace("+00:00", "Z")


def heard_as(kind: str, data: dict[str, Any]) -> tuple[Any, ...]:
    """Return what the desk does when it hears `data`, written as the other service writes it."""
    hearing = next(hearing for hearing in policies.HEARS if hearing.type == f"lienthong.{kind}.v1")
    wire = msgspec.json.encode({"ref": REF, "by": "somebody", "something_new": 1} | data)
    envelope = Envelope(1, "/lienthong/quangngai/postal", "id", hearing.type, REF, 1, REF, 0, "", "", None, wire)
    return hearing.react(msgspec.json.decode(wire, type=hearing.reads), Heard(envelope, TUESDAY))


@pytest.mark.parametrize(
    ("kind", "data", "commands"),
    [
        ("postal.PapersHandedOver", {"record_no": "BBGN-17", "at": WHEN},
         (RecordHandover(handover_record="BBGN-17", signed_at=LATER, **SYSTEM),)),
        ("postal.ParcelCancelled", {"leg": "collection", "reason": "not_collected"},
         (RecordCollectionFailed(**SYSTEM),)),
        ("postal.ParcelCancelled", {"leg": "collection", "reason": "withdrawn"}, ()),
        ("postal.ParcelCancelled", {"leg": "delivery", "reason": "not_collected"}, ()),
        ("payments.ObligationSettled", {"at": WHEN}, (RecordSettlement(settled_at=LATER, **SYSTEM),)),
        ("routing.StepDecided",
         {"step": "certificate", "result_code": "KQ.G15.000038", "number": "12", "version": 1, "at": WHEN},
         (RecordResult(step="certificate", result_code="KQ.G15.000038", number="12", decided_at=LATER, **SYSTEM),)),
        ("routing.StepDecided",
         {"step": "opinion", "result_code": "KQ.G15.000038", "number": "12", "internal": True, "at": WHEN}, ()),
        ("routing.AppointmentMoved",
         {"cause": "received", "step": "certificate", "agency": "H48.23293", "number": 1, "clock_from": WHEN,
          "limit": None, "calendar_id": "early", "calendar_version": "1", "due_at": WHEN, "note": "", "at": WHEN},
         (RecordAppointment(cause="received", number=1, step="certificate", agency="H48.23293", clock_from=LATER,
                            due_at=LATER, note="", moved_at=LATER, **SYSTEM),)),
        ("routing.StepSentBack",
         {"step": "residence", "to": "desk", "reason_code": "papers_contradict", "agency": "H48.23293",
          "on_time": False, "note": "s1.p1.found", "at": WHEN},
         (RecordSentBack(step="residence", reason_code="papers_contradict", sent_back_at=LATER, agency="H48.23293",
                         on_time=False, note="s1.p1.found", **SYSTEM),)),
        ("routing.StepRefused", {"step": "certificate", "at": WHEN},
         (RecordRevocation(step="certificate", refused_at=LATER, **SYSTEM),)),
        ("routing.StepSentBack", {"step": "residence", "to": "desk", "reason_code": "papers_contradict", "at": WHEN},
         (RecordSentBack(step="residence", reason_code="papers_contradict", sent_back_at=LATER, **SYSTEM),)),
        ("routing.StepSentBack",
         {"step": "residence", "to": "birth_registration", "reason_code": "mistake", "at": WHEN}, ()),
        ("routing.ChainWithdrawn", {"stopped": ["b"], "kept": ["a"], "at": WHEN},
         (RecordWithdrawal(kept=("a",), stopped_at=LATER, **SYSTEM),)),
        ("routing.WithdrawalDeclined", {"reason": "decided", "at": WHEN},
         (DeclineWithdrawal(reason="decided", declined_at=LATER, **SYSTEM),)),
        ("routing.ChainClosed", {"outcome": "partly_granted", "at": WHEN},
         (ResolveDossier(outcome="partly_granted", closed_at=LATER, **SYSTEM),)),
    ],
)  # fmt: skip
def test_what_follows_from_what_is_heard(kind: str, data: dict[str, Any], commands: tuple[Any, ...]) -> None:
    """The time of a fact is the other service's; unknown fields are passed over."""
    assert heard_as(kind, data) == commands


SILENCE = StopForSilence(ref=REF, actor="system:timer", now=at("2026-09-16 10:30"))
UNPAID = StopForNonPayment(ref=REF, actor="system:timer", now=at("2026-09-28 10:30"))
NO_SUPPLEMENT, NO_PAYMENT = CancelTimer(f"supplement-{REF}"), CancelTimer(f"payment-{REF}")


@pytest.mark.parametrize(
    ("event", "timers"),
    [
        (ASKED, (Timer(f"supplement-{REF}", SILENCE.now, SILENCE),)),
        (replace(ASKED, due_at=None), ()),
        (RECEIVED, (NO_SUPPLEMENT,)),
        (AWAITED, (Timer(f"payment-{REF}", UNPAID.now, UNPAID),)),
        (replace(AWAITED, pay_by=None), ()),
        (ACCEPTED, (NO_PAYMENT,)),
        (WITHDRAWN, (NO_SUPPLEMENT, NO_PAYMENT)),
        (STOPPED, (NO_SUPPLEMENT, NO_PAYMENT)),
        (SUBMITTED, ()),
        (HANDED_OUT, ()),
    ],
)
def test_which_time_matters(event: Any, timers: tuple[Any, ...]) -> None:
    """A passed deadline becomes a command; the dossier itself knows whether it still means anything."""
    assert policies.timers(event) == timers


@pytest.mark.parametrize("command", [SILENCE, UNPAID])
def test_a_timers_command_survives_its_row(command: Any) -> None:
    """Timers are rows, and their commands are read back when they are due."""
    assert msgspec.json.decode(msgspec.json.encode(command), type=type(command)) == command
    assert isinstance(command.now, datetime)
