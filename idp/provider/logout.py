"""RP-initiated logout (OpenID Connect RP-Initiated Logout §2): what a request asks, before anything is done."""

import msgspec

from idp.oidc import response_modes
from idp.oidc.errors import ProtocolError, invalid_request
from idp.oidc.request import Parameters
from idp.oidc.seal import Unsealable
from idp.provider.core import Provider
from idp.provider.id_token_hint import read_id_token_hint


class LogoutRequest(msgspec.Struct, array_like=True, frozen=True):
    """A checked request. `location` is empty when the provider's own page ends the logout."""

    location: str
    client_name: str
    confirmed: bool
    """A valid hint names this very session: nothing needs to be asked (attack: forced logout)."""
    session_id: str
    expires_at: int = 0


def read(provider: Provider, parameters: Parameters, session_key: bytes | None, now: int) -> LogoutRequest:
    """Raises ProtocolError, shown on a page, for a redirect URI that is not the client's or a hint that is not ours."""
    parameters.refuse_defects()
    hint, client_id = parameters.get("id_token_hint"), parameters.get("client_id")
    claims = read_id_token_hint(provider, hint) if hint else None
    if hint and claims is None:
        raise invalid_request("id_token_hint is not an ID token of this provider", redirectable=False)
    if claims is not None:
        if client_id and claims["aud"] != client_id:
            raise invalid_request("id_token_hint is of another client", redirectable=False)
        client_id = str(claims["aud"])
    client = provider.clients.find(client_id) if client_id else None
    location = ""
    if uri := parameters.get("post_logout_redirect_uri"):
        if client is None or uri not in client.post_logout_redirect_uris:
            raise invalid_request("post_logout_redirect_uri is not registered", redirectable=False)
        location = (
            response_modes.location("query", uri, {"state": state}) if (state := parameters.get("state")) else uri
        )
    session = provider.find_session(session_key, client_id, now) if session_key else None
    session_id = session.session_id if session else ""
    confirmed = session is None and claims is not None
    if session is not None and client is not None and claims is not None:
        confirmed = claims.get("sid") == provider.sid_of(session.session_id, client)
    return LogoutRequest(location, client.name if client else "", confirmed, session_id)


def confirmation(provider: Provider, request: LogoutRequest, now: int) -> str:
    """What the confirmation form carries: the checked request, for this session, for ten minutes."""
    return provider.seal("logout", msgspec.structs.replace(request, expires_at=now + 600_000))


def confirm(provider: Provider, token: str, session_key: bytes | None, now: int) -> LogoutRequest:
    """The request that the form carries. Raises ProtocolError when it is not this session's."""
    try:
        request = provider.keys.get().sealer.open("logout", token, LogoutRequest)
    except Unsealable:
        raise ProtocolError("invalid_request", "the form is not valid", redirectable=False) from None
    session = provider.find_session(session_key, "", now) if session_key else None
    if request.expires_at <= now or request.session_id != (session.session_id if session else ""):
        raise ProtocolError("invalid_request", "the form is too old", redirectable=False)
    return request
