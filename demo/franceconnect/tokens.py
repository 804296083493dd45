"""ID tokens and userinfo as signed JWTs, spoilt by the faults that are on."""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import Any

import orjson
from joserfc import jws
from joserfc.jwk import ECKey, OctKey, RSAKey

from demo.franceconnect.config import Client
from demo.franceconnect.faults import Faults
from demo.franceconnect.keys import Keys
from demo.franceconnect.memory import TOKEN_SECONDS, Code

Claims = dict[str, Any]
OTHER = {"ES256": "RS256", "RS256": "ES256", "HS256": "ES256"}


def id_token_claims(code: Code, issuer: str, now: int) -> Claims:
    """Members of the ID token: no identity data, a minute's life."""
    interaction = code.interaction
    claims: Claims = {
        "sub": code.session.identity.sub(interaction.client.sector),
        "acr": interaction.acr,
        "auth_time": int(code.session.auth_time),
        "nonce": interaction.nonce,
        "aud": interaction.client.id,
        "exp": now + TOKEN_SECONDS,
        "iat": now,
        "iss": issuer,
    }
    return {**claims, "amr": ["pwd"]} if interaction.amr else claims


def userinfo_claims(code: Code, issuer: str, now: int) -> Claims:
    """What the scopes release of the person."""
    interaction, identity = code.interaction, code.session.identity
    return {
        "sub": identity.sub(interaction.client.sector),
        **identity.released(interaction.scopes),
        "aud": interaction.client.id,
        "exp": now + TOKEN_SECONDS,
        "iat": now,
        "iss": issuer,
    }


def _set(name: str, value: Any) -> Callable[[Claims], None]:
    return lambda claims: claims.__setitem__(name, value)


def _drop(name: str) -> Callable[[Claims], None]:
    return lambda claims: claims.pop(name, None) and None


def _move(seconds: int) -> Callable[[Claims], None]:
    def move(claims: Claims) -> None:
        claims["iat"] += seconds
        claims["exp"] += seconds

    return move


ID_TOKEN_FAULTS: dict[str, Callable[[Claims], None]] = {
    "iss_other": _set("iss", "https://autre.example/api/v2"),
    "aud_other": _set("aud", "0" * 64),
    "aud_two": lambda claims: claims.update(aud=[claims["aud"], "0" * 64]),
    "azp_other": _set("azp", "0" * 64),
    "nonce_other": _set("nonce", "x" * 43),
    "nonce_absent": _drop("nonce"),
    "acr_absent": _drop("acr"),
    "acr_other": _set("acr", "eidas0"),
    "exp_past": _move(-3600),
    "iat_future": _move(3600),
}
USERINFO_FAULTS: dict[str, Callable[[Claims], None]] = {
    "userinfo_sub_other": _set("sub", "f" * 64 + "v1"),
    "userinfo_aud_other": _set("aud", "0" * 64),
    "userinfo_expired": _move(-3600),
    "userinfo_huge": _set("filler", "x" * 1_000_000),
    "claim_control_char": _set("family_name", "DU\u0007RANT"),
    "birthplace_null": _set("birthplace", None),
}


class Signer:
    """Makes the tokens of a client with the keys of the moment."""

    def __init__(self, keys: Keys, faults: Faults) -> None:
        self._keys, self._faults = keys, faults

    def id_token(self, code: Code, issuer: str, now: int) -> str:
        claims = id_token_claims(code, issuer, now)
        return self._signed(code, claims, ID_TOKEN_FAULTS, "")

    def userinfo(self, code: Code, issuer: str, now: int) -> str:
        claims = userinfo_claims(code, issuer, now)
        if missing := self._faults.take("claim_missing", code.interaction.state):
            claims.pop(missing.value, None)
        return self._signed(code, claims, USERINFO_FAULTS, "userinfo")

    def _signed(self, code: Code, claims: Claims, faults: dict[str, Callable[[Claims], None]], kind: str) -> str:
        state = code.interaction.state
        for name, spoil in faults.items():
            if self._faults.take(name, state):
                spoil(claims)
        return self._sign(code.interaction.client, claims, lambda name: bool(self._take(name, state, kind)))

    def _take(self, name: str, state: str, kind: str) -> object:
        return self._faults.take(name, state, value=kind)

    def _sign(self, client: Client, claims: Claims, has: Callable[[str], bool]) -> str:
        ring = self._keys.ring()
        payload = orjson.dumps(claims)
        alg = OTHER[client.alg] if has("alg_other") else client.alg
        key: ECKey | RSAKey | OctKey = OctKey.import_key(client.secret) if alg == "HS256" else ring.signing[alg]
        header: dict[str, str] = {"alg": alg} if alg == "HS256" else {"alg": alg, "kid": str(key.kid)}
        if has("alg_none"):
            return _compact({"alg": "none"}, payload, lambda message: b"")
        if has("alg_hs256_with_public_key"):
            pem = ring.signing["RS256"].as_pem(private=False)
            return _compact({**header, "alg": "HS256"}, payload, lambda message: hmac.digest(pem, message, "sha256"))
        if has("sig_bad"):
            key = type(key).import_key(_strangers_key(key))
        if has("kid_unknown"):
            header["kid"] = "inconnu"
        if has("kid_absent"):
            header.pop("kid", None)
        return jws.serialize_compact(header, payload, key, algorithms=["ES256", "RS256", "HS256"])


def _strangers_key(key: ECKey | RSAKey | OctKey) -> Any:
    """A key of the same kind that nobody published."""
    if isinstance(key, ECKey):
        return ECKey.generate_key("P-256").as_dict(private=True)
    return RSAKey.generate_key(2048).as_dict(private=True) if isinstance(key, RSAKey) else "0" * 64


def _compact(header: dict[str, str], payload: bytes, sign: Callable[[bytes], bytes]) -> str:
    """A JWT that no library would make."""
    message = f"{_segment(orjson.dumps(header))}.{_segment(payload)}"
    return f"{message}.{_segment(sign(message.encode()))}"


def _segment(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
