"""Another issuer on a port of its own: it publishes what a test lays out, and counts how often it is asked."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

KEYS: dict[str, Any] = {
    "RS256": rsa.generate_private_key(public_exponent=65537, key_size=2048),
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate(),
}
WRITES: dict[str, Any] = {"RS256": RSAAlgorithm, "ES256": ECAlgorithm, "EdDSA": OKPAlgorithm}


class Outside:
    """An issuer that a test rules over.

    Args:
        answers: path → what is answered there; a callable is asked each time.
        asked: how often each path was asked for.
        silent: it answers 503 to everything.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked: dict[str, int] = {}
        self.silent = False
        self.keys: dict[str, dict[str, Any]] = {}
        self.named = url

    def publish(self, kid: str, algorithm: str, key: Any = None, **more: Any) -> Any:
        """Publish a key and return its private half."""
        private = key or KEYS[algorithm]
        jwk = WRITES[algorithm].to_jwk(private.public_key(), as_dict=True)
        self.keys[kid] = jwk | {"kid": kid, "use": "sig", "alg": algorithm} | more
        return private

    def answer(self, path: str) -> Any:
        self.asked[path] = self.asked.get(path, 0) + 1
        if self.silent:
            return None
        where = {"issuer": self.named, "jwks_uri": f"{self.url}/keys"}
        where |= {"authorization_endpoint": f"{self.url}/authorize", "token_endpoint": f"{self.url}/token"}
        return {"/.well-known/openid-configuration": where, "/keys": {"keys": list(self.keys.values())}}.get(path)

    def token(self, kid: str, algorithm: str, key: Any = None, **other: Any) -> str:
        """Return a token signed as this issuer signs, with some claims exchanged.

        None leaves one out; a timedelta is counted from now.
        """
        now = int(time.time())
        whole = {"iss": self.url, "aud": "lienthong", "sub": "officer-7", "iat": now, "exp": now + 60}
        whole |= {"role": "inspector"} | other
        claims = {name: from_now(value, now) for name, value in whole.items() if value is not None}
        return jwt.encode(claims, key or KEYS[algorithm], algorithm=algorithm, headers={"kid": kid})


def from_now(value: Any, now: int) -> Any:
    """Return the instant of a claim given as a distance from now: what is fixed when a test is collected ages."""
    return now + int(value.total_seconds()) if isinstance(value, timedelta) else value


@contextmanager
def outside() -> Iterator[Outside]:
    """Serve another issuer as long as the block runs."""

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = there.answer(self.path)
            self.send_response(503 if body is None else 200)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    there = Outside(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield there
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
