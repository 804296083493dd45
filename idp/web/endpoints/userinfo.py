"""The userinfo endpoint (OpenID Connect Core §5.3), by GET and POST."""

from collections.abc import Mapping
from functools import partial

from idp import clock
from idp.oidc.dpop import ALGORITHMS
from idp.oidc.errors import ProtocolError, invalid_request
from idp.oidc.request import Parameters, parse
from idp.provider import access
from idp.provider.core import Provider
from idp.web.client_request import client_request
from idp.web.dispatch import Endpoint
from idp.web.http import FORM, HttpAnswer, HttpRequest

EMPTY = Parameters({}, {})


def endpoints(provider: Provider) -> Mapping[tuple[str, str], Endpoint]:
    """`/userinfo`."""

    def answer(http: HttpRequest) -> HttpAnswer:
        scheme = ""
        try:
            scheme, token = token_of(http)
            if not token:
                return HttpAnswer(401, (*_challenges(provider, ""), ("Cache-Control", "no-store")))
            request = partial(client_request, provider, http, EMPTY)
            claims = access.userinfo(provider, token, clock.milliseconds(), scheme, request)
            return HttpAnswer.jwt(claims) if isinstance(claims, str) else HttpAnswer.json(claims)
        except ProtocolError as error:
            return _refusal(provider, error, scheme)

    return {("GET", "/userinfo"): answer, ("POST", "/userinfo"): answer}


def _refusal(provider: Provider, error: ProtocolError, scheme: str) -> HttpAnswer:
    """RFC 6750 §3.1, RFC 9449 §7.1: a proof that is wrong counts as an access token that is."""
    status = 401 if error.code in ("invalid_dpop_proof", "use_dpop_nonce") else error.status
    answer = HttpAnswer.json(error.as_json(), status)
    facts = f', error="{error.code}", error_description="{error.description}"'
    return HttpAnswer(status, (*answer.headers, *_challenges(provider, facts, scheme), *error.headers), answer.body)


def _challenges(provider: Provider, facts: str, scheme: str = "") -> tuple[tuple[str, str], ...]:
    """How a token may be shown here; the facts of a refusal go with the scheme that was tried."""
    bearer, proof = ("", facts) if scheme == "dpop" else (facts, "")
    return (
        ("WWW-Authenticate", f'Bearer realm="idp"{bearer}'),
        ("WWW-Authenticate", f'DPoP realm="idp", algs="{" ".join(ALGORITHMS)}"{proof}'),
    )


def token_of(http: HttpRequest) -> tuple[str, str]:
    """Scheme and token of the header, or the form's token; never of the query, never of both (RFC 6750 §2)."""
    if http.query and parse(http.query).get("access_token"):
        raise invalid_request("the token does not belong in the query")
    scheme, _, token = http.environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    scheme = scheme.lower()
    token = token.strip() if scheme in ("bearer", "dpop") else ""
    if http.method == "POST" and http.content_type == FORM:
        parameters = parse(http.body)
        parameters.refuse_defects()
        in_body = parameters.get("access_token")
        if token and in_body:
            raise invalid_request("the token is sent twice")
        if in_body:
            return "bearer", in_body
    return scheme, token
