"""How a process gets to Kafka: where the brokers are, as whom, and how it knows that they are the brokers."""

from dataclasses import dataclass, field
from typing import Any, Final

MECHANISM: Final = "SCRAM-SHA-512"
LOOKS_ROUND_EVERY_MS: Final = 10_000
"""How soon a client sees that topics or brokers have changed; the library's five minutes would leave a reader that came
while a topic was being made anew without partitions for so long."""


@dataclass(frozen=True, slots=True)
class KafkaAccess:
    """One principal's way to the cluster.

    Args:
        bootstrap: brokers as `host:port,host:port`.
        user, password: SCRAM-SHA-512 credentials; without a user the connection is plain, for a broker of a test.
        ca: path of the PEM file of the authority that signed the brokers' certificates.
    """

    bootstrap: str
    user: str = ""
    password: str = field(default="", repr=False)
    ca: str = ""

    def client(self) -> dict[str, Any]:
        """Return what every client of kafka-python is given."""
        common: dict[str, Any] = {
            "bootstrap_servers": self.bootstrap.split(","), "metadata_max_age_ms": LOOKS_ROUND_EVERY_MS,
        }  # fmt: skip
        if not self.user:
            return common
        return common | {
            "security_protocol": "SASL_SSL",
            "sasl_mechanism": MECHANISM,
            "sasl_plain_username": self.user,
            "sasl_plain_password": self.password,
            "ssl_cafile": self.ca,
        }
