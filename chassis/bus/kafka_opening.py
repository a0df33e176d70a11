"""Opens a client of kafka-python so that nothing is left behind when it cannot be opened.

A client that finds no broker raises, and the thread that it had started for its lines goes on for ever: whoever tries
again every second would have thousands of them after an hour.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from kafka.net.compat import KafkaNetClient

Client = TypeVar("Client")


def opened(kind: Callable[..., Client], **settings: Any) -> Client:
    """Return `kind(**settings)`, a `KafkaAdminClient` or a `KafkaConsumer`.

    Raises:
        KafkaError: it could not be opened, and its thread has ended.
    """
    lines: list[KafkaNetClient] = []

    def line(**configuration: Any) -> KafkaNetClient:
        lines.append(KafkaNetClient(**configuration))
        return lines[-1]

    try:
        return kind(**settings, kafka_client=line)
    except BaseException:
        for one in lines:
            with suppress(Exception):
                one.close()
            one._manager._net.stop()
        raise
