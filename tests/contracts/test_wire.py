"""A CloudEvents SDK that is not ours reads what we publish: structured, batched, and binary over HTTP and Kafka."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from cloudevents.core.base import BaseCloudEvent
from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from cloudevents.core.bindings.kafka import KafkaMessage, from_kafka_event
from cloudevents.core.formats.json import JSONFormat
from jsonschema import Draft202012Validator

from chassis import wire
from cli import published
from kernel.message import Envelope
from services.__main__ import compose
from tests.cli.played import go_on
from tests.harness import REGISTRY

TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
STRANGE = Envelope(
    7, "/lienthong/quangngai/intake/2", "dossier-A@1", "lienthong.intake.Strange.v1", 'thứ "ba" 50%', 3, "root",
    1_772_417_700_123_456, "nối", "", TRACEPARENT, b'{"note":"\xc4\x91\xe1\xbb\xa7"}',
)  # fmt: skip


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Envelope]]:
    """What every service said while two weeks were played."""
    data = tmp_path_factory.mktemp("said")
    go_on(data, REGISTRY, dossiers=30)
    platform = compose(data, rehearsal=True, registry=REGISTRY)
    running = [one for one in platform.engine.running.values() if one.service.published]
    yield [envelope for one in running for envelope in one.store.say(one.source, 0, 100_000)[0]]
    platform.close()


def read(attributes: dict[str, Any]) -> dict[str, str]:
    """Return attributes as the SDK read them, its instants as text again."""
    time = attributes["time"].isoformat().replace("+00:00", "Z")
    return {name: str(value) for name, value in attributes.items()} | {"time": time}


def binary_http(envelope: Envelope) -> BaseCloudEvent:
    headers, body = wire.http(envelope)
    assert all(value.isascii() and value.isprintable() for value in headers.values())
    return from_http_event(HTTPMessage(headers, body))


def structured_http(envelope: Envelope) -> BaseCloudEvent:
    return from_http_event(HTTPMessage({"content-type": wire.STRUCTURED}, wire.structured(envelope)))


def binary_kafka(envelope: Envelope) -> BaseCloudEvent:
    key, headers, value = wire.kafka(envelope)
    assert key.decode() == envelope.root
    assert len(dict(headers)) == len(headers)
    return from_kafka_event(KafkaMessage(headers=dict(headers), key=key, value=value))


@pytest.mark.parametrize("through", [binary_http, structured_http, binary_kafka])
def test_every_event_of_a_played_province_is_read_as_it_was_said(said: list[Envelope], through: Any) -> None:
    """Contracts, events on the wire: attributes, extensions and data arrive as they stand in the log."""
    assert len({envelope.type for envelope in said}) > 20
    for envelope in [*said, STRANGE]:
        event = through(envelope)
        expected = wire.attributes(envelope)
        attributes = read(dict(event.get_attributes()))
        assert attributes.pop("datacontenttype") == "application/json"
        assert attributes == expected
        assert event.get_data() == json.loads(envelope.data)


def test_a_batch_is_an_array_of_events(said: list[Envelope]) -> None:
    """What the feed hands out; empty is a batch too."""
    events = JSONFormat()
    written = json.loads(wire.batch(said))
    assert json.loads(wire.batch([])) == []
    assert [one["id"] for one in written] == [envelope.id for envelope in said]
    assert all(one == json.loads(wire.structured(envelope)) for one, envelope in zip(written, said, strict=True))
    assert events.read(None, json.dumps(written[0])).get_id() == said[0].id


def test_the_data_that_was_said_fits_the_schema_that_is_named(said: list[Envelope]) -> None:
    """`dataschema` leads to the file, and the file tells the truth about real events."""
    schemas = {
        schema["$id"]: Draft202012Validator(schema) for schema in published.events_in(published.files()).values()
    }
    for envelope in said:
        schemas[wire.attributes(envelope)["dataschema"]].validate(json.loads(envelope.data))


def test_what_an_event_does_not_have_is_left_out() -> None:
    """CloudEvents: an attribute with an empty value is not allowed."""
    without = STRANGE._replace(correlation="", causation="", traceparent=None)
    assert wire.HEADERS.keys() - wire.attributes(without).keys() == wire.OPTIONAL_ATTRIBUTES
    assert wire.attributes(STRANGE).keys() == wire.HEADERS.keys() - {"causationid"}


@pytest.mark.parametrize(
    ("time_us", "said"),
    [
        (1_772_417_700_000_000, "2026-03-02T02:15:00Z"),
        (1_772_417_700_123_456, "2026-03-02T02:15:00.123456Z"),
        (1_772_417_700_000_001, "2026-03-02T02:15:00.000001Z"),
        (0, "1970-01-01T00:00:00Z"),
    ],
)
def test_time_is_written_to_the_microsecond_where_there_is_one(time_us: int, said: str) -> None:
    """RFC 3339, UTC."""
    assert wire.attributes(STRANGE._replace(time_us=time_us))["time"] == said


def test_a_header_of_http_holds_printable_ascii_only() -> None:
    """CloudEvents HTTP binding 1.0.2, 3.1.3.2: blanks, double quotes, percent signs and the rest are encoded."""
    headers, body = wire.http(STRANGE)
    assert headers["ce-subject"] == "th%E1%BB%A9%20%22ba%22%2050%25"
    assert body == STRANGE.data
