"""Every way in which `lienthong verify` claims to find a store damaged: foreign SQL, and the check that must say so."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

Sql = str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Damage:
    """Something that no code of ours would do to a store.

    Args:
        service, check: what must find it.
        store: the database that is changed, behind everybody's back.
        says: what one of the lines that are printed must say.
    """

    service: str
    check: str
    store: str
    sql: Sql
    says: str

    def strike(self, data: Path) -> None:
        """Do the damage; SQL that changes nothing would prove nothing."""
        with closing(sqlite3.connect(data / f"{self.store}.db")) as store:
            for statement in (self.sql,) if isinstance(self.sql, str) else self.sql:
                before = store.total_changes
                store.execute(statement)
                assert store.total_changes > before, f"it changed nothing: {statement}"
            store.commit()

    def __str__(self) -> str:
        return f"{self.service}-{self.check}: {self.says}"


def field(path: str) -> str:
    """Return SQL for a field of an event's data."""
    return f"json_extract(CAST(data AS TEXT), '$.{path}')"


def one(kind: str, where: str = "1=1") -> str:
    """Return SQL for the position of the first event of a type."""
    return f"(SELECT position FROM events WHERE type='{kind}' AND {where} ORDER BY position LIMIT 1)"


def alter(kind: str, path: str, value: str, where: str = "1=1") -> str:
    """Return SQL that changes a field of the first event of a type to the value of an SQL expression."""
    changed = f"CAST(json_set(CAST(data AS TEXT), '$.{path}', {value}) AS BLOB)"
    return f"UPDATE events SET data={changed} WHERE position={one(kind, where)}"


def lose(kind: str, where: str = "1=1") -> str:
    return f"DELETE FROM events WHERE position={one(kind, where)}"


def repeat(kind: str, data: str = "data", where: str = "1=1") -> str:
    """Return SQL that stores the first event of a type once more, at the end of its stream and of the log."""
    version = "(SELECT max(version)+1 FROM events AS others WHERE others.stream=events.stream)"
    return (
        "INSERT INTO events(stream, version, type, data, time_us, correlation, causation) "
        f"SELECT stream, {version}, type, {data}, time_us, correlation, causation FROM events "
        f"WHERE position={one(kind, where)}"
    )


LAST = "(SELECT max(position) FROM events)"
LAST_SAID = "(SELECT max(position) FROM events WHERE said IS NOT NULL)"
LAST_PRIVATE = "(SELECT max(position) FROM events WHERE said IS NULL)"
LAST_CAUSED = "(SELECT max(position) FROM events WHERE causation GLOB '*-*@*')"
FIRST_CAUSED = "(SELECT min(position) FROM events WHERE causation GLOB '*-*@*')"
OWN_STREAM = {"intake": "dossier", "routing": "chain", "payments": "obligation", "postal": "parcel"}
STORING = tuple(OWN_STREAM)
HEARING = (*STORING, "reporting")
SETTING_TIMERS = ("intake", "routing", "payments")

SEALED = {
    "intake": ("DossierSubmitted", "particulars"),
    "routing": ("StepSentBack", "note"),
    "payments": ("CallbackKept", "raw"),
    "postal": ("ParcelOrdered", "address"),
}
"""Service → a type of event with a field that is sealed."""

ROWS = {
    "intake": ("dossiers", "status='refused'"),
    "routing": ("steps", "stage='forgotten'"),
    "payments": ("obligations", "total_vnd=total_vnd+1"),
    "postal": ("parcels", "attempts=attempts+7"),
    "reporting": ("timeline", "actor='somebody'"),
}
"""Service → a table of a read model, and a change of it."""


