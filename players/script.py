"""What a player may do next: act, look, pay, push as the portal does, or wait; nothing here does any of it.

A life is a generator of these; whoever stages it (over HTTP, or by wire) carries them out and sends back the answers.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Who:
    """Who acts. A natural person is known by a personal id, a firm by its tax code; the vault makes them opaque."""

    role: str
    name: str = ""
    agency: str = ""
    personal_id: str = ""
    tax_code: str = ""


@dataclass(frozen=True, slots=True)
class Do:
    """Give one command of a service, once however often it has to be sent."""

    service: str
    act: str
    who: Who
    body: Mapping[str, Any] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class See:
    """Look at one thing of a service."""

    service: str
    view: str
    who: Who
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pay:
    """Let a payment end at the gateway's simulator, which tells the product of it, well or badly."""

    pay_url: str
    ending: str
    misbehaviour: str = "none"


@dataclass(frozen=True, slots=True)
class Push:
    """Push what the national portal sends, in its own words."""

    path: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Until:
    """Wait until `instant`; by then every service has heard what was said before."""

    instant: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: an HTTP status, and the JSON body (empty after waiting)."""

    status: int
    body: Mapping[str, Any]

    @property
    def well(self) -> bool:
        return self.status < 400


WAITED = Answer(204, {})

Move = Do | See | Pay | Push
Life = Generator[Move | Until, Answer, None]
"""One dossier's life."""


class Surprised(Exception):
    """A player met an answer that the script does not allow: a defect of the product or of the script."""

    def __init__(self, move: Move, answer: Answer) -> None:
        super().__init__(f"{move} was answered {answer.status} {dict(answer.body)}")
        self.move = move
        self.answer = answer


def must(move: Move) -> Generator[Move | Until, Answer, Mapping[str, Any]]:
    """Make a move that has to succeed and return the body of its answer."""
    answer = yield move
    if not answer.well:
        raise Surprised(move, answer)
    return answer.body
