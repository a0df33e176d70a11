"""Dossiers as the four services tell of them, in their own words and their own order."""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from chassis.calendars import load_calendars
from chassis.clock import to_us
from chassis.codec import encode
from kernel.clocks import Turn
from kernel.message import Envelope, source_of, type_of
from kernel.working_time import Limit, due
from services.intake.domain import events as intake
from services.intake.domain.words import ComponentGiven, MissingItem
from services.payments.domain import attempt_words as attempt
from services.payments.domain import obligation_words as obligation
from services.payments.domain.fee import ObligationLine
from services.postal.domain import words as postal
from services.postal.domain.proof import DeliveryProof, Proof
from services.routing.domain import clock_events as clocks
from services.routing.domain import events as routing
from services.routing.domain.plan import PlannedAppointment, PlannedStep

MONDAY = datetime(2026, 9, 7, 1, 0, tzinfo=UTC)
"""08:00 in Vietnam."""
DESK, COMMUNE, POLICE, PROVINCE = "H48.23284.01", "H48.23284", "H48.23284.02", "H48"
EARLY = load_calendars(Path(__file__).parent.parent.parent / "registry" / "calendars")["early"]
CALENDAR = (EARLY.id, EARLY.version)
OFFICER, CLERK, POSTMAN = "agency_officer:H48.23284", "desk_officer:H48.23284.01", "postal_staff:1"


def ref_of(number: int) -> str:
    """Return the reference of the `number`-th dossier."""
    return f"01K{number:023d}"


@dataclass(slots=True)
class Story:
    """Tells events one after the other, a minute apart, and keeps what each service said."""

    ref: str
    at: datetime = MONDAY
    said: dict[str, list[tuple[Any, datetime, str]]] = field(default_factory=dict)
    _last: str = ""

    def later(self, minutes: int) -> "Story":
        """Let time pass."""
        self.at += timedelta(minutes=minutes)
        return self

    def tell(self, service: str, kind: type, **named: Any) -> "Story":
        """Let `service` say an event, a minute after the one before and caused by it.

        What the story does not care about is left empty.
        """
        self.at += timedelta(minutes=1)
        lines = self.said.setdefault(service, [])
        told = {"ref": self.ref, "at": self.at, **named}
        hints = get_type_hints(kind)
        blanks = {one.name: _empty(hints[one.name]) for one in dataclasses.fields(kind) if one.name not in told}
        lines.append((kind(**told, **blanks), self.at, self._last))
        self._last = f"{service}-{self.ref}@{len(lines)}"
        return self

    def envelopes(self, service: str) -> Iterator[Envelope]:
        """Yield what `service` said, in its order."""
        for sequence, (event, at, causation) in enumerate(self.said.get(service, ()), start=1):
            yield Envelope(
                position=sequence,
                source=source_of(service),
                id=f"{service}-{self.ref}@{sequence}",
                type=type_of(service, type(event).__name__, 1),
                subject=self.ref,
                sequence=sequence,
                root=self.ref,
                time_us=to_us(at),
                correlation=self.ref,
                causation=causation,
                traceparent=None,
                data=encode(event),
            )


def _empty(hint: Any) -> Any:
    if hint is datetime:
        return MONDAY
    if type(None) in get_args(hint):
        return None
    kind = get_origin(hint) or hint
    return kind() if kind in (str, int, bool, tuple, dict) else get_args(hint)[0]


def submitted(ref: str, procedure: str, channel: str, agencies: tuple[str, ...], **more: Any) -> Story:
    """Begin a story with a dossier handed in."""
    fields: dict[str, Any] = {
        "procedure": procedure, "procedure_version": "2026-01-01", "channel": channel, "receiving_agency": DESK,
        "applicant": f"p{ref[-4:]}", "submitter": f"p{ref[-4:]}", "relation": "self",
        "components": (ComponentGiven("declaration", "original", True, False, False, None),),
        "hand_out_by": "desk", "fee_due": "none", "agencies": agencies, "by": CLERK,
    }  # fmt: skip
    return Story(ref).tell("intake", intake.DossierSubmitted, **(fields | more))


