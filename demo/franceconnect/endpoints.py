"""The endpoints that services call: discovery, key set, token, userinfo, revocation."""

import socket
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from demo.franceconnect.config import Client
from demo.franceconnect.errors import JsonError
from demo.franceconnect.identities import SCOPES
from demo.franceconnect.memory import CODE_SECONDS, TOKEN_SECONDS, Code
from demo.franceconnect.simulator import Simulator

endpoints = Blueprint("endpoints", __name__)
PUBLIC = {"Cache-Control": "public, max-age=600"}
NO_STORE = {"Cache-Control": "no-store"}
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
FORM = ("grant_type", "redirect_uri", "code", "client_id", "client_secret", "client_assertion", "client_assertion_type")


def simulator() -> Simulator:
    """The one behind this request."""
    found: Simulator = current_app.config["SIMULATOR"]
    return found


@endpoints.errorhandler(JsonError)
def tell(error: JsonError) -> tuple[Response, int, dict[str, str]]:
    """RFC 6749 §5.2, with the code and a number in error_uri."""
    body = {
        "error": error.error,
        "error_description": f"{error.error} ({error.detail})",
        "error_uri": f"https://docs.partenaires.franceconnect.gouv.fr/erreurs?code={error.code}&id=0",
    }
    headers = {**NO_STORE, "WWW-Authenticate": f'Bearer error="{error.error}"'} if error.status == 401 else NO_STORE
    return jsonify(body), error.status, headers


@endpoints.get("/.well-known/openid-configuration")
def discovery() -> Any:
    """Exactly the members of the platform: code_challenge_methods_supported is there, and /authorize refuses PKCE."""
    one = simulator()
    if one.faults.take("discovery_500"):
        return "erreur", 500
    issuer = one.config.issuer
    claims = dict.fromkeys(name for names in SCOPES.values() for name in names)
    document = {
        "acr_values_supported": ["eidas1"],
        "authorization_endpoint": f"{issuer}/authorize",
        "authorization_response_iss_parameter_supported": True,
        "claim_types_supported": ["normal"],
        "claims_parameter_supported": True,
        "claims_supported": ["sub", *claims, "acr", "amr", "auth_time", "iss"],
        "code_challenge_methods_supported": ["S256"],
        "end_session_endpoint": f"{issuer}/session/end",
        "grant_types_supported": ["authorization_code"],
        "id_token_signing_alg_values_supported": ["HS256", "ES256", "RS256"],
        "issuer": "https://autre.example/api/v2" if one.faults.take("discovery_issuer_other") else issuer,
        "jwks_uri": f"{issuer}/jwks",
        "request_object_signing_alg_values_supported": ["HS256", "ES256", "RS256"],
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "response_modes_supported": ["form_post", "fragment", "query"],
        "response_types_supported": ["code"],
        "revocation_endpoint": f"{issuer}/token/revocation",
        "scopes_supported": ["openid", *SCOPES],
        "subject_types_supported": ["pairwise"],
        "token_endpoint": f"{issuer}/token",
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["ES256", "RS256"],
        "userinfo_endpoint": f"{issuer}/userinfo",
        "userinfo_signing_alg_values_supported": ["HS256", "ES256", "RS256"],
    }
    return jsonify(document), 200, PUBLIC


@endpoints.get("/jwks")
def jwks() -> Any:
    one = simulator()
    if one.faults.take("jwks_500"):
        return "erreur", 500
    document = {"keys": []} if one.faults.take("jwks_empty") else one.keys.ring().jwks()
    return jsonify(document), 200, PUBLIC


@endpoints.post("/token")
def token() -> Any:
    """A code becomes tokens, once, within thirty seconds."""
    one = simulator()
    client = _authenticated()
    form = _form()
    if form.get("grant_type") != "authorization_code":
        raise JsonError("unsupported_grant_type", "unsupported grant_type requested", "Y0488BCA")
    if not form.get("code"):
        raise JsonError("invalid_request", "missing required parameter(s) (code)", "Y048017B")
    code = _used_code(one, client, form)
    state = code.interaction.state
    one.wait("token_slow", state)
    if broken := _broken_token(one, state):
        return broken
    access_token = one.memory.issue_token(code)
    answer = {
        "access_token": access_token,
        "expires_in": TOKEN_SECONDS,
        "id_token": one.signer.id_token(code, one.config.issuer, one.seconds_now()),
        "scope": " ".join(sorted(code.interaction.scopes)),
        "token_type": "Bearer",
    }
    return jsonify(answer), 200, NO_STORE


