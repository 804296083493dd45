"""Software statements (RFC 7591 §2.3): metadata that somebody trusted signed; they win over what the client says."""

from pathlib import Path
from typing import Any

import orjson

from idp import clock
from idp.errors import ConfigurationError
from idp.oidc import jwt, key_set
from idp.relying_parties.errors import StatementRefused

JWT_CLAIMS = frozenset({"iss", "sub", "aud", "exp", "nbf", "iat", "jti"})
LEEWAY_SECONDS = 60


class Issuers:
    """Who is believed, with their public keys."""

    def __init__(self, files: tuple[str, ...]) -> None:
        """Raises ConfigurationError for a file that is no JWK Set with an `issuer`."""
        self._keys: dict[str, tuple[dict[str, Any], ...]] = {}
        for file in files:
            try:
                document = orjson.loads(Path(file).read_bytes())
                self._keys[str(document["issuer"])] = key_set.check(document, strict=True)
            except (OSError, ValueError, KeyError, TypeError, key_set.InvalidKeySet) as error:
                problem = f"registration.software_statement_issuers: {file}: {type(error).__name__} {error}"
                raise ConfigurationError([problem]) from error

    def read(self, statement: str) -> dict[str, Any]:
        """The metadata that the statement holds. Raises StatementRefused."""
        try:
            issuer = str(jwt.decode_unverified(statement)[1].get("iss", ""))
            if issuer not in self._keys:
                raise StatementRefused(trusted=False)
            _, claims = jwt.verify(statement, self._keys[issuer])
        except jwt.InvalidJwt as error:
            raise StatementRefused(trusted=True) from error
        now = clock.now().timestamp()
        for name, sign in (("exp", 1), ("nbf", -1), ("iat", -1)):
            instant = claims.get(name, now)
            if not isinstance(instant, int | float) or (instant - now) * sign < -LEEWAY_SECONDS:
                raise StatementRefused(trusted=True)
        return {name: value for name, value in claims.items() if name not in JWT_CLAIMS}
