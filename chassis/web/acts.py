"""Named commands, views and listings as data; the border turns them into HTTP routes or calls them without HTTP.

An act is one command a principal may give (`POST /dossiers/{ref}/acceptance`). The same definition serves HTTP, the
players without HTTP, the OpenAPI page and the authorisation filter.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from chassis.clock import Clock
from chassis.codec import encode
from chassis.executor import Answered, Done, Job, KeyReused, NotThere, Outcome, Stale
from chassis.run import Engine, Running
from chassis.service import Scope
from chassis.stores.store import Store
from chassis.vault import CannotOpen
from chassis.web import problem
from chassis.web.auth import Principal, Rights, may, restriction
from chassis.web.problem import Problem
from chassis.web.refs import resolve
from kernel.refusal import Refused

NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
"""A NUL as JSON writes it, and not a backslash that happens to stand before these letters."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request: who asks, about what, when. `params` are the path's, with `ref` already resolved from a code."""

    principal: Principal
    params: Mapping[str, str]
    now: datetime
    store: Store

    @property
    def ref(self) -> str:
        return self.params.get("ref", "")

    def row(self, table: str, rights: Rights) -> Mapping[str, Any] | None:
        """Return a read model's row about the dossier, None where there is none or this principal may not see it.

        A command is made before the filter judges it; what it needs of the dossier must come through the filter too.
        """
        where, params = restriction(self.principal, rights)
        rows = self.store.query(f"SELECT * FROM {table} WHERE ref=:ref AND {where}", params | {"ref": self.ref})
        return rows[0] if rows else None


class VersionShown(BaseModel):
    """The version that the thing has after a command."""

    version: int


def _version_only(done: Done) -> dict[str, Any]:
    return {"version": done.version}


@dataclass(frozen=True, slots=True)
class Act:
    """One command that a principal may give.

    Args:
        name: operation id, an order in snake_case (`accept_dossier`).
        path: below `/api/v1`, with `{ref}` for the dossier.
        body: pydantic model of the JSON body, or None where there is none.
        rights: role → relation.
        command: `(call, body)` → command, or `Refused` where the shell already sees that it cannot be.
        scope: state of the command's stream → whom it concerns, None where nothing exists.
        part: for an act on a part of a thing, as a step: `(call, state)` → whom that part concerns, None where there is
            no such part; it takes the place of `scope`.
        opens: for an act that brings a thing into being: command → its scope.
        answer: what was done → JSON body of the answer; `answers` is the model of it.
    """

    name: str
    path: str
    summary_vi: str
    summary_en: str
    rights: Rights
    command: Callable[[Call, Any], Any]
    scope: Callable[[Any], Scope | None]
    body: type[BaseModel] | None = None
    opens: Callable[[Any], Scope] | None = None
    part: Callable[[Call, Any], Scope | None] | None = None
    answer: Callable[[Done], dict[str, Any]] = _version_only
    status: int = 200
    answers: type[BaseModel] = VersionShown


