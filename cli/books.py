"""What must agree between services: a result and the decision behind it, a dossier and its chain, a code and its owner."""

import json
from collections.abc import Iterator

from chassis.run import Engine, Running
from chassis.verification import Checked, log_of
from kernel.message import source_of


def cross_checks(engine: Engine) -> Iterator[Checked]:
    """Carry out the checks that span services."""
    yield _results(engine)
    yield _chains(engine)
    yield _codes(engine)


def _facts(running: Running, *types: str) -> Iterator[dict[str, object]]:
    for recorded in log_of(running):
        if recorded.type in types:
            fact: dict[str, object] = json.loads(recorded.data)
            yield fact | {"_type": recorded.type, "_position": recorded.position}


def _results(engine: Engine) -> Checked:
    checked = Checked("intake", "results", "no result without its deciding event")
    decided = {(f["ref"], f["step"], f["number"]) for f in _facts(engine.running["routing"], "StepDecided")}
    for fact in _facts(engine.running["intake"], "ResultReceived"):
        checked.counted += 1
        if (fact["ref"], fact["step"], fact["number"]) not in decided:
            checked.breaks(f"{fact['ref']} {fact['step']}: result {fact['number']} was decided by nobody")
    return checked


def _chains(engine: Engine) -> Checked:
    """An accepted dossier has its one chain, or routing has not looked that far yet."""
    checked = Checked("routing", "chains", "every accepted dossier has one chain, and every chain an accepted dossier")
    routing = engine.running["routing"]
    opened = {f["ref"] for f in _facts(routing, "ChainOpened")}
    position = routing.store.position(source_of("intake"))
    accepted = set()
    for fact in _facts(engine.running["intake"], "DossierAccepted"):
        checked.counted += 1
        accepted.add(fact["ref"])
        if fact["ref"] not in opened and int(str(fact["_position"])) <= position:
            checked.breaks(f"{fact['ref']}: accepted, and no chain was opened")
        elif fact["ref"] not in opened:
            checked.waits(f"{fact['ref']}: its chain waits behind position {position} of intake")
    checked.broken += [f"{ref}: a chain without an accepted dossier" for ref in sorted(map(str, opened - accepted))]
    return checked


def _codes(engine: Engine) -> Checked:
    checked = Checked("intake", "codes", "a dossier code names one dossier")
    owner: dict[object, object] = {}
    for fact in _facts(engine.running["intake"], "PaymentAwaited", "DossierAccepted"):
        checked.counted += 1
        if owner.setdefault(fact["code"], fact["ref"]) != fact["ref"]:
            checked.breaks(f"{fact['code']} names {owner[fact['code']]} and {fact['ref']}")
    return checked
