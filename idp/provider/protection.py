"""Answers signed and encrypted as the client registered (OpenID Connect Core §10, JARM §2.2)."""

from collections.abc import Mapping
from typing import Any

import orjson

from idp.oidc import jwe
from idp.oidc.errors import ProtocolError
from idp.provider.core import Provider
from idp.relying_parties.answer_members import Protection
from idp.relying_parties.cache import RelyingParty


def protect(provider: Provider, client: RelyingParty, claims: Mapping[str, Any], protection: Protection) -> str:
    """A JWT, or a JWE with the JWT or the bare claims in it. Raises ProtocolError when no key of the client's fits."""
    if not protection.signed:
        return encrypt(provider, client, orjson.dumps(claims), protection, nested=False)
    token = provider.keys.get().current[protection.signed].sign(claims)
    return encrypt(provider, client, token.encode(), protection) if protection.encrypted else token


def encrypt(
    provider: Provider, client: RelyingParty, plain: bytes, protection: Protection, *, nested: bool = True
) -> str:
    """To the client's own key (OpenID Connect Core §10.2)."""
    try:
        keys = provider.key_sets.of(client)
        return jwe.encrypt(plain, keys, protection.encrypted, protection.encoding, nested=nested)
    except jwe.NoKey as error:
        raise ProtocolError(
            "invalid_request", "no key of this client to encrypt to", detail=str(error), redirectable=False
        ) from None
