"""Grant types (RFC 6749 §1.3 and its extensions): their names."""

from collections.abc import Mapping
from typing import Any

from idp.oidc import device_code
from idp.oidc.server_facts import Facts

DEVICE_CODE = device_code.GRANT_TYPE
TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
IMPLICIT = "implicit"
GRANT_TYPES = (
    "authorization_code",
    IMPLICIT,
    "refresh_token",
    "client_credentials",
    DEVICE_CODE,
    TOKEN_EXCHANGE,
)


def metadata(facts: Facts) -> Mapping[str, Any]:
    """RFC 8414 §2."""
    off = () if facts.protocol.front_channel_tokens else (IMPLICIT,)
    return {"grant_types_supported": [name for name in GRANT_TYPES if name not in off]}
