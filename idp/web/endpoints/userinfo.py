"""The userinfo endpoint (OpenID Connect Core §5.3), by GET and POST."""

from collections.abc import Mapping

from idp import clock
from idp.oidc.errors import ProtocolError, invalid_request
from idp.oidc.request import parse
from idp.provider import access
from idp.provider.core import Provider
from idp.web.dispatch import Endpoint
from idp.web.http import FORM, HttpAnswer, HttpRequest


def endpoints(provider: Provider) -> Mapping[tuple[str, str], Endpoint]:
    """`/userinfo`."""

    def answer(http: HttpRequest) -> HttpAnswer:
        try:
            token = bearer_token(http)
            if not token:
                return HttpAnswer(401, (("WWW-Authenticate", 'Bearer realm="idp"'), ("Cache-Control", "no-store")))
            claims = access.userinfo(provider, token, clock.to_milliseconds(clock.now()))
            return HttpAnswer.jwt(claims) if isinstance(claims, str) else HttpAnswer.json(claims)
        except ProtocolError as error:
            answer = HttpAnswer.json(error.as_json(), error.status)
            challenge = f'Bearer realm="idp", error="{error.code}", error_description="{error.description}"'
            return HttpAnswer(answer.status, (*answer.headers, ("WWW-Authenticate", challenge)), answer.body)

    return {("GET", "/userinfo"): answer, ("POST", "/userinfo"): answer}


def bearer_token(http: HttpRequest) -> str:
    """The token of the header or of the form, never of the query, never of both (RFC 6750 §2)."""
    if http.query and parse(http.query).get("access_token"):
        raise invalid_request("the token does not belong in the query")
    scheme, _, token = http.header("Authorization").partition(" ")
    token = token.strip() if scheme.lower() == "bearer" else ""
    if http.method == "POST" and http.content_type == FORM:
        parameters = parse(http.body)
        parameters.refuse_defects()
        in_body = parameters.get("access_token")
        if token and in_body:
            raise invalid_request("the token is sent twice")
        return token or in_body
    return token
