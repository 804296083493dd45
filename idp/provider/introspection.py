"""Token introspection (RFC 7662), as JSON or as a signed JWT (RFC 9701)."""

from typing import Any

from idp.oidc.errors import ProtocolError, invalid_request
from idp.provider import rights
from idp.provider.client_authentication import authenticate
from idp.provider.client_request import ClientRequest
from idp.provider.core import AccessToken, Provider, RefreshToken
from idp.provider.opened import open_token
from idp.provider.revocation import is_revoked_alone
from idp.provider.sender_constraint import as_claim, token_type
from idp.provider.tokens import acting
from idp.relying_parties.cache import RelyingParty

SIGNED = "application/token-introspection+jwt"
INACTIVE: dict[str, Any] = {"active": False}


def introspect(provider: Provider, request: ClientRequest) -> dict[str, Any] | str:
    """What a token says, to its own client or to the API that it was made for; inactive to anybody else.

    A JWT when the Accept header asks for one (RFC 9701 §4).
    """
    request.parameters.refuse_defects()
    caller = authenticate(provider, request)
    if caller.is_public:
        raise ProtocolError("unauthorized_client", "introspection needs client authentication")
    text = request.parameters.get("token")
    if not text:
        raise invalid_request("token is missing")
    found = _describe(provider, caller, text, request.now)
    return _sign(provider, caller, found, request.now) if SIGNED in request.accept else found


def _describe(provider: Provider, caller: RelyingParty, text: str, now: int) -> dict[str, Any]:
    token = open_token(provider, text)
    if token is None or token.expires_at <= now or not _may_know(caller, token):
        return INACTIVE
    client = caller if caller.client_id == token.client_id else provider.clients.find(token.client_id)
    if client is None:
        return INACTIVE
    known = _grant_of(provider, client, token, now)
    if known is None:
        return INACTIVE
    account_id, holder = known
    answer = {
        "active": True,
        "client_id": token.client_id,
        "scope": rights.still_granted(holder, token.scope),
        "iss": provider.issuer,
        "exp": token.expires_at // 1000,
        "sub": provider.subject_of(account_id, client) if account_id else token.client_id,
    }
    if isinstance(token, AccessToken):
        answer["iat"], answer["token_type"] = token.issued_at // 1000, token_type(token.confirmation)
        if token.audience:
            audience = token.audience.split()
            answer["aud"] = audience[0] if len(audience) == 1 else audience
        if token.actors:
            answer["act"] = acting(token.actors.split())
    if token.confirmation:
        answer["cnf"] = as_claim(token.confirmation)
    return answer


def _may_know(caller: RelyingParty, token: AccessToken | RefreshToken) -> bool:
    """Attacks 45, 46: an API learns about tokens made for it, a client about its own, nobody about others'."""
    if caller.client_id == token.client_id:
        return True
    return isinstance(token, AccessToken) and bool(token.audience) and caller.resource_server in token.audience.split()


def _grant_of(
    provider: Provider, client: RelyingParty, token: AccessToken | RefreshToken, now: int
) -> tuple[str, RelyingParty] | None:
    """The account that a live token of the client speaks of, empty for a client's own, and who holds what it gave.

    None when it is dead.
    """
    if isinstance(token, AccessToken):
        if not client.still_holds(token.issued_at) or is_revoked_alone(provider, token):
            return None
        if not token.account_id:
            return "", client
    grant = rights.find_live_grant(provider, token.grant_id, now)
    if grant is None or (isinstance(token, RefreshToken) and grant[2] != token.generation):
        return None
    return grant[0], grant[1]


def _sign(provider: Provider, caller: RelyingParty, answer: dict[str, Any], now: int) -> str:
    """RFC 9701 §5: for this caller alone; its `typ` keeps it from passing for an access or ID token."""
    claims = {
        "iss": provider.issuer,
        "aud": caller.client_id,
        "iat": now // 1000,
        "token_introspection": answer,
    }
    return provider.keys.get().current[caller.alg].sign(claims, "token-introspection+jwt")
