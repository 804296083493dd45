"""The form of a client application: its fields, and the document that they make."""

import re
from collections.abc import Mapping
from typing import Any

import orjson
from flask_babel import lazy_gettext as _
from werkzeug.datastructures import MultiDict

from idp.oidc.jwt import SIGNING_ALGORITHMS
from idp.oidc.profiles import PROFILES
from idp.relying_parties.metadata import CHOICES as OF_METADATA

LISTS = ("redirect_uris", "post_logout_redirect_uris")
LINES = ("initiate_login_uri", "backchannel_logout_uri", "frontchannel_logout_uri", "jwks_uri")
LINKS = ("client_uri", "logo_uri", "policy_uri", "tos_uri")
SCOPES = {
    "profile": _("profile : civilité, nom, prénom"),
    "email": _("email : adresse mail"),
    "phone": _("phone : mobile"),
    "address": _("address : adresse postale"),
    "eleves": _("eleves : enfants, classe, école"),
    "offline_access": _("offline_access : accès quand le parent n’est pas là"),
}
GRANTS = {
    "authorization_code": _("Connexion d’un parent (code)"),
    "refresh_token": _("Accès renouvelé (refresh_token)"),
    "client_credentials": _("L’application pour elle-même (client_credentials)"),
    "urn:ietf:params:oauth:grant-type:device_code": _("Écran ou borne (device_code)"),
    "urn:ietf:params:oauth:grant-type:token-exchange": _("Agir pour un parent (token-exchange)"),
}
CHOICES = {
    "profile": tuple(PROFILES),
    "token_endpoint_auth_method": OF_METADATA["token_endpoint_auth_method"],
    "id_token_signed_response_alg": SIGNING_ALGORITHMS,
    "subject_type": ("pairwise", "public"),
    "application_type": ("web", "native"),
}
FIRST: dict[str, Any] = {
    "scope": "openid profile",
    "grant_types": ["authorization_code", "refresh_token"],
    "token_endpoint_auth_method": "client_secret_basic",
    "id_token_signed_response_alg": "ES256",
    "subject_type": "pairwise",
    "application_type": "web",
    "profile": "oidc",
}
"""What the form of a new application shows."""


def read(form: MultiDict[str, str], before: Mapping[str, Any]) -> dict[str, Any]:
    """The members that the form has, as a merge patch: an empty field takes its member away.

    Scopes that the form does not show (those of other APIs) stay as they were.
    """
    shown = {"openid", *SCOPES}
    kept = [scope for scope in str(before.get("scope", "")).split() if scope not in shown]
    document: dict[str, Any] = {
        "client_name": form.get("client_name", "").strip(),
        "scope": " ".join(["openid", *(scope for scope in SCOPES if scope in form.getlist("scope")), *kept]),
        "grant_types": [grant for grant in GRANTS if grant in form.getlist("grant_types")],
        "first_party": "consent" not in form,
        "birth_dates_allowed": "birth_dates" in form,
        "require_pkce": True if "require_pkce" in form else None,
    }
    for name in LISTS:
        document[name] = form.get(name, "").split() or None
    for name in (*LINES, *LINKS):
        document[name] = form.get(name, "").strip() or None
    for name, choices in CHOICES.items():
        document[name] = form.get(name, "") if form.get(name) in choices else None
    document["jwks"] = _read_jwks(form.get("jwks", ""))
    return document


def _read_jwks(text: str) -> Any:
    """The key set as JSON; what is none is kept as text, which the check refuses with its member's name."""
    if not text.strip():
        return None
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def by_field(problems: list[str]) -> list[tuple[str, str, str]]:
    """Problems for the summary and their fields: (id, name, message)."""
    found = []
    for problem in problems:
        member, _colon, message = problem.partition(": ")
        name = re.sub(r"#.*", "", member)
        found.append((field_id(name), name, message or problem))
    return found


def field_id(name: str) -> str:
    """The id of a member's field; the first of those that stand for several."""
    ids = {"scope": "s-profile", "grant_types": "g-authorization_code"}
    return ids.get(name, name.replace("_", "-"))
