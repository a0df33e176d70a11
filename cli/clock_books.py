"""What `verify` asks of the time of every dossier: whose minutes there were, and that each date follows.

Law: NĐ 61/2018/NĐ-CP arts. 19.4 and 19.9; QĐ 766/QĐ-TTg. What must hold is reporting's to say (`PROOFS`). That shares
add up would also be true of wrong ones, so who had each step is compared with what routing and the desk have stored.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any, Final

import msgspec

from chassis.registry import Registry
from chassis.run import Engine, Running
from chassis.verification import Checked, Inspection, ears_for
from services.reporting.wiring import PROOFS, Proof

REPORTING: Final = "reporting"
INTAKE, ROUTING = "intake", "routing"
SHARES: Final = "shares"

OPENS: Final = ("StepReady",)
CLOSES: Final = ("StepDecided", "StepDeemedAgreed", "StepRefused", "StepCancelled", "StepFulfilled", "StepSentBack")
ENDS: Final = ("DossierResolved", "DossierRefused", "DossierWithdrawn", "DossierStopped")
DESK: Final = "desk"
HOLDINGS: Final = "SELECT step, since, until FROM holdings WHERE ref=:ref ORDER BY generation, sequence"

Span = tuple[datetime, datetime | None]
Spans = dict[str, list[Span]]
Facts = Iterable[tuple[str, Mapping[str, Any]]]
"""Type and fields of stored events, in their order."""


def clock_inspections(engine: Engine, registry: Registry) -> Iterator[Inspection]:
    """Yield the checks of the time of every dossier."""
    for proof in PROOFS:
        yield Inspection(REPORTING, proof.name, proof.says, partial(_look, engine, registry, proof))


def _look(engine: Engine, registry: Registry, proof: Proof, checked: Checked) -> None:
    store, now = engine.running[REPORTING].store, engine.clock.now()
    differs = _differing(engine, checked) if proof.name == SHARES else lambda dossier: ()
    for dossier, broken in proof.of_all(store, registry.calendar_version, now):
        checked.counted += 1
        for line in (*broken, *differs(dossier)):
            checked.breaks(f"{dossier['code'] or dossier['ref']}: {line}")


def _differing(engine: Engine, checked: Checked) -> Callable[[Mapping[str, Any]], Iterable[str]]:
    """Return what says of a dossier where reporting's rows are not what the logs say, as far as it has heard them."""
    reader, desk, routing = (engine.running[name] for name in (REPORTING, INTAKE, ROUTING))
    unheard: set[str] = set()
    for ear in (*ears_for(reader, desk), *ears_for(reader, routing)):
        if ear.position < ear.head:
            checked.waits(f"{ear.source}: positions not looked at after {ear.position}")
            return lambda dossier: ()
        unheard.update(ear.waits, (subject for subject, _ in ear.discharged))

    def differing(dossier: Mapping[str, Any]) -> Iterator[str]:
        ref = dossier["ref"]
        if ref in unheard:
            return
        kept = _kept(reader.store.query(HOLDINGS, {"ref": ref}))
        stored = _had(_stored(routing, f"chain-{ref}"))
        for step in sorted(kept.keys() | stored.keys()):
            if kept.get(step) != stored.get(step):
                yield f"{step} lay with somebody {_told(kept.get(step))}, and routing says {_told(stored.get(step))}"
        for name, said in _ends(_stored(desk, f"dossier-{ref}")).items():
            if dossier[name] is None or datetime.fromisoformat(dossier[name]) != said:
                yield f"its {name} is {dossier[name]}, and the desk says {said.isoformat()}"

    return differing


def _stored(running: Running, stream: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield what a stream holds; what cannot be read is for another check to name."""
    sql = "SELECT type, data FROM events WHERE stream=:stream ORDER BY version"
    for event in running.store.query(sql, {"stream": stream}):
        try:
            yield event["type"], msgspec.json.decode(event["data"], type=dict[str, Any])
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue


def _had(facts: Facts) -> Spans:
    """Return from when until when each step lay with somebody; what was sent back to the desk lies there."""
    spans: Spans = {}
    for kind, event in facts:
        step = str(event.get("step"))
        if kind in OPENS and (step not in spans or spans[step][-1][1] is not None):
            _lay(spans, step, (_instant(event["at"]), None))
        elif kind in CLOSES and event.get("to") != DESK and step in spans and spans[step][-1][1] is None:
            spans[step][-1] = spans[step][-1][0], _instant(event["at"])
    return spans


def _kept(rows: Iterable[Mapping[str, Any]]) -> Spans:
    spans: Spans = {}
    for row in rows:
        _lay(spans, row["step"], (_instant(row["since"]), None if row["until"] is None else _instant(row["until"])))
    return spans


def _lay(spans: Spans, step: str, span: Span) -> None:
    """Add a span to those of a step; what passes from one to the next without a gap is one."""
    known = spans.setdefault(step, [])
    if known and known[-1][1] == span[0]:
        known[-1] = known[-1][0], span[1]
    else:
        known.append(span)


def _ends(facts: Facts) -> dict[str, datetime]:
    """Return between which instants the minutes of a dossier are shared."""
    found: dict[str, datetime] = {}
    for kind, event in facts:
        if kind == "DossierAccepted":
            found["accepted_at"] = _instant(event["at"])
        elif kind in ENDS:
            found["ended_at"] = _instant(event["at"])
    return found


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _told(spans: list[Span] | None) -> str:
    if not spans:
        return "never"
    return ", ".join(f"{since.isoformat()}–{'' if until is None else until.isoformat()}" for since, until in spans)
