"""The token response (RFC 6749 §5.1)."""

from typing import Any

from idp.provider import tokens
from idp.provider.client_request import ClientRequest
from idp.provider.core import AccessToken, Provider
from idp.provider.sender_constraint import token_type
from idp.relying_parties.cache import RelyingParty

Answer = dict[str, Any]


def answer(provider: Provider, client: RelyingParty, access: AccessToken) -> Answer:
    """The response with that access token; a grant type adds what else it gives."""
    return {
        "access_token": tokens.access_token(provider, client, access),
        "token_type": token_type(access.confirmation),
        "expires_in": (access.expires_at - access.issued_at) // 1000,
        "scope": access.scope,
    }


def access_for(
    provider: Provider,
    client: RelyingParty,
    request: ClientRequest,
    *,
    grant_id: str,
    account_id: str,
    scope: str,
    audience: str,
    claims: str = "",
) -> AccessToken:
    """A fresh access token of the usual life, bound to the key that the request showed."""
    expires_at = request.now + provider.settings.tokens.access_token_seconds * 1000
    return AccessToken(
        grant_id,
        client.client_id,
        account_id,
        scope,
        request.now,
        expires_at,
        audience,
        request.confirmation,
        claims=claims,
    )
