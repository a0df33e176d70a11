"""Dossiers as the four services tell of them, in their own words and their own order."""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, get_args, get_origin, get_type_hints

from chassis.clock import to_us
from chassis.codec import encode
from kernel.message import Envelope, source_of, type_of
from kernel.working_time import Limit
from services.intake.domain import events as intake
from services.intake.domain.words import ComponentGiven, MissingItem
from services.payments.domain import attempt
from services.payments.domain import obligation_words as obligation
from services.payments.domain.fee import ObligationLine
from services.postal.domain import words as postal
from services.postal.domain.proof import DeliveryProof, Proof
from services.routing.domain import events as routing
from services.routing.domain.plan import PlannedStep

MONDAY = datetime(2026, 9, 7, 1, 0, tzinfo=UTC)
"""08:00 in Vietnam."""
DESK, COMMUNE, POLICE, PROVINCE = "H48.23284.01", "H48.23284", "H48.23284.02", "H48"
CALENDAR = ("early", "v1")
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

    def tell(self, service: str, kind: type, *fields: Any, minutes: int = 1, **named: Any) -> "Story":
        """Let `service` say an event, `minutes` after the one before; each is caused by the one before."""
        self.at += timedelta(minutes=minutes)
        lines = self.said.setdefault(service, [])
        event = kind(self.ref, *fields, **_blanks(kind, 1 + len(fields), {**named, "at": self.at}))
        lines.append((event, self.at, self._last))
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


def _blanks(kind: type, given: int, named: dict[str, Any]) -> dict[str, Any]:
    """Leave empty what a story does not care about."""
    hints = get_type_hints(kind)
    rest = [one.name for one in dataclasses.fields(kind)[given:] if one.name not in named]
    return named | {name: _empty(hints[name]) for name in rest}


def _empty(hint: Any) -> Any:
    if type(None) in get_args(hint):
        return None
    kind = get_origin(hint) or hint
    return kind() if kind in (str, int, bool, tuple, dict) else get_args(hint)[0]


def submitted(ref: str, procedure: str, channel: str, agencies: tuple[str, ...], **more: Any) -> Story:
    """Begin a story with a dossier handed in."""
    fields: dict[str, Any] = {
        "procedure": procedure, "procedure_version": "2026-01-01", "channel": channel, "receiving_agency": DESK,
        "applicant": f"p{ref[-4:]}", "applicant_kind": "citizen", "category": "normal", "particulars": "s1.p.x",
        "submitter": f"p{ref[-4:]}", "relation": "self",
        "components": (ComponentGiven("declaration", "original", True, False, False, None),), "options": (),
        "hand_out_by": "desk", "hand_out_to": "", "facts": {}, "fee_due": "none", "agencies": agencies,
        "portal_code": None, "by": CLERK,
    }  # fmt: skip
    return Story(ref).tell("intake", intake.DossierSubmitted, **(fields | more))


def accepted(
    story: Story, code: str, agencies: tuple[str, ...], due_in_days: int = 3, channel: str = "counter"
) -> Story:
    fields: dict[str, Any] = {
        "code": code, "procedure": "1.004873", "procedure_version": "2026-01-01", "channel": channel,
        "category": "normal", "facts": {}, "receiving_agency": DESK, "applicant": "p", "options": (),
        "agencies": agencies, "fee_due": "none", "due_at": story.at + timedelta(days=due_in_days),
        "calendar_id": CALENDAR[0], "calendar_version": CALENDAR[1], "clock_from": story.at, "by": CLERK,
    }  # fmt: skip
    return story.tell("intake", intake.DossierAccepted, **fields)


def planned(step: str, agency: str, *needs: str, days: int = 1) -> PlannedStep:
    limit = Limit(days, "working_days")
    return PlannedStep(
        step, agency, needs, limit, None, None, limit, "KQ.G15.000031", *CALENDAR, "escalate", (), "NĐ 61/2018",
    )  # fmt: skip


