"""The relying party's side of OpenID Connect: discovery, authorization request, code, ID token, userinfo, logout.

Authlib makes the requests, joserfc verifies. What Authlib leaves to its user is done here: HTTP timeouts, a nonce of
256 bits, RFC 9207 `iss`, the pinned algorithm, and every check of OIDC Core §3.1.3.7.
"""

import base64
import hashlib
import hmac
import secrets
import threading
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import OAuth2Client
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, RSAKey
from joserfc.jws import extract_compact

from clients import clock
from clients.config import ProviderConfig, is_secure
from clients.errors import LoginDenied, LoginRefused, ProviderUnavailable
from clients.sessions import PendingLogin

TIMEOUT = httpx.Timeout(10, connect=3)
LEEWAY_SECONDS = 30
DISCOVERY_SECONDS = 3600
REFETCH_SECONDS = 60
"""An unknown `kid` fetches the key set again, at most once a minute."""
SCOPE = "openid profile email eleves"
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri", "end_session_endpoint")
LOGOUT_TYPE = "logout+jwt"
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
HASHES = {"RS256": hashlib.sha256, "PS256": hashlib.sha256, "ES256": hashlib.sha256, "EdDSA": hashlib.sha512}


class RelyingParty:
    """One client of one provider. Nothing is fetched before the first login, so either may start first."""

    def __init__(self, config: ProviderConfig, redirect_uri: str) -> None:
        self.config = config
        self.redirect_uri = redirect_uri
        self._lock = threading.Lock()
        self._metadata: dict[str, Any] = {}
        self._metadata_at = 0
        self._keys = KeySet([])
        self._keys_at = 0

    # What the provider says of itself

    def metadata(self) -> dict[str, Any]:
        """The discovery document (OIDC Discovery §4.3); the one in hand is kept when a newer cannot be had."""
        with self._lock:
            if not self._metadata or clock.now() - self._metadata_at > DISCOVERY_SECONDS:
                try:
                    self._metadata = self._fetch_metadata()
                except ProviderUnavailable:
                    if not self._metadata:
                        raise
                self._metadata_at = clock.now()
            return self._metadata

    def _fetch_metadata(self) -> dict[str, Any]:
        document = get_json(self.config.issuer.rstrip("/") + "/.well-known/openid-configuration")
        if document.get("issuer") != self.config.issuer:
            raise ProviderUnavailable("discovery: the issuer is not the configured one")
        for name in ENDPOINTS:
            if not isinstance(document.get(name), str) or not is_secure(document[name]):
                raise ProviderUnavailable(f"discovery: {name} is missing or not https")
        return document

    def _keys_for(self, kid: str | None) -> KeySet:
        """The provider's signature keys; fetched again for a `kid` never seen."""
        address = self.metadata()["jwks_uri"]
        with self._lock:
            known = any(key.kid == kid for key in self._keys.keys)
            if not known and (not self._keys.keys or clock.now() - self._keys_at >= REFETCH_SECONDS):
                self._keys = signature_keys(get_json(address))
                self._keys_at = clock.now()
            return self._keys

    # Login

    def begin(self, target: str, login_hint: str | None = None) -> tuple[str, str, PendingLogin]:
        """The address to send the browser to, the `state` in it, and what to keep for the answer."""
        state, login = secrets.token_urlsafe(32), PendingLogin(secrets.token_urlsafe(32), new_verifier(), target)
        extra = {"login_hint": login_hint} if login_hint else {}
        return self.authorization_request(state, login, extra), state, login

    def authorization_request(self, state: str, login: PendingLogin, extra: Mapping[str, str]) -> str:
        """The request as an address (OIDC Core §3.1.2.1), with PKCE and further parameters."""
        with self._client() as client:
            address, _ = client.create_authorization_url(
                self.metadata()["authorization_endpoint"],
                state=state,
                nonce=login.nonce,
                code_verifier=login.code_verifier,
                **extra,
            )
        return str(address)

    def finish(self, answer: Mapping[str, str], login: PendingLogin) -> tuple[dict[str, Any], str]:
        """Redeem the authorization response: the parent's claims and the ID token. Its `state` is checked already."""
        token = self.redeem_code(answer, login)
        claims = self.verify_id_token(token["id_token"], login.nonce, token["access_token"])
        return claims | self.userinfo(token["access_token"], claims["sub"]), token["id_token"]

    def redeem_code(self, answer: Mapping[str, str], login: PendingLogin) -> dict[str, Any]:
        """The token response to the code, with an ID token and an access token in it."""
        self.check_answer(answer)
        return self.ask_tokens(grant_type="authorization_code", code=answer["code"], code_verifier=login.code_verifier)

    def ask_tokens(self, **grant: str) -> dict[str, Any]:
        """What the token endpoint answers (RFC 6749 §5.1). Raises LoginRefused, ProviderUnavailable."""
        with self._client() as client:
            try:
                token: dict[str, Any] = dict(client.fetch_token(self.metadata()["token_endpoint"], **grant))
            except (OAuthError, httpx.HTTPStatusError) as error:
                raise LoginRefused(f"token endpoint: {error}") from error
            except (httpx.HTTPError, ValueError) as error:
                raise ProviderUnavailable(f"token endpoint: {error}") from error
        if not isinstance(token.get("id_token"), str) or not isinstance(token.get("access_token"), str):
            raise LoginRefused("token endpoint: no ID token or no access token")
        return token

    def check_answer(self, answer: Mapping[str, str]) -> None:
        """RFC 9207 §2.4 before anything else, then RFC 6749 §4.1.2."""
        issuer = answer.get("iss")
        if issuer is None and self.metadata().get("authorization_response_iss_parameter_supported") is True:
            raise LoginRefused("authorization response without iss")
        if issuer is not None and issuer != self.config.issuer:
            raise LoginRefused("authorization response of another issuer")
        if "error" in answer:
            raise LoginDenied(f"authorization endpoint: {answer['error']!r}")
        if not answer.get("code"):
            raise LoginRefused("authorization response without code")

    def verify_id_token(self, id_token: str, nonce: str | None, access_token: str) -> dict[str, Any]:
        """OIDC Core §3.1.3.7, points 2 to 11, and `at_hash` where it is given (§3.1.3.8).

        Without `nonce`: an ID token of a refresh, which has none (§12.2).
        """
        algorithm = self.config.id_token_signed_response_alg
        try:
            keys = self._keys_for(unverified_kid(id_token))
            claims: dict[str, Any] = jwt.decode(id_token, keys, algorithms=[algorithm]).claims
            jwt.JWTClaimsRegistry(
                now=clock.now,
                leeway=LEEWAY_SECONDS,
                iss={"essential": True, "value": self.config.issuer},
                sub={"essential": True},
                aud={"essential": True},
                exp={"essential": True},
                iat={"essential": True},
                nonce={"essential": True, "value": nonce} if nonce else {"essential": False},
            ).validate(claims)
        except (JoseError, ValueError) as error:
            raise LoginRefused(f"ID token: {error}") from error
        if claims["aud"] not in (self.config.client_id, [self.config.client_id]):
            raise LoginRefused("ID token: made for someone else")
        if claims.get("azp", self.config.client_id) != self.config.client_id:
            raise LoginRefused("ID token: azp is someone else")
        if not isinstance(claims["sub"], str) or not 0 < len(claims["sub"]) <= 255:
            raise LoginRefused("ID token: sub is not a short string")
        if "at_hash" in claims and not hmac.compare_digest(str(claims["at_hash"]), half_hash(access_token, algorithm)):
            raise LoginRefused("ID token: at_hash is of another access token")
        return claims

    def userinfo(self, access_token: str, subject: str) -> dict[str, Any]:
        """OIDC Core §5.3: the `sub` must be that of the ID token, otherwise the answer is not used."""
        claims = get_json(self.metadata()["userinfo_endpoint"], {"Authorization": f"Bearer {access_token}"})
        if claims.get("sub") != subject:
            raise LoginRefused("userinfo: another subject")
        return claims

    # Logout

    def verify_logout_token(self, token: str) -> tuple[str, str]:
        """The subject and the `sid` whose sessions have ended (Back-Channel Logout §2.6). Raises LoginRefused."""
        try:
            if extract_compact(token.encode()).headers().get("typ") != LOGOUT_TYPE:
                raise LoginRefused("logout token: of another type")
            keys = self._keys_for(unverified_kid(token))
            claims: dict[str, Any] = jwt.decode(
                token, keys, algorithms=[self.config.id_token_signed_response_alg]
            ).claims
            jwt.JWTClaimsRegistry(
                now=clock.now,
                leeway=LEEWAY_SECONDS,
                iss={"essential": True, "value": self.config.issuer},
                aud={"essential": True, "value": self.config.client_id},
                exp={"essential": True},
                iat={"essential": True},
                jti={"essential": True},
            ).validate(claims)
        except (JoseError, ValueError) as error:
            raise LoginRefused(f"logout token: {error}") from error
        events = claims.get("events")
        if "nonce" in claims or not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict):
            raise LoginRefused("logout token: not about a logout")
        subject, sid = claims.get("sub", ""), claims.get("sid", "")
        if not (isinstance(subject, str) and isinstance(sid, str) and (subject or sid)):
            raise LoginRefused("logout token: about nobody")
        return subject, sid

    def logout_address(self, id_token: str, post_logout_redirect_uri: str) -> str:
        """Where the browser ends the provider's session (RP-Initiated Logout 1.0 §2)."""
        endpoint = self.metadata()["end_session_endpoint"]
        query = urlencode(
            {
                "id_token_hint": id_token,
                "client_id": self.config.client_id,
                "post_logout_redirect_uri": post_logout_redirect_uri,
            }
        )
        return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{query}"

    def _client(self) -> OAuth2Client:
        return OAuth2Client(
            client_id=self.config.client_id,
            client_secret=self.config.client_secret,
            token_endpoint_auth_method=self.config.token_endpoint_auth_method,
            scope=SCOPE,
            redirect_uri=self.redirect_uri,
            code_challenge_method="S256",
            timeout=TIMEOUT,
        )


