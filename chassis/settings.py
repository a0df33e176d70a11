"""What an operator may set, from the environment; each setting has a name and a default for the embedded form."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of one installation.

    Args:
        public_url: how the outside world (gateway, browser) reaches this server, without a slash at the end.
        vnpay_terminal, vnpay_secret: the terminal code and hash secret that the gateway issued; the defaults are those
            of the bundled simulator.
        vnpay_pay_url: where a payer is sent; empty means the bundled simulator.
        vnpay_inquiry_url: where the gateway is asked how a payment ended (`querydr`); empty beside a real pay page
            means that it cannot be asked, so that a payment it does not tell of waits for a person.
        oidc_issuer: OpenID Connect issuer whose tokens are taken and where browsers sign in, exactly as it names
            itself; empty means that only this installation's own keys are trusted.
        oidc_audience: what its access tokens must name as audience.
        oidc_client_id, oidc_client_secret: as which this installation signs people in there; without a secret it is a
            public client.
        oidc_scope: what a sign-in asks for.
        oidc_claim_…: which claim says what; a dot leads into a claim. An issuer tells the vault's person or a personal
            id only where its claim is named here.
        oidc_roles: translates the issuer's words, `theirs=ours, theirs=ours`; empty means they are the same.
        trace_share: share of the dossiers that are followed through the services, between 0 and 1, for all acts or by
            name: `0.05`, or `submit_dossier=1, *=0.05`. What comes with a sampled `traceparent` is followed always.
        traces_per_s: so many traces are begun in one second at most.
        log_level: from which level on lines are logged; `info` has a line for each request.
        vault_key: master key of the vault, 32 bytes in base64; empty means the file `keys/vault.key`.

    What follows is for a service that is a process of its own; each may be named by a file instead (`…_FILE`).

    Args:
        database: libpq's connection words without a password: `host=… port=… dbname=intake user=intake
            sslmode=verify-full sslrootcert=…`; `database_password` beside it.
        kafka: brokers, `host:port,host:port`; `kafka_user` and `kafka_password` as whom, `kafka_ca` the PEM file of the
            authority that signed their certificates.
        vault_url, vault_token: where the vault answers, and this service's credential there.
        files_url, files_token: the same of the file store.
        vault_ca, files_ca: the PEM file of the authority that signed their certificates; empty means the system's.
        internal_token: what the front and the services know each other by.
        services: where the services' instances answer, for the front: `intake=http://…,http://…;routing=http://…`.
        live_url: where the process of the live figures answers, for the front; empty means that there is none.
        keys: folder of the keys that all instances share: the issuer's, the sessions', the answers'.
        instance: name of this process among its like (`intake-1`), the same after a restart.
        host, port: where this process answers HTTP (`services/topology.py` has each kind's port).
        rehearsal: `1` keeps a virtual clock, as `serve --rehearsal` does.
        traces: folder in which each process keeps its traces, where no collector is named.
        session_ms: how long the brokers wait for a sign of life before they give its partitions to others.
    """

    public_url: str = "http://127.0.0.1:8080"
    vnpay_terminal: str = "LIENTHONG"
    vnpay_secret: str = "rehearsal-only-secret"
    vnpay_pay_url: str = ""
    vnpay_inquiry_url: str = ""
    oidc_issuer: str = ""
    oidc_audience: str = "lienthong"
    oidc_client_id: str = "lienthong"
    oidc_client_secret: str = ""
    oidc_scope: str = "openid"
    oidc_claim_id: str = "sub"
    oidc_claim_role: str = "role"
    oidc_claim_agency: str = "agency"
    oidc_claim_person: str = ""
    oidc_claim_personal_id: str = ""
    oidc_claim_procedures: str = "procedures"
    oidc_claim_steps: str = "steps"
    oidc_roles: str = ""
    trace_share: str = "0.05"
    traces_per_s: str = "200"
    log_level: str = "warning"
    vault_key: str = field(default="", repr=False)
    database: str = ""
    database_password: str = field(default="", repr=False)
    kafka: str = ""
    kafka_user: str = ""
    kafka_password: str = field(default="", repr=False)
    kafka_ca: str = ""
    vault_url: str = ""
    vault_token: str = field(default="", repr=False)
    vault_ca: str = ""
    files_url: str = ""
    files_token: str = field(default="", repr=False)
    files_ca: str = ""
    internal_token: str = field(default="", repr=False)
    services: str = ""
    live_url: str = ""
    keys: str = "keys"
    instance: str = ""
    traces: str = "telemetry"
    session_ms: str = "45000"
    host: str = "127.0.0.1"
    port: str = "8080"
    rehearsal: str = ""

    @classmethod
    def from_environment(cls) -> Self:
        """Read `LIENTHONG_PUBLIC_URL`, `LIENTHONG_VNPAY_TERMINAL`, … where they are set.

        Each may instead be given as the name of a file that holds it (`LIENTHONG_VNPAY_SECRET_FILE`), which keeps
        secrets out of the environment too.

        Raises:
            OSError: a file that is named cannot be read.
            ValueError: a setting is given both ways.
        """
        return cls(**{name: value for name in cls.__slots__ if (value := given(f"LIENTHONG_{name.upper()}"))})


def given(variable: str) -> str:
    """Return a variable's value, or what stands in the file that it names; "" where neither is set."""
    value, file = os.environ.get(variable, ""), os.environ.get(f"{variable}_FILE", "")
    if value and file:
        raise ValueError(f"{variable} and {variable}_FILE are both set: remove one of them")
    return Path(file).read_text(encoding="utf-8").rstrip("\r\n") if file else value
