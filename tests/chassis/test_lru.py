"""What was used last is remembered; the rest costs a read."""

from hypothesis import given
from hypothesis import strategies as st

from chassis.lru import Recent

LIMIT = 8
KEYS = st.integers(0, 40)


def remembering(*keys: int) -> "Recent[int, str]":
    recent: Recent[int, str] = Recent(LIMIT)
    for key in keys:
        recent.update({key: f"value {key}"})
    return recent


def test_what_was_put_in_is_there() -> None:
    recent = remembering(1, 2, 3)
    assert (recent.get(2), recent.peek(3), recent.get(4), recent.peek(4)) == ("value 2", "value 3", None, None)


def test_the_latest_value_is_the_one_that_is_found() -> None:
    recent = remembering(*range(LIMIT))
    recent.update({0: "newer"})
    assert (recent.get(0), recent.peek(0)) == ("newer", "newer")


def test_what_is_asked_for_stays_and_what_nobody_asks_for_goes() -> None:
    recent = remembering(0, 1)
    for key in range(2, 40):
        recent.get(0)
        recent.update({key: "another"})
    assert (recent.peek(0), recent.peek(1)) == ("value 0", None)


def test_a_look_from_aside_does_not_keep_anything() -> None:
    recent = remembering(0)
    for key in range(1, 40):
        recent.peek(0)
        recent.update({key: "another"})
    assert recent.peek(0) is None


def test_what_is_cleared_is_gone() -> None:
    recent = remembering(*range(LIMIT))
    recent.clear()
    assert [recent.peek(key) for key in range(LIMIT)] == [None] * LIMIT


@given(st.lists(st.tuples(st.booleans(), KEYS), max_size=200))
def test_it_never_invents_a_value_and_never_grows_past_its_limit(moves: list[tuple[bool, int]]) -> None:
    recent: Recent[int, int] = Recent(LIMIT)
    truth: dict[int, int] = {}
    for number, (puts, key) in enumerate(moves):
        if puts:
            truth[key] = number
            recent.update({key: number})
        else:
            assert recent.get(key) in (None, truth.get(key))
        remembered = {known: recent.peek(known) for known in range(41)}
        assert all(value in (None, truth.get(known)) for known, value in remembered.items())
        assert sum(value is not None for value in remembered.values()) <= LIMIT + 1
        if puts:
            assert remembered[key] == number