def opened(story: Story, code: str, *steps: PlannedStep) -> Story:
    fields: dict[str, Any] = {
        "code": code, "procedure": "1.004873", "procedure_version": "2026-01-01", "receiving_agency": DESK,
        "lead_agency": steps[-1].agency, "applicant": "p", "due_at": story.at + timedelta(days=3),
        "clock_from": story.at, "calendar_id": CALENDAR[0], "calendar_version": CALENDAR[1],
        "total_limit": Limit(3, "working_days"), "steps": steps,
    }  # fmt: skip
    return story.tell("routing", routing.ChainOpened, **fields)


def ready(story: Story, step: str, agency: str, round: int = 1) -> Story:
    due_at = story.at + timedelta(days=1)
    return story.tell("routing", routing.StepReady, step, agency, round, story.at, due_at, None, None, due_at)


def acknowledged(story: Story, step: str, agency: str, minutes: int = 1) -> Story:
    return story.tell("routing", routing.StepAcknowledged, step, agency, OFFICER, minutes=minutes)


def decided(story: Story, step: str, agency: str, version: int = 1, on_time: bool = True, minutes: int = 60) -> Story:
    result = ("KQ.G15.000031", f"{version:02d}/2026", "Chủ tịch", "0" * 64, version, on_time, OFFICER)
    return story.tell("routing", routing.StepDecided, step, agency, *result, minutes=minutes)


def raised(story: Story, total_vnd: int) -> Story:
    line = ObligationLine("fee", "le_phi", "Lệ phí", total_vnd, "tariff")
    return story.tell(
        "payments", obligation.ObligationRaised, story.ref, (line,), total_vnd, "rule", "1", "p", DESK, None, (), ()
    )


def settled(story: Story, total_vnd: int, method: str = "vnpay", txn_ref: str | None = "T1") -> Story:
    return story.tell(
        "payments", obligation.ObligationSettled, total_vnd, txn_ref, "BL-26E", 7, DESK, method, (), "system:payments"
    )


def plain(number: int = 1) -> Story:
    """One step, in time, fetched at the desk and paid there."""
    story = submitted(ref_of(number), "1.004873", "counter", (DESK, COMMUNE), fee_due="before_hand_out")
    accepted(story, f"{DESK}-260907-{number:04d}", (DESK, COMMUNE))
    raised(story, 15_000)
    opened(story, "c", planned("certificate", COMMUNE))
    ready(story, "certificate", COMMUNE)
    acknowledged(story, "certificate", COMMUNE)
    decided(story, "certificate", COMMUNE)
    story.tell("routing", routing.ChainClosed, "granted")
    story.tell("intake", intake.DossierResolved, "granted", True, story.at)
    settled(story, 15_000, "cash", None)
    return story.tell("intake", intake.DossierHandedOut, "desk", "self", "slip", CLERK)


def parallel_and_late(number: int = 2) -> Story:
    """Two steps side by side after a first one; one of the two passes its limit and the dossier is late."""
    agencies = (DESK, COMMUNE, POLICE, PROVINCE)
    story = submitted(ref_of(number), "3.000722", "portal", agencies, hand_out_by="online")
    accepted(story, f"{DESK}-260907-{number:04d}", agencies, due_in_days=1, channel="portal")
    steps = (planned("birth", COMMUNE), planned("residence", POLICE, "birth"), planned("insurance", PROVINCE, "birth"))
    opened(story, "c", *steps)
    ready(story, "birth", COMMUNE)
    story.tell("routing", routing.StepTakenOver, "birth", COMMUNE, OFFICER)
    acknowledged(story, "birth", COMMUNE)
    decided(story, "birth", COMMUNE)
    ready(story, "residence", POLICE)
    ready(story, "insurance", PROVINCE)
    acknowledged(story, "insurance", PROVINCE)
    story.tell("routing", routing.AcknowledgementOverdue, "residence", POLICE, 1, story.at)
    acknowledged(story, "residence", POLICE)
    decided(story, "insurance", PROVINCE)
    story.tell("routing", routing.StepOverdue, "residence", POLICE, 1, story.at, minutes=3000)
    story.tell("routing", routing.ChainOverdue, COMMUNE, MONDAY + timedelta(days=1, minutes=1))
    decided(story, "residence", POLICE, on_time=False)
    story.tell("routing", routing.ChainClosed, "granted")
    story.tell("intake", intake.DossierResolved, "granted", False, MONDAY + timedelta(days=1))
    return story.tell("intake", intake.DossierHandedOut, "online", "self", None, "system:intake")


