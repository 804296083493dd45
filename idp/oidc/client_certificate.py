"""Client certificates behind a proxy, and what they prove (RFC 8705, RFC 9440)."""

import hashlib
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from idp.oidc.jwt import encode_base64url
from idp.oidc.server_facts import Facts

MAXIMUM = 16_384
SUBJECT_MEMBERS = (
    "tls_client_auth_subject_dn",
    "tls_client_auth_san_dns",
    "tls_client_auth_san_uri",
    "tls_client_auth_san_ip",
    "tls_client_auth_san_email",
)
"""How a client registers the name in its certificate: exactly one of them (RFC 8705 §2.1.2)."""
SHORT_NAMES = {
    NameOID.EMAIL_ADDRESS: "EMAILADDRESS",
    NameOID.SERIAL_NUMBER: "SERIALNUMBER",
    NameOID.ORGANIZATION_IDENTIFIER: "ORGANIZATIONIDENTIFIER",
}

ALIASED = {
    "token_endpoint": "/token",
    "revocation_endpoint": "/revoke",
    "introspection_endpoint": "/introspect",
    "userinfo_endpoint": "/userinfo",
    "pushed_authorization_request_endpoint": "/par",
    "device_authorization_endpoint": "/device_authorization",
}
"""Endpoints at which a client may show its certificate."""


class InvalidCertificate(Exception):
    """The header holds no certificate."""


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """A certificate that the proxy saw; `chain_verified` is the proxy's verdict on who issued it."""

    der: bytes
    chain_verified: bool = False

    @property
    def thumbprint(self) -> str:
        """`x5t#S256` (RFC 8705 §3.1)."""
        return encode_base64url(hashlib.sha256(self.der).digest()).decode()


def from_pem(value: str) -> bytes:
    """DER of a URL-encoded PEM certificate, as nginx passes `$ssl_client_escaped_cert`. Raises InvalidCertificate."""
    if len(value) > MAXIMUM:
        raise InvalidCertificate
    try:
        return x509.load_pem_x509_certificate(unquote(value).encode("ascii")).public_bytes(Encoding.DER)
    except ValueError:
        raise InvalidCertificate from None


def from_byte_sequence(value: str) -> bytes:
    """DER of a structured field's byte sequence, `:base64:` (RFC 9440 §2.2). Raises InvalidCertificate."""
    if len(value) > MAXIMUM or len(value) < 3 or value[0] != ":" or value[-1] != ":":
        raise InvalidCertificate
    try:
        return x509.load_der_x509_certificate(b64decode(value[1:-1], validate=True)).public_bytes(Encoding.DER)
    except (ValueError, NotBase64):
        raise InvalidCertificate from None


READERS = {"nginx": from_pem, "rfc9440": from_byte_sequence}


def alternative_names(der: bytes, member: str) -> tuple[str, ...]:
    """The certificate's subject alternative names of the kind that the registration member speaks of."""
    certificate = x509.load_der_x509_certificate(der)
    try:
        alternatives = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return ()
    kind = member.rpartition("_")[2]
    if kind == "ip":
        return tuple(str(address) for address in alternatives.get_values_for_type(x509.IPAddress))
    if kind == "uri":
        return tuple(alternatives.get_values_for_type(x509.UniformResourceIdentifier))
    return tuple(alternatives.get_values_for_type(x509.DNSName if kind == "dns" else x509.RFC822Name))


def is_named(der: bytes, member: str, expected: str) -> bool:
    """Whether the certificate carries the registered name; subjects are compared in the form of RFC 4514."""
    if member != "tls_client_auth_subject_dn":
        return expected in alternative_names(der, member)
    try:
        registered = x509.Name.from_rfc4514_string(expected, {short: oid for oid, short in SHORT_NAMES.items()})
    except ValueError:
        return False
    return registered == x509.load_der_x509_certificate(der).subject


def is_valid_at(der: bytes, now: int) -> bool:
    """Whether the instant (seconds) is within the certificate's days."""
    certificate = x509.load_der_x509_certificate(der)
    return certificate.not_valid_before_utc.timestamp() <= now <= certificate.not_valid_after_utc.timestamp()


def metadata(facts: Facts) -> Mapping[str, Any]:
    """RFC 8705 §3.3 and §5: nothing unless a proxy passes certificates, perhaps at another host."""
    if not facts.certificates:
        return {}
    bound: dict[str, Any] = {"tls_client_certificate_bound_access_tokens": True}
    if facts.certificate_base:
        bound["mtls_endpoint_aliases"] = {name: facts.certificate_base + path for name, path in ALIASED.items()}
    return bound
