"""Gathers everything that the page of one dossier shows to somebody who may see it whole."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec

from chassis.registry import AreaNeeded, NotInRegistry, Registry
from chassis.stores.store import Store
from chassis.web.auth import (
    ACTING,
    AGENCY_OFFICER,
    ALL,
    APPLICANT,
    DESK_OFFICER,
    INSPECTOR,
    OWN,
    RECEIVING,
    Principal,
    Rights,
    may,
)
from kernel.calendar import VIETNAM, Words
from kernel.procedure import Procedure
from services.reporting.api import scope_of, told
from services.reporting.domain.shares import Share
from services.reporting.domain.status import RUNNING_STAGES, Holder, Standing, completion_of, holders_of, status_of
from services.reporting.pages.clock import Clock, clock_of, clock_of_step
from services.reporting.pages.graph import END, NARROW, START, WIDE, Drawing, draw
from services.reporting.pages.names import Names
from services.reporting.pages.next_acts import Offer, offers
from services.reporting.pages.situation import Known, given_papers, lacking, required, things
from services.reporting.pages.words import STAGE, STATUS, Look, word
from services.reporting.projections.agencies import causes_of
from services.reporting.projections.clock_told import ClockTold, clock_told
from services.reporting.projections.clocks import step_standstills
from services.reporting.projections.lateness import lateness_of
from services.reporting.projections.money import attempts_of, obligations_of, refunds_of
from services.reporting.projections.parcels import parcels_of
from services.reporting.projections.rows import read_instant
from services.reporting.projections.standing import stand
from services.reporting.projections.steps import holdings_of, steps_of
from services.reporting.projections.supplements import supplements_of

Row = Mapping[str, Any]

READ_THE_FILES: Final[Rights] = {APPLICANT: OWN, DESK_OFFICER: RECEIVING, AGENCY_OFFICER: ACTING, INSPECTOR: ALL}
"""To whom the page offers the list of files, which intake keeps and filters itself; a test holds the two alike."""

DONE: Final = Look(Words("Đã xong", "Done"), "check", "done")
WAITS: Final = Look(Words("Chưa đến lượt", "Not yet due"), "dots", "idle")
OVERDUE: Final = Look(Words("Quá hạn", "Overdue"), "alert", "late")
LATE: Final = Look(Words("Trễ hạn", "Late"), "alert", "late")
TONES_OF_SHARES: Final = ("a", "b", "c", "d", "e", "f")


@dataclass(frozen=True, slots=True)
class Node:
    """What is written into one box of the chain's drawing."""

    title: Words
    agency: Words
    look: Look
    detail: Words


@dataclass(frozen=True, slots=True)
class Part:
    """One stretch of the bar that shows whose minutes there were, in percent of its length."""

    party: str
    agency: str
    step: str
    minutes: int
    start: float
    length: float
    tone: str


@dataclass(frozen=True, slots=True)
class Paper:
    """One component of the procedure, and how it was given."""

    name: Words
    is_required: bool
    form: str
    is_given: bool
    stands_for: Words | None


@dataclass(frozen=True, slots=True)
class Due:
    """One thing that is or was owed: the fee (`step` is None) or what the tax notice of a step states."""

    step: Words | None
    obligation: Row
    lines: Sequence[Row]
    attempts: Sequence[Row]
    refunds: Sequence[Row]


@dataclass(frozen=True, slots=True)
class TitledClock:
    """A clock with what it belongs to: the dossier (`step` is "") or one step of an agency."""

    step: Words | None
    agency: Words
    clock: Clock
    runs: bool


@dataclass(frozen=True, slots=True)
class DossierPage:
    """All that the page shows; the template only writes it down."""

    dossier: Row
    standing: Standing
    status: Look
    percent: int
    names: Names
    holders: tuple[Holder, ...]
    nodes: Mapping[str, Node]
    wide: Drawing
    narrow: Drawing
    clocks: tuple[TitledClock, ...]
    parts: tuple[Part, ...]
    lateness: Sequence[Row]
    causes: Sequence[Row]
    papers: tuple[Paper, ...]
    may_open_files: bool
    supplements: Sequence[Row]
    dues: tuple[Due, ...]
    parcels: Sequence[Row]
    timeline: Sequence[Row]
    offers: tuple[Offer, ...]
    late: Look | None


def late_look(dossier: Row) -> Look | None:
    """Say that a dossier was resolved late, or is open and past its appointment."""
    if dossier["on_time"] == 0:
        return LATE
    return OVERDUE if not dossier["ended"] and dossier["overdue_at"] is not None else None


