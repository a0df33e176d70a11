"""Asks a broker, step by step, why it does not let a principal in: line, TLS, name and password."""

import socket
import ssl
import struct
from typing import Final

from kafka.net.sasl.scram import SaslMechanismScram

from chassis.bus.kafka_access import MECHANISM, KafkaAccess

PROBE_S: Final = 3.0
"""How long a broker is waited for at each step."""


def why_unreachable(access: KafkaAccess) -> str | None:
    """Ask the brokers one after another and return what keeps this principal out, None where one lets it in."""
    reasons = []
    for broker in access.bootstrap.split(","):
        host, _, port = broker.strip().rpartition(":")
        if not host or not port.isdigit():
            reasons.append(f"{broker!r} is no broker's address: LIENTHONG_KAFKA is host:port,host:port.")
            continue
        if (reason := _why_not(host, int(port), access)) is None:
            return None
        reasons.append(reason)
    # A broker that answers and refuses tells more than one that is down.
    return next((reason for reason in reasons if not reason.startswith(NOBODY)), reasons[0])


NOBODY: Final = "No broker answers at"


def _why_not(host: str, port: int, access: KafkaAccess) -> str | None:
    where = f"{host}:{port}"
    try:
        with socket.create_connection((host, port), PROBE_S) as line:
            return _without_tls(line, where) if not access.user else _with_tls(line, host, where, access)
    except OSError as error:
        return (
            f"{NOBODY} {where} ({error.strerror or error}): start it (`deploy/native/kafka.sh status` says which nodes "
            "run), or set LIENTHONG_KAFKA to where the brokers are."
        )


def _without_tls(line: socket.socket, where: str) -> str | None:
    curious = ssl.create_default_context()
    curious.check_hostname = False
    curious.verify_mode = ssl.CERT_NONE
    try:
        curious.wrap_socket(line).close()
    except OSError:
        return None  # it speaks plainly, as was wanted
    return (
        f"The broker at {where} speaks TLS and asks who is there, and no user was given: set LIENTHONG_KAFKA_USER, "
        "LIENTHONG_KAFKA_PASSWORD_FILE and LIENTHONG_KAFKA_CA."
    )


def _with_tls(line: socket.socket, host: str, where: str, access: KafkaAccess) -> str | None:
    try:
        context = ssl.create_default_context(cafile=access.ca or None)
    except OSError:
        return f"The authority's certificate {access.ca} cannot be read: LIENTHONG_KAFKA_CA names a PEM file."
    try:
        safe = context.wrap_socket(line, server_hostname=host)
    except ssl.SSLCertVerificationError as error:
        return (
            f"The broker at {where} shows a certificate that {access.ca or 'this machine'} does not vouch for "
            f"({error.verify_message}): set LIENTHONG_KAFKA_CA to the ca.pem of its own cluster; if it is, somebody "
            "else answers there."
        )
    except OSError as error:
        return (
            f"What answers at {where} speaks no TLS ({error}): LIENTHONG_KAFKA has to name the brokers' client ports."
        )
    try:
        return None if _lets_in(safe, host, access) else wrong_password(access)
    except (OSError, EOFError, ValueError, struct.error) as error:
        return f"What answers at {where} is no broker that takes {MECHANISM} ({said(error)}): see its log."


SASL_HANDSHAKE: Final = 17
SASL_AUTHENTICATE: Final = 36


def _lets_in(line: socket.socket, host: str, access: KafkaAccess) -> bool:
    """Speak Kafka's own protocol as far as the password: the client does not hear it when a broker refuses."""
    with line:
        handshake = _asked(line, SASL_HANDSHAKE, 1, struct.pack(">h", len(MECHANISM)) + MECHANISM.encode())
        if struct.unpack_from(">h", handshake)[0]:
            raise ValueError(f"it does not know {MECHANISM}")
        scram = SaslMechanismScram(host=host, **access.client())
        while not scram.is_done():
            token = scram.auth_bytes()
            answer = _asked(line, SASL_AUTHENTICATE, 0, struct.pack(">i", len(token)) + token)
            if struct.unpack_from(">h", answer)[0]:
                return False
            said = max(0, struct.unpack_from(">h", answer, 2)[0])
            (length,) = struct.unpack_from(">i", answer, 4 + said)
            scram.receive(answer[8 + said : 8 + said + length])
        return True


def _asked(line: socket.socket, request: int, version: int, body: bytes) -> bytes:
    """Send one request and return what its answer holds, without the number that ties the two."""
    message = struct.pack(">hhih", request, version, 1, -1) + body
    line.sendall(struct.pack(">i", len(message)) + message)
    return _received(line, struct.unpack(">i", _received(line, 4))[0])[4:]


def _received(line: socket.socket, count: int) -> bytes:
    found = b""
    while len(found) < count:
        if not (piece := line.recv(count - len(found))):
            raise EOFError("it hung up")
        found += piece
    return found


def wrong_password(access: KafkaAccess) -> str:
    """Return what an operator is told when name and password do not go together."""
    return (
        f"Kafka does not let {access.user} in: the password is wrong, or there is no such user. It has to be the one "
        f"that `lienthong kafka apply` was given (secrets/{access.user}.password of the cluster)."
    )


def said(error: BaseException) -> str:
    """Return an error in a few words."""
    return str(error)[:300] or type(error).__name__
