"""What an operator may set, from the environment; each setting has a name and a default for the embedded form."""

import os
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of one installation.

    Args:
        public_url: how the outside world (gateway, browser) reaches this server, without a slash at the end.
        vnpay_terminal, vnpay_secret: the terminal code and hash secret that the gateway issued; the defaults are those
            of the bundled simulator.
        vnpay_pay_url: where a payer is sent; empty means the bundled simulator.
    """

    public_url: str = "http://127.0.0.1:8080"
    vnpay_terminal: str = "LIENTHONG"
    vnpay_secret: str = "rehearsal-only-secret"
    vnpay_pay_url: str = ""

    @classmethod
    def from_environment(cls) -> Self:
        """Read `LIENTHONG_PUBLIC_URL`, `LIENTHONG_VNPAY_TERMINAL`, … where they are set."""
        variables = {name: f"LIENTHONG_{name.upper()}" for name in cls.__slots__}
        return cls(**{name: os.environ[there] for name, there in variables.items() if there in os.environ})