def new_verifier() -> str:
    """A PKCE code verifier of 256 random bits, 43 characters (RFC 7636 §4.1)."""
    return secrets.token_urlsafe(32)


def get_json(address: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    """A JSON object from the provider. Raises ProviderUnavailable for anything else."""
    try:
        response = httpx.get(address, headers=headers, timeout=TIMEOUT, follow_redirects=False)
        response.raise_for_status()
        document = response.json()
    except (httpx.HTTPError, ValueError) as error:
        raise ProviderUnavailable(f"{address}: {error}") from error
    if not isinstance(document, dict):
        raise ProviderUnavailable(f"{address}: not a JSON object")
    return document


def signature_keys(document: dict[str, Any]) -> KeySet:
    """The usable signature keys of a key set: encryption keys, RSA under 2048 bits and unknown kinds are left out."""
    kept = []
    for entry in document.get("keys") or []:
        if not isinstance(entry, dict) or entry.get("use", "sig") != "sig" or entry.get("kty") == "oct":
            continue
        try:
            key = next(iter(KeySet.import_key_set({"keys": [entry]}).keys))
        except (JoseError, ValueError):
            continue
        if not isinstance(key, RSAKey) or key.public_key.key_size >= 2048:
            kept.append(key)
    return KeySet(kept)


def unverified_kid(token: str) -> str | None:
    """The key id in the header: it only chooses which published key to try."""
    kid = extract_compact(token.encode()).headers().get("kid")
    return kid if isinstance(kid, str) else None


def half_hash(access_token: str, algorithm: str) -> str:
    """`at_hash`: the left half of the hash that goes with the signature algorithm."""
    value = HASHES[algorithm](access_token.encode("ascii", "replace")).digest()
    return base64.urlsafe_b64encode(value[: len(value) // 2]).rstrip(b"=").decode()
