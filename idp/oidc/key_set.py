"""Key sets of others (RFC 7517): public keys only, few, strong, each named once (attacks 41, 59)."""

from collections.abc import Mapping
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey, import_key

MAXIMUM_KEYS = 20
PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
KEY_TYPES = ("RSA", "EC", "OKP")
TEXTS = ("kid", "use", "alg")


class InvalidKeySet(Exception):
    """The document is no set of public keys that may be used; the message says why."""


def check(document: object, *, strict: bool = False) -> tuple[dict[str, Any], ...]:
    """The usable keys of a JWK Set. Raises InvalidKeySet.

    Keys of types unknown here are left out (RFC 7517 §5); `strict`, for what is registered by value, refuses them.
    """
    keys = document.get("keys") if isinstance(document, Mapping) else None
    if not isinstance(keys, list) or len(keys) > MAXIMUM_KEYS:
        raise InvalidKeySet(f"a list of at most {MAXIMUM_KEYS} keys")
    usable, names = [], set()
    for number, jwk in enumerate(keys, start=1):
        if not isinstance(jwk, dict) or PRIVATE_MEMBERS & jwk.keys():
            raise InvalidKeySet(f"key {number} must be a public key")
        if jwk.get("kty") not in KEY_TYPES and not strict:
            continue
        if not all(isinstance(jwk.get(member), str | None) for member in TEXTS):
            raise InvalidKeySet(f"key {number}: {', '.join(TEXTS)} are texts")
        if not _is_strong(jwk):
            raise InvalidKeySet(f"key {number} must be RSA of 2048 bits or more, EC or OKP")
        if (kid := jwk.get("kid")) is not None:
            if (kid, jwk["kty"], jwk.get("use")) in names:
                raise InvalidKeySet(f"key {number} repeats a kid")
            names.add((kid, jwk["kty"], jwk.get("use")))
        usable.append(jwk)
    return tuple(usable)


def _is_strong(jwk: Mapping[str, Any]) -> bool:
    try:
        key = import_key(dict(jwk))
    except (JoseError, ValueError, KeyError, TypeError):
        return False
    if isinstance(key, RSAKey):
        return 2048 <= key.public_key.key_size <= 8192
    return isinstance(key, ECKey | OKPKey)
