"""The audit log's own key: it signs seals, anchors, the head and exports, and nothing else.

It stays the same when the keys of tokens rotate, so that a line of years ago is still verified. Without the file nobody
makes a seal, even with the whole database in hand.
"""

import hashlib
import os
import secrets
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature, encode_dss_signature

from idp.errors import ConfigurationError
from idp.oidc.jwt import encode_base64url, public_members
from idp.oidc.seal import decode_base64url

KEY_FILE = "audit.pem"
ALGORITHM = ec.ECDSA(Prehashed(hashes.SHA256()))


class AuditKey:
    """An ECDSA key on P-256 (ES256), with or without its private half."""

    def __init__(self, public: ec.EllipticCurvePublicKey, private: ec.EllipticCurvePrivateKey | None = None) -> None:
        self._public = public
        self._private = private

    @classmethod
    def load(cls, directory: Path) -> "AuditKey":
        """The key of that folder. Raises ConfigurationError when there is none."""
        path = directory / KEY_FILE
        if not path.exists():
            raise ConfigurationError([f"keys.directory: {path} is missing: run `idp keys generate`"])
        private = serialization.load_pem_private_key(path.read_bytes(), None)
        if not isinstance(private, ec.EllipticCurvePrivateKey):
            raise ConfigurationError([f"keys.directory: {path} holds no P-256 key"])
        return cls(private.public_key(), private)

    @classmethod
    def from_jwk(cls, jwk: dict[str, Any]) -> "AuditKey":
        """The public half that `idp audit key` showed. Raises ValueError for anything else."""
        parts = [decode_base64url(str(jwk.get(name, "")), 64) for name in ("x", "y")]
        if jwk.get("crv") != "P-256" or parts[0] is None or parts[1] is None:
            raise ValueError("not a public JWK on P-256")
        x, y = (int.from_bytes(part, "big") for part in parts if part is not None)
        return cls(ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key())

    @cached_property
    def jwk(self) -> dict[str, str]:
        """The public half; its identifier is its thumbprint (RFC 7638)."""
        assert self._private is not None
        members = public_members(self._private)
        thumbprint = hashlib.sha256(orjson.dumps(members, option=orjson.OPT_SORT_KEYS)).digest()
        return {**members, "alg": "ES256", "use": "sig", "kid": encode_base64url(thumbprint).decode()}

    def sign(self, purpose: str, *facts: int | bytes) -> bytes:
        """A signature over what is said for one purpose."""
        return self._sign(hashlib.sha256(_message(purpose, facts)).digest())

    def is_good(self, signature: bytes, purpose: str, *facts: int | bytes) -> bool:
        """Whether this key signed just that."""
        return self._verify(signature, hashlib.sha256(_message(purpose, facts)).digest())

    def sign_detached(self, payload: Iterable[bytes]) -> str:
        """A JWS with detached, unencoded payload (RFC 7515 appendix F, RFC 7797), read a piece at a time."""
        header = {"alg": "ES256", "kid": self.jwk["kid"], "b64": False, "crit": ["b64"]}
        encoded = encode_base64url(orjson.dumps(header))
        signature = self._sign(_detached(encoded, payload))
        return f"{encoded.decode()}..{encode_base64url(signature).decode()}"

    def is_detached_good(self, jws: str, payload: Iterable[bytes]) -> bool:
        """Whether this key signed the payload so."""
        header, _, rest = jws.strip().partition("..")
        decoded, signature = decode_base64url(header, 500), decode_base64url(rest, 200)
        if not decoded or not signature:
            return False
        try:
            members = orjson.loads(decoded)
        except orjson.JSONDecodeError:
            return False
        told = members if isinstance(members, dict) else {}
        if told.get("alg") != "ES256" or told.get("b64") is not False or told.get("crit") != ["b64"]:
            return False
        return self._verify(signature, _detached(header.encode(), payload))

    def _sign(self, hashed: bytes) -> bytes:
        assert self._private is not None
        r, s = decode_dss_signature(self._private.sign(hashed, ALGORITHM))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def _verify(self, signature: bytes, hashed: bytes) -> bool:
        if len(signature) != 64:
            return False
        pair = encode_dss_signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
        try:
            self._public.verify(pair, hashed, ALGORITHM)
        except InvalidSignature:
            return False
        return True


def _message(purpose: str, facts: Iterable[int | bytes]) -> bytes:
    texts = [fact.hex() if isinstance(fact, bytes) else str(fact) for fact in facts]
    return " ".join(["idp audit", purpose, *texts]).encode()


def _detached(header: bytes, payload: Iterable[bytes]) -> bytes:
    hashing = hashlib.sha256(header + b".")
    for piece in payload:
        hashing.update(piece)
    return hashing.digest()


def generate(directory: Path) -> list[Path]:
    """Make the key if there is none; gives the file made."""
    path = directory / KEY_FILE
    if path.exists():
        return []
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    write_private(path, pem)
    return [path]


def write_private(path: Path, content: bytes) -> None:
    """A file that others can never read, complete before it has its name."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