def _form() -> dict[str, str]:
    """The form, closed too: a PKCE verifier is refused."""
    form = request.form.to_dict(flat=False)
    if any(name not in FORM or len(values) != 1 for name, values in form.items()):
        raise JsonError("invalid_request", "unrecognized parameter", "Y048017B")
    return {name: values[0] for name, values in form.items()}


def _used_code(one: Simulator, client: Client, form: dict[str, str]) -> Code:
    code, first = one.memory.use_code(form["code"])
    state = code.interaction.state if code else ""
    if code is None or code.interaction.client.id != client.id:
        raise JsonError("invalid_grant", "authorization code not found", "Y049E20B")
    if not first or one.faults.take("code_replayed", state):
        raise JsonError("invalid_grant", "authorization code already consumed", "Y0416228")
    if one.clock.now() - code.made_at > CODE_SECONDS or one.faults.take("code_expired", state):
        raise JsonError("invalid_grant", "authorization code is expired", "Y043F0A8")
    if form.get("redirect_uri") != code.interaction.redirect_uri:
        raise JsonError("invalid_grant", "authorization code redirect_uri mismatch", "Y04F8199")
    return code


def _broken_token(one: Simulator, state: str) -> Any:
    if one.faults.take("token_500", state):
        return "erreur", 500
    if one.faults.take("token_html", state):
        return "<!doctype html><title>Maintenance</title><p>Maintenance en cours.", 200, {"Content-Type": "text/html"}
    if one.faults.take("token_drop", state):
        connection: socket.socket = request.environ["werkzeug.socket"]
        connection.shutdown(socket.SHUT_RDWR)
        return "", 500
    return None


def _authenticated() -> Client:
    """client_secret_post or private_key_jwt; Basic is refused."""
    one, form = simulator(), request.form
    if request.headers.get("Authorization"):
        raise JsonError("invalid_client", "client authentication failed", "Y0434A7B", 401)
    if form.get("client_assertion_type") == ASSERTION:
        return _by_assertion(one, form.get("client_assertion", ""))
    client = one.config.clients.get(form.get("client_id", ""))
    if client is None or not client.active or not client.secret or form.get("client_secret") != client.secret:
        raise JsonError("invalid_client", "client authentication failed", "Y0434A7B", 401)
    return client


def _by_assertion(one: Simulator, assertion: str) -> Client:
    refused = JsonError("invalid_client", "client authentication failed", "Y0434A7B", 401)
    for client in one.config.clients.values():
        if not client.active or not client.jwks:
            continue
        try:
            claims = jwt.decode(assertion, _key_set(client), algorithms=["ES256", "RS256"]).claims
        except (JoseError, ValueError):
            continue
        aud = claims.get("aud")
        good = claims.get("iss") == claims.get("sub") == client.id
        if good and aud in (one.config.issuer, f"{one.config.issuer}/token") and claims["exp"] > one.clock.now():
            return client
    raise refused


def _key_set(client: Client) -> KeySet:
    keys: list[Any] = client.jwks.get("keys", [])
    return KeySet.import_key_set({"keys": keys})


@endpoints.get("/userinfo")
def userinfo() -> Any:
    """A signed JWT; the token comes in the header, by GET alone."""
    one = simulator()
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    found = one.memory.token(text.strip()) if scheme.lower() == "bearer" else None
    if found is None:
        raise JsonError("invalid_token", "access token not found", "Y0408B9C", 401)
    state = found.code.interaction.state
    one.wait("userinfo_slow", state)
    if one.faults.take("userinfo_500", state):
        return "erreur", 500
    if one.faults.take("userinfo_json", state):
        identity = found.code.session.identity
        sub = identity.sub(found.code.interaction.client.sector)
        return jsonify({"sub": sub, **identity.released(found.code.interaction.scopes)})
    token_text = one.signer.userinfo(found.code, one.config.issuer, one.seconds_now())
    return token_text, 200, {**NO_STORE, "Content-Type": "application/jwt"}


@endpoints.post("/token/revocation")
def revocation() -> Any:
    """RFC 7009."""
    _authenticated()
    simulator().memory.tokens.pop(request.form.get("token", ""), None)
    return "", 200, NO_STORE
