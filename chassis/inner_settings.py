"""What an operator may set of the processes that no stranger reaches: the vault's and the file store's."""

from dataclasses import dataclass, field
from typing import Self

from chassis.settings import given


@dataclass(frozen=True, slots=True)
class InnerSettings:
    """Settings of a vault's process, or of a file store's; each may be named by a file instead (`…_FILE`).

    Args:
        host, port: where it answers.
        tls_certificate, tls_key: PEM files; both or neither.
        database, database_password: the vault's own database, as in `chassis/settings.py`.
        vault_key: the vault's master key, 32 bytes in base64; it has no other place.
        vault_key_next: the one that a rotation changes to, only while it does.
        vault_tokens, files_tokens: who may ask, as `chassis/inner_credentials.py` says.
        files_folder: where the files rest.
    """

    host: str = "127.0.0.1"
    port: str = ""
    tls_certificate: str = ""
    tls_key: str = ""
    log_level: str = "warning"
    database: str = ""
    database_password: str = field(default="", repr=False)
    vault_key: str = field(default="", repr=False)
    vault_key_next: str = field(default="", repr=False)
    vault_tokens: str = field(default="", repr=False)
    files_folder: str = ""
    files_tokens: str = field(default="", repr=False)

    @classmethod
    def from_environment(cls) -> Self:
        """Read `LIENTHONG_HOST`, `LIENTHONG_PORT`, … where they are set.

        Raises:
            OSError: a file that is named cannot be read.
            ValueError: a setting is given both ways.
        """
        return cls(**{name: value for name in cls.__slots__ if (value := given(f"LIENTHONG_{name.upper()}"))})
