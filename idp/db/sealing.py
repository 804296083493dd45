"""A column whose values are sealed at rest: a copy of the database shows none of them (ARCHITECTURE, decision 4).

The key is derived from `sealing.key` of the key folder. It is looked up by dialect, which an engine has for itself, so
that two applications in one process keep their keys apart.
"""

import hmac
import os
import secrets
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import orjson
import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import LargeBinary
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

log = structlog.get_logger(__name__)

KEY_FILE = "sealing.key"
NONCE = 12

_directories: "WeakKeyDictionary[Dialect, Path]" = WeakKeyDictionary()
_ciphers: "WeakKeyDictionary[Dialect, AESGCM]" = WeakKeyDictionary()


def attach(dialect: Dialect, directory: str) -> None:
    """Seal what this engine writes under the key in that folder; the key is read at first use."""
    _directories[dialect] = Path(directory)


def directory(dialect: Dialect) -> Path:
    """The key folder of this engine."""
    return _directories[dialect]


def load_key(directory: Path) -> bytes:
    """The sealing key, made if there is none yet. The first of two processes wins."""
    path = directory / KEY_FILE
    if not path.exists():
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f".{KEY_FILE}.{secrets.token_hex(8)}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return bytes.fromhex(path.read_text().strip())


def load_cipher(directory: Path) -> AESGCM:
    """What seals the columns, from the key in that folder."""
    return AESGCM(hmac.digest(load_key(directory), b"sealed column", "sha256"))


def _cipher(dialect: Dialect) -> AESGCM:
    if dialect not in _ciphers:
        _ciphers[dialect] = load_cipher(_directories[dialect])
    return _ciphers[dialect]


def unseal(cipher: AESGCM, purpose: str, value: bytes) -> dict[str, Any]:
    """What a sealed column holds, for who reads it as bytes. Raises InvalidTag, ValueError."""
    opened: dict[str, Any] = orjson.loads(cipher.decrypt(value[:NONCE], value[NONCE:], purpose.encode()))
    return opened


class Sealed(TypeDecorator[dict[str, Any]]):
    """A JSON object, sealed with AES-256-GCM for one purpose; an empty one is stored as no bytes."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, purpose: str) -> None:
        super().__init__()
        self.purpose = purpose

    def process_bind_param(self, value: dict[str, Any] | None, dialect: Dialect) -> bytes | None:
        if not value:
            return None if value is None else b""
        nonce = os.urandom(NONCE)
        return nonce + _cipher(dialect).encrypt(nonce, orjson.dumps(value), self.purpose.encode())

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> dict[str, Any] | None:
        if not value:
            return None if value is None else {}
        cipher = _cipher(dialect)
        try:
            return unseal(cipher, self.purpose, value)
        except (InvalidTag, ValueError):
            # Another key's row, or a cut one, must not stop those around it: its reader finds nothing and says so.
            log.error("sealed_under_another_key", alarm=True, purpose=self.purpose)
            return {}
