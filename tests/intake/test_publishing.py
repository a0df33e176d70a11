"""What the desk says to others."""

from dataclasses import MISSING, fields
from typing import get_args

import pytest

from services.intake.domain import events, numbering
from services.intake.publishing import PUBLISHED, publish
from tests.intake.cases import ACCEPTED, REF, RESULT, SETTLED, SUBMITTED
from tests.intake.test_numbering import issued

PRIVATE = {
    "WithdrawalTurnedDown",
    "FeeSettled",
    "ResultReceived",
    "ResultRevoked",
    "SentBackReceived",
    "ResultKeptAtDesk",
    "AppointmentChanged",
}


def test_every_stored_event_is_public_or_known_to_be_the_desks_own() -> None:
    """Stored events are private; what others may know leaves through publishing alone."""
    said = {data.__name__ for _, _, data in PUBLISHED}
    assert said | PRIVATE == {kind.__name__ for kind in get_args(events.Event)}
    assert not said & PRIVATE


@pytest.mark.parametrize("event", [SUBMITTED, ACCEPTED])
def test_a_public_event_is_about_its_dossier(event: events.Event) -> None:
    """subject = root = ref: the order of one dossier's events is kept on every bus."""
    public = publish(event)
    assert public is not None
    assert (public.name, public.version, public.subject, public.root) == (type(event).__name__, 1, REF, REF)
    assert public.data is event


@pytest.mark.parametrize("event", [RESULT, SETTLED, issued("a", 1)])
def test_what_others_said_first_is_not_said_again(event: events.Event | numbering.Event) -> None:
    """A fact is never said twice."""
    assert publish(event) is None


@pytest.mark.parametrize("data", [data for _, _, data in PUBLISHED])
def test_every_public_event_names_its_dossier_first_and_its_time(data: type) -> None:
    """One habit for every reader of every service; what was added later stands after the time and may be missing."""
    declared = fields(data)
    names = [field.name for field in declared]
    assert names[0] == "ref"
    assert all(field.default is not MISSING for field in declared[names.index("at") + 1 :])
