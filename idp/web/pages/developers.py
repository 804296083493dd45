"""`/developpeurs`: what who connects a service must know, drawn from discovery and settings so that it stays true."""

from pathlib import Path
from typing import Any

from flask import Blueprint, current_app, render_template
from flask_babel import gettext as _

from idp.oidc.scopes import CLAIMS
from idp.provider import server_metadata
from idp.provider.core import Provider
from idp.web import error_catalogue, security

pages = Blueprint("developers", __name__)
GIVES = {"openid": ("sub",), "offline_access": ("refresh_token",), **CLAIMS}


@pages.get("/developpeurs")
def show() -> str:
    """Addresses, registration, a login step by step, scopes and claims, lifetimes, errors."""
    provider: Provider = current_app.extensions["idp"].provider
    facts = server_metadata.document(provider)
    return render_template(
        "developers/developers.html",
        facts=facts,
        addresses=[(words, facts[member]) for member, words in _addresses().items() if member in facts],
        scopes=[(scope, _meaning(scope), GIVES.get(scope, ())) for scope in facts["scopes_supported"]],
        tokens=security.settings().tokens,
        registration=security.settings().registration,
        try_it_url=security.settings().site.try_it_url,
    )


@pages.get("/developpeurs/erreurs")
def errors() -> str:
    """Every error of the protocol, each under its own anchor."""
    assert current_app.static_folder is not None
    docs = Path(current_app.static_folder).parent / "docs"  # The wheel carries it there too.
    return render_template("developers/errors.html", errors=error_catalogue.for_relying_parties(docs))


def _addresses() -> dict[str, str]:
    return {
        "authorization_endpoint": _("Demander une connexion"),
        "pushed_authorization_request_endpoint": _("Déposer la demande d’abord (PAR)"),
        "token_endpoint": _("Obtenir les jetons"),
        "userinfo_endpoint": _("Lire les données du parent"),
        "jwks_uri": _("Clés qui vérifient les jetons"),
        "introspection_endpoint": _("Demander si un jeton vaut encore"),
        "revocation_endpoint": _("Rendre un jeton"),
        "device_authorization_endpoint": _("Connecter un écran ou une borne"),
        "end_session_endpoint": _("Déconnecter"),
        "check_session_iframe": _("Savoir si la session a changé"),
        "registration_endpoint": _("Enregistrer un service"),
    }


def _meaning(scope: str) -> Any:
    words = {
        "openid": _("Un identifiant propre à votre service : toujours demandé"),
        "profile": _("Nom, prénom, civilité"),
        "email": _("Adresse mail, et si elle est confirmée"),
        "phone": _("Téléphone mobile, et s’il est confirmé"),
        "address": _("Adresse postale connue de l’école"),
        "eleves": _("Enfants, école et classe : l’administrateur l’accorde, service par service"),
        "offline_access": _("Un jeton de rafraîchissement qui survit à la déconnexion"),
    }
    return words.get(scope, "")
