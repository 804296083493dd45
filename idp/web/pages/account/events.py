"""What happened to an account, in plain words: the lines of the audit log that its owner understands."""

import datetime as dt
from dataclasses import dataclass

from flask_babel import lazy_gettext as _

from idp import audit
from idp.db import db
from idp.relying_parties.models import Client

SHOWN = 20

WORDS = {
    "account.created": _("Votre compte a été créé."),
    "login.succeeded": _("Vous vous êtes connecté."),
    "login.failed": _("Un mot de passe était incorrect."),
    "login.refused": _("Une connexion a été refusée : le compte ne pouvait pas servir."),
    "session.ended": _("Un appareil a été déconnecté."),
    "sessions.ended": _("Les autres appareils ont été déconnectés."),
    "account.email_given": _("Une adresse mail a été donnée."),
    "account.password_changed": _("Le mot de passe a été changé."),
    "recovery.identifiant_asked": _("Votre identifiant a été demandé par mail."),
    "recovery.code_asked": _("Un code de récupération a été demandé."),
    "recovery.password_reset": _("Un nouveau mot de passe a été choisi après une récupération."),
    "account.merged": _("Les enfants d’un autre compte ont été ajoutés."),
    "account.closed_by_merge": _("Ce compte a été regroupé avec un autre."),
    "account.merge_undone": _("L’assistance a annulé un regroupement."),
    "account.reopened": _("L’assistance a rouvert ce compte."),
    "account.activated": _("Votre compte a été activé."),
    "account.finished_by_sms": _("Votre compte a été activé par SMS."),
    "account.responsable_added": _("Une école a été ajoutée à votre compte."),
    "account.email_change_asked": _("Vous avez demandé une nouvelle adresse mail."),
    "account.email_change_denied": _("Le changement d’adresse mail a été refusé."),
    "account.email_changed": _("L’adresse mail a été changée."),
    "account.email_validated": _("L’adresse mail a été validée."),
    "account.mobile_changed": _("Le numéro de mobile a été changé."),
    "account.access_dropped": _("Les accès ont été retirés pour protéger le compte."),
    "recovery.reset_asked": _("Un nouveau mot de passe a été demandé par mail."),
    "letter.printed": _("Une lettre a été imprimée par l’école."),
    "letter.used": _("La lettre de l’école a servi."),
    "upstream.linked": _("Un autre moyen de connexion a été lié."),
    "upstream.unlinked": _("Un autre moyen de connexion a été retiré."),
    "upstream.contradiction": _("Une connexion a été refusée : l’identité n’était pas la vôtre."),
    "passkey.added": _("Une clé d’accès a été ajoutée."),
    "passkey.renamed": _("Une clé d’accès a changé de nom."),
    "passkey.removed": _("Une clé d’accès a été supprimée."),
    "passkey.refused": _("Une clé d’accès a été refusée."),
    "account.new_password_demanded": _("Un nouveau mot de passe vous est demandé."),
    "account.departure_told": _("Nous avons prévu d’effacer ce compte : aucun enfant n’y est plus."),
    "account.email_bounced": _("Un courriel n’a pas pu arriver à votre adresse mail."),
    "account.suspended": _("Le compte a été suspendu."),
    "account.resumed": _("Le compte a été rouvert."),
    "account.viewed": _("L’assistance a ouvert votre dossier."),
    "account.validation_resent": _("L’assistance a renvoyé le courriel de validation."),
    "account.unlocked": _("L’assistance a débloqué la connexion."),
    "account.data_exported": _("Vos données ont été téléchargées."),
    "consent.given": _("Vous avez autorisé un service : %(client)s."),
    "consent.withdrawn": _("Vous avez retiré l’autorisation d’un service : %(client)s."),
}


@dataclass(frozen=True)
class Event:
    """One line of the story."""

    at: dt.datetime
    words: str


def last(account_id: str, limit: int = SHOWN) -> list[Event]:
    """The newest events of an account that have words, the newest first."""
    entries = audit.history(account_id, list(WORDS), limit)
    return [Event(entry.at, str(WORDS[entry.event]) % {"client": _name(entry.client_id)}) for entry in entries]


def _name(client_id: str | None) -> str:
    client = db.session.get(Client, client_id) if client_id else None
    return client.client_name if client else ""