def code_of(number: int) -> str:
    return f"{DESK}-260907-{number:04d}"


def accepted(story: Story, number: int, due_in_days: int = 3, channel: str = "counter") -> Story:
    return story.tell(
        "intake", intake.DossierAccepted, code=code_of(number), channel=channel, receiving_agency=DESK,
        due_at=story.at + timedelta(days=due_in_days), calendar_id=CALENDAR[0], calendar_version=CALENDAR[1],
        clock_from=story.at + timedelta(minutes=1), by=CLERK,
    )  # fmt: skip


def planned(step: str, agency: str, *needs: str) -> PlannedStep:
    limit = Limit(1, "working_days")
    return PlannedStep(
        step=step, agency=agency, needs=needs, limit=limit, acknowledge_within=None, hand_over_within=None,
        send_back_within=limit, result_code="KQ.G15.000031", calendar_id=CALENDAR[0], calendar_version=CALENDAR[1],
        silence="escalate", longer_limits=(), law="NĐ 61/2018",
    )  # fmt: skip


def opened(story: Story, *steps: PlannedStep, **more: Any) -> Story:
    """Open the chain with the appointment that the desk has just given."""
    slip = next(said for said, _, _ in reversed(story.said["intake"]) if isinstance(said, intake.DossierAccepted))
    clock = {"clock_from": slip.clock_from, "due_at": slip.due_at}
    calendar = {"calendar_id": CALENDAR[0], "calendar_version": CALENDAR[1]}
    chain = {"lead_agency": steps[-1].agency, "total_limit": None, "steps": steps, **clock, **calendar, **more}
    return story.tell("routing", routing.ChainOpened, **chain)


def ready(story: Story, step: str, agency: str, round: int = 1) -> Story:
    due_at = story.at + timedelta(days=1)
    limits = {"clock_from": story.at, "due_at": due_at, "send_back_by": due_at}
    return story.tell("routing", routing.StepReady, step=step, agency=agency, round=round, **limits)


def acknowledged(story: Story, step: str, agency: str) -> Story:
    return story.tell("routing", routing.StepAcknowledged, step=step, agency=agency, by=OFFICER)


def decided(story: Story, step: str, agency: str, version: int = 1, on_time: bool = True) -> Story:
    result = {"result_code": "KQ.G15.000031", "number": f"{version:02d}/2026", "signer": "Chủ tịch"}
    decision = {**result, "version": version, "on_time": on_time, "by": OFFICER}
    return story.later(59).tell("routing", routing.StepDecided, step=step, agency=agency, **decision)


def raised(story: Story, total_vnd: int) -> Story:
    line = ObligationLine("fee", "le_phi", "Lệ phí", total_vnd, "tariff")
    return story.tell("payments", obligation.ObligationRaised, lines=(line,), total_vnd=total_vnd, rule="r")


def settled(story: Story, total_vnd: int, method: str = "vnpay", txn_ref: str | None = "T1", **which: str) -> Story:
    receipt = {"receipt_serial": "BL-26E", "receipt_number": 7, "receiving_agency": DESK, "by": "system:payments"}
    paid = {"total_vnd": total_vnd, "txn_ref": txn_ref, "method": method}
    return story.tell("payments", obligation.ObligationSettled, **paid, **receipt, **which)


def plain(number: int = 1) -> Story:
    """One step, in time, fetched at the desk and paid there."""
    story = submitted(ref_of(number), "1.004873", "counter", (DESK, COMMUNE), fee_due="before_hand_out")
    accepted(story, number)
    raised(story, 15_000)
    opened(story, planned("certificate", COMMUNE))
    ready(story, "certificate", COMMUNE)
    acknowledged(story, "certificate", COMMUNE)
    decided(story, "certificate", COMMUNE)
    story.tell("routing", routing.ChainClosed, outcome="granted")
    story.tell("intake", intake.DossierResolved, outcome="granted", on_time=True)
    settled(story, 15_000, "cash", None)
    return story.tell("intake", intake.DossierHandedOut, way="desk", collector="self", by=CLERK)


