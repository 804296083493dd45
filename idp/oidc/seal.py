"""Sealed values: AES-256-GCM with the purpose as associated data, so that one kind never passes for another."""

import os
from base64 import urlsafe_b64encode
from binascii import a2b_base64, b2a_base64
from collections.abc import Hashable, Sequence
from functools import lru_cache
from typing import Any, TypeVar, cast

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

T = TypeVar("T")
FROM_URL_SAFE = bytes.maketrans(b"-_", b"+/")
TO_URL_SAFE = bytes.maketrans(b"+/", b"-_")
NONCE = 12
MAXIMUM = 8192

_encode = msgspec.msgpack.Encoder().encode


@lru_cache
def _decoder(kind: Hashable) -> "msgspec.msgpack.Decoder[Any]":
    return msgspec.msgpack.Decoder(kind)


class Unsealable(Exception):
    """The value was not sealed by us for that purpose."""


class Sealer:
    """Seals with the first key, opens with any."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._keys = tuple(AESGCM(key) for key in keys)

    def seal(self, purpose: str, value: object) -> str:
        """The value as URL-safe text that only this provider can read or make."""
        nonce = os.urandom(NONCE)
        sealed = self._keys[0].encrypt(nonce, _encode(value), purpose.encode())
        return urlsafe_b64encode(nonce + sealed).rstrip(b"=").decode("ascii")

    def open(self, purpose: str, text: str, kind: type[T]) -> T:
        """The value sealed for that purpose. Raises Unsealable."""
        data = decode_base64url(text)
        if data is None or len(data) <= NONCE:
            raise Unsealable
        for key in self._keys:
            try:
                plain = key.decrypt(data[:NONCE], data[NONCE:], purpose.encode())
                return cast(T, _decoder(cast(Hashable, kind)).decode(plain))
            except (InvalidTag, msgspec.DecodeError):
                continue
        raise Unsealable


def decode_base64url(text: str, maximum: int = MAXIMUM) -> bytes | None:
    """Bytes of canonical unpadded base64url; None for anything else, or for more than `maximum` characters."""
    if len(text) > maximum or not text.isascii():
        return None
    raw = text.encode("ascii")
    try:
        data = a2b_base64(raw.translate(FROM_URL_SAFE) + b"=" * (-len(raw) % 4))
    except ValueError:
        return None
    canonical = b2a_base64(data, newline=False).rstrip(b"=").translate(TO_URL_SAFE)
    return data if canonical == raw else None
