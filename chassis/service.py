"""What a service hands over to be run: its deciders, its ears, its promises, its read models and its borders."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chassis.stores.store import Statement, Store
from kernel.decider import Decider
from kernel.message import CancelTimer, Envelope, Hearing, PublicEvent, Timer
from kernel.saga import Saga

if TYPE_CHECKING:
    from chassis.clock import Clock
    from chassis.executor import Lane, Unit
    from chassis.job import Piece
    from chassis.registry import Registry
    from chassis.settings import Settings
    from chassis.uploads import Uploads
    from chassis.vault import Vault
    from chassis.web.acts import Act, Listing, View


@dataclass(frozen=True, slots=True)
class Scope:
    """Whom a thing concerns; the authorisation filter compares it with the principal.

    Args:
        people: person ids of applicant and submitter.
        receiving: agency whose desk received it.
        agencies: agencies that act in it.
        assigned: agency that holds the very step a command is about, or "".
        procedure: its procedure code.
        step: the very step a command is about, or "".
    """

    people: tuple[str, ...] = ()
    receiving: str = ""
    agencies: tuple[str, ...] = ()
    assigned: str = ""
    procedure: str = ""
    step: str = ""


@dataclass(frozen=True, slots=True)
class Route:
    """How a command finds the decider and the stream it is about.

    Args:
        decider: decides and folds; a decider serves one kind of stream.
        stream: command → stream name.
        prepare: fills in what the command needs from outside its own stream (procedure, calendar, a number from another
            stream); runs in the same unit of work.
        then: commands that must follow in the same transaction, given the command and the events it led to.
    """

    decider: Decider[Any, Any, Any]
    stream: Callable[[Any], str]
    prepare: Callable[[Any, "Unit"], Any] | None = None
    then: Callable[[Any, tuple[Any, ...]], tuple[Any, ...]] | None = None


@dataclass(frozen=True, slots=True)
class SagaRoute:
    """A saga with what it hears: public events of others (`hears`) and stored events of its own service (`own`)."""

    saga: Saga[Any, Any, Any]
    hears: tuple[Hearing, ...]
    own: Mapping[type, Callable[[Any], Any]]
    facts: tuple[type, ...]


@dataclass(frozen=True, slots=True)
class Projection:
    """One read model: its tables, and pure functions from what happened to rows.

    Args:
        tables: `CREATE TABLE IF NOT EXISTS …` statements.
        own: stored event type → function of the event.
        heard: public type → (reading type, function of the data and the envelope).
    """

    name: str
    tables: tuple[str, ...]
    own: Mapping[type, Callable[[Any], tuple[Statement, ...]]] = field(default_factory=dict)
    heard: Mapping[str, tuple[type, Callable[[Any, Envelope], tuple[Statement, ...]]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Invariant:
    """Something that must hold of a service's whole log, for `lienthong verify`.

    Args:
        says: what is checked, in one sentence.
        broken: every stored event as (stream, event), in order → one sentence for each place where it does not hold.
    """

    name: str
    says: str
    broken: Callable[[Iterable[tuple[str, Any]]], Iterable[str]]


def _no_timers(event: Any) -> tuple[Timer | CancelTimer, ...]:
    return ()


def _nothing_open(store: Store, person: str) -> tuple[str, ...]:
    return ()


def _says_nothing(event: Any) -> PublicEvent | None:
    return None


@dataclass(frozen=True, slots=True)
class Service:
    """A service's table of contents.

    Args:
        events: every stored event type of its deciders.
        streams: stream prefix (`dossier-`) → decider, for re-folding.
        hears: policies; their `react` gives commands.
        timers: stored event → timers to set or cancel.
        timer_commands: command types that timers may carry.
        acts, views, listings: its HTTP border; `extra_routes` are ASGI routes of its gateways.
        invariants: what `verify` checks over its whole log.
        patient: nobody waits for what it does on hearing something, so it hears in larger helpings.
        open_matters: its store and a person → what of theirs is still open, a line each (a dossier, a refund, a
            parcel); while there is any, the person cannot be forgotten.
        published: (name, version, data type) of every public event; the schemas come from it.
        asks_outside: lane → what is asked each turn for what the outside world has answered; it never waits.
    """

    name: str
    events: tuple[type, ...] = ()
    streams: Mapping[str, Decider[Any, Any, Any]] = field(default_factory=dict)
    routes: Mapping[type, Route] = field(default_factory=dict)
    publish: Callable[[Any], PublicEvent | None] = _says_nothing
    published: tuple[tuple[str, int, type], ...] = ()
    hears: tuple[Hearing, ...] = ()
    sagas: tuple[SagaRoute, ...] = ()
    timers: Callable[[Any], tuple[Timer | CancelTimer, ...]] = _no_timers
    timer_commands: tuple[type, ...] = ()
    projections: tuple[Projection, ...] = ()
    acts: tuple["Act", ...] = ()
    views: tuple["View", ...] = ()
    listings: tuple["Listing", ...] = ()
    extra_routes: tuple[Any, ...] = ()
    invariants: tuple[Invariant, ...] = ()
    patient: bool = False
    open_matters: Callable[[Store, str], tuple[str, ...]] = _nothing_open
    asks_outside: "Callable[[Lane], Callable[[], Iterable[Piece]]] | None" = None


@dataclass(frozen=True, slots=True)
class Parts:
    """What a service's `wiring` is given; embedded and distributed differ only here."""

    registry: "Registry"
    vault: "Vault"
    clock: "Clock"
    settings: "Settings"
    uploads: "Uploads"