def of_a_log(service: str) -> Iterator[Damage]:
    """Yield what can happen to the log of any service."""
    other = OWN_STREAM["routing" if service == "intake" else "intake"]
    for check, says, sql in (
        ("positions", "nothing stands before position 8", "DELETE FROM events WHERE position=7"),
        ("positions", "was given, and the log ends at", f"DELETE FROM events WHERE position={LAST}"),
        ("folds", "follows", f"UPDATE events SET version=version+1 WHERE position={LAST}"),
        ("folds", "cannot be read", f"UPDATE events SET data=x'7b226e' WHERE position={LAST}"),
        ("folds", "no type named Unheard", "UPDATE events SET type='Unheard' WHERE position=3"),
        ("folds", "folds such a stream", "UPDATE events SET stream='nobody-1' WHERE position=3"),
        ("said", "is followed by", f"UPDATE events SET sequence=sequence+1 WHERE position={LAST_SAID}"),
        ("said", "was said as it.v1, not", f"UPDATE events SET said='it.v1' WHERE position={LAST_SAID}"),
        ("said", "was said as None", f"UPDATE events SET said=NULL, sequence=NULL WHERE position={LAST_SAID}"),
        ("said", "in other words", f"UPDATE events SET said_data=x'7b7d' WHERE position={LAST_SAID}"),
        ("said", "root elsewhere", f"UPDATE events SET root='elsewhere' WHERE position={LAST_SAID}"),
        (
            "said", "was said as it.v1, not None",
            f"UPDATE events SET said='it.v1', subject='it', sequence=1, root='it' WHERE position={LAST_PRIVATE}",
        ),
        ("causes", "was never said", f"UPDATE events SET causation='{other}-X@1' WHERE position={LAST_CAUSED}"),
        (
            "causes", "had its effect before",
            "INSERT INTO events(stream, version, type, data, time_us, correlation, causation) SELECT stream, 1000, "
            f"type, data, time_us, correlation, causation FROM events WHERE position={FIRST_CAUSED}",
        ),
        ("causes", "would be heard again", "DELETE FROM marks"),
    ):  # fmt: skip
        yield Damage(service, check, service, sql, says)
    kind, sealed = SEALED[service]
    altered = f"substr({field(sealed)}, 1, length({field(sealed)})-6) || 'AAAA' || substr({field(sealed)}, -2)"
    yield Damage(service, "seals", service, alter(kind, sealed, altered), "was altered")
    yield Damage(service, "seals", service, alter(kind, sealed, "'s1.somebody'"), "not a sealed value")
    yield Damage("platform", "privacy", service, alter(kind, sealed, "'Nguyễn Văn A'"), f"of {service}: {sealed}")
    yield Damage(service, "seals", "vault", "DELETE FROM people", "no key for that person")


SWAPPED = (
    "UPDATE events SET position=-1 WHERE position=3",
    "UPDATE events SET position=3 WHERE position=5",
    "UPDATE events SET position=5 WHERE position=-1",
)


def of_tampering(service: str) -> Iterator[Damage]:
    """Yield what somebody may do who wants nobody to see it."""
    for says, sql in (
        ("its hash does not follow", "UPDATE events SET time_us=time_us+1 WHERE position=4"),
        ("its hash does not follow", "UPDATE events SET correlation='another' WHERE position=4"),
        ("its hash does not follow", "UPDATE events SET said_data=x'7b7d' WHERE position=4"),
        ("its hash does not follow", "UPDATE events SET hash=zeroblob(32) WHERE position=4"),
        ("in another generation", "UPDATE events SET generation=2 WHERE position=4"),
    ):
        yield Damage(service, "hashes", service, sql, says)
    head = f"WHERE service='{service}' AND number=2"
    leaves = f"WHERE service='{service}'"
    nobody = "json('{}')"
    zeros = f"'{'00' * 32}'"
    other = "CAST(json_set(CAST(document AS TEXT), '$.{}', {}) AS BLOB)"
    for says, store, change in (
        ("position 4 of", service, "UPDATE events SET hash=zeroblob(32) WHERE position=4"),
        ("position 3 of", service, SWAPPED),
        ("position 5 of", service, SWAPPED),
        ("at position 7, and nothing stands there", service, "DELETE FROM events WHERE position=7"),
        ("were sealed, and the log ends at", service, f"DELETE FROM events WHERE position={LAST}"),
        ("is not the event that was sealed", "seals", f"UPDATE leaves SET hashes=zeroblob(length(hashes)) {leaves}"),
        ("give the root of the head", "seals", f"UPDATE leaves SET hashes=zeroblob(length(hashes)) {leaves}"),
        ("a head was signed over", "seals", f"DELETE FROM leaves {leaves}"),
        ("leaves are missing in row", "seals", f"UPDATE leaves SET number=number+1 {leaves}"),
        ("is not true", "seals", f"UPDATE heads SET document={other.format('time', zeros)} {head}"),
        ("do not give its root", "seals", f"UPDATE heads SET document={other.format('root', zeros)} {head}"),
        ("nobody here knows", "seals", f"UPDATE heads SET document={other.format('signatures', nobody)} {head}"),
        ("does not name the one before it", "seals", f"DELETE FROM heads {head}"),
    ):
        yield Damage(service, "heads", store, change, says)


