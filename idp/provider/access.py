"""The userinfo endpoint (OpenID Connect Core §5.3)."""

from collections.abc import Callable
from typing import Any

from idp.oidc.errors import ProtocolError, invalid_token
from idp.oidc.request import scopes
from idp.oidc.seal import Unsealable
from idp.provider import claims as account_claims
from idp.provider import rights
from idp.provider.client_request import ClientRequest
from idp.provider.core import AccessToken, Provider
from idp.provider.protection import protect
from idp.provider.revocation import is_revoked_alone
from idp.provider.sender_constraint import check_use


def userinfo(
    provider: Provider, token: str, now: int, scheme: str, request: Callable[[], ClientRequest]
) -> dict[str, Any] | str:
    """OpenID Connect Core §5.3: claims of the token's scopes; the grant and the account are asked each time.

    A JWT when the client registered so (§5.3.2).
    """
    try:
        access = provider.keys.get().sealer.open("access", token, AccessToken)
    except Unsealable:
        raise invalid_token("not an access token of ours") from None
    client = provider.clients.find(access.client_id)
    if access.expires_at <= now or client is None or not access.account_id or not client.still_holds(access.issued_at):
        raise invalid_token("expired, without user, or its client is or was disabled")
    granted = scopes(rights.still_granted(client, access.scope))
    if access.confirmation or scheme == "dpop":
        check_use(provider, access, request(), scheme, token)
    if "openid" not in granted:
        raise ProtocolError("insufficient_scope", "the scope openid is needed", status=403)
    row = provider.hot.read(provider.sql.account_of_grant, {"v_id": access.grant_id, "v_now": now})
    if row is None or is_revoked_alone(provider, access):
        raise invalid_token("revoked, or account closed")
    claims: dict[str, Any] = {"sub": provider.subject_of(access.account_id, client)}
    claims |= account_claims.of_scopes(provider, client, access.account_id, granted, row)
    if former_ids := row[12]:
        claims["former_subs"] = provider.former_subjects(former_ids, client)
    if access.claims:
        claims |= account_claims.requested(provider, client, access.account_id, row, access.claims, "userinfo")
    if not (client.userinfo.signed or client.userinfo.encrypted):
        return claims
    return protect(provider, client, {**claims, "iss": provider.issuer, "aud": client.client_id}, client.userinfo)
