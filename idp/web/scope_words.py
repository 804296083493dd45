"""Scopes in words, with what the account holds: what a parent agrees to."""

from collections.abc import Sequence

from flask_babel import gettext

from idp.accounts.models import Account
from idp.db import db


def describe(account_id: str, scopes: Sequence[str]) -> list[tuple[str, list[str], str]]:
    """For `consent/consent.html`: a label, its lines, a hint."""
    account = db.session.get_one(Account, account_id)
    words = {
        "profile": (gettext("Votre nom"), [f"{account.first_name} {account.usage_name or account.family_name}"], ""),
        "email": (gettext("Votre adresse e-mail"), [account.email or ""], ""),
        "phone": (gettext("Votre téléphone"), [account.mobile or ""], ""),
        "address": (gettext("Votre adresse postale"), [gettext("Celle que l’école connaît")], ""),
        "eleves": (gettext("Vos enfants"), [gettext("Leur nom, leur école, leur classe")], ""),
        "offline_access": (gettext("Votre absence"), [gettext("Garder cet accès quand vous êtes déconnecté")], ""),
    }
    facts = [words[scope] for scope in scopes if scope in words]
    return facts or [(gettext("Votre connexion"), [gettext("Un identifiant propre à ce service")], "")]
