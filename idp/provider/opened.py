"""Tokens of ours as somebody hands them in: which kind one is shows from its form, so that each is opened once."""

from idp.oidc import jwt
from idp.oidc.seal import Unsealable
from idp.provider.core import AccessToken, Provider, RefreshToken
from idp.provider.tokens import REFRESH_MARK


def open_token(provider: Provider, text: str) -> AccessToken | RefreshToken | None:
    """What an access or refresh token of ours says; None for anything else. Its life is for the caller to judge."""
    try:
        if "." in text:
            return _open_signed(provider, text)
        if text.startswith(REFRESH_MARK):
            return provider.keys.get().sealer.open("refresh", text[len(REFRESH_MARK) :], RefreshToken)
        return provider.keys.get().sealer.open("access", text, AccessToken)
    except (jwt.InvalidJwt, Unsealable):
        return None


def _open_signed(provider: Provider, text: str) -> AccessToken | None:
    """An `at+jwt`: never an ID token or a logout token, which our keys sign too (RFC 9068 §4)."""
    keys = provider.keys.get()
    header, claims = jwt.verify(text, keys.verifying(), jwt.SIGNING_ALGORITHMS)
    if header.get("typ") != "at+jwt":
        return None
    return keys.sealer.open("jti", str(claims.get("jti", "")), AccessToken)
