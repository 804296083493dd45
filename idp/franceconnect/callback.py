"""The way back: state, issuer, code, tokens, userinfo, each checked before the next is asked for."""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from idp import clock
from idp.franceconnect.authorization import Pending
from idp.franceconnect.calls import Answer, Calls
from idp.franceconnect.directory import Directory, Metadata
from idp.franceconnect.errors import (
    Cancelled,
    NotAnswering,
    RequestExpired,
    TookTooLong,
    Unverifiable,
    UpstreamFailed,
    UpstreamMisconfigured,
    UpstreamRefusal,
)
from idp.franceconnect.identity import Identity, read
from idp.franceconnect.upstreams import Upstream
from idp.oidc import jwt
from idp.oidc.client_assertion import ASSERTION_TYPE
from idp.oidc.request import Parameters

SLACK_SECONDS = 30
"""Clock difference taken; the tokens live a minute."""
LONGEST_SUB = 255
ERRORS: dict[str, type[UpstreamRefusal]] = {
    "access_denied": Cancelled,
    "server_error": UpstreamFailed,
    "temporarily_unavailable": UpstreamFailed,
    "invalid_request": UpstreamMisconfigured,
    "unsupported_response_type": UpstreamMisconfigured,
    "unauthorized_client": UpstreamMisconfigured,
    "invalid_scope": UpstreamMisconfigured,
    "invalid_acr": UpstreamMisconfigured,
    "invalid_idp_hint": UpstreamMisconfigured,
}
"""What the upstream answers with, and what it means to the parent."""

Sign = Callable[[str, str, str], str]
"""Gives a client assertion: algorithm, client_id, audience."""


@dataclass(frozen=True, slots=True)
class Login:
    """A login upstream that was proven; `id_token` serves the logout there."""

    identity: Identity
    id_token: str


def check_response(upstream: Upstream, metadata: Metadata, pending: Pending, parameters: Parameters) -> str:
    """The code. Raises the refusal that the answer means (RFC 6749 §4.1.2.1, RFC 9207 §2.4)."""
    if pending.is_over or not _equal(parameters.get("state"), pending.state):
        raise RequestExpired(reason="state")
    if parameters.defects:
        raise Unverifiable(reason="doubled")
    iss = parameters.get("iss")
    if iss != upstream.issuer and (iss or metadata.sends_iss):
        raise Unverifiable(reason="iss_of_callback")
    if error := parameters.get("error"):
        raise ERRORS.get(error, UpstreamFailed)(reason=error if error in ERRORS else "unknown_error")
    if not (code := parameters.get("code")):
        raise Unverifiable(reason="no_code")
    return code


def _equal(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode())