@dataclass(frozen=True, slots=True)
class View:
    """One thing to look at.

    Args:
        stream: call → stream that holds it.
        scope: state → whom it concerns, None where nothing exists.
        show: `(call, state)` → JSON body; it may show less to some principals.
        shows: pydantic model of the body, for the OpenAPI page.
        ages: what is shown depends on the time too, so that an unchanged version does not mean an unchanged body.
    """

    name: str
    path: str
    summary_vi: str
    summary_en: str
    rights: Rights
    stream: Callable[[Call], str]
    scope: Callable[[Any], Scope | None]
    show: Callable[[Call, Any], dict[str, Any]]
    shows: type[BaseModel] | None = None
    ages: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of a read model, restricted to what the principal may see.

    Args:
        table: table or view; its columns serve the filter (see `auth.restriction`).
        columns: what is shown.
        cursor: unique column that orders the list.
        filters: query parameter → SQL condition using `:<parameter>`; a `code` comes as it was issued, however typed.
        descending: newest first.
        by_step: each row is one step, so that whoever is assigned to some steps sees those only.
    """

    name: str
    path: str
    summary_vi: str
    summary_en: str
    rights: Rights
    table: str
    columns: tuple[str, ...]
    cursor: str
    filters: Mapping[str, str] = field(default_factory=dict)
    descending: bool = False
    by_step: bool = False


class Border:
    """The acts, views and listings of one running service, callable with or without HTTP.

    Args:
        secret: what the fingerprints of bodies are keyed with, so that nobody who reads them can guess a body's words.
    """

    def __init__(self, engine: Engine, running: Running, clock: Clock, secret: bytes) -> None:
        self._secret = secret
        self.engine = engine
        self.running = running
        self.clock = clock
        self.acts = {act.name: act for act in running.service.acts}

    def call_of(self, principal: Principal, params: Mapping[str, str]) -> Call:
        store = self.running.store
        resolved = dict(params)
        if "ref" in resolved:
            resolved["ref"] = resolve(store, resolved["ref"])
        return Call(principal, resolved, self.clock.now(), store)

    def job(
        self, act: Act, principal: Principal, params: Mapping[str, str], body: Any, key: str,
        expected: int | None = None, trace: str = "", traceparent: str | None = None,
    ) -> Job | Refused:  # fmt: skip
        """Return the piece of work that carries out `act`, or the refusal the shell already knows.

        Raises:
            Problem: this role may never give this command, or the body holds what no database takes.
        """
        if principal.role not in act.rights:
            raise Problem(problem.NOT_FOUND)
        content = _content(body)
        call = self.call_of(principal, params)
        try:
            command = act.command(call, body)
        except CannotOpen as error:
            raise Problem(problem.NOBODY_TO_SEAL_FOR) from error
        if isinstance(command, Refused):
            return command

        def scope(state: Any) -> Scope | None:
            if act.opens is not None:
                return act.opens(command)
            return act.part(call, state) if act.part is not None else act.scope(state)

        def allow(scope: Scope | None) -> bool:
            return may(principal, act.rights, scope)

        return Job(
            command=command,
            id=_command_id(principal, act, key) if key else "",
            fingerprint=self._fingerprint(call.params, content, key),
            allow=allow,
            scope=scope,
            expected=expected,
            render=lambda outcome: _render(act, outcome, trace),
            correlation=trace or call.ref,
            traceparent=self.running.lane.tracer.begin(act.name, getattr(command, "ref", call.ref), traceparent),
        )

    def _fingerprint(self, params: Mapping[str, str], content: str, key: str) -> str:
        """Return a keyed hash of what was asked, that only the same request under the same key has."""
        own = hashlib.blake2b(key.encode(), key=self._secret, digest_size=32).digest()
        return hashlib.blake2b(f"{sorted(params.items())}{content}".encode(), key=own, digest_size=16).hexdigest()

    def submit(self, job: Job) -> None:
        self.engine.submit(self.running.service.name, job)

    def give(
        self, name: str, principal: Principal, params: Mapping[str, str], body: Mapping[str, Any], key: str
    ) -> Job:
        """Give a command without HTTP; its `future` has the answer once it is durable.

        Raises:
            pydantic.ValidationError: the body does not fit the act.
        """
        act = self.acts[name]
        try:
            job = self.job(act, principal, params, act.body.model_validate(body) if act.body else None, key)
        except Problem as error:
            return _answered(error.document())
        if isinstance(job, Refused):
            return _answered(problem.refusal_document(job))
        self.submit(job)
        return job

    def look(self, view: View, principal: Principal, params: Mapping[str, str]) -> tuple[dict[str, Any], int] | None:
        """Return what a view shows and its version, or None where it does not exist for this principal."""
        call = self.call_of(principal, params)
        state, version = self.running.lane.durable_state(view.stream(call))
        if not may(principal, view.rights, view.scope(state)):
            return None
        return view.show(call, state), version


def _command_id(principal: Principal, act: Act, key: str) -> str:
    """Return the id of a command: the same key of somebody else, or with other rights, is another command."""
    who = f"{principal.id}\0{principal.role}\0{principal.agency}\0{principal.person}"
    narrowed = f"{principal.procedures}{principal.steps}" if principal.procedures or principal.steps else ""
    return hashlib.blake2b(f"{who}{narrowed}\0{act.name}\0{key}".encode(), digest_size=16).hexdigest()


def _answered(document: dict[str, Any]) -> Job:
    job = Job(command=None)
    job.future.set_result(Answered(*problem.rendered(document), 0, 0))
    return job


def _content(body: BaseModel | None) -> str:
    """Return a body as text, the same for the same content; refuse a NUL, which no database takes in a text."""
    content = body.model_dump_json() if body is not None else ""
    if "\\u0000" in content and NUL.search(content):
        fields = body.model_dump(mode="json").items() if body is not None else ()
        where = [f"body.{name}" for name, value in fields if NUL.search(encode(value).decode())]
        raise Problem(problem.INVALID, "A text has a NUL character.", [(name, "has a NUL character") for name in where])
    return content


def _render(act: Act, outcome: Outcome, trace: str) -> tuple[int, bytes]:
    match outcome:
        case Done():
            return act.status, encode(act.answer(outcome))
        case Refused():
            return problem.rendered(problem.refusal_document(outcome, trace))
        case Stale(version):
            detail = f"The present version is {version}."
            return problem.rendered(problem.document(problem.STALE, detail, (), trace))
        case KeyReused():
            return problem.rendered(problem.document(problem.KEY_REUSED, None, (), trace))
        case NotThere():
            return problem.rendered(problem.document(problem.NOT_FOUND, None, (), trace))
