"""Dynamic client registration (RFC 7591 §3, OpenID Connect Registration §3) and management (RFC 7592 §2)."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import orjson
import structlog
from flask import Blueprint, Response

from idp import clock, limits, switches
from idp.db import db
from idp.grants import ended_clients
from idp.oidc.errors import ProtocolError, invalid_request, invalid_token
from idp.provider.core import Provider
from idp.relying_parties import initial_tokens, registration
from idp.relying_parties.errors import InvalidMetadata, InvalidToken, QuotaReached, StatementRefused
from idp.relying_parties.models import Client, InitialAccessToken
from idp.relying_parties.policy import Policy
from idp.relying_parties.registration import Registered
from idp.web.endpoints import browser
from idp.web.hot import this_request
from idp.web.http import NO_STORE, HttpRequest

log = structlog.get_logger(__name__)
blueprint = Blueprint("registration", __name__)

MAXIMUM = 64 * 1024
HOUR = 3600
OURS = frozenset(
    {"registration_access_token", "registration_client_uri", "client_secret_expires_at", "client_id_issued_at"}
)
"""Members of an answer that an update never sends back (RFC 7592 §2.2)."""

View = Callable[..., Response]


def _as_json(view: View) -> View:
    """Every refusal in the form of RFC 7591 §3.2.2; its cause goes to the log."""

    @wraps(view)
    def answer(**values: str) -> Response:
        try:
            return view(**values)
        except (ProtocolError, InvalidMetadata, StatementRefused, InvalidToken, QuotaReached) as refusal:
            db.session.rollback()
            error = refusal if isinstance(refusal, ProtocolError) else _explained(refusal)
            log.info("registration_refused", error=error.code, detail=error.detail or error.description)
            response = _json(error.as_json(), error.status)
            if error.status == 401:
                response.headers["WWW-Authenticate"] = f'Bearer realm="idp", error="{error.code}"'
            return response

    return answer


def _explained(refusal: Exception) -> ProtocolError:
    match refusal:
        case InvalidMetadata(problems=problems):
            redirect = any(problem.startswith("redirect_uris") for problem in problems)
            code = "invalid_redirect_uri" if redirect else "invalid_client_metadata"
            return ProtocolError(code, _plain("; ".join(problems)))
        case StatementRefused(trusted=trusted):
            code = "invalid_software_statement" if trusted else "unapproved_software_statement"
            return ProtocolError(code, "the software statement is not accepted")
        case QuotaReached():
            return ProtocolError("access_denied", "this token has registered all the clients it may", status=403)
    return invalid_token("the token is not valid here")


def _plain(text: str) -> str:
    """Printable ASCII without quote or backslash (RFC 6749 §5.2), a line or two of it."""
    return "".join(c if " " <= c <= "~" and c not in '"\\' else "?" for c in text[:500])


@blueprint.route("/register", methods=["POST"], provide_automatic_options=False)
@_as_json
def register() -> Response:
    """RFC 7591 §3.1; 201 with the whole registration."""
    http, provider = this_request(), browser.provider()
    token, policy = _admitted(http, provider)
    asked = provider.registrar.examine(_document(http), policy)
    token_id = token.id if token is not None else None
    db.session.rollback()
    picture = provider.registrar.fetch(asked)
    spent = db.session.get(InitialAccessToken, token_id) if token_id else None
    if spent is not None:
        initial_tokens.spend(spent)
    registered = registration.store_new(asked, picture, spent)
    answer = _answer(provider, registered)
    if asked.statement:
        answer["software_statement"] = asked.statement
    db.session.commit()
    return _json(answer, 201)


@blueprint.route("/register/<client_id>", methods=["GET"], provide_automatic_options=False)
@_as_json
def read(client_id: str) -> Response:
    """RFC 7592 §2.1. The token that was shown stays the client's; the secret is not read back (attack 60)."""
    http, provider = this_request(), browser.provider()
    token = _bearer(http)
    return _json(_answer(provider, Registered(registration.find_managed(client_id, token), token)))


