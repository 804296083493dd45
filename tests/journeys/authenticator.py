"""An authenticator in software: honest, or crafted to break one rule at a time."""

import hashlib
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

ORIGIN, RP_ID = "http://localhost:8000", "localhost"
USER_PRESENT, USER_VERIFIED, BACKUP_ELIGIBLE, BACKED_UP, ATTESTED = 0x01, 0x04, 0x08, 0x10, 0x40


def base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


class Authenticator:
    """One key for one account. What it answers follows the options, save what a test changes."""

    def __init__(self, *, synced: bool = False, counts: bool = True) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.credential_id = secrets.token_bytes(32)
        self.handle = b""
        self.counter = 0
        self.counts = counts
        self.backup = BACKUP_ELIGIBLE | BACKED_UP if synced else 0

    def creates(self, options: dict[str, Any], **changes: Any) -> str:
        """navigator.credentials.create()"""
        self.handle = urlsafe_b64decode(options["user"]["id"] + "==")
        data = self._data(changes, self.backup | ATTESTED, self._attested())
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client_data = self._client_data("webauthn.create", options, changes)
        return self._answer({"clientDataJSON": client_data, "attestationObject": attestation})

    def gets(self, options: dict[str, Any], **changes: Any) -> str:
        """navigator.credentials.get()"""
        self.counter += self.counts
        data = self._data(changes, self.backup)
        client_data = self._client_data("webauthn.get", options, changes)
        signer = changes.get("key", self.key)
        signature = signer.sign(data + hashlib.sha256(client_data).digest(), ec.ECDSA(hashes.SHA256()))
        answer = {"clientDataJSON": client_data, "authenticatorData": data, "signature": signature}
        return self._answer({**answer, "userHandle": changes.get("handle", self.handle)})

    def _answer(self, response: dict[str, bytes]) -> str:
        id_ = base64url(self.credential_id)
        encoded = {name: base64url(value) for name, value in response.items()}
        return json.dumps({"id": id_, "rawId": id_, "type": "public-key", "response": encoded})

    def _client_data(self, kind: str, options: dict[str, Any], changes: dict[str, Any]) -> bytes:
        data = {"type": kind, "challenge": options["challenge"], "origin": ORIGIN, "crossOrigin": False}
        return json.dumps({**data, **changes.get("client_data", {})}).encode()

    def _data(self, changes: dict[str, Any], flags: int, more: bytes = b"") -> bytes:
        rp_id = hashlib.sha256(changes.get("rp_id", RP_ID).encode()).digest()
        flags |= changes.get("flags", USER_PRESENT | USER_VERIFIED)
        return rp_id + bytes([flags]) + changes.get("counter", self.counter).to_bytes(4, "big") + more

    def _attested(self) -> bytes:
        numbers = self.key.public_key().public_numbers()
        x, y = numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")
        key = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})
        return bytes(16) + len(self.credential_id).to_bytes(2, "big") + self.credential_id + key