def parallel_and_late(number: int = 2) -> Story:
    """Two steps side by side after a first one; one of the two passes its limit and the dossier is late."""
    agencies = (DESK, COMMUNE, POLICE, PROVINCE)
    story = submitted(ref_of(number), "3.000722", "portal", agencies, hand_out_by="online")
    accepted(story, number, due_in_days=1, channel="portal")
    residence, insurance = planned("residence", POLICE, "birth"), planned("insurance", PROVINCE, "birth")
    opened(story, planned("birth", COMMUNE), residence, insurance)
    ready(story, "birth", COMMUNE)
    story.tell("routing", routing.StepTakenOver, step="birth", agency=COMMUNE, by=OFFICER)
    acknowledged(story, "birth", COMMUNE)
    decided(story, "birth", COMMUNE)
    ready(story, "residence", POLICE)
    ready(story, "insurance", PROVINCE)
    acknowledged(story, "insurance", PROVINCE)
    police = {"step": "residence", "agency": POLICE}
    story.tell("routing", routing.AcknowledgementOverdue, **police)
    acknowledged(story, "residence", POLICE)
    decided(story, "insurance", PROVINCE)
    story.later(3000).tell("routing", routing.StepOverdue, **police)
    story.tell("routing", routing.ChainOverdue, agency=COMMUNE, due_at=MONDAY + timedelta(days=1, minutes=1))
    decided(story, "residence", POLICE, on_time=False)
    story.tell("routing", routing.ChainClosed, outcome="granted")
    story.tell("intake", intake.DossierResolved, outcome="granted", on_time=False)
    return story.tell("intake", intake.DossierHandedOut, way="online", collector="self", by="system:intake")


def by_post_both_ways(number: int = 3) -> Story:
    """Papers fetched, a supplement at the desk, paid twice, delivered at the second attempt."""
    by_post = {"hand_out_by": "post", "fee_due": "before_hand_out"}
    story = submitted(ref_of(number), "1.008891", "post", (DESK, PROVINCE), **by_post)
    there, back = {"item_code": "RH000000015VN", "by": POSTMAN}, {"item_code": "RH000000029VN", "by": POSTMAN}
    proof = Proof(5, "S1", "0" * 64, "1" * 64)
    story.tell("postal", postal.ParcelOrdered, leg="collection", item_code="RH000000015VN")
    story.tell("postal", postal.ParcelPickedUp, leg="collection", proof=proof, **there)
    story.tell("postal", postal.PapersHandedOver, record_no="BG/1", accepted_papers=5, **there)
    story.tell("intake", intake.PapersReceived, handover_record="BG/1")
    missing = (MissingItem("photos", "missing", ""),)
    story.tell("intake", intake.SupplementRequested, items=missing, stage="desk", by=CLERK)
    given = (ComponentGiven("photos", "original", False, False, False, None),)
    story.tell("intake", intake.SupplementReceived, components=given, stage="desk", by=CLERK)
    accepted(story, number, due_in_days=6, channel="post")
    raised(story, 300_000)
    opened(story, planned("certificate", PROVINCE))
    ready(story, "certificate", PROVINCE)
    for txn, succeeded in (("T1", False), ("T2", True), ("T3", True)):
        attempted = {"txn_ref": txn, "gateway": "vnpay"}
        story.tell("payments", attempt.PaymentStarted, amount_vnd=300_000, **attempted)
        if succeeded:
            story.tell("payments", attempt.PaymentSucceeded, amount_vnd=300_000, gateway_no=f"G{txn}", **attempted)
        else:
            story.tell("payments", attempt.PaymentFailed, code="51", **attempted)
    settled(story, 300_000, "vnpay", "T2")
    refund = {"txn_ref": "T3", "amount_vnd": 300_000}
    story.tell("payments", obligation.RefundOwed, reason="paid_twice", receiving_agency=DESK, **refund)
    story.tell("payments", obligation.RefundPaid, order_no="UNC-1", by="accountant:1", **refund)
    acknowledged(story, "certificate", PROVINCE)
    decided(story, "certificate", PROVINCE)
    story.tell("routing", routing.ChainClosed, outcome="granted")
    story.tell("intake", intake.DossierResolved, outcome="granted", on_time=True)
    story.tell("intake", intake.ResultDispatched, results=("KQ.G17.000105",))
    story.tell("postal", postal.ParcelOrdered, leg="delivery", item_code="RH000000029VN")
    story.tell("postal", postal.ParcelPickedUp, leg="delivery", proof=proof, **back)
    failed = {"leg": "delivery", "attempt": 1, "reason": "not_home", "measure": "retry_next_working_day"}
    story.tell("postal", postal.AttemptFailed, next_attempt_from=story.at, **failed, **back)
    shown = DeliveryProof("self", "identity_card", "3" * 64, "4" * 64)
    story.tell("postal", postal.ParcelDelivered, proof=shown, **back)
    return story.tell("intake", intake.DossierHandedOut, way="post", collector="self", by="system:intake")


