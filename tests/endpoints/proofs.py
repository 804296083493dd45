"""DPoP proofs (RFC 9449) as a client makes them, with one thing changed where a test says so."""

import base64
import hashlib
import secrets

from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwt as jose
from joserfc.jwk import ECKey

from idp import clock as time
from idp.oidc.dpop import thumbprint

ISSUER = "http://127.0.0.1:8000"


class Prover:
    """A client's key for proofs."""

    def __init__(self) -> None:
        self.key = ECKey.import_key(ec.generate_private_key(ec.SECP256R1()))
        self.public = self.key.as_dict(private=False)
        self.jkt = thumbprint(self.public)

    def proof(self, path="/token", method="POST", token="", header=None, key=None, alg="ES256", **changes):
        claims = {"jti": secrets.token_hex(8), "htm": method, "htu": ISSUER + path, "iat": int(time.now().timestamp())}
        if token:
            claims["ath"] = base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest()).rstrip(b"=").decode()
        whole = {"typ": "dpop+jwt", "alg": alg, "jwk": self.public, **(header or {})}
        claims = {name: value for name, value in {**claims, **changes}.items() if value is not None}
        whole = {name: value for name, value in whole.items() if value is not None}
        return jose.encode(whole, claims, key or self.key, algorithms=[alg])
