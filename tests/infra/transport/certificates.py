"""Certificates for tests: an authority of our own, which certifies servers at 127.0.0.1 and clients for one day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


class Certified(NamedTuple):
    """PEM files: a certificate, its key, and both in one file."""

    certificate: Path
    key: Path
    both: Path


class Authority:
    """Writes its files to `folder`. `file` is the certificate to trust."""

    def __init__(self, folder: Path, name: str = "authority") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._name, self._key = folder, _named(name), ec.generate_private_key(ec.SECP256R1())
        itself = _certificate(self._name, self._name, self._key.public_key())
        itself = itself.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        self.file = folder / f"{name}.pem"
        self.file.write_bytes(itself.sign(self._key, SHA256()).public_bytes(Encoding.PEM))

    def certify(self, name: str, address: str = "127.0.0.1") -> Certified:
        """A certificate for this name and this address."""
        key = ec.generate_private_key(ec.SECP256R1())
        addresses = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address(address))])
        issued = _certificate(_named(name), self._name, key.public_key()).add_extension(addresses, critical=False)
        certificate = issued.sign(self._key, SHA256()).public_bytes(Encoding.PEM)
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        files = Certified(*(self._folder / f"{name}.{ending}" for ending in ("crt", "key", "pem")))
        for file, content in zip(files, (certificate, secret, secret + certificate), strict=True):
            file.write_bytes(content)
        return files


def _certificate(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return x509.CertificateBuilder(
        issuer, subject, key, x509.random_serial_number(), now - timedelta(hours=1), now + timedelta(days=1)
    )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