def sent_back_then_withdrawn(number: int = 4) -> Story:
    """A step goes back to the desk, the applicant supplements, the clock restarts; later he withdraws."""
    agencies = (DESK, COMMUNE, POLICE)
    story = submitted(ref_of(number), "9.000297", "portal", agencies, fee_due="before_clock")
    story.tell("intake", intake.PaymentAwaited, code=code_of(number), by=CLERK)
    raised(story, 450_000)
    settled(story, 450_000)
    accepted(story, number, due_in_days=16, channel="portal")
    opened(story, planned("household", COMMUNE), planned("security", POLICE, "household"))
    ready(story, "household", COMMUNE)
    acknowledged(story, "household", COMMUNE)
    household = {"step": "household", "agency": COMMUNE}
    story.tell("routing", routing.StepSentBack, to="desk", reason_code="contradictory", by=OFFICER, **household)
    missing = (MissingItem("declaration", "contradictory", ""),)
    story.tell("intake", intake.SupplementRequested, items=missing, stage="examination", by=CLERK)
    story.tell("routing", routing.ClockSuspended, ground="supplement")
    given = (ComponentGiven("declaration", "electronic", True, False, False, None),)
    story.later(1440).tell("intake", intake.SupplementReceived, components=given, stage="examination", by=CLERK)
    clock = {"clock_from": story.at, "due_at": story.at + timedelta(days=16)}
    story.tell("intake", intake.SentBackAnswered, step="household", by=CLERK, **clock)
    story.tell("routing", routing.ClockRestarted, **clock)
    ready(story, "household", COMMUNE, 2)
    acknowledged(story, "household", COMMUNE)
    decided(story, "household", COMMUNE)
    ready(story, "security", POLICE)
    story.tell("intake", intake.WithdrawalRequested, by="p0004")
    story.tell("routing", routing.StepCancelled, step="security", agency=POLICE, reason="withdrawn")
    story.tell("routing", routing.ChainWithdrawn, stopped=("security",), kept=("household",))
    story.tell("intake", intake.DossierWithdrawn, kept_results=("household",), by="system:intake")
    refund = {"txn_ref": "T1", "amount_vnd": 450_000, "reason": "withdrawn", "receiving_agency": DESK}
    return story.tell("payments", obligation.RefundOwed, **refund)


def turned_away(number: int = 5) -> Story:
    """Refused at the desk."""
    story = submitted(ref_of(number), "1.004873", "counter", (DESK, COMMUNE))
    reason = {"reason_code": "wrong_authority", "law": "NĐ 61/2018 art. 17.2"}
    return story.tell("intake", intake.DossierRefused, by=CLERK, **reason)


