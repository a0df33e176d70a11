"""After a store was brought back from a backup: what it lost is named apart, and nothing else is excused."""

from pathlib import Path

from chassis.verification_lost import carried_out, lost_in
from chassis.verification_words import Checked, Inspection
from tests.chassis.audit import AUDIT
from tests.chassis.running import opened, paid, staged
from tests.chassis.savings_desk import SAVINGS

LOST = {"a-1": "/lienthong/savings"}


def found(name: str, *lines: str, service: str = "audit") -> tuple[list[str], list[str]]:
    def look(checked: Checked) -> None:
        for line in lines:
            checked.breaks(line)

    checked = carried_out(Inspection(service, name, "", look), LOST)
    assert (checked.broken_count, checked.pending_count) == (len(checked.broken), len(checked.pending))
    return checked.broken, checked.pending


def test_what_rests_on_a_lost_word_waits_for_staff() -> None:
    """A dossier that others know and its own service does not is to be looked at by hand."""
    said = "was never said"
    assert found("causes", f"a-1 {said}", f"a-2 {said}") == (
        [f"a-2 {said}"], [f"a-1 {said}: /lienthong/savings lost it with its store"],
    )  # fmt: skip
    assert found("openings", "a-1", service="platform")[0] == []
    assert found("rows", "t: {'hour': 3, 'counted': 1}", "t: {'ref': 'a-2'}") == (
        ["t: {'ref': 'a-2'}"], ["t: {'hour': 3, 'counted': 1}: it may count what was lost"],
    )  # fmt: skip


def test_a_services_own_log_and_kept_heads_excuse_nothing() -> None:
    """Whoever altered a log cannot hide behind a restore."""
    for name, service in (
        ("hashes", "savings"),
        ("heads", "savings"),
        ("folds", "savings"),
        ("kept_heads", "platform"),
    ):
        assert found(name, "a-1 was altered", service=service) == (["a-1 was altered"], [])


def test_only_what_others_took_of_a_generation_that_ended_is_lost(tmp_path: Path) -> None:
    """As long as nothing was restored, a mark beyond the log is damage."""
    with staged(tmp_path, SAVINGS, AUDIT) as stage:
        stage.give(opened("a-1"))
        stage.give(paid("a-1", 5, "slip"))
        stage.engine.run_until_idle()
        store = stage.engine.running[SAVINGS.name].store
        auditor = stage.engine.running[AUDIT.name].store
        (last,) = auditor.query("SELECT source, subject, sequence FROM marks", {})[-1:]
        store._writer.execute("DELETE FROM events WHERE sequence=?", (last["sequence"],))  # type: ignore[attr-defined]
        assert lost_in(stage.engine) == {}
        store.begin_generation(1, "restored")
        assert lost_in(stage.engine) == {last["subject"]: last["source"]}
