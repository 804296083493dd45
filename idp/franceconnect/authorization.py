"""The way to the upstream: the authorization request, and what must be remembered of it until the callback."""

import datetime as dt
import hashlib
import secrets
from typing import Any
from urllib.parse import urlencode

import msgspec

from idp import clock
from idp.franceconnect.directory import Metadata
from idp.franceconnect.upstreams import Upstream
from idp.oidc.jwt import encode_base64url

CALLBACK = "/franceconnect/retour"
"""The one way back, registered at every upstream."""
LIFE = dt.timedelta(minutes=30)
"""As long as FranceConnect keeps its own side of a request."""


class Pending(msgspec.Struct, frozen=True):
    """A request under way, kept in the browser's flow. `began_at` is milliseconds since 1970."""

    upstream: str
    state: str
    nonce: str
    redirect_uri: str
    code_verifier: str
    began_at: int

    @property
    def is_over(self) -> bool:
        """Older than 30 minutes."""
        return clock.now() - clock.from_milliseconds(self.began_at) > LIFE

    def as_json(self) -> dict[str, Any]:
        """For the flow's state."""
        found: dict[str, Any] = msgspec.to_builtins(self)
        return found


def begin(upstream: Upstream, redirect_uri: str, flow_id: str) -> Pending:
    """A new state and nonce of 256 random bits each; a verifier where the upstream takes PKCE.

    The state begins with the flow's id, so that the callback finds the flow; the random part is what is compared.
    """
    return Pending(
        upstream=upstream.key,
        state=f"{flow_id}.{secrets.token_urlsafe(32)}",
        nonce=secrets.token_urlsafe(32),
        redirect_uri=redirect_uri,
        code_verifier=secrets.token_urlsafe(32) if upstream.pkce else "",
        began_at=clock.to_milliseconds(clock.now()),
    )


def location(upstream: Upstream, metadata: Metadata, pending: Pending, *, known: bool) -> str:
    """Where the browser goes. `known`: this browser signs in to an account that is linked, so less is asked.

    FranceConnect answers any parameter beyond its closed list with a page without a way back.
    """
    parameters = {
        "client_id": upstream.client_id,
        "redirect_uri": pending.redirect_uri,
        "response_type": "code",
        "scope": " ".join(upstream.scopes_known if known else upstream.scopes),
        "state": pending.state,
        "nonce": pending.nonce,
    }
    if upstream.acr_values:
        parameters["acr_values"] = " ".join(upstream.acr_values)
    if upstream.profile == "franceconnect":
        parameters["prompt"] = "login consent"
    if pending.code_verifier:
        digest = hashlib.sha256(pending.code_verifier.encode()).digest()
        parameters["code_challenge"] = encode_base64url(digest).decode()
        parameters["code_challenge_method"] = "S256"
    separator = "&" if "?" in metadata.authorization_endpoint else "?"
    return metadata.authorization_endpoint + separator + urlencode(parameters)


def flow_of(state: str) -> str:
    """The flow that a state belongs to; whether the state is the flow's own is still to be checked."""
    return state.partition(".")[0]