def of_hearing(service: str) -> Iterator[Damage]:
    """Yield what can happen to what any service has heard, and to its read models."""
    speaker = "routing" if service == "intake" else "intake"
    mark = f"WHERE (source, subject)=(SELECT source, subject FROM marks WHERE source LIKE '%/{speaker}' LIMIT 1)"
    held = "1, 1, 'id', 'type', 'root', 0, '', '', NULL, x'7b7d', 0, 0, NULL"
    table, change = ROWS[service]
    first = f"WHERE rowid=(SELECT min(rowid) FROM {table})"
    for check, says, sql in (
        ("heard", "marked up to", f"UPDATE marks SET sequence=sequence-1 {mark}"),
        ("heard", "marked up to", f"UPDATE marks SET sequence=sequence+1 {mark}"),
        ("heard", "marked up to 0", f"DELETE FROM marks {mark}"),
        ("heard", "marked up to", "UPDATE positions SET position=position/2"),
        ("heard", "the log ends at", "UPDATE positions SET position=position+1000"),
        ("heard", "[1] held", f"INSERT INTO held SELECT source, subject, {held} FROM marks {mark}"),
        ("rows", "is not kept", f"DELETE FROM {table} {first}"),
        ("rows", "does not follow from the logs", f"UPDATE {table} SET {change} {first}"),
    ):
        yield Damage(service, check, service, sql, says)


def of_timers(service: str) -> Iterator[Damage]:
    extra = "INSERT INTO timers SELECT 'extra', due_us, command, data, NULL FROM timers LIMIT 1"
    other = "CAST(json_set(CAST(data AS TEXT), '$.ref', 'other') AS BLOB)"
    for says, sql in (
        ("is not kept", "DELETE FROM timers"),
        ("otherwise than it was set", "UPDATE timers SET due_us=due_us+1"),
        ("otherwise than it was set", f"UPDATE timers SET data={other}"),
        ("otherwise than it was set", "UPDATE timers SET data=x'7b'"),
        ("no event asks for it", extra),
    ):
        yield Damage(service, "timers", service, sql, says)


POST_FACTS = "('WentByPost', 'CameByPost', 'CameBack', 'WaitsAtDesk', 'Finished')"
NUMBERED = f"(SELECT {field('ref')} FROM events WHERE type='NumberIssued')"
AWAITED = f"(SELECT {field('ref')} FROM events WHERE type='PaymentAwaited')"
HANDED_OUT = "stream IN (SELECT stream FROM events WHERE type='DossierHandedOut')"
GRANTED = f"stream IN (SELECT stream FROM events WHERE type='DossierResolved' AND {field('outcome')}='granted')"
FEE_LATER = (
    f"stream IN (SELECT stream FROM events WHERE type='DossierAccepted' AND {field('fee_due')}='before_hand_out')"
)
OTHER_CODE = f"(SELECT {field('code')} FROM events WHERE type='DossierAccepted' ORDER BY position DESC LIMIT 1)"
BY_GATEWAY = f"{field('txn_ref')} IS NOT NULL"
DELIVERY = f"{field('leg')}='delivery'"

