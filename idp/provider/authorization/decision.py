"""One decision about a checked request: an answer for the client, or a page for the parent."""

from idp.oidc import session_state
from idp.oidc.errors import ProtocolError
from idp.oidc.request import Parameters
from idp.provider.authorization.attempt import (
    Asked,
    Attempt,
    ConsentNeeded,
    Decision,
    LoginNeeded,
    Refused,
    Resumed,
)
from idp.provider.authorization.claims import unmet
from idp.provider.authorization.pushed import spend
from idp.provider.authorization.response import failure, success
from idp.provider.authorization.table import Runs, examine
from idp.provider.core import Provider, SessionView


def decide(
    provider: Provider, parameters: Parameters, session_key: bytes | None, now: int, resumed: Resumed | None = None
) -> Decision:
    """Answer an authorization request at an instant in milliseconds. With a live session nothing is written."""
    attempt = Attempt(provider, parameters, now, pushed=resumed.pushed if resumed else "")
    try:
        examine(attempt, Runs.AUTHORIZATION if resumed is None else Runs.RESUMED)
        return _decide_checked(attempt, session_key, resumed)
    except ProtocolError as error:
        return _refuse(attempt, error)


def deny(provider: Provider, parameters: Parameters, now: int, resumed: Resumed) -> Decision:
    """The parent said no (RFC 6749 §4.1.2.1)."""
    attempt = Attempt(provider, parameters, now, pushed=resumed.pushed)
    try:
        examine(attempt, Runs.RESUMED)
        spend(attempt)
        raise ProtocolError("access_denied", "the request was denied")
    except ProtocolError as error:
        return _refuse(attempt, error)


def _refuse(attempt: Attempt, error: ProtocolError) -> Decision:
    if not error.redirectable or not attempt.redirect_uri:
        return Refused(error)
    try:
        return failure(attempt, error)
    except ProtocolError as worse:  # an answer that cannot be encrypted to the client
        return Refused(worse)


def _decide_checked(attempt: Attempt, session_key: bytes | None, resumed: Resumed | None) -> Decision:
    provider, client, now = attempt.provider, attempt.known_client, attempt.now
    session = provider.find_session(session_key, client.client_id, now) if session_key else None
    if session is None or not _will_do(attempt, session, resumed):
        if "none" in attempt.prompts:
            raise ProtocolError("login_required", "the user must log in")
        return LoginNeeded(_asked(attempt), "create" in attempt.prompts)
    if _needs_consent(attempt, session, resumed):
        if "none" in attempt.prompts:
            raise ProtocolError("consent_required", "the user must agree")
        return ConsentNeeded(_asked(attempt), client, _to_consent(attempt), session)
    spend(attempt)
    if session_key is not None and client.profile == "oidc":
        attempt.session_state = session_state.of(client.client_id, attempt.redirect_uri, session_key)
    return success(attempt, session)


def _will_do(attempt: Attempt, session: SessionView, resumed: Resumed | None) -> bool:
    """Whether this login is fresh, of the subject and of the acr that are asked for."""
    if not _is_fresh(attempt, session, resumed) or not _is_hinted(attempt, session):
        return False
    if not attempt.essential_acr or session.acr in attempt.essential_acr:
        return True
    if resumed is not None:
        raise unmet()
    return False


def _asked(attempt: Attempt) -> Asked:
    return Asked(attempt.parameters.values, attempt.known_client.client_id, attempt.pushed)


def _is_fresh(attempt: Attempt, session: SessionView, resumed: Resumed | None) -> bool:
    """Whether this login is recent enough for prompt=login and max_age, and the flow's own account."""
    if resumed is not None and resumed.account_id != session.account_id:
        return False
    if resumed is not None and session.auth_time >= resumed.since:
        return True
    if attempt.prompts & {"login", "select_account", "create"}:
        return False
    return attempt.max_age is None or attempt.now - session.auth_time < attempt.max_age * 1000


def _is_hinted(attempt: Attempt, session: SessionView) -> bool:
    if not attempt.hinted_subject:
        return True
    provider, client = attempt.provider, attempt.known_client
    if attempt.hinted_subject == provider.subject_of(session.account_id, client):
        return True
    row = provider.hot.read(provider.sql.former_ids, {"v_account_id": session.account_id})
    return row is not None and attempt.hinted_subject in provider.former_subjects(row[0], client)


def _to_consent(attempt: Attempt) -> tuple[str, ...]:
    if not attempt.claim_scopes:
        return attempt.scopes
    return tuple(dict.fromkeys((*attempt.scopes, *attempt.claim_scopes)))


def _needs_consent(attempt: Attempt, session: SessionView, resumed: Resumed | None) -> bool:
    """Nothing is asked for the ministry's own clients; otherwise wider scopes, or prompt=consent, ask again."""
    if attempt.known_client.first_party:
        return False
    wider = not set(_to_consent(attempt)) <= set((session.consented or "").split())
    asked_again = "consent" in attempt.prompts and not (resumed is not None and resumed.consented)
    return wider or session.consented is None or asked_again
