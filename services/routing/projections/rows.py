"""How instants stand in rows: whole seconds of one width, so that text sorts as time does."""

from datetime import UTC, datetime, timedelta


def in_text(instant: datetime) -> str:
    """Return an instant in UTC; a part of a second counts as the whole one, so that nothing is due too early."""
    whole = instant.astimezone(UTC) + timedelta(seconds=1 if instant.microsecond else 0)
    return whole.strftime("%Y-%m-%dT%H:%M:%SZ")


def in_text_or_none(instant: datetime | None) -> str | None:
    return None if instant is None else in_text(instant)