def refused_and_corrected(number: int = 6) -> Story:
    """A later step finds an error in an earlier result, which is corrected; then another step is refused."""
    story = submitted(ref_of(number), "9.000297", "portal", (DESK, COMMUNE, POLICE, PROVINCE))
    accepted(story, number, channel="portal")
    household, security = planned("household", COMMUNE), planned("security", POLICE, "household")
    opened(story, household, security, planned("licence", PROVINCE, "security"))
    ready(story, "household", COMMUNE)
    acknowledged(story, "household", COMMUNE)
    decided(story, "household", COMMUNE)
    ready(story, "security", POLICE)
    acknowledged(story, "security", POLICE)
    police = {"step": "security", "agency": POLICE, "by": OFFICER}
    story.tell("routing", routing.StepSentBack, to="household", reason_code="wrong_address", **police)
    ready(story, "household", COMMUNE, 2)
    acknowledged(story, "household", COMMUNE)
    decided(story, "household", COMMUNE, version=2)
    ready(story, "security", POLICE, 2)
    story.tell("routing", routing.LimitExtended, ground="verification", due_at=story.at, **police)
    acknowledged(story, "security", POLICE)
    reason = {"reason_code": "conditions_not_met", "law": "NĐ 96/2016"}
    story.tell("routing", routing.StepRefused, on_time=True, **reason, **police)
    story.tell("routing", routing.StepCancelled, step="licence", agency=PROVINCE, reason="needs_refused")
    story.tell("routing", routing.ChainClosed, outcome="partly_granted")
    return story.tell("intake", intake.DossierResolved, outcome="partly_granted", on_time=True)


