"""Whether every procedure's fee can be told on every day, and whether fee, clock and time to pay agree.

Law: Luật Phí và lệ phí 97/2015/QH13; NĐ 61/2018 art. 22; each tariff names its own.
"""

from collections.abc import Iterable, Iterator
from datetime import date

from chassis.registry_files import Entry, Folder
from chassis.registry_findings import Finding
from kernel.fee import FeeKind, FeeRule, Tariff
from kernel.procedure import Procedure


def fee_findings(folder: Folder) -> Iterator[Finding]:
    """Say what is wrong with fee rules, and with what procedures say of them."""
    rules: dict[str, Entry[FeeRule]] = {}
    for entry in folder.fee_rules:
        first = rules.setdefault(entry.thing.id, entry)
        if first is not entry:
            yield entry.finding("duplicate_code", "id", code=entry.thing.id, where=first.document.file)
        yield from _rule(entry)
    for procedure in folder.procedures:
        wanted = procedure.thing.fee_rule
        if wanted is not None and wanted not in rules and folder.is_whole("fees"):
            yield procedure.finding("fee_rule_unknown", "fee_rule", rule=wanted)
        yield from _due(procedure)
    for rule in rules.values():
        users = [each.thing for each in folder.procedures if each.thing.fee_rule == rule.thing.id]
        if not users and folder.is_whole("procedures"):
            yield rule.finding("fee_rule_unused", "id")
        if users:
            yield from _use(rule, users)


def _due(entry: Entry[Procedure]) -> Iterator[Finding]:
    procedure = entry.thing
    if (procedure.fee_rule is None) != (procedure.fee_due == "none"):
        said = {"due": procedure.fee_due, "rule": procedure.fee_rule or "null"}
        yield entry.finding("fee_and_rule_disagree", "fee_due", **said)
    elif (procedure.clock_starts == "payment") != (procedure.fee_due == "before_clock"):
        said = {"clock": procedure.clock_starts, "due": procedure.fee_due}
        yield entry.finding("clock_and_fee_disagree", "clock_starts", **said)
    if procedure.payment_limit is not None and procedure.fee_due == "none":
        yield entry.finding("payment_limit_without_fee", "payment_limit")


def _rule(entry: Entry[FeeRule]) -> Iterator[Finding]:
    codes: set[str] = set()
    for index, line in enumerate(entry.thing.lines):
        if line.code in codes:
            yield entry.finding("duplicate_word", "lines", index, "code", word=line.code)
        codes.add(line.code)
        ids: set[str] = set()
        for number, tariff in enumerate(line.tariffs):
            at = ("lines", index, "tariffs", number)
            if tariff.id in ids:
                yield entry.finding("duplicate_word", *at, "id", word=tariff.id)
            ids.add(tariff.id)
            if tariff.valid_to is not None and tariff.valid_to <= tariff.valid_from:
                yield entry.finding("ends_before_it_begins", *at, "valid_to")
            if tariff.ceiling_vnd is not None and tariff.ceiling_vnd < tariff.amount_vnd:
                yield entry.finding("ceiling_below_amount", *at, "ceiling_vnd")
            for earlier in line.tariffs[:number]:
                if (day := _hidden_from(earlier, tariff)) is not None:
                    said = {"one": earlier.id, "other": tariff.id, "day": day.isoformat()}
                    yield entry.finding("overlapping_validity", *at, "valid_from", **said)


def _hidden_from(earlier: Tariff, later: Tariff) -> date | None:
    """Return the first day on which the earlier tariff takes every case of the later one, which then never holds."""
    day = max(earlier.valid_from, later.valid_from)
    if any(end is not None and end <= day for end in (earlier.valid_to, later.valid_to)):
        return None
    return day if _covers(earlier.channels, later.channels) and _covers(earlier.categories, later.categories) else None


def _covers(wide: tuple[str, ...], narrow: tuple[str, ...]) -> bool:
    """Say whether `wide` has all of `narrow`, where none named means all."""
    return not wide or (bool(narrow) and set(narrow) <= set(wide))


def _use(entry: Entry[FeeRule], users: Iterable[Procedure]) -> Iterator[Finding]:
    """Say where a rule has no amount for a dossier that may come, or one for a channel on which none can."""
    offered = {channel for procedure in users for channel in procedure.channels}
    for index, line in enumerate(entry.thing.lines):
        for number, tariff in enumerate(line.tariffs):
            for place, channel in enumerate(tariff.channels):
                if channel not in offered:
                    at = ("lines", index, "tariffs", number, "channels", place)
                    yield entry.finding("tariff_channel_not_offered", *at, channel=channel)
        for procedure in users:
            for channel in procedure.channels:
                if (day := _first_gap(line, channel, procedure)) is not None:
                    said = {"procedure": procedure.code, "day": day.isoformat(), "channel": channel}
                    yield entry.finding("tariff_missing", "lines", index, "code", **said)


def _first_gap(line: FeeKind, channel: str, procedure: Procedure) -> date | None:
    """Return the first day of the procedure on which a payer of no special category finds no tariff, or None."""
    day = procedure.valid_from
    general = [each for each in line.tariffs if not each.categories and (not each.channels or channel in each.channels)]
    while procedure.valid_to is None or day < procedure.valid_to:
        holding = [
            each for each in general if each.valid_from <= day and (each.valid_to is None or day < each.valid_to)
        ]
        if not holding:
            return day
        if any(each.valid_to is None for each in holding):
            return None
        day = max(each.valid_to for each in holding if each.valid_to is not None)
    return None
