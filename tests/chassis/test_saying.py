"""What a service says is what it declares: the schemas are made from that, so nothing else may get out."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from chassis.executor import Undeclared
from chassis.service import Service
from kernel.message import PublicEvent
from tests.chassis.running import opened, paid, staged
from tests.chassis.savings import AccountOpened, PaidIn, PaidInPublic
from tests.chassis.savings_desk import SAVINGS, publish

Says = Callable[[PublicEvent], PublicEvent]


@dataclass(frozen=True, slots=True)
class Other:
    """The fields of what is declared, and yet another type."""

    ref: str
    amount_vnd: int


def desk_that(says: Says) -> Service:
    """Return the savings desk; what it says of payments is changed by `says`."""

    def changed(event: Any) -> PublicEvent | None:
        said = publish(event)
        return says(said) if said is not None and isinstance(event, PaidIn) else said

    return replace(SAVINGS, publish=changed)


@pytest.mark.parametrize(
    ("says", "named"),
    [
        pytest.param(lambda said: replace(said, name="MoneyIn"), "MoneyIn v1 of PaidInPublic", id="another type"),
        pytest.param(lambda said: replace(said, version=2), "PaidIn v2 of PaidInPublic", id="another version"),
        pytest.param(lambda said: replace(said, data=Other("a", 1)), "PaidIn v1 of Other", id="other data"),
        pytest.param(lambda said: replace(said, data={"ref": "a", "amount_vnd": 1}), "PaidIn v1 of dict", id="loose"),
        pytest.param(lambda said: replace(said, name="AccountOpened"), "AccountOpened v1 of PaidInPublic",
                     id="the data of another of its types"),
    ],
)  # fmt: skip
def test_what_is_not_declared_is_never_said(tmp_path: Path, says: Says, named: str) -> None:
    """Contracts, evolution: readers rely on the published forms. The command fails whole; the others go on."""
    with staged(tmp_path, desk_that(says)) as desk:
        desk.give(opened("a"))
        before = desk.log()
        job = desk.job(paid("a", 500, "s1"))
        desk.engine.run_until_idle()
        with pytest.raises(Undeclared, match=f"^savings declares no {named}$"):
            job.future.result(timeout=0)
        assert desk.log() == before
        assert desk.say(opened("b")) != ""
        assert desk.types("account-b") == ["AccountOpened"]


def test_it_is_looked_at_once_for_each_type(tmp_path: Path) -> None:
    """Not for each event: thousands are said in a second."""
    looked: list[Any] = []

    class Declared(tuple[tuple[str, int, type], ...]):
        def __contains__(self, one: object) -> bool:
            looked.append(one)
            return super().__contains__(one)

    with staged(tmp_path, replace(SAVINGS, published=Declared(SAVINGS.published))) as desk:
        desk.give(opened("a"), opened("b"), *(paid("a", 500, f"s{number}") for number in range(10)))
    assert looked == [("AccountOpened", 1, AccountOpened), ("PaidIn", 1, PaidInPublic)]