class Exchange:
    """Turns a code into a proven identity."""

    def __init__(self, upstream: Upstream, directory: Directory, calls: Calls, sign: Sign) -> None:
        self._upstream, self._directory, self._calls, self._sign = upstream, directory, calls, sign

    def redeem(self, code: str, pending: Pending) -> Login:
        """Ask for tokens at once, then for userinfo. Raises UpstreamRefusal."""
        tokens = self._tokens(code, pending)
        id_token = tokens["id_token"]
        claims = self._verified(id_token, "id_token")
        self._check_id_token(claims, pending)
        amr = claims.get("amr", [])
        methods = tuple(text for text in amr if isinstance(text, str)) if isinstance(amr, list) else ()
        about = self._userinfo(tokens["access_token"], claims["sub"])
        identity = read(self._upstream, claims["sub"], str(claims.get("acr", "")), methods, about)
        if not identity.sub.isprintable():
            raise Unverifiable(reason="sub")
        return Login(identity, id_token)

    def _tokens(self, code: str, pending: Pending) -> dict[str, str]:
        upstream = self._upstream
        form = {"grant_type": "authorization_code", "redirect_uri": pending.redirect_uri, "code": code}
        if pending.code_verifier:
            form["code_verifier"] = pending.code_verifier
        basic = None
        if upstream.authentication == "client_secret_basic":
            basic = (upstream.client_id, upstream.client_secret)
        elif upstream.authentication == "private_key_jwt":
            assertion = self._sign(upstream.alg, upstream.client_id, upstream.issuer)
            form |= {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}
        else:
            form |= {"client_id": upstream.client_id, "client_secret": upstream.client_secret}
        answer = self._calls.post(self._directory.metadata().token_endpoint, form, basic=basic)
        body = _json_object(answer)
        if answer.status != 200:
            raise _token_refusal(answer.status, str(body.get("error", "")))
        access_token, id_token = body.get("access_token"), body.get("id_token")
        if not isinstance(access_token, str) or not isinstance(id_token, str):
            raise Unverifiable(reason="token_answer")
        if str(body.get("token_type", "")).lower() != "bearer":
            raise Unverifiable(reason="token_type")
        return {"access_token": access_token, "id_token": id_token}

    def _verified(self, token: str, what: str) -> dict[str, Any]:
        """Claims of a token signed by the pinned algorithm and a published key, made by this issuer for us, in time."""
        upstream = self._upstream
        try:
            header, _ = jwt.decode_unverified(token, 64 * 1024)
            kid = header.get("kid")
            if not isinstance(kid, str) or header.get("alg") != upstream.alg:
                raise Unverifiable(reason=f"{what}_header")
            _, claims = jwt.verify(token, self._directory.keys(kid), (upstream.alg,), 64 * 1024)
        except jwt.InvalidJwt:
            raise Unverifiable(reason=f"{what}_signature") from None
        if claims.get("iss") != upstream.issuer:
            raise Unverifiable(reason=f"{what}_iss")
        if claims.get("aud") not in (upstream.client_id, [upstream.client_id]):
            raise Unverifiable(reason=f"{what}_aud")
        _check_times(claims, what)
        return claims

    def _check_id_token(self, claims: Mapping[str, Any], pending: Pending) -> None:
        if not _equal(str(claims.get("nonce", "")), pending.nonce):
            raise Unverifiable(reason="id_token_nonce")
        if "azp" in claims and claims["azp"] != self._upstream.client_id:
            raise Unverifiable(reason="id_token_azp")
        if not self._upstream.is_strong_enough(str(claims.get("acr", ""))):
            raise Unverifiable(reason="id_token_acr")
        sub = claims.get("sub")
        if not isinstance(sub, str) or not 0 < len(sub) <= LONGEST_SUB:
            raise Unverifiable(reason="id_token_sub")

    def _userinfo(self, access_token: str, sub: str) -> dict[str, Any]:
        """A signed token where the upstream signs it, plain JSON elsewhere; never one for the other."""
        answer = self._calls.get(self._directory.metadata().userinfo_endpoint, bearer=access_token)
        if answer.status == 401:
            raise TookTooLong(reason="userinfo_401")
        if answer.status != 200:
            raise NotAnswering(reason=f"userinfo_{answer.status}")
        if self._upstream.signed_userinfo:
            if answer.content_type != "application/jwt":
                raise Unverifiable(reason="userinfo_unsigned")
            claims = self._verified(answer.body.decode("ascii", "replace"), "userinfo")
        else:
            claims = _json_object(answer)
        if claims.get("sub") != sub:
            raise Unverifiable(reason="userinfo_sub")
        return claims


def _token_refusal(status: int, error: str) -> UpstreamRefusal:
    if error == "invalid_grant":
        return TookTooLong(reason="invalid_grant")
    known = error if error in ("invalid_client", "invalid_request", "unauthorized_client") else f"token_{status}"
    return UpstreamMisconfigured(reason=known)


def _json_object(answer: Answer) -> dict[str, Any]:
    try:
        body = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        raise NotAnswering(reason="not_json") from None
    if not isinstance(body, dict) or answer.content_type != "application/json":
        raise NotAnswering(reason="not_json")
    return body


def _check_times(claims: Mapping[str, Any], what: str) -> None:
    now = clock.now().timestamp()
    exp, iat = claims.get("exp"), claims.get("iat")
    if not isinstance(exp, int | float) or not isinstance(iat, int | float):
        raise Unverifiable(reason=f"{what}_times")
    if exp + SLACK_SECONDS <= now or iat - SLACK_SECONDS > now:
        raise Unverifiable(reason=f"{what}_time")
