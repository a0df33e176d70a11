"""Log lines: what is told of the work, in which form, and that nobody's words get into one."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from chassis.logs import FIELDS, plainly, set_up
from chassis.stores.store import StoreUnavailable
from chassis.telemetry import CROSSING, Crossing
from tests.chassis.border import REF, Header, amount
from tests.http_harness import HttpPlatform

OURS = logging.getLogger("lienthong.test")
TRACE = "0af7651916cd43dd8448eb211c80319c"
SECRETS = ("Nguyễn Thị Ánh", "0912345678", "051185003187", "an@example.vn", "s1.pc2c2d7dcb6e57cee9da58bef.BAfLX3=")

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """Everything logged from debug on, as a program would read it."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    stream = io.StringIO()
    set_up("debug", stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers[:] = before
    root.setLevel(level)


def test_a_program_reads_json(lines: Lines) -> None:
    """One object a line: when, how grave, where, what."""
    OURS.warning("%s waits for %d of %s", "routing", 3, "dossier-01M1WV6Y20MM3BC7SX19XQPHDC@2")
    (line,) = lines()
    assert line.pop("at").endswith("Z")
    assert line == {
        "level": "warning",
        "logger": "lienthong.test",
        "event": "routing waits for 3 of dossier-01M1WV6Y20MM3BC7SX19XQPHDC@2",
    }


def test_a_person_reads_words() -> None:
    """Where a terminal is, nobody wants braces."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    stream = io.StringIO()
    set_up("info", stream, readable=True)
    OURS.info("%s has stopped", "routing")
    OURS.debug("not shown")
    root.handlers[:] = before
    root.setLevel(level)
    text = stream.getvalue()
    assert "routing has stopped" in text
    assert "{" not in text
    assert text.count("\n") == 1


@pytest.mark.parametrize("secret", SECRETS)
def test_what_is_filled_in_is_told_only_if_it_is_a_name(lines: Lines, secret: str) -> None:
    """However it comes: as a text, inside one, in a dictionary, in an exception or an object."""
    OURS.error("%s wrote %r", secret, {"name": secret})
    OURS.error("cannot read %(what)s", {"what": secret})
    OURS.error("refused: %s", ValueError(secret))
    OURS.error("refused: %s", f"ValueError: {secret}")
    logging.getLogger("somebody.else").warning("got %s", secret)
    try:
        raise ValueError(secret)
    except ValueError:
        OURS.exception("could not carry out %r", "Job(SubmitDossier)")
    told = json.dumps(lines(), ensure_ascii=False)
    assert len(lines()) == 6
    assert secret not in told
    assert "got %s" in told
    assert lines()[3]["event"] == "refused: ValueError…"
    assert lines()[5]["error"] == "ValueError"
    assert lines()[5]["where"][-1].startswith("chassis/test_logs.py:")


def test_of_what_a_library_says_the_first_line_is_told(lines: Lines) -> None:
    """Its further lines quote what it was working on."""
    logging.getLogger("asyncio").error("Task exception was never retrieved\nfuture: <Task exception=KeyError('Ánh')>")
    assert lines()[0]["event"] == "Task exception was never retrieved"


def test_other_fields_are_left_out(lines: Lines) -> None:
    """An allow-list: `extra` is a door through which anything might come."""
    OURS.warning("here", extra={"applicant": "Nguyễn Thị Ánh", "dossier": "planted"})
    (line,) = lines()
    assert set(line) <= set(FIELDS)
    assert "Ánh" not in json.dumps(line, ensure_ascii=False)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (3, 3), (2.5, 2.5), (None, None), (True, True), ("routing", "routing"), ("a b", "…"),
        (StoreUnavailable("intake.db: disk is full"), "StoreUnavailable: intake.db: disk is full"),
        (KeyError("Ánh"), "KeyError"), (["Ánh"], "list"), (object(), "object"),
    ],
)  # fmt: skip
def test_each_kind_of_value_is_told_plainly(value: Any, told: Any) -> None:
    """What the database says of itself is worth reading; what anybody else says is not ours to repeat."""
    assert plainly(value) == told


def test_a_line_within_a_request_has_its_trace(lines: Lines) -> None:
    """The trace is the `instance` of the problem document that the caller was given."""
    token = CROSSING.set(Crossing(TRACE, "0" * 16, followed=False))
    OURS.warning("the gateway is silent")
    CROSSING.reset(token)
    assert lines()[0]["trace"] == TRACE


def test_no_such_level_is_refused() -> None:
    """A server does not start with a setting that means nothing."""
    with pytest.raises(ValueError, match="LOUD"):
        set_up("loud", io.StringIO())


def test_a_command_that_fails_is_told_with_its_trace_and_without_its_words(
    platform: HttpPlatform, account: str, me: Header, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line of a command has its service and its trace; what was in the body is in no line."""
    service = platform.engine.running["savings"].service
    monkeypatch.setattr(type(service), "publish", staticmethod(_publishing_fails))
    headers = {**me, "Idempotency-Key": "k1", "traceparent": f"00-{TRACE}-b7ad6b7169203331-00"}
    answer = platform.client.post(f"{account}/deposits", json=amount(1, "s1"), headers=headers)
    monkeypatch.undo()
    assert answer.status_code == 500
    failed = [line for line in lines() if line["logger"] == "lienthong.executor"]
    assert failed
    assert (failed[0]["service"], failed[0]["trace"]) == ("savings", TRACE)
    assert (failed[0]["dossier"], failed[0]["error"]) == (REF, "ValueError")
    assert "Ánh" not in json.dumps(lines(), ensure_ascii=False)


def _publishing_fails(event: object) -> None:
    raise ValueError("Nguyễn Thị Ánh")


@pytest.mark.parametrize(
    "body", ['{"amount": "Nguyễn Ánh"}'.encode(), "Nguyễn Ánh".encode(), b"\xff\xfe0912345678"]
)  # fmt: skip
def test_a_line_about_a_bad_body_does_not_hold_the_body(
    platform: HttpPlatform, account: str, me: Header, lines: Lines, body: bytes
) -> None:
    """What cannot be read may be anything; the address's query is as bad as the body."""
    headers = {**me, "Idempotency-Key": "k1", "Content-Type": "application/json"}
    answer = platform.client.post(f"{account}/deposits?name=0987654321", content=body, headers=headers)
    told = json.dumps(lines(), ensure_ascii=False)
    assert answer.status_code in (400, 422)
    (access,) = [line for line in lines() if line["logger"] == "lienthong.access"]
    assert f"{answer.status_code} in" in access["event"]
    assert all(secret not in told for secret in ("Ánh", "0912345678", "0987654321", "name="))
