"""Whether what a procedure promises can be kept in every case of its dossiers, and whether each case has an end.

Law: NĐ 61/2018 art. 19.6 (the limits of the parts and of the whole); each procedure names the law of its limits.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from chassis.registry_conditions import Case, cases_of, in_words
from chassis.registry_files import Entry
from chassis.registry_findings import Finding
from kernel.calendar import Words
from kernel.procedure import Procedure, Step
from kernel.working_time import Limit

# "8 working hours = 1 working day" holds where limits are added up, and only there.
_MINUTES = {
    "working_days": ("working", 480),
    "working_hours": ("working", 60),
    "working_minutes": ("working", 1),
    "calendar_days": ("calendar", 1440),
    "calendar_hours": ("calendar", 60),
    "minutes": ("calendar", 1),
}

Path = tuple[tuple[str, ...], float]


@dataclass(frozen=True, slots=True)
class _Course:
    """The way that the dossiers of one case go.

    Args:
        steps: the steps they take.
        needs: step → the steps of this course whose results it waits for; a step left out passes its own on.
        options: whether every optional step was asked for, or none.
    """

    case: Case
    steps: Mapping[str, Step]
    needs: Mapping[str, tuple[str, ...]]
    options: bool

    def counted_minutes(self, code: str) -> float:
        step = self.steps[code]
        return 0 if step.not_counted else measure(step.limit_for(self.case))[1]


def case_findings(entry: Entry[Procedure]) -> Iterator[Finding]:
    """Say in which cases a procedure has no way to its result, or takes longer than it promises.

    Its steps have an order, and its conditions ask only what can be answered.
    """
    procedure = entry.thing
    cases = cases_of(procedure)
    if cases is None:
        yield entry.finding("too_many_cases", "steps")
        return
    courses = [course for case in cases for course in _courses(procedure, case)]
    plain = [course for course in courses if not course.options]
    yield from _first(_end(entry, course) for course in plain)
    for index, step in enumerate(procedure.steps):
        if step.party == "applicant":
            yield from _first(_dues(entry, course, step.code, index) for course in plain)
    yield from _appointments(entry, plain)
    yield from _total(entry, courses)


def _first(courses: Iterable[Iterable[Finding]]) -> Iterator[Finding]:
    """Say what is wrong with the first course of which something is; the others would say the same again."""
    yield from next((found for course in courses if (found := tuple(course))), ())


def _courses(procedure: Procedure, case: Case) -> Iterator[_Course]:
    every = {step.code: step for step in procedure.steps}
    optional = tuple(step.code for step in procedure.steps if step.optional)
    for options in ((), optional) if optional else ((),):
        steps = {step.code: step for step in procedure.steps_for(options, case)}
        yield _Course(case, steps, {code: _needs(every[code], every, steps) for code in steps}, bool(options))


def _needs(step: Step, every: Mapping[str, Step], taken: Mapping[str, Step]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for need in step.needs:
        found.update(dict.fromkeys((need,) if need in taken else _needs(every[need], every, taken)))
    return tuple(found)


def _end(entry: Entry[Procedure], course: _Course) -> Iterator[Finding]:
    """Say whether nothing is done in this case, or nothing by the agency that owns the result."""
    lead = entry.thing.lead_kind
    # That no step, or none of the lead's, is mandatory in any case is said of the graph.
    mandatory = {step.agency_kind for step in entry.thing.steps if not step.optional}
    if mandatory and not course.steps:
        yield entry.finding("no_step_left", "steps", **_when(course))
    elif lead in mandatory and all(step.agency_kind != lead for step in course.steps.values()):
        yield entry.finding("lead_left_out", "lead_kind", kind=lead, **_when(course))


def _dues(entry: Entry[Procedure], course: _Course, code: str, index: int) -> Iterator[Finding]:
    if code in course.steps and not any(course.steps[need].states_dues for need in course.needs[code]):
        yield entry.finding("nothing_to_pay", "steps", index, step=code, **_when(course))


def _appointments(entry: Entry[Procedure], courses: list[_Course]) -> Iterator[Finding]:
    """Say where an appointment's step is left out, stands in the wrong place, or takes longer than its appointment."""
    procedure = entry.thing
    codes = {step.code for step in procedure.steps}
    for index, appointment in enumerate(procedure.appointments):
        if appointment.step not in codes:
            yield entry.finding("appointment_step_unknown", "appointments", index, "step", step=appointment.step)
    if not codes.issuperset(appointment.step for appointment in procedure.appointments):
        return
    for index in range(len(procedure.appointments)):
        yield from _first(_appointment(entry, course, index) for course in courses)