OF_SNAPSHOTS = (
    (
        "another state than its events",
        "UPDATE snapshots SET data=CAST(json_set(CAST(data AS TEXT), '$.phase', 'refused') AS BLOB) "
        "WHERE stream LIKE 'dossier-%'",
    ),
    ("cannot be read", "UPDATE snapshots SET data=x'7b'"),
    ("the stream ends at", "UPDATE snapshots SET version=version+90"),
    (
        "a stream that is not there",
        "UPDATE snapshots SET stream='dossier-nobody' WHERE stream=(SELECT min(stream) FROM snapshots)",
    ),
)

OF_SAGAS = (
    ("does not know what was to be heard", lose("Settled")),
    (
        "never heard",
        f"DELETE FROM events WHERE stream=(SELECT stream FROM events WHERE position={one('HandOutChosen')})",
    ),
    ("nobody asks for it", f"DELETE FROM events WHERE type IN {POST_FACTS}"),
    ("there is no such saga", "INSERT INTO owing VALUES('nobody-1', 0)"),
)

OF_INTAKE = (
    ("numbers", "was given where", alter("NumberIssued", "sequence", "77")),
    ("numbers", "stands in this book", alter("NumberIssued", "agency", "'H48.99'")),
    ("numbers", "had been given before", repeat("PortalNumberKept")),
    ("numbers", "and got", repeat("NumberIssued")),
    ("codes", "names", alter("DossierAccepted", "code", OTHER_CODE)),
    ("codes", "is not its number in the books", alter("DossierAccepted", "code", "'no code'")),
    (
        "codes", "was never accepted",
        lose("DossierAccepted", f"{field('ref')} IN {NUMBERED} AND {field('ref')} NOT IN {AWAITED}"),
    ),
    ("courses", "DossierHandedOut while it was accepted", lose("DossierResolved", HANDED_OUT)),
    ("courses", "before the fee was paid", lose("FeeSettled", f"{HANDED_OUT} AND {FEE_LATER} AND {GRANTED}")),
    ("courses", "a second time", repeat("SupplementRequested", where=f"{field('stage')}='desk'")),
    ("courses", "belongs to another", alter("DossierAccepted", "ref", "'another'")),
)  # fmt: skip

OF_PAYMENTS = (
    ("bookings", "the two sides of ObligationRaised differ", alter("ObligationRaised", "postings[0].amount_vnd", "-5")),
    ("bookings", "all accounts together hold", alter("ObligationSettled", "postings[1].amount_vnd", "5", BY_GATEWAY)),
    ("bookings", "says", alter("ObligationRaised", "total_vnd", "5")),
    ("balances", "less than nothing", alter("ObligationSettled", "postings[0].account", "'receivable:X'", BY_GATEWAY)),
    ("balances", "is open", alter("ObligationSettled", "postings[0].account", "'cash:X'", BY_GATEWAY)),
    ("balances", "than was ever owed", alter("ObligationRaised", "postings[1].account", "'revenue:X'")),
    ("payments", "was not what was begun", alter("PaymentSucceeded", "amount_vnd", "5")),
    ("payments", "was not what was begun", lose("PaymentStarted")),
    ("payments", "and forgotten", lose("ObligationSettled", BY_GATEWAY)),
    ("payments", "was not what was paid", lose("PaymentSucceeded")),
    ("payments", "was not what was paid", alter("ObligationSettled", "txn_ref", "'X'", BY_GATEWAY)),
    ("payments", "paid again before", (repeat("PaymentSucceeded"), repeat("PaymentSucceeded"))),
    ("receipts", "follows", alter("ReceiptIssued", "number", "88")),
    ("receipts", "which was not issued", lose("ReceiptIssued")),
    ("receipts", "is for no settlement", lose("ObligationSettled")),
    ("receipts", "of 2020 was issued in 2026", alter("ReceiptIssued", "year", "2020")),
    ("receipts", "belongs to H48.99", alter("ReceiptIssued", "agency", "'H48.99'")),
    ("receipts", "'s too", (repeat("ObligationSettled"), repeat("ObligationSettled"))),
)  # fmt: skip