def by_post_both_ways(number: int = 3) -> Story:
    """Papers fetched, a supplement at the desk, paid twice, delivered at the second attempt."""
    story = submitted(
        ref_of(number), "1.008891", "post", (DESK, PROVINCE), hand_out_by="post", fee_due="before_hand_out"
    )
    proof = Proof(5, "S1", "0" * 64, "1" * 64)
    story.tell("postal", postal.ParcelOrdered, "collection", "RH000000015VN", DESK, "p", "s1.p.x")
    story.tell("postal", postal.ParcelPickedUp, "collection", "RH000000015VN", proof, POSTMAN)
    story.tell("postal", postal.PapersHandedOver, "RH000000015VN", "BG/1", CLERK, 5, (), POSTMAN)
    story.tell("intake", intake.PapersReceived, "BG/1")
    story.tell("intake", intake.SupplementRequested, (MissingItem("photos", "missing", ""),), "desk", None, CLERK)
    given = ComponentGiven("photos", "original", False, False, False, None)
    story.tell("intake", intake.SupplementReceived, (given,), "desk", CLERK)
    accepted(story, f"{DESK}-260907-{number:04d}", (DESK, PROVINCE), due_in_days=6, channel="post")
    raised(story, 300_000)
    opened(story, "c", planned("certificate", PROVINCE))
    ready(story, "certificate", PROVINCE)
    for txn, succeeded in (("T1", False), ("T2", True), ("T3", True)):
        story.tell("payments", attempt.PaymentStarted, txn, "vnpay", 300_000, story.at + timedelta(minutes=15))
        if succeeded:
            story.tell("payments", attempt.PaymentSucceeded, txn, "vnpay", 300_000, f"G{txn}")
        else:
            story.tell("payments", attempt.PaymentFailed, txn, "vnpay", "51", f"G{txn}")
    settled(story, 300_000, "vnpay", "T2")
    story.tell("payments", obligation.RefundOwed, "T3", 300_000, "paid_twice", "p", DESK, ())
    story.tell("payments", obligation.RefundPaid, "T3", 300_000, "UNC-1", (), "accountant:1")
    acknowledged(story, "certificate", PROVINCE)
    decided(story, "certificate", PROVINCE)
    story.tell("routing", routing.ChainClosed, "granted")
    story.tell("intake", intake.DossierResolved, "granted", True, story.at)
    story.tell("intake", intake.ResultDispatched, "s1.p.x", ("KQ.G17.000105",), DESK, "p")
    story.tell("postal", postal.ParcelOrdered, "delivery", "RH000000029VN", DESK, "p", "s1.p.x")
    story.tell("postal", postal.ParcelPickedUp, "delivery", "RH000000029VN", proof, POSTMAN)
    failed = ("delivery", "RH000000029VN", 1, "not_home", "retry_next_working_day", "2" * 64, story.at)
    story.tell("postal", postal.AttemptFailed, *failed, POSTMAN)
    shown = DeliveryProof("self", "identity_card", "3" * 64, "4" * 64)
    story.tell("postal", postal.ParcelDelivered, "RH000000029VN", shown, POSTMAN)
    return story.tell("intake", intake.DossierHandedOut, "post", "self", None, "system:intake")


