"""Encrypted tokens (RFC 7516): to a client's public key, and from clients to ours, behind the same strict decoder."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey, import_key

from idp.oidc.jwt import MAXIMUM, InvalidJwt, public_members
from idp.oidc.seal import decode_base64url
from idp.oidc.server_facts import Facts

ALGORITHMS = ("RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW")
ENCODINGS = ("A128CBC-HS256", "A256CBC-HS512", "A128GCM", "A256GCM")
DEFAULT_ENCODING = "A128CBC-HS256"
"""What a registration that names no `enc` gets (OpenID Connect Registration §2)."""
FORBIDDEN_HEADERS = frozenset({"crit", "b64", "jwk", "jku", "x5u", "x5c", "zip"})
CURVES = ("P-256", "P-384", "P-521", "X25519")


class NoKey(Exception):
    """The recipient has no public key for that algorithm."""


class DecryptionKey:
    """A private key of ours with its identifier; `alg` names its family: RSA-OAEP-256 or ECDH-ES."""

    def __init__(self, kid: str, private_key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> None:
        self.kid = kid
        self.public_jwk = {**public_members(private_key), "kid": kid, "use": "enc"}
        self.key: RSAKey | ECKey
        if isinstance(private_key, rsa.RSAPrivateKey):
            self.alg, self.key = "RSA-OAEP-256", RSAKey(private_key, private_key)
            self.public_jwk["alg"] = self.alg
        else:
            # An EC key serves every ECDH-ES algorithm, so its JWK names none.
            self.alg, self.key = "ECDH-ES", ECKey(private_key, private_key)


def encrypt(plain: bytes, keys: Sequence[Mapping[str, Any]], alg: str, enc: str, *, nested: bool = True) -> str:
    """A compact JWE for the first of these public keys that fits; `nested`: the content is a JWT. Raises NoKey."""
    for jwk in keys:
        if not _fits(jwk, alg):
            continue
        header = {"alg": alg, "enc": enc}
        if nested:
            header["cty"] = "JWT"
        if isinstance(jwk.get("kid"), str):
            header["kid"] = jwk["kid"]
        try:
            key = import_key({name: jwk[name] for name in ("kty", "n", "e", "crv", "x", "y") if name in jwk})
            assert isinstance(key, RSAKey | ECKey | OKPKey)
            return jwe.encrypt_compact(header, plain, key, algorithms=[alg, enc])
        except (JoseError, ValueError):
            continue
    raise NoKey(f"no key for {alg}")


def _fits(jwk: Mapping[str, Any], alg: str) -> bool:
    if jwk.get("use") == "sig" or jwk.get("alg") not in (None, alg):
        return False
    if alg.startswith("RSA"):
        return jwk.get("kty") == "RSA"
    return jwk.get("kty") in ("EC", "OKP") and jwk.get("crv") in CURVES


def decrypt(
    token: str,
    keys: Sequence[DecryptionKey],
    *,
    algorithms: Sequence[str] = ALGORITHMS,
    encodings: Sequence[str] = ENCODINGS,
    maximum: int = MAXIMUM,
) -> str:
    """The JWT inside a compact JWE made for one of our keys. Raises InvalidJwt, without saying why to the client."""
    header = _header(token, maximum)
    alg, enc, kid = header.get("alg"), header.get("enc"), header.get("kid")
    if alg not in algorithms or enc not in encodings:
        raise InvalidJwt("encryption algorithm refused")
    for candidate in keys:
        if candidate.alg != ("RSA-OAEP-256" if alg == "RSA-OAEP-256" else "ECDH-ES") or kid not in (
            None,
            candidate.kid,
        ):
            continue
        try:
            plain = jwe.decrypt_compact(token, candidate.key, algorithms=[str(alg), str(enc)]).plaintext
            return (plain or b"").decode("ascii")
        except (JoseError, ValueError, TypeError, KeyError):
            continue
    raise InvalidJwt("no key of ours decrypts it")


def _header(token: str, maximum: int) -> dict[str, Any]:
    segments = token.split(".")
    if len(token) > maximum or len(segments) != 5:
        raise InvalidJwt("not a compact JWE")
    parts = [decode_base64url(segment, maximum) for segment in segments]
    if None in parts or not parts[0]:
        raise InvalidJwt("malformed segment")
    try:
        header = orjson.loads(parts[0])
    except orjson.JSONDecodeError:
        raise InvalidJwt("not JSON") from None
    if not isinstance(header, dict) or FORBIDDEN_HEADERS & header.keys():
        raise InvalidJwt("header refused")
    return header


def metadata(facts: Facts) -> Mapping[str, Any]:
    """OpenID Connect Discovery §3, JARM §4: what is encrypted, to clients and to us."""
    kinds = ("id_token", "userinfo", "authorization", "request_object")
    parts = (("alg", ALGORITHMS), ("enc", ENCODINGS))
    return {f"{kind}_encryption_{part}_values_supported": list(known) for kind in kinds for part, known in parts}
