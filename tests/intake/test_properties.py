"""What holds for every dossier, whatever anybody orders and in whatever order."""

from dataclasses import replace
from typing import Any, get_args, get_type_hints

import msgspec
import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from kernel.refusal import Refused
from services.intake.domain import commands, events, numbering
from services.intake.domain.completeness import lacking
from services.intake.domain.dossier import decider
from services.intake.domain.state import Dossier
from services.intake.domain.words import MissingItem
from services.intake.publishing import publish
from tests.intake.cases import AGENCY, CALENDAR, CERTIFICATE, CODE, DECLARATION, IDENTITY, KARAOKE, SUBMIT, any_of

EVENTS: tuple[Any, ...] = get_args(events.Event)
COMMANDS: tuple[Any, ...] = get_args(commands.CommandOnDossier)
PREPARED = {"published": CERTIFICATE, "calendar": CALENDAR, "agency": AGENCY, "agencies": (AGENCY.id,), "code": CODE}
COMPONENTS = st.lists(st.sampled_from((DECLARATION, IDENTITY, replace(IDENTITY, form="copy"))), max_size=2).map(tuple)
ITEMS = st.sampled_from(("declaration", "identity_paper", "authorisation"))


def orders(kind: Any) -> st.SearchStrategy[Any]:
    """Return a strategy for a command as the wiring prepares it, about papers that the procedure knows."""
    parts = {
        name: st.just(PREPARED[name]) if name in PREPARED else any_of(hint)
        for name, hint in get_type_hints(kind).items()
    }
    if "components" in parts:
        parts["components"] = COMPONENTS
    if "items" in parts:
        item = st.builds(MissingItem, component=ITEMS, reason=st.just("missing"), note=st.just(""))
        parts["items"] = st.lists(item, max_size=2).map(tuple)
    if "step" in parts:
        parts["step"] = st.sampled_from(("certificate", "residence"))
    return st.builds(kind, **parts)


ANY_ORDER = st.sampled_from(COMMANDS).flatmap(orders)
SUBMISSIONS = st.builds(
    replace,
    st.just(SUBMIT),
    components=st.just((DECLARATION, IDENTITY)) | COMPONENTS,
    channel=st.sampled_from(("portal", "counter", "post")),
    hand_out_by=st.sampled_from(("desk", "online", "post")),
    hand_out_to=st.just("s1.p1.address"),
    published=st.sampled_from((CERTIFICATE, replace(CERTIFICATE, fee_due="before_clock", payment_limit=None))),
)
COURSE = (
    commands.RecordHandover,
    commands.AcceptDossier,
    commands.AcceptPaidDossier,
    commands.RecordSettlement,
    commands.RecordSentBack,
    commands.AskForSupplement,
    commands.ReceiveSupplement,
    commands.AnswerSentBack,
    commands.RecordResult,
    commands.RecordRevocation,
    commands.ResolveDossier,
    commands.DispatchResult,
    commands.HandOut,
)


@st.composite
def courses(draw: st.DrawFn) -> list[Any]:
    """Draw a dossier's usual course with gaps, and anything else in between."""
    asked: list[Any] = []
    for kind in COURSE:
        if draw(st.integers(0, 9)):
            asked.append(draw(orders(kind)))
        if not draw(st.integers(0, 3)):
            asked.append(draw(ANY_ORDER))
    return asked


ORDERS = courses() | st.lists(ANY_ORDER, max_size=25)


def walk(submission: commands.SubmitDossier, asked: list[Any]) -> list[tuple[Any, Dossier, Any, Dossier]]:
    """Return each order with the dossier before it, the answer, and the dossier after it."""
    dossier, steps = decider.initial, []
    for command in (submission, *asked):
        answer = decider.decide(command, dossier)
        after = dossier if isinstance(answer, Refused) else decider.fold(answer, dossier)
        steps.append((command, dossier, answer, after))
        dossier = after
    return steps


@for_all(SUBMISSIONS, ORDERS)
def test_what_was_done_is_not_done_again(submission: commands.SubmitDossier, asked: list[Any]) -> None:
    """Asked twice, done once."""
    for command, _, answer, after in walk(submission, asked):
        if answer and not isinstance(answer, Refused):
            assert decider.decide(command, after) == ()


ENDED = {"handed_out", "refused"}


@for_all(SUBMISSIONS, ORDERS)
@settings(max_examples=200)
def test_the_laws_of_every_dossier(submission: commands.SubmitDossier, asked: list[Any]) -> None:
    """One desk request, one acceptance, one code; accepted means complete; what has ended does not begin again."""
    steps = walk(submission, asked)
    told = [event for _, _, answer, _ in steps if not isinstance(answer, Refused) for event in answer]
    for kind in (events.DossierAccepted, events.PaymentAwaited, events.DossierHandedOut, events.ResultDispatched):
        assert sum(isinstance(event, kind) for event in told) <= 1
    desk_requests = [event for event in told if isinstance(event, events.SupplementRequested) and event.stage == "desk"]
    assert len(desk_requests) <= 1
    assert len({event.code for event in told if isinstance(event, events.DossierAccepted | events.PaymentAwaited)}) <= 1
    for _, before, answer, after in steps:
        if before.phase != "accepted" and after.phase == "accepted":
            assert after.submission is not None
            assert lacking(after.submission, after, CERTIFICATE) == ()
            assert not after.papers_with_post
            assert after.submission.fee_due != "before_clock" or before.phase == "awaiting_payment"
        if before.phase in ENDED:
            assert after.phase == before.phase
        assert before.submission is None or after.submission is before.submission
        assert isinstance(answer, Refused) or all(event.ref == command_ref(answer) for event in answer)


def command_ref(answer: tuple[Any, ...]) -> str:
    return str(answer[0].ref)


@for_all(
    st.lists(st.sampled_from(EVENTS).flatmap(any_of), max_size=8), st.sampled_from((CERTIFICATE, KARAOKE)), st.data()
)
def test_every_event_is_taken_and_every_order_is_answered_in_every_state(
    history: list[Any], published: Any, data: st.DataObject
) -> None:
    """`evolve` never refuses and never raises; `decide` is total, even where no honest history leads."""
    dossier = decider.fold(history)
    command = data.draw(ANY_ORDER | SUBMISSIONS)
    if hasattr(command, "published"):
        command = replace(command, published=published)
    answer = decider.decide(command, dossier)
    assert isinstance(answer, tuple | Refused)


@pytest.mark.parametrize("kind", [*EVENTS, *get_args(numbering.Event)], ids=lambda kind: kind.__name__)
@for_all(data=st.data())
@settings(max_examples=25)
def test_every_event_survives_its_codec(kind: Any, data: st.DataObject) -> None:
    """What was stored is read back as it was, and what is public can be said."""
    event = data.draw(any_of(kind))
    assert msgspec.json.decode(msgspec.json.encode(event), type=kind) == event
    public = publish(event)
    assert public is None or public.data is event


@for_all(st.lists(st.sampled_from(EVENTS).flatmap(any_of), max_size=8))
def test_every_state_survives_its_codec(history: list[Any]) -> None:
    """Snapshots of long streams are states written down."""
    dossier = decider.fold(history)
    assert msgspec.json.decode(msgspec.json.encode(dossier), type=Dossier) == dossier