RAN_AGAIN = (
    "EXISTS(SELECT 1 FROM events AS later WHERE later.stream=events.stream AND later.type='ClockResumed' "
    "AND later.version>events.version)"
)
NAMED = f"{field('ground')}<>'supplement'"
"""A ground with a name; a supplement has a clock of its own kind."""
STILL_OPEN = "stream NOT IN (SELECT stream FROM events WHERE type='ChainClosed')"
NOBODY_WORKS = "CAST(json_set(CAST(data AS TEXT), '$.step', 'nobody', '$.ground', 'third_party') AS BLOB)"

OF_ROUTING = (
    ("results", "it is the duty of", alter("StepDecided", "agency", "'H48.99'")),
    ("results", "says on_time", alter("StepDecided", "on_time", "json('false')", f"{field('on_time')}")),
    (
        "standstills",
        "stands still twice on",
        (repeat("ClockSuspended", where=NAMED), repeat("ClockSuspended", where=NAMED)),
    ),
    ("standstills", "had not stood still on", lose("ClockSuspended", f"{NAMED} AND {RAN_AGAIN}")),
    ("standstills", "with which nothing is being done", repeat("ClockSuspended", NOBODY_WORKS, STILL_OPEN)),
    ("lateness", "overdue at", alter("StepOverdue", "due_at", "'2027-01-01T00:00:00Z'")),
    ("lateness", "overdue at", alter("ChainOverdue", "due_at", "'2027-01-01T00:00:00Z'")),
    ("lateness", "was told before it was late", alter("LatenessEscalated", "at", "'2026-09-01T00:00:00Z'")),
    ("lateness", "was told after rung", repeat("LatenessEscalated")),
    ("lateness", "above", alter("LatenessEscalated", '"to"', "'H48.99'")),
    ("lateness", "re-appointed a second time", repeat("AppointmentMoved", where=f"{field('cause')}='apology'")),
    ("lateness", "not after the lawful one", alter("DelayApologised", "new_due_at", field("due_at"))),
    ("chains", "its steps say", alter("ChainClosed", "outcome", "'refused'", f"{field('outcome')}='granted'")),
    ("chains", "before it was opened", lose("ChainOpened")),
)

OF_POSTAL = (
    ("custody", "while the parcel was ordered", lose("ParcelPickedUp")),
    ("custody", "belongs to another", alter("ParcelOrdered", "ref", "'another'")),
    ("item_numbers", "was never given to it", alter("ParcelOrdered", "item_code", "'RH000000999VN'")),
    ("item_numbers", "nine digits and the country", alter("ItemNumberTaken", "item_code", "'RH1VN'")),
)

A_DAY_LATER = "strftime('%Y-%m-%dT%H:%M:%S.000000+00:00', accepted_at, '+1 day')"

OF_REPORTING = (
    (
        "clocks", "its limit leads to another date",
        "UPDATE appointments SET due_at='2026-12-24T01:00:00.000000+00:00' WHERE given_limit IS NOT NULL",
    ),
    ("clocks", "its clock leads to", "UPDATE standstills SET until='2026-12-24T01:00:00.000000+00:00' WHERE whole=1"),
    ("shares", "another day", "UPDATE dossiers SET calendar_version='another day' WHERE accepted_at IS NOT NULL"),
    ("shares", "lay with somebody never", "DELETE FROM holdings WHERE rowid=(SELECT max(rowid) FROM holdings)"),
    ("shares", "and routing says", "UPDATE holdings SET since='2026-09-07T01:00:00.000000+00:00'"),
    ("shares", "and routing says", "UPDATE holdings SET step='another'"),
    ("shares", "its ended_at is", "UPDATE dossiers SET ended_at='2026-09-24T01:00:00.000000+00:00' WHERE ended<>''"),
    ("shares", "its accepted_at is", f"UPDATE dossiers SET accepted_at={A_DAY_LATER} WHERE accepted_at IS NOT NULL"),
    ("rows", "holdings: ", "UPDATE holdings SET agency='H48.99'"),
    ("rows", "dossiers: ", "UPDATE dossiers SET receiving_agency='H48.99'"),
)  # fmt: skip

