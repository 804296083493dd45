"""The form of a client application: a field for each member of its metadata that a person sets.

It reads and shows. What a member may hold is asked in `idp.relying_parties` alone.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    Field,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    URLField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # Newer than its types.
from wtforms.widgets import CheckboxInput

from idp.oidc.jwt import SIGNING_ALGORITHMS
from idp.oidc.profiles import PROFILES
from idp.relying_parties.metadata import CHOICES

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
ELSEWHERE = ("client_id", "scope", "consent")
"""Fields that are no member, or not the whole of one."""


def stripped(text: str | None) -> str:
    return (text or "").strip()


class Line(URLField):
    """An address, or nothing."""

    def __init__(self, label: str, **bound: Any) -> None:
        super().__init__(label, filters=[lambda text: stripped(text) or None], **bound)


class Lines(TextAreaField):
    """A list of addresses, one a line."""

    data: Any

    def _value(self) -> str:
        return "\n".join(self.data or ())

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = "".join(valuelist).split() or None


class KeySet(TextAreaField):
    """A key set as JSON; what is none is kept as text, which the check refuses with its member's name."""

    data: Any

    def _value(self) -> str:
        return (
            orjson.dumps(self.data, option=orjson.OPT_INDENT_2).decode()
            if isinstance(self.data, dict)
            else self.data or ""
        )

    def process_formdata(self, valuelist: list[Any]) -> None:
        text = "".join(valuelist).strip()
        try:
            self.data = orjson.loads(text) if text else None
        except orjson.JSONDecodeError:
            self.data = text


class Boxes(SelectMultipleField):
    """Several of a few, each a box."""

    option_widget = CheckboxInput()

    def __init__(self, label: str, words: Mapping[str, Any], default: tuple[str, ...], **bound: Any) -> None:
        super().__init__(
            label, choices=[SelectChoice(value, label) for value, label in words.items()], default=default, **bound
        )


class Choice(SelectField):
    """One of a few standard terms."""

    def __init__(self, label: str, terms: Iterable[str], default: str, **bound: Any) -> None:
        super().__init__(label, choices=[SelectChoice(term) for term in terms], default=default, **bound)


class ClientForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types.
    """What is sent, or a document that is shown; the defaults are a new application's."""

    class Meta:
        # The guard of the consoles checks each form's token before a view runs (`idp.web.consoles.session`).
        csrf = False

    client_id = StringField(
        _("Identifiant client"),
        filters=[stripped],
        description=_("2 à 40 lettres minuscules, chiffres, points ou tirets. Il ne change plus."),
        render_kw={"maxlength": 40, "spellcheck": "false", "required": True},
    )
    client_name = StringField(
        _("Nom montré aux parents"), filters=[stripped], render_kw={"maxlength": 200, "required": True}
    )
    redirect_uris = Lines(
        _("Adresses de retour (redirect_uris)"),
        description=_("Une par ligne, en https, comparées lettre à lettre"),
        render_kw={"rows": 3},
    )
    post_logout_redirect_uris = Lines(
        _("Adresses après la déconnexion"), description=_("Une par ligne"), render_kw={"rows": 2}
    )
    scope = Boxes(_("Données accordées (scopes)"), SCOPES, ("profile",))
    birth_dates_allowed = BooleanField(_("Donner les dates de naissance des enfants"))
    consent = BooleanField(_("Demander l’accord du parent"), default=True)
    require_pkce = BooleanField(_("Exiger PKCE"))
    grant_types = Boxes(_("Façons d’obtenir un accès"), GRANTS, ("authorization_code", "refresh_token"))
    profile = Choice(_("Profil"), PROFILES, "oidc")
    token_endpoint_auth_method = Choice(
        _("Preuve de l’application"), CHOICES["token_endpoint_auth_method"], "client_secret_basic"
    )
    id_token_signed_response_alg = Choice(_("Signature des ID tokens"), SIGNING_ALGORITHMS, "ES256")
    subject_type = Choice(_("Identifiant du parent (sub)"), ("pairwise", "public"), "pairwise")
    application_type = Choice(_("Genre"), ("web", "native"), "web")
    jwks = KeySet(
        _("Clés publiques (JWKS)"),
        description=_("Pour private_key_jwt : un objet JSON, ou l’adresse plus bas"),
        render_kw={"rows": 4},
    )
    jwks_uri = Line(_("Adresse des clés"))
    initiate_login_uri = Line(_("Adresse qui commence une connexion (tuile du portail)"))
    backchannel_logout_uri = Line(_("Déconnexion, de serveur à serveur"))
    frontchannel_logout_uri = Line(_("Déconnexion, par le navigateur"))
    client_uri = Line(_("Site de l’application"))
    logo_uri = Line(_("Logo"))
    policy_uri = Line(_("Données personnelles"))
    tos_uri = Line(_("Conditions d’utilisation"))

    @classmethod
    def showing(cls, document: Mapping[str, Any]) -> "ClientForm":
        """The form of what the document holds."""
        shown = {name: value for name, value in document.items() if value is not None}
        if "scope" in shown:
            shown["scope"] = shown["scope"].split()
        if "first_party" in shown:
            shown["consent"] = not shown["first_party"]
        return cls(formdata=None, data=shown)

    def patch(self, before: Mapping[str, Any]) -> dict[str, Any]:
        """What was sent, as a merge patch of the document: an empty field takes its member away.

        Scopes that the form does not show (those of other APIs) stay as they were.
        """
        shown = {"openid", *SCOPES}
        kept = [scope for scope in str(before.get("scope", "")).split() if scope not in shown]
        return {
            **{field.name: field.data for field in self if field.name not in ELSEWHERE},
            "scope": " ".join(["openid", *(self.scope.data or ()), *kept]),
            "first_party": not self.consent.data,
            "require_pkce": self.require_pkce.data or None,
        }


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
    kind: type[Field] | None = getattr(getattr(ClientForm, name, None), "field_class", None)
    return f"{name}-0" if kind is Boxes else name
