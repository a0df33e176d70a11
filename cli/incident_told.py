"""Telling of an incident dossier by dossier: whom it concerns, since when, and under which key each is told.

Law: NĐ 63/2024/NĐ-CP and NĐ 301/2026/NĐ-CP art. 4.7 (an incident stops the clock).

Routing is asked for each chain right before it is told, so what stands still already is left alone. Each is told under
a key made of the incident, the dossier and the instant, so whoever begins anew after a break repeats nothing.
"""

from collections.abc import Callable, Iterator, Set
from datetime import datetime
from typing import Any, Final, NamedTuple

from cli.remote import Remote
from cli.words import Seen, in_path

CHAINS_PAGE: Final = 500
REPORTS_PAGE: Final = 200
PHASES: Final = ("in_progress", "supplement")
"""Of a dossier with an open chain, as the reports call them."""

STOPPED: Final = "stopped"
STANDS_ALREADY: Final = "stands_already"
ENDED_SINCE: Final = "ended_since"
RESUMED: Final = "resumed"
BEGAN_EARLIER: Final = "began_earlier"
"""What a dossier may come to; whatever else it came to is the code of a refusal."""


class MayNotTell(Exception):
    """The chain is there and the command is not: this token has no right to tell of incidents."""


class Incident(NamedTuple):
    """What is broken since when; `agency` is "" for the platform itself."""

    agency: str
    since: datetime

    def key(self, act: str, instant: str, ref: str) -> str:
        """Return the key of one dossier's command; of another instant it is another command."""
        return f"incident {act} {self.agency or 'all'} {self.since.isoformat()} {instant} {ref}"


class Open(NamedTuple):
    """A dossier that may be concerned; its chain was open by `opened_at`, where that is known."""

    ref: str
    code: str
    opened_at: datetime | None = None


class Told(NamedTuple):
    """What one dossier came to, and since when its clock stands still, or stood."""

    ref: str
    code: str
    came_to: str
    since: str


def declared(remote: Remote, incident: Incident, past: Set[str]) -> Iterator[Told]:
    """Let the clocks of whatever the incident holds up stand still; `past` are references not to look at again.

    Raises:
        MayNotTell: this token has no right to.
    """
    return _told(remote, incident, past, _declare)


def resumed(remote: Remote, incident: Incident) -> Iterator[Told]:
    """Let the clocks run again that stand still because of an incident since this one began, or later.

    Raises:
        MayNotTell: this token has no right to.
    """
    return _told(remote, incident, frozenset(), _resume)


def standing(remote: Remote) -> Iterator[tuple[str, Seen]]:
    """Yield each chain whose clock stands still because of an incident, after since when it does."""
    for item in _reported(remote, ""):
        if any(holder["party"] == "system" and not holder["agency"] for holder in item["holders"]):
            chain = _chain(remote, item["ref"])
            if chain is not None and (since := _stands_since(chain)):
                yield since, chain


def _told(
    remote: Remote, incident: Incident, past: Set[str], tell: Callable[[Remote, Incident, Open, Seen], Told | None]
) -> Iterator[Told]:
    for one in _with_agency(remote, incident.agency) if incident.agency else _open_chains(remote):
        chain = None if one.ref in past else _chain(remote, one.ref)
        told = None if chain is None or chain["state"] != "open" else tell(remote, incident, one, chain)
        if told is not None:
            yield told


def _declare(remote: Remote, incident: Incident, one: Open, chain: Seen) -> Told | None:
    if stands_since := _stands_since(chain):
        return Told(one.ref, one.code, STANDS_ALREADY, stands_since)
    held_up_since = _held_up_since(incident, one, chain)
    if held_up_since is None:
        return None
    since = max(incident.since, held_up_since).isoformat()
    came_to, again = _tell(remote, one, "incident", incident.key("declare", since, one.ref), {"since": since})
    return Told(one.ref, one.code, came_to or (ENDED_SINCE if again else STOPPED), since)


def _resume(remote: Remote, incident: Incident, one: Open, chain: Seen) -> Told | None:
    since = _stands_since(chain)
    if not since:
        return None
    if datetime.fromisoformat(since) < incident.since:
        return Told(one.ref, one.code, BEGAN_EARLIER, since)
    came_to, _ = _tell(remote, one, "incident/end", incident.key("end", since, one.ref))
    return Told(one.ref, one.code, came_to or RESUMED, since)


def _held_up_since(incident: Incident, one: Open, chain: Seen) -> datetime | None:
    """Return since when there was something to hold up: the chain is open, or lies with the agency; None: elsewhere."""
    if not incident.agency:
        return one.opened_at
    held = (holder["since"] for holder in chain["holders"] if holder["agency"] == incident.agency)
    return min(map(datetime.fromisoformat, held), default=None)


def _stands_since(chain: Seen) -> str:
    """Return since when the clock of the chain stands still because of an incident, or ""."""
    stands = (one["since"] for one in chain["standstills"] if one["ground"] == "incident" and not one["step"])
    return next(stands, "")


def _tell(remote: Remote, one: Open, act: str, key: str, body: Seen | None = None) -> tuple[str, bool]:
    """Return the code of the problem, or "", and whether the same had been told before."""
    answer = remote.attempt(f"/api/v1/dossiers/{in_path(one.ref)}/{act}", key, body)
    if answer.code == "not_found":
        raise MayNotTell
    return answer.code, answer.replayed


def _chain(remote: Remote, ref: str) -> Seen | None:
    return remote.find(f"/api/v1/dossiers/{in_path(ref)}/chain")


def _open_chains(remote: Remote) -> Iterator[Open]:
    for items in _pages(remote, "/api/v1/chains", state="open", limit=CHAINS_PAGE):
        now = remote.now()
        for item in items:
            # The list rounds up, to a second that may not have come yet.
            yield Open(item["ref"], item["code"], min(datetime.fromisoformat(item["opened_at"]), now))


def _with_agency(remote: Remote, agency: str) -> Iterator[Open]:
    return (Open(item["ref"], item["code"]) for item in _reported(remote, agency))


def _reported(remote: Remote, agency: str) -> Iterator[Seen]:
    """Yield once each dossier on its way that an agency receives or acts in; those of all agencies for ""."""
    seen: set[str] = set()
    for phase in PHASES:
        for items in _pages(remote, "/api/v1/reports/dossiers", phase=phase, agency=agency, limit=REPORTS_PAGE):
            yield from (item for item in items if item["ref"] not in seen)
            seen |= {item["ref"] for item in items}


def _pages(remote: Remote, path: str, **wanted: Any) -> Iterator[list[Seen]]:
    after: dict[str, str] = {}
    while True:
        page = remote.get(path, **wanted, **after)
        yield page["items"]
        if page["next"] is None:
            return
        after = {"after": page["next"]}
