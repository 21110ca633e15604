"""The control plane's own certificate authority: files under ``DATA/pki`` that are made at the first start and kept.

What it isn't: a signer for workloads. :class:`~ruleplane.server.serve.Server` and ``kubeconfig`` call
:func:`ensure_pki`; nobody else touches the files. All keys are ECDSA P-256 (made in a tenth of a millisecond) and
readable by the owner only.

Flow: the authority is read or made; a leaf is kept while this authority signed it, it names the wanted addresses and it
lives for 30 more days; otherwise it is issued again. The service-account key is never renewed: it would void every
token.
"""

from __future__ import annotations

import ipaddress
import os
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, cast

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ruleplane.clock import SECOND
from ruleplane.errors import RuleplaneError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from cryptography.x509 import Certificate

    from ruleplane.clock import Clock

ADMIN_USER, ADMIN_GROUP = "kubernetes-admin", "system:masters"
SERVING_NAMES = (
    "localhost",
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
)
SERVING_ADDRESSES = ("127.0.0.1", "::1", "10.96.0.1")
_CA_DAYS, _LEAF_DAYS, _RENEW_DAYS = 3650, 365, 30


@dataclass(frozen=True, slots=True)
class Pki:
    """Where the files are. ``sa_key`` signs service-account tokens."""

    ca_cert: Path
    ca_key: Path
    serving_cert: Path
    serving_key: Path
    admin_cert: Path
    admin_key: Path
    sa_key: Path


def ensure_pki(directory: Path, clock: Clock, names: Iterable[str] = ()) -> Pki:
    """Make or renew what is missing or near its end; ``names`` are further DNS names or addresses to serve under.

    Raises:
        RuleplaneError: a file is there and cannot be read as what it should be.
    """
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(0o700)
    pki = Pki(
        ca_cert=directory / "ca.crt",
        ca_key=directory / "ca.key",
        serving_cert=directory / "apiserver.crt",
        serving_key=directory / "apiserver.key",
        admin_cert=directory / "admin.crt",
        admin_key=directory / "admin.key",
        sa_key=directory / "sa.key",
    )
    now = datetime.fromtimestamp(clock.now() // SECOND, UTC)
    authority = _authority(pki, now)
    addresses = sorted({*SERVING_NAMES, *SERVING_ADDRESSES, *names})
    serving = x509.SubjectAlternativeName([_general_name(name) for name in addresses])
    _leaf(pki.serving_cert, pki.serving_key, authority, now, x509.Name([_cn("kube-apiserver")]), serving)
    admin = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, ADMIN_GROUP), _cn(ADMIN_USER)])
    _leaf(pki.admin_cert, pki.admin_key, authority, now, admin, None)
    if not pki.sa_key.exists():
        write_private(pki.sa_key, _pem_key(ec.generate_private_key(ec.SECP256R1())))
    return pki


def server_context(pki: Pki) -> ssl.SSLContext:
    """TLS for the API server: asks clients for a certificate of this authority, and lets those without one through."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(pki.serving_cert, pki.serving_key)
    context.load_verify_locations(pki.ca_cert)
    context.verify_mode = ssl.CERT_OPTIONAL
    context.set_alpn_protocols(["http/1.1"])
    return context


def client_context(pki: Pki, *, admin: bool = True) -> ssl.SSLContext:
    """TLS for a client of this server; with ``admin`` it presents the administrator's certificate."""
    context = ssl.create_default_context(cafile=str(pki.ca_cert))
    if admin:
        context.load_cert_chain(pki.admin_cert, pki.admin_key)
    return context


def issue_client(pki: Pki, clock: Clock, user: str, groups: Iterable[str] = ()) -> tuple[bytes, bytes]:
    """A client certificate and its key (PEM) for ``user`` in ``groups``, as ``kubeadm kubeconfig user`` would give."""
    now = datetime.fromtimestamp(clock.now() // SECOND, UTC)
    authority = (_read_certificate(pki.ca_cert), read_key(pki.ca_key))
    subject = x509.Name([*(x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in groups), _cn(user)])
    certificate, key = _issue(authority, now, subject, None)
    return certificate.public_bytes(serialization.Encoding.PEM), _pem_key(key)


def read_key(path: Path) -> ec.EllipticCurvePrivateKey:
    """The private key in ``path``.

    Raises:
        RuleplaneError: unreadable, or not an ECDSA key.
    """
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise _damaged(path, error) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise _damaged(path, ValueError(f"an ECDSA key was expected, not {type(key).__name__}"))
    return key


def write_private(path: Path, content: bytes) -> None:
    """Write ``content`` so that only the owner can read it, whole or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)
    temporary.replace(path)


_Authority = tuple[x509.Certificate, ec.EllipticCurvePrivateKey]


def _authority(pki: Pki, now: datetime) -> _Authority:
    if pki.ca_cert.exists() and pki.ca_key.exists():
        certificate, key = _read_certificate(pki.ca_cert), read_key(pki.ca_key)
        if certificate.not_valid_after_utc - now > timedelta(days=_RENEW_DAYS):
            return certificate, key
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([_cn("ruleplane-ca")])
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=_CA_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(identifier, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False)
        .sign(key, hashes.SHA256())
    )
    write_private(pki.ca_key, _pem_key(key))
    pki.ca_cert.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return certificate, key


def _leaf(
    cert_path: Path,
    key_path: Path,
    authority: _Authority,
    now: datetime,
    subject: x509.Name,
    names: x509.SubjectAlternativeName | None,
) -> None:
    if cert_path.exists() and key_path.exists() and _serves(_read_certificate(cert_path), authority[0], now, names):
        read_key(key_path)
        return
    certificate, key = _issue(authority, now, subject, names)
    write_private(key_path, _pem_key(key))
    cert_path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


def _serves(
    certificate: Certificate, ca: Certificate, now: datetime, names: x509.SubjectAlternativeName | None
) -> bool:
    """Whether this leaf is still good: signed by ``ca``, not near its end, and for exactly ``names``."""
    if certificate.not_valid_after_utc - now <= timedelta(days=_RENEW_DAYS):
        return False
    try:
        certificate.verify_directly_issued_by(ca)
    except (InvalidSignature, ValueError, TypeError):
        return False
    if names is None:
        return True
    present = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return set(present) == set(names)


def _issue(
    authority: _Authority, now: datetime, subject: x509.Name, names: x509.SubjectAlternativeName | None
) -> tuple[Certificate, ec.EllipticCurvePrivateKey]:
    ca, ca_key = authority
    key = ec.generate_private_key(ec.SECP256R1())
    purpose = ExtendedKeyUsageOID.SERVER_AUTH if names else ExtendedKeyUsageOID.CLIENT_AUTH
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(ca.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(min(now + timedelta(days=_LEAF_DAYS), ca.not_valid_after_utc))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(cast("ec.EllipticCurvePublicKey", ca.public_key())),
            critical=False,
        )
    )
    if names is not None:
        builder = builder.add_extension(names, critical=False)
    return builder.sign(ca_key, hashes.SHA256()), key


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


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _cn(name: str) -> x509.NameAttribute[str]:
    return x509.NameAttribute(NameOID.COMMON_NAME, name)


def _pem_key(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _read_certificate(path: Path) -> Certificate:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> RuleplaneError:
    return RuleplaneError(
        f"reading {path}: {error} (move the directory {path.parent} away to have new certificates made; "
        "clients then need the new kubeconfig)"
    )
