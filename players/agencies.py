"""The agencies behind the desk: each step taken over, acknowledged and decided in its time, or late, or not at all.

Somebody looks at the chain whenever a step of it has moved, as an officer looks at the worklist, and whoever finds a
step ready goes to work on it.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from kernel.working_time import Limit, due, working_minutes_between
from players.case import Case, Crew
from players.desk import answer_sent_back
from players.lateness import be_late
from players.notice import lines_of
from players.payer import pay_notice
from players.script import Answer, Do, Life, Move, See, Until, Who, must

RUNNING: Final = frozenset({"ready", "taken_over", "acknowledged"})
SIGNERS: Final = {"commune": "Chủ tịch UBND", "district": "Chủ tịch UBND", "province": "Phó Giám đốc"}
REFUSED_FOR: Final = ("conditions_not_met", "NĐ 61/2018/NĐ-CP art. 19.8")
WRONG_RESULT: Final = "wrong_data"
PAPER_DOUBTFUL: Final = "papers_contradict"
VERIFICATION: Final = "verification"
APPLICANT: Final = "applicant"

Looked = Generator[Move | Until, Answer, Mapping[str, Any] | None]


@dataclass(slots=True)
class Chain:
    """One dossier's chain as its agencies work on it: who has begun on which round of which step."""

    case: Case
    crew: Crew
    begun: set[tuple[str, int]] = field(default_factory=set)
    unusual_done: bool = False

    def look(self) -> Life:
        """Look at the chain, and let somebody begin on every step that is ready."""
        case = self.case
        seen = yield See("routing", "show_chain", case.desk_officer, case.at)
        for step in seen.body.get("steps", ()):
            if step["stage"] in RUNNING and (step["step"], step["round"]) not in self.begun:
                self.begun.add((step["step"], step["round"]))
                self.crew.add(self._begin_on(step, datetime.fromisoformat(seen.body["due_at"])))

    def _begin_on(self, step: Mapping[str, Any], appointment: datetime) -> Life:
        if step["party"] == APPLICANT:
            return self._pay(step)
        return self._keep_silent(step) if step["step"] in self.case.plan.silent else self._work_on(step, appointment)

    def _pay(self, step: Mapping[str, Any]) -> Life:
        """The applicant pays what the notice before this step states."""
        (notice,) = (need for need in step["needs"] if self.case.step(need).states_dues)
        yield from pay_notice(self.case, notice)
        yield from self.case.soon()
        yield from self.look()

    def _keep_silent(self, step: Mapping[str, Any]) -> Life:
        """Say nothing until that is agreement; whoever waits for it looks then."""
        while (seen := (yield from self._still(step))) is not None:
            yield from self.case.wait(datetime.fromisoformat(seen["due_at"] or self.case.after("overdue").isoformat()))
        yield from self.look()

    def _still(self, step: Mapping[str, Any]) -> Looked:
        """Look at a step; None when it does not run in this round any more."""
        case = self.case
        seen = yield See("routing", "show_chain", case.desk_officer, case.at)
        same = (
            one for one in seen.body.get("steps", ()) if (one["step"], one["round"]) == (step["step"], step["round"])
        )
        return next((one for one in same if one["stage"] in RUNNING), None)

    def _work_on(self, step: Mapping[str, Any], appointment: datetime) -> Life:
        case, agency = self.case, step["agency"]
        officer, at = case.agency_officer(agency), {**case.at, "step": step["step"]}
        if step["hand_over_by"] is not None:
            yield from case.wait_for("take_over_late" if case.happens("taken_over_late") else "take_over", agency)
            if case.withdrawn:
                return
            yield from must(Do("routing", "take_over_step", officer, params=at))
        yield from case.wait_for("acknowledge_late" if case.happens("acknowledged_late") else "acknowledge", agency)
        if case.withdrawn:
            return
        yield from must(Do("routing", "acknowledge_step", officer, params=at))
        if case.plan.verified == step["step"] and step["round"] == 1:
            yield from must(Do("routing", "extend_limit", officer, {"ground": VERIFICATION}, at))
            step = (yield from self._still(step)) or step
        if case.plan.late_step == step["step"]:
            yield from be_late(case, step, officer, appointment)
        else:
            yield from case.wait(self._examined_at(step))
        if not case.withdrawn:
            yield from self._conclude(step, officer, at)
            yield from self.look()

    def _examined_at(self, step: Mapping[str, Any]) -> datetime:
        """Return when the agency concludes: after a part of its limit."""
        case = self.case
        limit_ends = datetime.fromisoformat(step["due_at"])
        calendar = case.calendar(step["agency"])
        hurrying = step["round"] > 1 or case.plan.at_agency.startswith("sent_back")
        mix = case.world.mix
        percent = case.chance.randint(*(mix.limit_used_hurrying if hurrying else mix.limit_used))
        minutes = working_minutes_between(calendar, case.now, limit_ends) * percent // 100
        return due(calendar, case.now, Limit(minutes, "working_minutes")) if minutes > 0 else case.now

    def _conclude(self, step: Mapping[str, Any], officer: Who, at: Mapping[str, str]) -> Life:
        plan = self.case.plan
        unusual = plan.step == step["step"] and not self.unusual_done
        if unusual and plan.at_agency in ("refused", "sent_back_to_desk", "sent_back_to_step"):
            self.unusual_done = True
        else:
            yield from self._decide(step, officer, at)
            return
        match plan.at_agency:
            case "refused":
                reason, law = REFUSED_FOR
                yield from must(Do("routing", "refuse_step", officer, {"reason_code": reason, "law": law}, at))
            case "sent_back_to_step":
                of_agencies = [need for need in sorted(step["needs"]) if self.case.step(need).party != APPLICANT]
                body = {"to": self.case.chance.choice(of_agencies), "reason_code": WRONG_RESULT}
                yield from must(Do("routing", "send_back_step", officer, body, at))
            case _:
                body = {"to": "desk", "reason_code": PAPER_DOUBTFUL, "note": "Đề nghị bổ sung bản rõ hơn."}
                yield from must(Do("routing", "send_back_step", officer, body, at))
                self.crew.add(self._answered_by_the_desk(step["step"]))

    def _answered_by_the_desk(self, step: str) -> Life:
        yield from answer_sent_back(self.case, step)
        yield from self.case.soon()
        yield from self.look()

    def _decide(self, step: Mapping[str, Any], officer: Who, at: Mapping[str, str]) -> Life:
        case, code = self.case, step["step"]
        published = case.step(code)
        level = case.world.registry.agency(step["agency"]).level
        result: dict[str, Any] = {
            "result_code": published.result.code,
            "number": f"{case.story.index}-{step['round']}/{code.replace('_', '.')}",
            "signer": SIGNERS.get(level, "Thủ trưởng cơ quan"),
            "sha256": case.digest(f"{code} {step['round']}"),
        }
        if published.states_dues:
            result["notice"] = lines_of(case)
        yield from must(Do("routing", "decide_step", officer, result, at))
