"""«Ce que l’application recevra»: the claims of an invented parent, and how the application talks to the provider."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from idp.oidc.scopes import CLAIMS

SAMPLES = {
    "name": "Valéry DURANT",
    "family_name": "DURANT",
    "given_name": "Valéry",
    "preferred_username": "v.durant1",
    "updated_at": "1764000000",
    "gender": "male",
    "civility": "M.",
    "previous_login_at": "1763900000",
    "email": "valery.durant@example.org",
    "email_verified": "true",
    "phone_number": "+33639981234",
    "phone_number_verified": "true",
    "address": "12 rue des Lilas, 59000 Lille",
}


@dataclass(frozen=True, slots=True)
class Fact:
    """A claim and a sample of its value."""

    name: str
    sample: str


def of(document: Mapping[str, Any]) -> list[Fact]:
    """The claims of the granted scopes."""
    scopes = str(document.get("scope", "")).split()
    public = document.get("subject_type") == "public"
    facts = [Fact("sub", _("le même pour toutes les applications") if public else _("propre à cette application"))]
    for scope in scopes:
        names = CLAIMS.get(scope, ())
        facts += [Fact(name, SAMPLES[name]) for name in names if name in SAMPLES]
    if "eleves" in scopes:
        birth = ", 2017-03-14" if document.get("birth_dates_allowed") else ""
        facts.append(Fact("eleves", f"Alexis, CE2{birth} ; Camille, 6A{birth and ', 2014-06-22'}"))
    return facts


def settings_of(document: Mapping[str, Any], issuer: str) -> list[Fact]:
    """What the application's developer types in."""
    told = {
        "issuer": issuer,
        "discovery": f"{issuer}/.well-known/openid-configuration",
        "token_endpoint_auth_method": document.get("token_endpoint_auth_method", ""),
        "id_token_signed_response_alg": document.get("id_token_signed_response_alg", ""),
        "scope": document.get("scope", ""),
    }
    return [Fact(name, str(value)) for name, value in told.items()]
