"""Token exchange (RFC 8693): a service that got a parent's token acts for the parent, within what the token allows.

The subject token must have been made for the service that shows it: for its API, or for itself as a client. The new
token is for some of the same APIs, with some of the same scopes, until the subject token ends at the latest, and dies
with the same grant. Its `act` says who acts (§4.1); nothing refreshes it.
"""

import msgspec

from idp.db import new_id
from idp.oidc.errors import ProtocolError, invalid_request
from idp.provider import resources, rights
from idp.provider.client_request import ClientRequest
from idp.provider.core import AccessToken, Provider
from idp.provider.opened import open_token
from idp.provider.revocation import is_revoked_alone
from idp.provider.token_endpoint.answer import Answer, access_for, answer
from idp.provider.token_endpoint.refresh_token import narrowed
from idp.relying_parties.cache import RelyingParty

ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"
MAXIMUM_ACTORS = 4


def exchange(provider: Provider, client: RelyingParty, request: ClientRequest) -> Answer:
    """An access token with which the client acts for the account of the subject token."""
    if client.is_public:
        raise ProtocolError("unauthorized_client", "this client may not use this grant_type")
    subject, holder = _read_subject(provider, client, request)
    audience = _narrowed_audience(client, request, subject)
    resources.check(holder, audience)
    scope = narrowed(request.parameters.get("scope"), rights.still_granted(holder, subject.scope))
    access = access_for(
        provider,
        client,
        request,
        grant_id=subject.grant_id,
        account_id=subject.account_id,
        scope=resources.scope_within(provider, scope, audience),
        audience=audience,
    )
    actors = f"{client.client_id} {subject.actors}".strip()
    expires_at = min(access.expires_at, subject.expires_at)
    token = msgspec.structs.replace(access, expires_at=expires_at, actors=actors, own_id=new_id())
    provider.record(
        "token.exchanged",
        request.now,
        account_id=subject.account_id,
        client_id=client.client_id,
        grant_id=subject.grant_id,
        from_client_id=subject.client_id,
        audience=audience,
    )
    return {**answer(provider, client, token), "issued_token_type": ACCESS_TOKEN}


def _read_subject(provider: Provider, client: RelyingParty, request: ClientRequest) -> tuple[AccessToken, RelyingParty]:
    """The live token of a parent, made for this client, and who was given it by the parent.

    Raises invalid_request (RFC 8693 §2.2.2).
    """
    parameters = request.parameters
    if not parameters.get("subject_token") or parameters.get("subject_token_type") != ACCESS_TOKEN:
        raise invalid_request("subject_token must be an access token")
    if parameters.get("actor_token"):
        raise invalid_request("the client itself is the actor: actor_token is not supported")
    if parameters.get("requested_token_type") not in ("", ACCESS_TOKEN):
        raise invalid_request("requested_token_type must be an access token")
    token = open_token(provider, parameters.get("subject_token"))
    if not isinstance(token, AccessToken) or not token.account_id or token.expires_at <= request.now:
        raise invalid_request("subject_token is not a live access token of a user")
    if not _is_for(client, token):
        raise invalid_request("subject_token was not made for this client")
    if token.confirmation and client.client_id == token.client_id and request.confirmation != token.confirmation:
        raise invalid_request("subject_token is bound to another key")
    if len(token.actors.split()) >= MAXIMUM_ACTORS:
        raise invalid_request("too many actors")
    giver = provider.clients.find(token.client_id)
    if giver is None or not giver.still_holds(token.issued_at):
        raise invalid_request("the client of subject_token is or was disabled")
    grant = rights.find_live_grant(provider, token.grant_id, request.now)
    if grant is None or is_revoked_alone(provider, token):
        raise invalid_request("subject_token is revoked")
    return token, grant[1]


def _is_for(client: RelyingParty, token: AccessToken) -> bool:
    if client.client_id == token.client_id:
        return True
    return bool(token.audience) and client.resource_server in token.audience.split()


def _narrowed_audience(client: RelyingParty, request: ClientRequest, subject: AccessToken) -> str:
    """`resource` and `audience` name APIs; all of them among the subject token's, and registered with the client."""
    asked = f"{request.parameters.get('resource')} {request.parameters.get('audience')}".split()
    if not asked:
        asked = [name for name in subject.audience.split() if name in client.resources]
    if not subject.audience and not asked and client.client_id == subject.client_id:
        return ""
    if not asked or not set(asked) <= set(subject.audience.split()):
        raise ProtocolError("invalid_target", "the resource is beyond that of subject_token")
    wanted = " ".join(dict.fromkeys(asked))
    resources.check(client, wanted)
    return wanted