def gather(registry: Registry, store: Store, dossier: Row, principal: Principal, now: datetime) -> DossierPage:
    """Return what the page of a dossier shows to a principal who may see it whole."""
    known = known_of(registry, store, dossier)
    ref, standing, names = dossier["ref"], known.standing, known.names
    needs, nodes = _chain(registry, known, now)
    told_time = clock_told(store, registry.calendar_version, dossier, now)
    return DossierPage(
        dossier=dossier,
        standing=standing,
        status=STATUS[status_of(standing)],
        percent=completion_of(standing, dossier["accepted_at"] is not None).percent,
        names=names,
        holders=holders_of(standing),
        nodes=nodes,
        wide=draw(needs, WIDE),
        narrow=draw(needs, NARROW),
        clocks=() if told_time is None else clocks_shown(registry, known, told_time, now),
        parts=() if told_time is None else in_percent(told_time.until_result.shares),
        lateness=lateness_of(store, ref),
        causes=causes_of(store, ref),
        papers=_papers(known),
        may_open_files=may(principal, READ_THE_FILES, scope_of(dossier)),
        supplements=known.supplements,
        dues=_dues(registry, known, attempts_of(store, ref)),
        parcels=known.parcels,
        timeline=told(store, dossier),
        offers=offers(principal.role, things(known, principal, scope_of(dossier))),
        late=late_look(dossier),
    )


def known_of(registry: Registry, store: Store, dossier: Row) -> Known:
    ref = dossier["ref"]
    steps, parcels = steps_of(store, ref), parcels_of(store, ref)
    delivery = next((parcel["status"] for parcel in parcels if parcel["leg"] == "delivery"), "")
    procedure = _procedure(registry, dossier)
    return Known(
        dossier=dossier,
        standing=stand(dossier, steps, delivery),
        procedure=procedure,
        names=Names(registry, procedure),
        steps=steps,
        holdings=holdings_of(store, ref),
        supplements=supplements_of(store, ref),
        parcels=parcels,
        obligations=obligations_of(store, ref),
        refunds=refunds_of(store, ref),
    )


def _procedure(registry: Registry, dossier: Row) -> Procedure | None:
    try:
        return registry.procedure(dossier["procedure"], dossier["procedure_version"])
    except NotInRegistry:
        return None


# --- the chain ---


def _chain(registry: Registry, known: Known, now: datetime) -> tuple[dict[str, tuple[str, ...]], dict[str, Node]]:
    """Return the chain as it runs, or as it will run once the dossier is accepted."""
    nodes = {START: _start(known), END: _end(known)}
    if known.steps:
        needs = {step["step"]: tuple(step["needs"].split()) for step in known.steps}
        return needs, nodes | {step["step"]: _node(known, step, now) for step in known.steps}
    options, facts = (msgspec.json.decode(known.dossier[name]) for name in ("options", "facts"))
    chosen = known.procedure.steps_for(tuple(options), facts) if known.procedure else ()
    for step in chosen:
        try:
            agency = registry.acting_agency(step, known.dossier["receiving_agency"], now.astimezone(VIETNAM).date())
            acts = Words(agency.name_vi, agency.name_en)
        except (NotInRegistry, AreaNeeded):
            acts = Words("", "")
        nodes[step.code] = Node(known.names.step(step.code), acts, STAGE["planned"], step.limit.in_words)
    return {step.code: tuple(step.needs) for step in chosen}, nodes


def _start(known: Known) -> Node:
    accepted = read_instant(known.dossier["accepted_at"])
    title = Words("Tiếp nhận hồ sơ", "Reception")
    status = status_of(known.standing)
    look = DONE if accepted else STAGE["ready"] if status == "at_desk" else STATUS[status]
    return Node(title, known.names.agency(known.dossier["receiving_agency"]), look, _at(accepted))


def _end(known: Known) -> Node:
    handed_out = read_instant(known.dossier["handed_out_at"])
    status, title = status_of(known.standing), Words("Trả kết quả", "Handing out")
    reached = known.standing.waits_for_hand_out or known.standing.phase in ("dispatched", "withdrawn", "stopped")
    look = DONE if handed_out else STATUS[status] if reached else WAITS
    return Node(title, known.names.agency(known.dossier["receiving_agency"]), look, _at(handed_out))


