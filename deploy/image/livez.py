"""Asks the process of this container whether it works, for Docker's health check; ends with 1 if it does not.

The port is `LIENTHONG_PORT`; with `LIENTHONG_TLS_CERTIFICATE` the process speaks TLS. Whose certificate it is does not
matter here: nothing is told, and it is this very container that is asked.
"""

import os
import ssl
import sys
from urllib.error import URLError
from urllib.request import urlopen

WITHIN_S = 4


def works(port: str, over_tls: bool) -> bool:
    """Say whether `/livez` answers with 200."""
    scheme = "https" if over_tls else "http"
    unchecked = ssl._create_unverified_context() if over_tls else None
    try:
        with urlopen(f"{scheme}://127.0.0.1:{port}/livez", timeout=WITHIN_S, context=unchecked) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


if __name__ == "__main__":
    sys.exit(0 if works(os.environ["LIENTHONG_PORT"], bool(os.environ.get("LIENTHONG_TLS_CERTIFICATE"))) else 1)
