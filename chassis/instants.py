"""How instants stand in rows: UTC, whole seconds, one width, so that text sorts as time does."""

from datetime import UTC, datetime, timedelta
from typing import Final

WHOLE_SECONDS: Final = len("2026-09-07T08:00:00")
A_SECOND: Final = timedelta(seconds=1)


def in_second(instant: datetime) -> str:
    """Return the second that an instant lies in: `2026-09-07T08:00:00Z`."""
    return f"{instant.astimezone(UTC).isoformat()[:WHOLE_SECONDS]}Z"


def by_second(instant: datetime) -> str:
    """Return the first whole second that is not before an instant, so that nothing is due too early."""
    return in_second(instant + A_SECOND if instant.microsecond else instant)
