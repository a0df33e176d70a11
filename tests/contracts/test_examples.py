"""Every public event has an example that its schema accepts, its type reads, and every reader of it understands."""

import json
from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator

from chassis.codec import encode
from cli import published
from cli.examples import example
from kernel.money import Posting


def examples() -> list[tuple[str, dict[str, Any], Any]]:
    """Return path, schema and example of every public event."""
    found = []
    for path, schema in published.events_in(published.files()).items():
        (one,) = schema["examples"]
        found.append((path, schema, one))
    return found


def test_every_example_fits_its_schema_and_fills_it() -> None:
    """What a reader copies from the page must be true, and show every field."""
    assert len(examples()) > 60
    for path, schema, shown in examples():
        Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(shown)
        assert shown.keys() == schema["properties"].keys(), path


def test_the_money_of_every_example_comes_to_zero() -> None:
    """Contracts, money: every money event is a balanced posting; an example that is not would teach the contrary."""
    booked = [shown["postings"] for _, _, shown in examples() if "postings" in shown]
    assert len(booked) > 3
    assert all(sum(posting["amount_vnd"] for posting in postings) == 0 for postings in booked)


@pytest.mark.parametrize("field", ["particulars", "address", "note", "submitter_particulars"])
def test_what_is_personal_is_sealed_in_examples_too(field: str) -> None:
    """Contracts, personal data: an example in clear would be copied into a test in clear."""
    found = [shown[field] for _, _, shown in examples() if field in shown]
    assert found
    assert all(text.startswith("s1.") for text in found)


def test_an_example_is_always_the_same_and_reads_back_as_itself() -> None:
    """Made of nothing but the type."""
    assert example(Posting) == example(Posting)
    assert msgspec.json.decode(encode(example(Posting)), type=Posting) == example(Posting)


def test_a_type_without_an_example_is_refused() -> None:
    """A new kind of field needs a thought, not a guess."""

    class Odd:
        thing: complex

    odd: Mapping[str, Any] = {"thing": complex}
    made = msgspec.defstruct("Odd", list(odd.items()))
    with pytest.raises(TypeError):
        example(made)


def test_examples_are_json_a_person_can_read() -> None:
    """Instants in UTC with a Z, words in Vietnamese as they are."""
    text = json.dumps([shown for _, _, shown in examples()], ensure_ascii=False)
    assert "2026-03-02T02:15:00Z" in text
    assert "Chủ tịch UBND" in text
