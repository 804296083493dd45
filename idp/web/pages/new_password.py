"""A new password as a parent types it, twice: one component for every page that asks for one."""

import unicodedata
from typing import Any

from flask import Flask, request
from flask_babel import gettext as _

from idp.accounts import passwords
from idp.accounts.errors import PasswordRefused
from idp.web import security

Errors = list[tuple[str, str, str]]
"""Each with the id of its field, the name of its field, and the message."""

FIELD = "nouveau_mot_de_passe"
TARGET = "nouveau-mot-de-passe"


def register(app: Flask) -> None:
    """Give the templates the rules (`components/new_password.html`)."""
    app.jinja_env.globals["password_rules"] = rules


def rules() -> dict[str, Any]:
    """The policy and its lengths."""
    settings = security.settings().passwords
    shortest, longest = passwords.length_limits(settings)
    return {"policy": settings.policy, "shortest": shortest, "longest": longest}


def read(identifiant: str) -> tuple[str, Errors]:
    """The password of the form, and what is wrong with it."""
    typed = unicodedata.normalize("NFC", request.form.get(FIELD, ""))
    try:
        passwords.check_policy(typed, identifiant, security.settings().passwords)
    except PasswordRefused as refusal:
        return typed, [(TARGET, FIELD, " ".join(_words(rule) for rule in refusal.rules))]
    if unicodedata.normalize("NFC", request.form.get("confirmation", "")) != typed:
        return typed, [("confirmation", "confirmation", _("Les deux mots de passe sont différents."))]
    return typed, []


def _words(rule: str) -> str:
    shortest, longest = passwords.length_limits(security.settings().passwords)
    words: dict[str, str] = {
        "length": _("Le mot de passe doit avoir %(shortest)s à %(longest)s caractères.",
                    shortest=shortest, longest=longest),
        "letter": _("Le mot de passe doit contenir au moins une lettre."),
        "digit": _("Le mot de passe doit contenir au moins un chiffre."),
        "plain": _("Le mot de passe ne doit contenir ni accent ni espace."),
        "common": _("Ce mot de passe est trop courant. Choisissez-en un autre."),
        "identifiant": _("Le mot de passe ne doit pas contenir votre identifiant."),
    }  # fmt: skip
    return words[rule]
