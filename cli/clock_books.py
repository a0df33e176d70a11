"""What `verify` asks of the time of every dossier: that whose minutes there were adds up, and that each date follows.

Law: NĐ 61/2018/NĐ-CP arts. 19.4 and 19.9; QĐ 766/QĐ-TTg. What must hold is reporting's to say (`PROOFS`).
"""

from collections.abc import Iterator
from functools import partial

from chassis.registry import Registry
from chassis.run import Engine
from chassis.verification import Checked, Inspection
from services.reporting.wiring import PROOFS, Proof

REPORTING = "reporting"


def clock_inspections(engine: Engine, registry: Registry) -> Iterator[Inspection]:
    """Yield the checks of the time of every dossier."""
    for proof in PROOFS:
        yield Inspection(REPORTING, proof.name, proof.says, partial(_look, engine, registry, proof))


def _look(engine: Engine, registry: Registry, proof: Proof, checked: Checked) -> None:
    store, now = engine.running[REPORTING].store, engine.clock.now()
    for code, broken in proof.of_all(store, registry.calendar_version, now):
        checked.counted += 1
        for line in broken:
            checked.breaks(f"{code}: {line}")
