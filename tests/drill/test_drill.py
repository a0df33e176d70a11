"""One short drill in every run of the tests: a cluster that is broken meanwhile plays as the embedded product does."""

import random

from tests.drill.__main__ import differences, drill, ground
from tests.drill.faults import FAULTS

DOSSIERS = 5
SEED = 7


def test_a_cluster_that_is_broken_under_load_comes_to_the_same_end() -> None:
    """The province's table, the clock's moves and every dossier's life equal the embedded server's; nothing is lost."""
    faults = tuple(random.Random(SEED).sample(FAULTS[:4], k=1))
    with ground() as (cluster, embedded):
        came_to = drill(cluster, embedded, SEED, DOSSIERS, faults)
    assert came_to.broken == (), came_to.row()
    assert len(came_to.done) == 1, "nothing was broken: the weeks were over before"


def test_a_table_that_differs_is_seen() -> None:
    """The comparison can fail."""
    story = {"index": 0, "ref": "a", "code": "c", "seen": "resolved", "ended": True}
    calm = {"url": "x", "total": {"paid": 1}, "stories": [story]}
    assert differences(calm, calm | {"url": "y", "stories": [story | {"ref": "b"}]}) == []
    assert len(differences(calm, calm | {"total": {"paid": 2}})) == 1
    assert len(differences(calm, calm | {"stories": [story | {"seen": "refused"}]})) == 1
