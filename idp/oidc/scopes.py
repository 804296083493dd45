"""Scopes and the claims that each one releases (OpenID Connect Core §5.4; `eleves` is ours)."""

from collections.abc import Mapping
from typing import Any

from idp.oidc.server_facts import Facts

SCOPES = ("openid", "profile", "email", "phone", "address", "eleves", "offline_access")

ABOUT_THE_LOGIN = ("sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid")

CLAIMS: dict[str, tuple[str, ...]] = {
    "profile": (
        "name",
        "family_name",
        "given_name",
        "preferred_username",
        "updated_at",
        "gender",
        "civility",
        "previous_login_at",
    ),
    "email": ("email", "email_verified"),
    "phone": ("phone_number", "phone_number_verified"),
    "address": ("address",),
    "eleves": ("eleves",),
}


def metadata(facts: Facts) -> Mapping[str, Any]:
    """OpenID Connect Discovery §3: scopes, and the claims that they and ID tokens hold."""
    released = (claim for scope in SCOPES for claim in CLAIMS.get(scope, ()))
    return {
        "scopes_supported": list(SCOPES),
        "claims_supported": list(dict.fromkeys((*ABOUT_THE_LOGIN, *released, "former_subs"))),
        "claim_types_supported": ["normal"],
        "claims_locales_supported": ["fr"],
    }
