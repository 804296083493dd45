"""What every client assertion must say, and that it serves once (RFC 7523 §3)."""

import hashlib
from collections.abc import Mapping
from typing import Any

from idp.db.hot import Duplicate
from idp.oidc import client_assertion
from idp.oidc.errors import invalid_client
from idp.provider.client_request import ClientRequest
from idp.provider.core import Provider
from idp.relying_parties.cache import RelyingParty


def accept(provider: Provider, client: RelyingParty, claims: Mapping[str, Any], request: ClientRequest) -> None:
    """Take verified claims, once. Raises invalid_client."""
    audiences = {provider.issuer}
    if not client.rules.issuer_is_the_only_audience:
        # OpenID Connect Core §9 speaks of the token endpoint, RFC 9126 §2 of the endpoint that is called.
        audiences |= {provider.issuer + "/token", request.url}
    try:
        jti, exp = client_assertion.check_claims(
            claims,
            client_id=client.client_id,
            audiences=audiences,
            now=request.now // 1000,
            leeway=provider.settings.tokens.leeway_seconds,
        )
    except client_assertion.AssertionRefused as error:
        raise invalid_client(str(error)) from None
    key = hashlib.sha256(f"assertion\0{client.client_id}\0{jti}".encode("utf-8", "surrogatepass")).digest()
    try:
        # Kept until it ends, by the leeway longer.
        provider.hot.write(provider.sql.remember, {"v_key": key, "v_ends_at": (exp + 60) * 1000})
    except Duplicate:
        raise invalid_client("assertion used before") from None