FOR_THE_APPLICANT = f"{field('internal')} IS NOT 1"
TAX = f"{field('purpose')}='tax_notice'"
WITH_A_FILE = f"{field('components[0].file')} IS NOT NULL"
BROUGHT_BACK = "INSERT INTO forgotten SELECT person, '2026-09-08', 'system:x', '91', '1', 1 FROM people LIMIT 1"
OF_THE_PLATFORM = (
    ("forgotten", "was forgotten and has a key", "vault", BROUGHT_BACK),
    ("results", "never said so", "routing", alter("StepDecided", "number", "'forged'", FOR_THE_APPLICANT)),
    ("results", "has no ResultReceived", "intake", lose("ResultReceived")),
    ("openings", "never said so", "intake", lose("DossierAccepted")),
    ("openings", "has no ChainOpened", "routing", lose("ChainOpened")),
    ("resolutions", "never said so", "routing", lose("ChainClosed")),
    ("fees", "never said so", "payments", alter("ObligationRaised", "code", "'another'")),
    ("fees", "has no ObligationRaised", "payments", lose("ObligationRaised")),
    ("settlements", "never said so", "payments", lose("ObligationSettled")),
    ("settlements", "has no FeeSettled", "intake", lose("FeeSettled")),
    ("handovers", "never said so", "postal", alter("PapersHandedOver", "record_no", "'forged'")),
    ("handovers", "has no PapersReceived", "intake", lose("PapersReceived")),
    ("tax notices", "never said so", "payments", alter("ObligationRaised", "notice", "'forged'", TAX)),
    ("tax notices", "never said so", "routing", alter("TaxNoticeIssued", "number", "'forged'")),
    ("files", "is not there", "intake", alter("FileTaken", "file", "'f-nowhere'")),
    ("files", "has not the size", "intake", alter("FileTaken", "size_bytes", "7")),
    ("files", "is not the file that was handed in", "intake", alter("FileTaken", "sha256", f"'{'00' * 32}'")),
    ("files", "which another does not have", "intake", alter("DossierSubmitted", "ref", "'another'", WITH_A_FILE)),
    ("files", "names", "intake", lose("FileTaken")),
    ("deliveries", "never said so", "intake", lose("ResultDispatched")),
    ("deliveries", "has no ParcelOrdered", "postal", lose("ParcelOrdered", DELIVERY)),
    ("privacy", "items.[].note", "intake", alter("SupplementRequested", "items[0].note", "'gọi cho chị Lan'")),
)

DAMAGES: tuple[Damage, ...] = (
    *(damage for service in STORING for damage in of_a_log(service)),
    *(damage for service in STORING for damage in of_tampering(service)),
    *(damage for service in HEARING for damage in of_hearing(service)),
    *(damage for service in SETTING_TIMERS for damage in of_timers(service)),
    *(Damage("intake", "folds", "intake", sql, says) for says, sql in OF_SNAPSHOTS),
    *(Damage("intake", "sagas", "intake", sql, says) for says, sql in OF_SAGAS),
    *(Damage("intake", check, "intake", sql, says) for check, says, sql in OF_INTAKE),
    *(Damage("payments", check, "payments", sql, says) for check, says, sql in OF_PAYMENTS),
    *(Damage("routing", check, "routing", sql, says) for check, says, sql in OF_ROUTING),
    *(Damage("postal", check, "postal", sql, says) for check, says, sql in OF_POSTAL),
    *(Damage("reporting", check, "reporting", sql, says) for check, says, sql in OF_REPORTING),
    *(Damage("platform", check, store, sql, says) for check, says, store, sql in OF_THE_PLATFORM),
)
