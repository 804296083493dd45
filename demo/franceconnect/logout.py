"""The logout request: a closed list too, and never a way back without a live session."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from demo.franceconnect.config import Client
from demo.franceconnect.errors import PageError
from demo.franceconnect.memory import Session
from demo.franceconnect.simulator import Simulator

KNOWN = ("id_token_hint", "post_logout_redirect_uri", "state", "client_id", "logout_hint", "ui_locales")


@dataclass(frozen=True, slots=True)
class Target:
    """Where the browser goes afterwards; `parameters` is the request, for the form that confirms it."""

    uri: str
    state: str
    parameters: Mapping[str, str]


def check_logout(one: Simulator, parameters: Mapping[str, Sequence[str]], session: Session | None) -> Target:
    """Raises PageError: nothing goes back to the service."""
    if any(name not in KNOWN or len(values) != 1 for name, values in parameters.items()):
        raise PageError("Y030007")
    values = {name: given[0] for name, given in parameters.items()}
    client = _client_of(one, values.get("id_token_hint", ""))
    if client is None or values.get("client_id") not in (None, client.id):
        raise PageError("Y030007")
    uri = values.get("post_logout_redirect_uri", "")
    if uri and uri not in client.post_logout_redirect_uris:
        raise PageError("Y0400400")
    state = values.get("state", "")
    if session is None or one.faults.take("session_lost", state):
        raise PageError("Y100019")
    return Target(uri, state, values)


def _client_of(one: Simulator, hint: str) -> Client | None:
    """The service that an ID token of ours, ended or not, was made for."""
    try:
        unverified = jws.extract_compact(hint.encode())
        claims = orjson.loads(unverified.payload)
        client = one.config.clients.get(str(claims.get("aud")))
        if client is None:
            return None
        alg, kid = unverified.protected.get("alg"), unverified.protected.get("kid", "")
        key = OctKey.import_key(client.secret) if alg == "HS256" else one.keys.ring().find(kid)
        if key is None or alg != client.alg:
            return None
        jws.deserialize_compact(hint.encode(), key, algorithms=[client.alg])
    except (JoseError, ValueError, AttributeError, UnicodeError):
        return None
    return client
