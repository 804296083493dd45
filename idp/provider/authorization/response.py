"""What the authorization endpoint issues, and its errors: both leave by one door, with `state` and `iss` (RFC 9207)."""

from typing import Any

from idp.db import new_id
from idp.oidc import response_modes
from idp.oidc.errors import ProtocolError
from idp.provider import resources, tokens
from idp.provider.authorization.attempt import Attempt, FormPost, Redirect
from idp.provider.core import AccessToken, Code, GrantDetails, SessionView
from idp.provider.protection import protect

Answer = dict[str, Any]
JARM_SECONDS = 300
ID_TOKEN_ALONE = frozenset({"id_token"})


def success(attempt: Attempt, session: SessionView) -> Redirect | FormPost:
    """Code, access token, ID token: as `response_type` asks (OpenID Connect Core §3.1.2.5, §3.2.2.5, §3.3.2.5)."""
    answer: Answer = {}
    if "code" in attempt.response_type:
        answer["code"] = _code(attempt, session)
    if "token" in attempt.response_type:
        answer |= _access_token(attempt, session)
    if "id_token" in attempt.response_type:
        answer["id_token"] = _id_token(attempt, session, answer)
    return _send(attempt, answer)


def failure(attempt: Attempt, error: ProtocolError) -> Redirect | FormPost:
    """The error as the client gets it (RFC 6749 §4.1.2.1)."""
    return _send(attempt, error.as_json(), error.code)


def _send(attempt: Attempt, answer: Answer, error: str = "") -> Redirect | FormPost:
    answer["state"] = attempt.parameters.get("state")
    answer["iss"] = attempt.provider.issuer
    answer["session_state"] = attempt.session_state
    if attempt.mode.endswith(".jwt"):
        answer = {"response": _signed(attempt, answer)}
    if attempt.mode.startswith("form_post"):
        return FormPost(attempt.redirect_uri, {name: value for name, value in answer.items() if value}, error)
    return Redirect(response_modes.location(attempt.mode, attempt.redirect_uri, answer), error)


def _signed(attempt: Attempt, answer: Answer) -> str:
    """JARM §2.1: the whole answer as one JWT for this client, for a short time."""
    client = attempt.known_client
    claims = {name: value for name, value in answer.items() if value}
    claims |= {"aud": client.client_id, "exp": attempt.now // 1000 + JARM_SECONDS}
    return protect(attempt.provider, client, claims, client.authorization)


def _code(attempt: Attempt, session: SessionView) -> str:
    """A sealed value: nothing is written (ARCHITECTURE, decision 2)."""
    parameters, provider = attempt.parameters, attempt.provider
    code = Code(
        grant_id=new_id(),
        client_id=attempt.known_client.client_id,
        account_id=session.account_id,
        session_id=session.session_id,
        redirect_uri=attempt.redirect_uri,
        code_challenge=parameters.get("code_challenge"),
        scope=" ".join(attempt.scopes),
        nonce=parameters.get("nonce"),
        auth_time=session.auth_time,
        acr=session.acr,
        amr=session.amr,
        resource=parameters.get("resource"),
        expires_at=attempt.now + provider.settings.tokens.code_seconds * 1000,
        dpop_jkt=parameters.get("dpop_jkt"),
        claims=attempt.claims,
    )
    return provider.seal("code", code)


def _access_token(attempt: Attempt, session: SessionView) -> Answer:
    """Its own grant, which ends with the token or the session: nothing refreshes it (RFC 6749 §4.2.2)."""
    provider, client, now = attempt.provider, attempt.known_client, attempt.now
    seconds = provider.settings.tokens.access_token_seconds
    resource, granted = (
        attempt.parameters.get("resource"),
        [name for name in attempt.scopes if name != "offline_access"],
    )
    grant_id, scope = new_id(), resources.scope_within(provider, " ".join(granted), resource)
    row: dict[str, Any] = {
        "v_id": grant_id,
        "v_client_id": client.client_id,
        "v_account_id": session.account_id,
        "v_session_id": session.session_id,
        "v_scope": scope,
        "v_generation": 0,
        "v_details": "{}",
        "v_offline": False,
        "v_created_at": now,
        "v_ends_at": now + seconds * 1000,
    }
    if not provider.make_grant(client, row):
        raise ProtocolError("login_required", "the session or the consent has ended")
    token = AccessToken(
        grant_id, client.client_id, session.account_id, scope, now, row["v_ends_at"], resource, claims=attempt.claims
    )
    access = tokens.access_token(provider, client, token)
    return {"access_token": access, "token_type": "Bearer", "expires_in": str(seconds), "scope": scope}


def _id_token(attempt: Attempt, session: SessionView, answer: Answer) -> str:
    return tokens.id_token(
        attempt.provider,
        attempt.known_client,
        account_id=session.account_id,
        session_id=session.session_id,
        details=GrantDetails(session.auth_time, session.acr, session.amr, attempt.claims),
        access=answer.get("access_token", ""),
        code=answer.get("code", ""),
        nonce=attempt.parameters.get("nonce"),
        now=attempt.now,
        # Without an access token nothing else can give the claims of the scopes (OpenID Connect Core §5.4).
        scopes=attempt.scopes if attempt.response_type == ID_TOKEN_ALONE else (),
    )