def land_and_late(number: int = 7) -> Story:
    """Two appointments with a tax notice between them, an incident, a check by a third party, and an apology."""
    story = submitted(ref_of(number), "1.012784", "counter", (DESK, COMMUNE, POLICE, PROVINCE))
    accepted(story, number, due_in_days=3)
    first, second = (PlannedAppointment(step, Limit(n, "working_days")) for step, n in (("survey", 2), ("title", 1)))
    tax, paid = planned("tax", POLICE, "survey"), planned("payment", "", "tax")
    paid = dataclasses.replace(paid, party="applicant", not_counted="tax_notice", calendar_id="", calendar_version="")
    tax = dataclasses.replace(tax, not_counted="tax_notice")
    opened(story, planned("survey", COMMUNE), tax, paid, planned("title", PROVINCE, "payment"),
           appointments=(first, second), due_at=due(EARLY, story.at, first.limit), clock_from=story.at)  # fmt: skip
    ready(story, "survey", COMMUNE)
    acknowledged(story, "survey", COMMUNE)
    survey = {"step": "survey", "agency": COMMUNE}
    story.tell("routing", clocks.StepClockStopped, ground="third_party", law="NĐ 101/2024", by=OFFICER, **survey)
    story.tell("routing", routing.ClockSuspended, ground="third_party", step="survey")
    stopped_at = story.at
    story.later(29).tell("routing", clocks.StepClockResumed, ground="third_party", by=OFFICER, **survey)
    story.tell("routing", clocks.ClockResumed, ground="third_party", step="survey")
    slip = due(EARLY, story.said["routing"][0][0].clock_from, first.limit)
    turn = Turn(EARLY, story.said["routing"][0][0].clock_from, first.limit, slip)
    resumed = turn.after(story.at, turn.minutes(stopped_at, slip))
    moved(story, "resumed", resumed, number=1, clock_from=story.at)
    story.tell("routing", routing.ClockSuspended, ground="incident").later(30)
    broken_at = story.said["routing"][-1][0].at
    story.tell("routing", clocks.ClockResumed, ground="incident", step="")
    resumed = turn.after(story.at, turn.minutes(broken_at, resumed))
    moved(story, "resumed", resumed, number=1, clock_from=story.at)
    decided(story, "survey", COMMUNE)
    ready(story, "tax", POLICE)
    story.tell("routing", routing.ClockSuspended, ground="tax_notice", step="tax")
    acknowledged(story, "tax", POLICE)
    decided(story, "tax", POLICE)
    lines = (clocks.NoticeLine("pit", "Thuế thu nhập cá nhân", "Income tax", 2_500_000),)
    notice = {"step": "tax", "paid_in": "payment", "agency": POLICE, "number": "TB/1", "lines": lines, "by": OFFICER}
    story.tell("routing", clocks.TaxNoticeIssued, **notice)
    owed = {"purpose": "tax_notice", "step": "tax"}
    line = ObligationLine("pit", "tax", "Thuế thu nhập cá nhân", 2_500_000, "notice")
    story.tell("payments", obligation.ObligationRaised, lines=(line,), total_vnd=2_500_000, rule="TB/1", **owed)
    ready(story, "payment", "").later(180)
    attempted = {"txn_ref": "T9", "gateway": "vnpay"}
    story.tell("payments", attempt.PaymentStarted, amount_vnd=2_500_000, **attempted).later(10)
    story.tell("payments", attempt.PaymentSucceeded, amount_vnd=2_500_000, gateway_no="G9", **attempted)
    settled(story, 2_500_000, txn_ref="T9", **owed)
    story.tell("routing", clocks.StepFulfilled, step="payment", on_time=True)
    story.tell("routing", clocks.ClockResumed, ground="tax_notice", step="tax")
    moved(story, "second_appointment", due(EARLY, story.at, second.limit), number=2, clock_from=story.at, step="title",
          limit=second.limit)  # fmt: skip
    ready(story, "title", PROVINCE)
    acknowledged(story, "title", PROVINCE)
    late = {"step": "title", "agency": PROVINCE, "due_at": story.at + timedelta(days=1)}
    story.tell("routing", clocks.ApologyAsked, **late)
    new = {"reason_code": "workload", "new_due_at": story.at + timedelta(days=3), "by": OFFICER}
    story.tell("routing", clocks.DelayApologised, **late, **new)
    moved(story, "apology", story.at + timedelta(days=3), number=2, clock_from=story.at, step="title")
    story.later(2880).tell("routing", routing.StepOverdue, **late)
    story.tell("routing", routing.ChainOverdue, agency=PROVINCE, due_at=late["due_at"])
    told = {"to": "H00", "rung": 1, "overdue_since": late["due_at"]}
    story.tell("routing", clocks.LatenessEscalated, step="title", agency=PROVINCE, **told)
    return story


def moved(story: Story, cause: str, due_at: datetime, **more: Any) -> Story:
    """Give the dossier another date."""
    calendar = {"calendar_id": CALENDAR[0], "calendar_version": CALENDAR[1], "agency": PROVINCE, "by": "system:routing"}
    return story.tell("routing", clocks.AppointmentMoved, cause=cause, due_at=due_at, **calendar, **more)


def received_elsewhere(number: int = 8) -> Story:
    """Handed in where it does not belong: the clocks begin when the resolving agency has it; nothing is paid."""
    story = submitted(ref_of(number), "1.004873", "counter", (DESK, COMMUNE))
    accepted(story, number)
    opened(story, planned("certificate", COMMUNE))
    ready(story, "certificate", COMMUNE).later(1440)
    acknowledged(story, "certificate", COMMUNE)
    limit = Limit(2, "working_days")
    started = {"step": "certificate", "agency": COMMUNE, "clock_from": story.at}
    story.tell("routing", clocks.StepClockStarted, due_at=story.at + timedelta(days=1), **started)
    return moved(story, "received", due(EARLY, story.at, limit), number=1, clock_from=story.at, limit=limit)


def all_stories() -> tuple[Story, ...]:
    """Tell one dossier of each kind."""
    return (
        plain(), parallel_and_late(), by_post_both_ways(), sent_back_then_withdrawn(), turned_away(),
        refused_and_corrected(), land_and_late(), received_elsewhere(),
    )  # fmt: skip
