"""What an operator is told when Kafka refuses: one sentence on what is wrong and one on what to do.

The client says of a wrong password, a wrong authority and a broker that is down alike that it is "unable to bootstrap".
Then `explained` goes to the brokers itself and finds out which of them it is.
"""

from typing import Final, Self

from kafka.errors import (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    InvalidReplicationFactorError,
    InvalidTimestampError,
    KafkaConnectionError,
    KafkaError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    NotEnoughReplicasAfterAppendError,
    NotEnoughReplicasError,
    SaslAuthenticationFailedError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)

from chassis.bus.kafka_access import KafkaAccess
from chassis.bus.kafka_probe import said, why_unreachable, wrong_password
from chassis.stores.store import StoreUnavailable


class KafkaUnavailable(StoreUnavailable):
    """The brokers cannot be spoken to now; its words are for operators and hold nothing of anybody's."""

    @classmethod
    def meant_by(cls, error: Exception, access: KafkaAccess) -> Self:
        """Return what a client's error means, in words that say what to do."""
        return cls(explained(error, access) if isinstance(error, KafkaError) else str(error) or type(error).__name__)


APPLY: Final = "`lienthong kafka diff` shows what is not as it was declared, `lienthong kafka apply` makes it so"


def explained(error: BaseException, access: KafkaAccess) -> str:
    """Return what an operator is told of an error of the client.

    Where the client does not say why it found no broker, the brokers are asked: a few seconds for each of them where
    none answers, so not to be called where others wait.
    """
    who = access.user or "nobody (no user was given)"
    match error:
        case SaslAuthenticationFailedError():
            return wrong_password(access)
        case TopicAuthorizationFailedError():
            return f"{who} may not do this with {_names(error, 'that topic')}: {APPLY}."
        case GroupAuthorizationFailedError():
            return f"{who} may not be a member of {_names(error, 'that consumer group')}: {APPLY}."
        case ClusterAuthorizationFailedError():
            return f"{who} may not write to any topic, or asked for what only the administrator may do: {APPLY}."
        case UnknownTopicOrPartitionError():
            return f"There is no such topic for {who}, or it may not see it: {APPLY}."
        case NotEnoughReplicasError() | NotEnoughReplicasAfterAppendError():
            return "Too few brokers hold that topic now, so nothing is written: start the brokers that are down."
        case InvalidReplicationFactorError():
            return "Fewer brokers are up than a topic is to have replicas: start the others, and call this again."
        case MessageSizeTooLargeError():
            return (
                "The topic takes no message of that size: its max.message.bytes is too small, or the message is wrong."
            )
        case InvalidTimestampError():
            return "The broker refuses the record's timestamp: the clocks of this machine and the broker's differ."
        case KafkaError() if ClusterAuthorizationFailedError.__name__ in str(error):
            # What an idempotent producer makes of it when it asks for its number.
            return explained(ClusterAuthorizationFailedError(), access)
        case KafkaTimeoutError() | KafkaConnectionError():
            return why_unreachable(access) or f"Kafka at {access.bootstrap} did not answer in time: {said(error)}."
        case _:
            return f"Kafka at {access.bootstrap} refused {who}: {said(error)}."


def _names(error: BaseException, otherwise: str) -> str:
    """Return the names that the error came with; the client gives a set of topics or the id of a group, or nothing."""
    given = error.args[0] if error.args else None
    if isinstance(given, set | frozenset | list | tuple):
        return ", ".join(sorted(map(str, given))) or otherwise
    return str(given) if given and len(str(given)) < 250 else otherwise
