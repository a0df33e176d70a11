"""Makes an authority and the certificates that it signs, into the folder `tls` of a cluster.

    .venv/bin/python deploy/native/tls.py <cluster folder> [--host NAME]…

`ca.pem` is what everybody is given to know the others by; `ca.key` signs and is needed by nobody else. `broker.pem`
holds key and certificate of the brokers together (`CN=broker`, who are super users to each other), `postgres.crt` and
`http.crt` have their keys beside them. What is there and good for another month stays; files with keys are 0600.
"""

import argparse
import ipaddress
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY_DAYS: Final = 3650
CERTIFICATE_DAYS: Final = 825
RENEWED_BEFORE: Final = timedelta(days=30)
HERE: Final = ("localhost", "127.0.0.1", "::1")

BOTH_WAYS: Final = (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH)
SERVER_ONLY: Final = (ExtendedKeyUsageOID.SERVER_AUTH,)
"""Only brokers show their certificate to each other; with any other one nobody can pass for a broker."""


def make(folder: Path, hosts: Sequence[str] = ()) -> None:
    """Make what is missing, too old, or not for all of `hosts` (names or addresses beside this machine's own)."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    names = (*HERE, *(host for host in hosts if host not in HERE))
    key, authority = _authority(folder)
    _signed(folder, "broker", key, authority, names, BOTH_WAYS, together=True)
    _signed(folder, "postgres", key, authority, names, SERVER_ONLY)
    _signed(folder, "http", key, authority, names, SERVER_ONLY)


def _authority(folder: Path) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    there, key_there = folder / "ca.pem", folder / "ca.key"
    if there.exists() and key_there.exists():
        authority = x509.load_pem_x509_certificate(there.read_bytes())
        key = serialization.load_pem_private_key(key_there.read_bytes(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        if _lasts(authority):
            return key, authority
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Lien Thong cluster")])
    authority = (
        _begun(name, name, key, AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    _write(key_there, _pem(key), 0o600)
    _write(there, authority.public_bytes(serialization.Encoding.PEM), 0o644)
    return key, authority


def _signed(
    folder: Path,
    who: str,
    by: ec.EllipticCurvePrivateKey,
    authority: x509.Certificate,
    names: Sequence[str],
    uses: Sequence[x509.ObjectIdentifier],
    *,
    together: bool = False,
) -> None:
    there = folder / (f"{who}.pem" if together else f"{who}.crt")
    key_there = there if together else folder / f"{who}.key"
    if there.exists() and key_there.exists() and _good(there.read_bytes(), authority, names):
        return
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, who)])
    certificate = (
        _begun(subject, authority.subject, key, CERTIFICATE_DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(uses), critical=False)
        .add_extension(x509.SubjectAlternativeName([_alternative(name) for name in names]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), critical=False)
        .sign(by, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    if together:
        _write(there, _pem(key) + pem, 0o600)
    else:
        _write(key_there, _pem(key), 0o600)
        _write(there, pem, 0o644)


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, days: int
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        # An hour ago, for machines whose clocks are a little behind.
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _good(pem: bytes, authority: x509.Certificate, names: Sequence[str]) -> bool:
    certificate = x509.load_pem_x509_certificate(pem[pem.index(b"-----BEGIN CERTIFICATE-----") :])
    if not _lasts(certificate) or certificate.issuer != authority.subject:
        return False
    signer = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    if signer != x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key()):  # type: ignore[arg-type]
        return False
    for_whom = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return all(_alternative(name) in for_whom for name in names)


def _lasts(certificate: x509.Certificate) -> bool:
    return certificate.not_valid_after_utc > datetime.now(UTC) + RENEWED_BEFORE


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    # PKCS#8 without a password is the one form that Kafka's PEM key store, PostgreSQL and Python all read.
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(there: Path, data: bytes, mode: int) -> None:
    """Put a whole file in its place, with its mode from the first moment on."""
    beside = there.with_name(f".{there.name}.{os.getpid()}")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
        file.write(data)
    beside.replace(there)


def main(arguments: Sequence[str]) -> None:
    """Run it as a command."""
    parser = argparse.ArgumentParser(description="Make the certificates of a cluster.")
    parser.add_argument("folder", type=Path, help="the cluster's folder; certificates go to its folder tls")
    parser.add_argument("--host", action="append", default=[], help="another name or address of the servers")
    given = parser.parse_args(arguments)
    make(given.folder / "tls", given.host)


if __name__ == "__main__":
    main(sys.argv[1:])
