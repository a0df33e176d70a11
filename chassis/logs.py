"""Lines about the work: JSON when a program reads them, words when a person does; never what somebody said or is.

Every line has its time, level, place and words of ours. A line of a command has its trace, its service and the
reference of its dossier as well. What is filled into a line is let through only when it is a number or a plain name
(`chassis/telemetry_words.py`); of an exception its kind and the places it went through are told, of its words only
those that we wrote ourselves.
"""

import logging
import re
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from typing import Any, Final, TextIO

import structlog

from chassis.stores.store import Conflict, StoreUnavailable, Unwritable
from chassis.telemetry import CROSSING, PRESENT
from chassis.telemetry_words import HIDDEN, is_plain

Event = MutableMapping[str, Any]

FIELDS: Final = ("at", "level", "logger", "event", "trace", "span", "service", "dossier", "error", "where")
"""Whatever else comes with a line is left out."""

OURS: Final = "lienthong"
FRAMES_MAX: Final = 12
STRANGE_WORDS_MAX: Final = 120
"""Of what a library says only the first line is told, with nothing filled in."""

OWN_WORDS: Final = (StoreUnavailable, Conflict, Unwritable)
"""Exceptions whose words are the database's or ours, never a person's."""

CHATTY: Final = ("kafka", "aiokafka", "faust", "mode")
"""Libraries that tell of every connection; only their warnings are kept."""

KIND: Final = re.compile(r"([A-Z][A-Za-z]+): ")
"""What a reason begins with (`ValidationError: …`)."""


def set_up(level: str = "warning", stream: TextIO | None = None, readable: bool | None = None) -> None:
    """Let everything that is logged in this process go to one place, in one form.

    Args:
        level: the lowest that is shown, `debug` to `error`.
        stream: where to; standard error if none is given.
        readable: for a person; if not said, whether the stream is a terminal.

    Raises:
        ValueError: there is no such level.
    """
    to = sys.stderr if stream is None else stream
    person = to.isatty() if readable is None else readable
    rendered: Any = (
        structlog.dev.ConsoleRenderer(colors=person, timestamp_key="at", sort_keys=False) if person
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )  # fmt: skip
    handler = logging.StreamHandler(to)
    handler.addFilter(tell_safely)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
                structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            ],
            processors=[with_the_work, only_allowed, rendered],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for chatty in CHATTY:
        logging.getLogger(chatty).setLevel(max(root.level, logging.WARNING))


def tell_safely(record: logging.LogRecord) -> bool:
    """Put nothing into a line that may be a person's; part of the handler, so that it comes before any wording."""
    if record.name.partition(".")[0] == OURS:
        if isinstance(record.args, Mapping):
            record.args = {name: plainly(value) for name, value in record.args.items()}
        elif record.args:
            record.args = tuple(map(plainly, record.args))
    else:
        record.msg, record.args = str(record.msg).partition("\n")[0][:STRANGE_WORDS_MAX], ()
    return True


def plainly(value: Any) -> Any:
    """Return what may be told of a value: a number, a plain name, the kind of an exception or of a thing."""
    if value is None or isinstance(value, int | float):
        return value
    if isinstance(value, BaseException):
        return _words_of(value)
    if isinstance(value, str):
        if is_plain(value):
            return value
        kind = KIND.match(value)
        return f"{kind.group(1)}{HIDDEN}" if kind else HIDDEN
    return type(value).__name__


def _words_of(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if isinstance(error, OWN_WORDS) else type(error).__name__


def with_the_work(logger: Any, name: str, event: Event) -> Event:
    """Add what the thread or the request is at, and an exception without its words."""
    unit, crossing = PRESENT.unit, CROSSING.get()
    if unit is not None:
        event.update(service=unit.lane.service.name, dossier=unit.about, trace=unit.trace)
        event["span"] = "" if unit.step is None else unit.step.id
    elif crossing is not None:
        span = crossing.span if crossing.followed else ""
        event.update(dossier=crossing.dossier, trace=crossing.trace, span=span)
    raised = event.get("exc_info") or getattr(event.get("_record"), "exc_info", None)
    if raised and raised[1] is not None:
        event["error"] = _words_of(raised[1])
        frames = traceback.extract_tb(raised[2])[-FRAMES_MAX:]
        event["where"] = [f"{'/'.join(frame.filename.split('/')[-2:])}:{frame.lineno}" for frame in frames]
    return event


def only_allowed(logger: Any, name: str, event: Event) -> Event:
    """Keep the fields that a line may have, those that say something, in their order."""
    return {field: event[field] for field in FIELDS if event.get(field)}