@blueprint.route("/register/<client_id>", methods=["PUT"], provide_automatic_options=False)
@_as_json
def update(client_id: str) -> Response:
    """RFC 7592 §2.2: what is left out is gone; the whole result is checked."""
    http, provider = this_request(), browser.provider()
    token = _bearer(http)
    client = registration.find_managed(client_id, token)
    document = _document(http)
    _check_identity(document, client)
    asked = provider.registrar.examine(document, _policy_of(client, provider), client)
    db.session.rollback()
    picture = provider.registrar.fetch(asked)
    client = registration.find_managed(client_id, token, for_update=True)
    # What the client may have is read again: an administrator may have taken some of it away meanwhile (attack 57).
    asked = provider.registrar.examine(document, _policy_of(client, provider), client)
    registered = registration.store_update(client, asked, picture)
    answer = _answer(provider, registered)
    db.session.commit()
    provider.clients.forget()
    return _json(answer)


@blueprint.route("/register/<client_id>", methods=["DELETE"], provide_automatic_options=False)
@_as_json
def delete(client_id: str) -> Response:
    """RFC 7592 §2.3."""
    client = registration.find_managed(client_id, _bearer(this_request()))
    registration.delete(client)
    ended_clients.end(client_id)
    db.session.commit()
    browser.provider().clients.forget()
    return Response(status=204, headers=dict(NO_STORE))


def _bearer(http: HttpRequest) -> str:
    scheme, _, token = http.header("Authorization").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise invalid_token("a bearer token is needed")
    return token.strip()


def _admitted(http: HttpRequest, provider: Provider) -> tuple[InitialAccessToken | None, Policy]:
    """Who may register (RFC 7591 §3): the owner of an initial access token, or anybody where that is set."""
    settings = provider.settings.registration
    if switches.is_off("dynamic_registration"):
        raise ProtocolError("access_denied", "registration is switched off", status=403)
    if http.header("Authorization") or not settings.open:
        token = initial_tokens.find(_bearer(http))
        return token, initial_tokens.policy_of(token)
    limit = settings.open_per_address_per_hour
    if not limits.hit_address(provider.settings.limits, "register", http.address, limit=limit, window_seconds=HOUR):
        raise ProtocolError("temporarily_unavailable", "too many registrations from this address", status=429)
    return None, Policy(scope=settings.open_scope)


def _policy_of(client: Client, provider: Provider) -> Policy:
    """The ceilings that the client was registered under."""
    token = db.session.get(InitialAccessToken, client.registered_with) if client.registered_with else None
    return initial_tokens.policy_of(token) if token else Policy(scope=provider.settings.registration.open_scope)


def _document(http: HttpRequest) -> dict[str, Any]:
    if http.content_type != "application/json":
        raise invalid_request("the body must be application/json")
    if len(http.body) > MAXIMUM:
        raise ProtocolError("invalid_request", "the body is too large", status=413)
    try:
        document = orjson.loads(http.body)
    except orjson.JSONDecodeError:
        raise invalid_request("the body is not JSON") from None
    if not isinstance(document, dict):
        raise invalid_request("the body must be a JSON object")
    return document


def _check_identity(document: dict[str, Any], client: Client) -> None:
    """RFC 7592 §2.2: `client_id` is this one's; a secret that is sent back must be the current one."""
    if document.get("client_id") != client.client_id:
        raise invalid_request("client_id must be the registered one")
    if OURS & document.keys():
        raise invalid_request(f"not in an update: {', '.join(sorted(OURS & document.keys()))}")
    if "client_secret" in document and not registration.is_secret(client, document["client_secret"]):
        raise invalid_request("client_secret must be the registered one")


def _answer(provider: Provider, registered: Registered) -> dict[str, Any]:
    """RFC 7591 §3.2.1 and RFC 7592 §3."""
    client = registered.client
    answer = {
        **client.metadata_,
        "client_id": client.client_id,
        "client_id_issued_at": clock.to_milliseconds(client.created_at) // 1000,
        "client_name": client.client_name,
        "scope": client.scope,
        "registration_access_token": registered.token,
        "registration_client_uri": f"{provider.issuer}/register/{client.client_id}",
    }
    if registered.secret is not None:
        answer |= {"client_secret": registered.secret, "client_secret_expires_at": 0}
    return answer


def _json(value: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(value), status, list(NO_STORE), mimetype="application/json")
