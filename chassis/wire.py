"""A public event as it leaves the house: CloudEvents 1.0, structured (JSON) or binary (headers of HTTP or Kafka).

The data is never decoded here: what was stored is what is said, to the byte.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final
from urllib.parse import quote

from chassis.codec import encode
from kernel.message import EPOCH, Envelope

TOPIC: Final = "dossier-events"
PARTITIONS: Final = 12
SAY_AGAIN: Final = "say-again"
"""Where a reader that misses something asks its source to say it again; the key is the source's service."""

JSON: Final = "application/json"
STRUCTURED: Final = "application/cloudevents+json"
BATCH: Final = "application/cloudevents-batch+json"

HEADERS: Final[Mapping[str, str]] = {
    "specversion": "CloudEvents 1.0",
    "id": "stable, derived from the stored event",
    "source": "/lienthong/<installation>/<service>, with the generation behind it after a restore (…/intake/2)",
    "type": "lienthong.<service>.<Event>.v<n>",
    "subject": "reference of the dossier, or id of the thing",
    "time": "business time, UTC",
    "dataschema": "`$id` of the payload's schema under schemas/",
    "sequence": "1, 2, 3 … without a gap for each source and subject",
    "partitionkey": "reference of the root dossier",
    "correlationid": "what belongs together",
    "causationid": "what it followed from",
    "traceparent": "W3C Trace Context",
}
"""Every attribute that we write, in their order, and what it says."""

OPTIONAL_ATTRIBUTES: Final = frozenset({"correlationid", "causationid", "traceparent"})


def schema_of(type: str) -> str:
    """Return the `$id` of the schema under `schemas/` that the data of a wire type fits."""
    return f"urn:lienthong:schema:{type}"


def attributes(envelope: Envelope) -> dict[str, str]:
    """Return the CloudEvents attributes of an event, extensions included; what it does not have is left out."""
    time = envelope.time.isoformat(timespec="microseconds" if envelope.time_us % 1_000_000 else "seconds")
    given = {
        "specversion": "1.0",
        "id": envelope.id,
        "source": envelope.source,
        "type": envelope.type,
        "subject": envelope.subject,
        "time": time.replace("+00:00", "Z"),
        "dataschema": schema_of(envelope.type),
        "sequence": str(envelope.sequence),
        "partitionkey": envelope.root,
        "correlationid": envelope.correlation,
        "causationid": envelope.causation,
        "traceparent": envelope.traceparent or "",
    }
    return {name: value for name, value in given.items() if value}


def structured(envelope: Envelope) -> bytes:
    """Return an event in structured mode: one JSON object (`application/cloudevents+json`)."""
    around = encode(attributes(envelope) | {"datacontenttype": JSON})
    return around[:-1] + b',"data":' + envelope.data + b"}"


def batch(envelopes: Iterable[Envelope]) -> bytes:
    """Return events in batched mode: a JSON array (`application/cloudevents-batch+json`)."""
    return b"[" + b",".join(map(structured, envelopes)) + b"]"


def http(envelope: Envelope) -> tuple[dict[str, str], bytes]:
    """Return headers and body of an event in binary mode over HTTP; values are percent-encoded as the binding asks."""
    headers = {f"ce-{name}": _ascii(value) for name, value in attributes(envelope).items()}
    return headers | {"content-type": JSON}, envelope.data


def kafka(envelope: Envelope) -> tuple[bytes, list[tuple[str, bytes]], bytes]:
    """Return key, headers and value of an event in binary mode over Kafka; header values are UTF-8."""
    headers = [(f"ce_{name}", value.encode()) for name, value in attributes(envelope).items()]
    return envelope.root.encode(), [*headers, ("content-type", JSON.encode())], envelope.data


def _ascii(value: str) -> str:
    """Encode what a header of HTTP cannot hold: blanks, quotes, percent signs and whatever is not printable ASCII."""
    return quote(value, safe="!#$&'()*+,-./:;<=>?@[\\]^_`{|}~")


class NotOurs(ValueError):
    """A record is no event as this installation says them."""


def heard_over_kafka(position: int, headers: Iterable[tuple[str, bytes]], value: bytes | None) -> Envelope:
    """Return the event that a record in binary mode holds; attributes that are not known are passed over.

    Args:
        position: where its reader keeps it, one behind its offset.

    Raises:
        NotOurs: an attribute is missing or unreadable.
    """
    given = dict(headers)
    try:
        if given["ce_specversion"] != b"1.0":
            raise NotOurs("its specversion is not 1.0")
        traceparent = given.get("ce_traceparent")
        return Envelope(
            position, given["ce_source"].decode(), given["ce_id"].decode(), given["ce_type"].decode(),
            given["ce_subject"].decode(), int(given["ce_sequence"]), given["ce_partitionkey"].decode(),
            _microseconds(given["ce_time"].decode()), given.get("ce_correlationid", b"").decode(),
            given.get("ce_causationid", b"").decode(), None if traceparent is None else traceparent.decode(),
            value or b"",
        )  # fmt: skip
    except KeyError as error:
        raise NotOurs(f"it has no header {error.args[0]}") from error
    except ValueError as error:
        raise NotOurs(str(error)) from error


def _microseconds(time: str) -> int:
    since = datetime.fromisoformat(time) - EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
