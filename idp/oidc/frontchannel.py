"""Front-channel logout (OpenID Connect Front-Channel Logout §2 and §3)."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from idp.oidc.server_facts import Facts


def address(uri: str, *, issuer: str, sid: str) -> str:
    """The client's registered address, its query kept, with `iss` and `sid`."""
    separator = "&" if "?" in uri else "?"
    return uri + separator + urlencode({"iss": issuer, "sid": sid})


def metadata(facts: Facts) -> Mapping[str, Any]:
    """OpenID Connect Front-Channel Logout §3."""
    return {"frontchannel_logout_supported": True, "frontchannel_logout_session_supported": True}