def _appointment(entry: Entry[Procedure], course: _Course, index: int) -> Iterator[Finding]:
    appointment = entry.thing.appointments[index]
    step, limit = appointment.step, appointment.limit_for(course.case)
    if step not in course.steps:
        yield entry.finding("appointment_step_left_out", "appointments", index, "step", step=step, **_when(course))
        return
    due = {step, *_all_before(step, course)}
    if index > 0 and (earlier := entry.thing.appointments[index - 1].step) in course.steps:
        if earlier not in due - {step}:
            yield entry.finding("appointment_out_of_order", "appointments", index, "step", step=step, earlier=earlier)
            return
        due -= {earlier, *_all_before(earlier, course)}
        if not any(course.steps[code].not_counted for code in due):
            yield entry.finding("appointment_without_break", "appointments", index, "step", step=step, earlier=earlier)
    scale, promised = measure(limit)
    path, needed = _longest(course, due)
    if all(measure(course.steps[code].limit)[0] == scale for code in path) and needed > promised:
        said = {"steps": " → ".join(path), **_longer_than(needed, promised, scale), **_when(course)}
        yield entry.finding("path_longer_than_appointment", "appointments", index, "limit", **said)


def _total(entry: Entry[Procedure], courses: list[_Course]) -> Iterator[Finding]:
    total = entry.thing.total_limit
    if total is None:
        return
    if entry.thing.appointments:
        yield entry.finding("total_beside_appointments", "total_limit")
        return
    scale, promised = measure(total)
    counted = [(index, step) for index, step in enumerate(entry.thing.steps) if not step.not_counted]
    if any(measure(limit)[0] != scale for _, step in counted for limit in _limits(step)):
        yield entry.finding("limits_not_comparable", "total_limit")
        return
    alone = [(index, longest) for index, step in counted if (longest := _longest_alone(step)) > promised]
    for index, longest in alone:
        said = {"step": entry.thing.steps[index].code, **_longer_than(longest, promised, scale)}
        yield entry.finding("step_longer_than_total", "steps", index, "limit", **said)
    if not alone:
        # What only some options make too long is a warning, so what no option makes too long is looked for first.
        in_order = sorted(courses, key=lambda course: course.options)
        yield from _first(_path(entry, course, total) for course in in_order)


def _path(entry: Entry[Procedure], course: _Course, total: Limit) -> Iterator[Finding]:
    scale, promised = measure(total)
    path, needed = _longest(course, course.steps)
    if needed > promised:
        code = "option_longer_than_total" if course.options else "path_longer_than_total"
        said = {"steps": " → ".join(path), **_longer_than(needed, promised, scale), **_when(course)}
        yield entry.finding(code, "total_limit", **said)


def _limits(step: Step) -> tuple[Limit, ...]:
    return (step.limit, *(special.limit for special in step.special_limits))


def _longest_alone(step: Step) -> float:
    return max(measure(limit)[1] for limit in _limits(step))


def _all_before(code: str, course: _Course) -> frozenset[str]:
    found: set[str] = set()
    open_ = list(course.needs[code])
    while open_:
        need = open_.pop()
        if need not in found:
            found.add(need)
            open_ += course.needs[need]
    return frozenset(found)


def _longest(course: _Course, chosen: Iterable[str]) -> Path:
    """Return the path among the chosen steps that takes longest, and its counted minutes."""
    within = frozenset(chosen)
    known: dict[str, Path] = {}

    def until(code: str) -> Path:
        if code not in known:
            earlier = max((until(need) for need in course.needs[code] if need in within), key=_minutes, default=((), 0))
            known[code] = (*earlier[0], code), earlier[1] + course.counted_minutes(code)
        return known[code]

    return max(map(until, sorted(within)), key=_minutes, default=((), 0))


def _minutes(path: Path) -> float:
    return path[1]


def _when(course: _Course) -> dict[str, str]:
    """Return the words that say which case it is, none where there is only one."""
    words = in_words(course.case)
    return {"when_vi": f" (khi {words})" if words else "", "when_en": f" (when {words})" if words else ""}


def measure(limit: Limit) -> tuple[str, float]:
    """Return which kind of time a limit counts, and how many minutes of it."""
    scale, minutes = _MINUTES[limit.unit]
    return scale, limit.value * minutes


def longer(one: Limit, other: Limit) -> bool:
    """Say whether `one` is longer, as far as the two can be compared."""
    (scale, minutes), (other_scale, other_minutes) = measure(one), measure(other)
    return scale == other_scale and minutes > other_minutes


def _longer_than(minutes: float, promised: float, scale: str) -> dict[str, str]:
    """Return the words that say how long something takes, and how long it may, in both languages."""
    limit, total = _in_words(minutes, scale), _in_words(promised, scale)
    return {"limit_vi": limit.vi, "limit_en": limit.en, "total_vi": total.vi, "total_en": total.en}


def _in_words(minutes: float, scale: str) -> Words:
    """Write minutes in the largest unit of which they are whole or half ones, e.g. `14.5 working days`."""
    units = [(unit, size) for unit, (kind, size) in _MINUTES.items() if kind == scale]
    unit, size = next(((unit, size) for unit, size in units if minutes * 2 % size == 0), units[-1])
    return Limit(minutes / size, unit).in_words
