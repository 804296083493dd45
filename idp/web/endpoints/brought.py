"""A POST from another site brings no cookie of ours, since they are SameSite=Lax: asked again as a GET, it brings them.

Otherwise a service that posts (OpenID Connect Core §3.1.2.1, RP-Initiated Logout §2) would find nobody logged in. Its
parameters go sealed: the address tells no hint and no signed request.
"""

from urllib.parse import urlencode

import msgspec
from flask import Response

from idp.oidc.errors import ProtocolError
from idp.oidc.request import Parameters, parse
from idp.oidc.seal import Unsealable
from idp.provider.core import Provider
from idp.web import security
from idp.web.endpoints import browser
from idp.web.http import HttpRequest

PARAMETER = "brought"
LIFE_MILLISECONDS = 60_000
LONGEST = 4096
"""Bytes of a form whose sealed form every proxy takes in an address; a longer one is answered as it is."""


class Brought(msgspec.Struct, array_like=True, frozen=True):
    """The form of a POST, for the endpoint that it was sent to."""

    path: str
    form: bytes
    expires_at: int


def once_more(provider: Provider, http: HttpRequest) -> Response | None:
    """The way to the same endpoint by GET, for a form that came without any cookie of ours."""
    issuer = provider.issuer
    if http.method != "POST" or len(http.body) > LONGEST:
        return None
    if any(http.cookie(security.cookie_name(name, issuer)) for name in (security.SESSION, security.BROWSER)):
        return None
    brought = Brought(http.path, http.body, browser.milliseconds() + LIFE_MILLISECONDS)
    return browser.redirect(f"{http.path}?{urlencode({PARAMETER: provider.seal(PARAMETER, brought)})}")


def parameters_of(provider: Provider, http: HttpRequest) -> Parameters:
    """Those of the request, or of the form that it was before. Raises ProtocolError."""
    parameters = browser.parameters_of(http)
    sealed = parameters.get(PARAMETER) if http.method == "GET" else ""
    if not sealed:
        return parameters
    try:
        brought = provider.keys.get().sealer.open(PARAMETER, sealed, Brought)
    except Unsealable:
        brought = None
    if brought is None or brought.path != http.path or brought.expires_at <= browser.milliseconds():
        raise ProtocolError("invalid_request", "the address is too old", redirectable=False)
    return parse(brought.form)
