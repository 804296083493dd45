"""The authorization endpoint: a table of checks, then one decision (OpenID Connect Core §3.1.2)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Flag, auto

from idp.db import new_id
from idp.oidc import jwt, pkce, redirect_uri
from idp.oidc.errors import ProtocolError, invalid_request
from idp.oidc.request import Parameters, scopes
from idp.oidc.response import redirect_location
from idp.provider.core import Code, Provider, SessionView
from idp.relying_parties.cache import RelyingParty

PROMPTS = frozenset({"none", "login", "consent", "select_account"})


@dataclass(frozen=True, slots=True)
class Resumed:
    """The browser comes back from the pages: what the flow saw."""

    account_id: str
    since: int
    """When the flow began, in milliseconds: a login since then is a re-authentication."""
    consented: bool = False


@dataclass(slots=True)
class Attempt:
    """An authorization request under examination; checks fill it in."""

    provider: Provider
    parameters: Parameters
    now: int
    client: RelyingParty | None = None
    redirect_uri: str = ""
    scopes: tuple[str, ...] = ()
    prompts: frozenset[str] = field(default_factory=frozenset)
    max_age: int | None = None
    hinted_subject: str = ""

    @property
    def known_client(self) -> RelyingParty:
        """The client, once check_client found it."""
        assert self.client is not None
        return self.client


@dataclass(frozen=True, slots=True)
class Redirect:
    """Back to the client, with a code or an error."""

    location: str
    error: str = ""


@dataclass(frozen=True, slots=True)
class LoginNeeded:
    """The parent must log in."""

    client_id: str


@dataclass(frozen=True, slots=True)
class ConsentNeeded:
    """The parent must agree to these scopes."""

    client: RelyingParty
    scopes: tuple[str, ...]
    session: SessionView


@dataclass(frozen=True, slots=True)
class Refused:
    """A page: nothing can be sent back to the client."""

    error: ProtocolError


Decision = Redirect | LoginNeeded | ConsentNeeded | Refused


class Runs(Flag):
    """Who runs a check."""

    AUTHORIZATION = auto()


@dataclass(frozen=True, slots=True)
class Check:
    """One rule and who runs it."""

    run: Callable[[Attempt], None]
    runs: Runs


def check_client(attempt: Attempt) -> None:
    """OpenID Connect Core §3.1.2.6: never redirect before client and redirect URI are known to be good."""
    client_id = attempt.parameters.get("client_id")
    attempt.client = attempt.provider.clients.find(client_id) if client_id else None
    if attempt.client is None:
        raise invalid_request("client_id is missing or unknown", redirectable=False)


def check_redirect_uri(attempt: Attempt) -> None:
    """RFC 6749 §3.1.2.3: the whole string is compared."""
    asked, client = attempt.parameters.get("redirect_uri"), attempt.known_client
    if not asked or not redirect_uri.is_registered(asked, client.redirect_uris, native=client.native):
        raise invalid_request("redirect_uri is missing or not registered", redirectable=False)
    attempt.redirect_uri = asked


def check_defects(attempt: Attempt) -> None:
    """RFC 6749 §3.1: no parameter twice."""
    attempt.parameters.refuse_defects()


def check_unsupported(attempt: Attempt) -> None:
    """OpenID Connect Core §6.1, §7.2.1."""
    for name in ("request", "request_uri", "registration"):
        if attempt.parameters.get(name):
            raise ProtocolError(f"{name}_not_supported", f"{name} is not supported")


def check_response_type(attempt: Attempt) -> None:
    """RFC 6749 §3.1.1: the code flow alone."""
    response_type = attempt.parameters.get("response_type")
    if not response_type:
        raise invalid_request("response_type is missing")
    if response_type != "code":
        raise ProtocolError("unsupported_response_type", "response_type must be code")
    if "authorization_code" not in attempt.known_client.grant_types:
        raise ProtocolError("unauthorized_client", "this client may not use the authorization code flow")
    if attempt.parameters.get("response_mode") not in ("", "query"):
        raise invalid_request("response_mode must be query")


def check_pkce(attempt: Attempt) -> None:
    """RFC 7636 §4.4.1."""
    client, parameters = attempt.known_client, attempt.parameters
    required = client.is_public or client.require_pkce
    pkce.check_challenge(parameters.get("code_challenge"), parameters.get("code_challenge_method"), required=required)


def check_scope(attempt: Attempt) -> None:
    """RFC 6749 §3.3: what the client may not have is dropped, unknown scopes too; openid is required."""
    asked = scopes(attempt.parameters.get("scope"))
    if "openid" not in asked:
        raise ProtocolError("invalid_scope", "scope must contain openid")
    allowed = attempt.known_client.scopes | {"openid"}
    attempt.scopes = tuple(scope for scope in asked if scope in allowed)


def check_resource(attempt: Attempt) -> None:
    """RFC 8707 §2."""
    resource = attempt.parameters.get("resource")
    if resource and resource not in attempt.known_client.resources:
        raise ProtocolError("invalid_target", "the resource is unknown or not allowed")


def check_prompt(attempt: Attempt) -> None:
    """OpenID Connect Core §3.1.2.1."""
    attempt.prompts = frozenset(attempt.parameters.get("prompt").split())
    if attempt.prompts - PROMPTS:
        raise invalid_request("prompt is unknown")
    if "none" in attempt.prompts and len(attempt.prompts) > 1:
        raise invalid_request("prompt none stands alone")


def check_max_age(attempt: Attempt) -> None:
    """OpenID Connect Core §3.1.2.1: seconds."""
    text = attempt.parameters.get("max_age")
    if not text:
        return
    if not (text.isascii() and text.isdecimal() and len(text) <= 10):
        raise invalid_request("max_age must be a number of seconds")
    attempt.max_age = int(text)


def check_id_token_hint(attempt: Attempt) -> None:
    """OpenID Connect Core §3.1.2.1: ours, for this client; an ended one still tells who is meant."""
    hint = attempt.parameters.get("id_token_hint")
    if not hint:
        return
    claims = read_id_token_hint(attempt.provider, hint)
    if claims is None or claims.get("aud") != attempt.known_client.client_id:
        raise invalid_request("id_token_hint is not an ID token of this client")
    attempt.hinted_subject = str(claims["sub"])


CHECKS = (
    Check(check_client, Runs.AUTHORIZATION),
    Check(check_redirect_uri, Runs.AUTHORIZATION),
    Check(check_defects, Runs.AUTHORIZATION),
    Check(check_unsupported, Runs.AUTHORIZATION),
    Check(check_response_type, Runs.AUTHORIZATION),
    Check(check_pkce, Runs.AUTHORIZATION),
    Check(check_scope, Runs.AUTHORIZATION),
    Check(check_resource, Runs.AUTHORIZATION),
    Check(check_prompt, Runs.AUTHORIZATION),
    Check(check_max_age, Runs.AUTHORIZATION),
    Check(check_id_token_hint, Runs.AUTHORIZATION),
)


def read_id_token_hint(provider: Provider, hint: str) -> dict[str, object] | None:
    """Claims of an ID token of ours, retired keys and ended tokens included; None for anything else."""
    try:
        header, claims = jwt.verify(hint, provider.keys.get().verifying(), jwt.SIGNING_ALGORITHMS)
    except jwt.InvalidJwt:
        return None
    if header.get("typ") != "JWT" or claims.get("iss") != provider.issuer or "sub" not in claims:
        return None
    return claims


def decide(
    provider: Provider, parameters: Parameters, session_key: bytes | None, now: int, resumed: Resumed | None = None
) -> Decision:
    """Answer an authorization request at an instant in milliseconds. With a live session nothing is written."""
    attempt = Attempt(provider, parameters, now)
    try:
        for check in CHECKS:
            if Runs.AUTHORIZATION in check.runs:
                check.run(attempt)
        return _decide_checked(attempt, session_key, resumed)
    except ProtocolError as error:
        if not error.redirectable or not attempt.redirect_uri:
            return Refused(error)
        return refusal(attempt, error)


def refusal(attempt: Attempt, error: ProtocolError) -> Redirect:
    """The error as the client gets it, with `state` and `iss` (RFC 9207 §2)."""
    answer = {**error.as_json(), "state": attempt.parameters.get("state"), "iss": attempt.provider.issuer}
    return Redirect(redirect_location(attempt.redirect_uri, answer), error.code)


def deny(provider: Provider, parameters: Parameters, now: int) -> Decision:
    """The parent said no."""
    attempt = Attempt(provider, parameters, now)
    try:
        check_client(attempt)
        check_redirect_uri(attempt)
    except ProtocolError as error:
        return Refused(error)
    return refusal(attempt, ProtocolError("access_denied", "the request was denied"))


def _decide_checked(attempt: Attempt, session_key: bytes | None, resumed: Resumed | None) -> Decision:
    provider, client, now = attempt.provider, attempt.known_client, attempt.now
    session = provider.find_session(session_key, client.client_id, now) if session_key else None
    if session is None or not _is_fresh(attempt, session, resumed) or not _is_hinted(attempt, session):
        if "none" in attempt.prompts:
            raise ProtocolError("login_required", "the user must log in")
        return LoginNeeded(client.client_id)
    if _needs_consent(attempt, session, resumed):
        if "none" in attempt.prompts:
            raise ProtocolError("consent_required", "the user must agree")
        return ConsentNeeded(client, attempt.scopes, session)
    return Redirect(_code_response(attempt, session))


def _is_fresh(attempt: Attempt, session: SessionView, resumed: Resumed | None) -> bool:
    """Whether this login is recent enough for prompt=login and max_age, and the flow's own account."""
    if resumed is not None and resumed.account_id == session.account_id and session.auth_time >= resumed.since:
        return True
    if resumed is not None and resumed.account_id != session.account_id:
        return False
    if attempt.prompts & {"login", "select_account"}:
        return False
    return attempt.max_age is None or attempt.now - session.auth_time < attempt.max_age * 1000


def _is_hinted(attempt: Attempt, session: SessionView) -> bool:
    subject = attempt.provider.subject_of(session.account_id, attempt.known_client)
    return attempt.hinted_subject in ("", subject)


def _needs_consent(attempt: Attempt, session: SessionView, resumed: Resumed | None) -> bool:
    """Nothing is asked for the ministry's own clients; otherwise wider scopes, or prompt=consent, ask again."""
    if attempt.known_client.first_party:
        return False
    wider = not set(attempt.scopes) <= set((session.consented or "").split())
    asked_again = "consent" in attempt.prompts and not (resumed is not None and resumed.consented)
    return wider or session.consented is None or asked_again


def _code_response(attempt: Attempt, session: SessionView) -> str:
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
    )
    answer = {"code": provider.seal("code", code), "state": parameters.get("state"), "iss": provider.issuer}
    return redirect_location(attempt.redirect_uri, answer)