def _node(known: Known, step: Row, now: datetime) -> Node:
    due_at, closed_at = read_instant(step["due_at"]), read_instant(step["closed_at"])
    look = DONE if step["party"] == "applicant" and step["stage"] == "decided" else STAGE[step["stage"]]
    if step["stage"] in RUNNING_STAGES and due_at is not None and due_at < now:
        look = Look(Words(f"{look.said.vi}, quá hạn", f"{look.said.en}, overdue"), OVERDUE.sign, OVERDUE.tone)
    if closed_at is not None or step["stage"] in ("planned", "sent_back"):
        detail = _at(closed_at)
    else:
        detail = Words(f"Hạn {_at(due_at).vi}", f"Due {_at(due_at).en}")
    return Node(known.names.step(step["step"]), _doer(known, step), look, detail)


def _doer(known: Known, step: Row) -> Words:
    return known.names.agency(step["agency"]) if step["party"] == "agency" else word("party", step["party"])


def _at(instant: datetime | None) -> Words:
    text = "" if instant is None else instant.astimezone(VIETNAM).strftime("%d/%m/%Y %H:%M")
    return Words(text, text)


# --- the clocks ---


def clocks_shown(registry: Registry, known: Known, told: ClockTold, now: datetime) -> tuple[TitledClock, ...]:
    """Return the clock of the appointment, and that of each step which lies with somebody."""
    dossier = known.dossier
    lead = known.names.agency(dossier["lead_agency"] or dossier["receiving_agency"])
    whole = clock_of(told.legal, told.legal_derivation, told.history.present(now))
    running = (step for step in known.steps if step["stage"] in RUNNING_STAGES)
    of_steps = (_clock_of_step(registry, known, told, step, now) for step in running)
    return (TitledClock(None, lead, whole, not dossier["ended"]), *of_steps)


def _clock_of_step(registry: Registry, known: Known, told: ClockTold, step: Row, now: datetime) -> TitledClock:
    calendar = told.calendar
    if step["calendar_id"]:
        calendar = registry.calendar_version(step["calendar_id"], step["calendar_version"])
    clock = clock_of_step(calendar, step, step_standstills(told.standstills, step["step"]), now)
    return TitledClock(known.names.step(step["step"]), _doer(known, step), clock, True)


def in_percent(shares: Sequence[Share]) -> tuple[Part, ...]:
    whole = sum(share.minutes for share in shares)
    parts: list[Part] = []
    start = 0.0
    for place, share in enumerate(shares):
        length = float(share.minutes * 100 / whole)
        tone = TONES_OF_SHARES[min(place, len(TONES_OF_SHARES) - 1)]
        whose = (share.party, share.agency, share.step)
        parts.append(Part(*whose, round(share.minutes), round(start, 2), round(length, 2), tone))
        start += length
    return tuple(parts)


# --- papers and money ---


def _papers(known: Known) -> tuple[Paper, ...]:
    """Return the papers that this dossier needs or was given, with their state."""
    if known.procedure is None:
        return ()
    facts, given, missing = msgspec.json.decode(known.dossier["facts"]), given_papers(known), lacking(known)
    papers = []
    for part in known.procedure.components:
        needed = required(part, known.dossier["relation"], facts, known.procedure)
        paper = given.get(part.code)
        if not needed and paper is None:
            continue
        other = known.names.component(paper["code"]) if paper and paper["code"] != part.code else None
        name = Words(part.name_vi, part.name_en)
        papers.append(Paper(name, needed, paper["form"] if paper else "", part.code not in missing, other))
    return tuple(papers)


def _dues(registry: Registry, known: Known, attempts: Sequence[Row]) -> tuple[Due, ...]:
    """Return the fee, then each tax notice, with the attempts to pay it and what of it is owed back."""
    return tuple(
        Due(
            known.names.step(obligation["step"]) if obligation["step"] else None,
            obligation,
            _lines(registry, known.procedure, obligation),
            [one for one in attempts if one["step"] == obligation["step"]],
            [one for one in known.refunds if one["step"] == obligation["step"]],
        )
        for obligation in known.obligations
    )


def _lines(registry: Registry, procedure: Procedure | None, obligation: Row) -> Sequence[Row]:
    """Return the lines of what is owed, with their English names where the registry still has the rule."""
    english: dict[str, str] = {}
    if procedure is not None and procedure.fee_rule is not None:
        english = {line.code: line.name_en for line in registry.fee_rule(procedure.fee_rule).lines}
    lines: list[dict[str, Any]] = msgspec.json.decode(obligation["lines"])
    return [line | {"name_en": english.get(line["code"], line["name_vi"])} for line in lines]