def sent_back_then_withdrawn(number: int = 4) -> Story:
    """A step goes back to the desk, the applicant supplements, the clock restarts; later he withdraws."""
    agencies = (DESK, COMMUNE, POLICE)
    story = submitted(ref_of(number), "9.000297", "portal", agencies, fee_due="before_clock")
    story.tell(
        "intake", intake.PaymentAwaited, f"{DESK}-260907-{number:04d}", "9.000297", "2026-01-01", "portal", "normal",
        {"rooms": 3}, DESK, "p", story.at + timedelta(days=15), CLERK,
    )  # fmt: skip
    raised(story, 450_000)
    settled(story, 450_000)
    accepted(story, f"{DESK}-260907-{number:04d}", agencies, due_in_days=16, channel="portal")
    opened(story, "c", planned("household", COMMUNE), planned("security", POLICE, "household"))
    ready(story, "household", COMMUNE)
    acknowledged(story, "household", COMMUNE)
    sent_back = ("household", COMMUNE, "desk", "papers_contradict", "", True, OFFICER)
    story.tell("routing", routing.StepSentBack, *sent_back)
    missing = (MissingItem("declaration", "contradictory", ""),)
    story.tell("intake", intake.SupplementRequested, missing, "examination", story.at + timedelta(days=15), CLERK)
    story.tell("routing", routing.ClockSuspended, "supplement")
    given = ComponentGiven("declaration", "electronic", True, False, False, None)
    story.tell("intake", intake.SupplementReceived, (given,), "examination", CLERK, minutes=1440)
    due_at = story.at + timedelta(days=16)
    story.tell("intake", intake.SentBackAnswered, "household", "", story.at, due_at, CLERK)
    story.tell("routing", routing.ClockRestarted, "supplement", story.at, due_at)
    ready(story, "household", COMMUNE, 2)
    acknowledged(story, "household", COMMUNE)
    decided(story, "household", COMMUNE)
    ready(story, "security", POLICE)
    story.tell("intake", intake.WithdrawalRequested, "p0004")
    story.tell("routing", routing.StepCancelled, "security", POLICE, "withdrawn")
    story.tell("routing", routing.ChainWithdrawn, ("security",), ("household",))
    story.tell("intake", intake.DossierWithdrawn, ("household",), "system:intake")
    return story.tell("payments", obligation.RefundOwed, "T1", 450_000, "withdrawn", "p", DESK, ())


def turned_away(number: int = 5) -> Story:
    """Refused at the desk."""
    story = submitted(ref_of(number), "1.004873", "counter", (DESK, COMMUNE))
    return story.tell("intake", intake.DossierRefused, "wrong_authority", "NĐ 61/2018 art. 17.2", "", CLERK)


def refused_and_corrected(number: int = 6) -> Story:
    """A later step finds an error in an earlier result, which is corrected; then another step is refused."""
    agencies = (DESK, COMMUNE, POLICE, PROVINCE)
    story = submitted(ref_of(number), "9.000297", "portal", agencies)
    accepted(story, f"{DESK}-260907-{number:04d}", agencies, channel="portal")
    steps = (
        planned("household", COMMUNE),
        planned("security", POLICE, "household"),
        planned("licence", PROVINCE, "security"),
    )
    opened(story, "c", *steps)
    ready(story, "household", COMMUNE)
    acknowledged(story, "household", COMMUNE)
    decided(story, "household", COMMUNE)
    ready(story, "security", POLICE)
    acknowledged(story, "security", POLICE)
    story.tell("routing", routing.StepSentBack, "security", POLICE, "household", "wrong_address", "", True, OFFICER)
    ready(story, "household", COMMUNE, 2)
    acknowledged(story, "household", COMMUNE)
    decided(story, "household", COMMUNE, version=2)
    ready(story, "security", POLICE, 2)
    story.tell("routing", routing.LimitExtended, "security", POLICE, "verification", "NĐ", story.at, OFFICER)
    acknowledged(story, "security", POLICE)
    refused = ("security", POLICE, "conditions_not_met", "NĐ 96/2016", "", True, OFFICER)
    story.tell("routing", routing.StepRefused, *refused)
    story.tell("routing", routing.StepCancelled, "licence", PROVINCE, "needs_refused")
    story.tell("routing", routing.ChainClosed, "partly_granted")
    return story.tell("intake", intake.DossierResolved, "partly_granted", True, story.at)


def all_stories() -> tuple[Story, ...]:
    """Tell one dossier of each kind."""
    return (
        plain(), parallel_and_late(), by_post_both_ways(), sent_back_then_withdrawn(), turned_away(),
        refused_and_corrected(),
    )  # fmt: skip
