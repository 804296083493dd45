"""Token revocation (RFC 7009): ends the whole grant; another client's token, or none at all, changes nothing.

A token of a client's own, and one that it exchanged, end alone: no account gave them to it.
"""

from idp.db.hot import Duplicate
from idp.oidc.errors import invalid_request
from idp.provider.client_authentication import authenticate
from idp.provider.client_request import ClientRequest
from idp.provider.core import AccessToken, Provider
from idp.provider.opened import open_token


def revoke(provider: Provider, request: ClientRequest) -> None:
    """The token, and all that came with it, is worth nothing from now on. The answer tells nothing."""
    request.parameters.refuse_defects()
    caller = authenticate(provider, request)
    text = request.parameters.get("token")
    if not text:
        raise invalid_request("token is missing")
    token = open_token(provider, text)
    if token is None or token.client_id != caller.client_id:
        return
    if isinstance(token, AccessToken) and (own_id := _own_id(token)):
        _remember_revoked(provider, token, own_id, request.now)
    else:
        provider.revoke_grant(token.grant_id, request.now)


def is_revoked_alone(provider: Provider, token: AccessToken) -> bool:
    """Whether a token that ends alone was revoked; nothing is read for any other."""
    own_id = _own_id(token)
    return bool(own_id) and provider.hot.read(provider.sql.grant_exists, {"v_id": own_id}) is not None


def _own_id(token: AccessToken) -> str:
    return token.own_id if token.account_id else token.grant_id


def _remember_revoked(provider: Provider, token: AccessToken, own_id: str, now: int) -> None:
    """Such a token has no row until it is revoked."""
    row = {
        "v_id": own_id,
        "v_client_id": token.client_id,
        "v_account_id": None,
        "v_session_id": None,
        "v_scope": "",
        "v_generation": 0,
        "v_details": "{}",
        "v_offline": False,
        "v_created_at": now,
        "v_ends_at": token.expires_at,
    }
    try:
        provider.hot.write(provider.sql.kill, row)
    except Duplicate:
        return
