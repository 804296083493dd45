"""RP-initiated logout (OpenID Connect RP-Initiated Logout §2): what a request asks, before anything is done.

Whatever is wrong with the hint or the address, the parent can still log out: after a confirmation, without a redirect.
"""

import msgspec

from idp.oidc import response_modes
from idp.oidc.errors import ProtocolError
from idp.oidc.request import Parameters
from idp.oidc.seal import Unsealable
from idp.provider.core import Provider
from idp.provider.id_token_hint import read_id_token_hint
from idp.relying_parties.cache import RelyingParty


class LogoutRequest(msgspec.Struct, array_like=True, frozen=True):
    """A checked request. `location` is empty when the provider's own page ends the logout."""

    location: str
    client_name: str
    confirmed: bool
    """A valid hint names this very session: nothing needs to be asked (attack: forced logout)."""
    session_id: str
    client_id: str = ""
    """The client that asked, where the hint proves that it knows this session."""
    expires_at: int = 0


def read(provider: Provider, parameters: Parameters, session_key: bytes | None, now: int) -> LogoutRequest:
    """What is asked, as far as it is proven. Raises ProtocolError for a malformed request alone."""
    parameters.refuse_defects()
    client, claims = _asker(provider, parameters)
    location = _location(parameters, client)
    session = provider.find_session(session_key, client.client_id if client else "", now) if session_key else None
    if session is None:
        return LogoutRequest(location if claims else "", client.name if client else "", claims is not None, "")
    sid = provider.sid_of(session.session_id, client) if client is not None and claims is not None else ""
    known = claims is not None and sid != "" and claims.get("sid") == sid
    wanted = parameters.get("post_logout_redirect_uri")
    return LogoutRequest(
        location,
        client.name if client else "",
        known and bool(location or not wanted),
        session.session_id,
        client.client_id if client is not None and known else "",
    )


def _asker(provider: Provider, parameters: Parameters) -> tuple[RelyingParty | None, dict[str, object] | None]:
    """The client that a hint of ours was made for, with the hint's claims; or the one named, without proof.

    A hint that is not ours, or of another client than the one named, proves nothing and names nobody (attack 64).
    """
    hint, named = parameters.get("id_token_hint"), parameters.get("client_id")
    if not hint:
        return (provider.clients.find(named) if named else None), None
    claims = read_id_token_hint(provider, hint)
    if claims is None or named not in ("", claims["aud"]):
        return None, None
    client = provider.clients.find(str(claims["aud"]))
    return client, claims if client is not None else None


def _location(parameters: Parameters, client: RelyingParty | None) -> str:
    """The client's own registered address, compared as a whole (attack 62), with `state`; empty for any other."""
    uri, state = parameters.get("post_logout_redirect_uri"), parameters.get("state")
    if client is None or uri not in client.post_logout_redirect_uris:
        return ""
    return response_modes.location("query", uri, {"state": state}) if state else uri


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
