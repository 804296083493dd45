"""What happened to an account, told to somebody who helps its owner."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _

from idp import audit
from idp.audit import AuditEntry
from idp.db import db
from idp.relying_parties.models import Client

SHOWN = 60

STATES = {
    "none": (_("Pas encore de compte"), "info"),
    "notified": (_("Courrier imprimé"), "info"),
    "pending_email": (_("Adresse mail à valider"), "warn"),
    "active": (_("Activé"), "ok"),
    "suspended": (_("Suspendu"), "error"),
    "merged": (_("Regroupé"), "info"),
    "erased": (_("Effacé"), "info"),
}

MOTIVES = {
    "call": _("La personne a appelé"),
    "message": _("La personne a écrit"),
    "school": _("L’école a demandé"),
    "security": _("Quelque chose semble anormal"),
}

WORDS = {
    "account.created": (_("Compte créé."), "ok"),
    "account.activated": (_("Compte activé."), "ok"),
    "account.finished_by_sms": (_("Compte activé par SMS."), "ok"),
    "account.responsable_added": (_("Une école a été ajoutée au compte."), ""),
    "account.followed": (_("Le compte suit la personne sous un nouveau numéro de dossier de l’école."), ""),
    "letter.printed": (_("Une lettre a été imprimée par l’école."), ""),
    "letter.used": (_("La lettre de l’école a servi."), "ok"),
    "letter.too_old": (_("Une lettre trop ancienne a été essayée."), "warn"),
    "login.succeeded": (_("Connexion réussie."), "ok"),
    "login.failed": (_("Mot de passe faux."), "warn"),
    "login.locked": (_("Compte verrouillé après trop de mots de passe faux."), "error"),
    "login.refused": (_("Connexion refusée : le compte ne pouvait pas servir."), "warn"),
    "session.ended": (_("Un appareil a été déconnecté."), ""),
    "sessions.ended": (_("Les autres appareils ont été déconnectés."), ""),
    "account.password_changed": (_("Mot de passe changé."), "ok"),
    "account.new_password_demanded": (_("Un nouveau mot de passe est demandé."), "warn"),
    "account.email_given": (_("Adresse mail donnée."), ""),
    "account.email_validation_sent": (_("Courriel de validation envoyé."), ""),
    "account.validation_resent": (_("L’assistance a renvoyé le courriel de validation."), "info"),
    "account.email_validated": (_("Adresse mail validée."), "ok"),
    "account.email_bounced": (_("Un courriel est revenu : l’adresse ne reçoit pas."), "warn"),
    "account.email_change_asked": (_("Changement d’adresse mail demandé."), ""),
    "account.email_changed": (_("Adresse mail changée."), "ok"),
    "account.email_change_denied": (_("Changement d’adresse mail refusé : « ce n’est pas moi »."), "error"),
    "account.mobile_changed": (_("Mobile changé."), "ok"),
    "account.access_dropped": (_("Des accès ont été retirés pour protéger le compte."), "warn"),
    "recovery.identifiant_asked": (_("Identifiant demandé par mail."), ""),
    "recovery.reset_asked": (_("Nouveau mot de passe demandé par mail."), ""),
    "recovery.code_asked": (_("Code de récupération demandé par SMS."), ""),
    "recovery.password_reset": (_("Nouveau mot de passe choisi après une récupération."), "ok"),
    "upstream.linked": (_("Un autre moyen de connexion a été lié."), ""),
    "upstream.unlinked": (_("Un autre moyen de connexion a été retiré."), ""),
    "upstream.contradiction": (_("Connexion refusée : l’identité n’était pas celle du compte."), "error"),
    "passkey.added": (_("Clé d’accès ajoutée."), ""),
    "passkey.removed": (_("Clé d’accès supprimée."), ""),
    "passkey.refused": (_("Clé d’accès refusée."), "warn"),
    "consent.given": (_("Service autorisé : %(client)s."), ""),
    "consent.withdrawn": (_("Autorisation retirée : %(client)s."), ""),
    "token.code_reused": (_("Un code d’accès a servi deux fois (%(client)s) : l’accès a été coupé."), "error"),
    "token.refresh_reused": (_("Un accès a été copié (%(client)s) : il a été coupé."), "error"),
    "account.merged": (_("Les enfants d’un autre compte ont été ajoutés."), ""),
    "account.closed_by_merge": (_("Ce compte a été regroupé avec un autre."), ""),
    "account.merge_undone": (_("Un regroupement a été annulé."), "info"),
    "account.reopened": (_("Ce compte a été rouvert."), "info"),
    "account.suspended": (_("Compte suspendu : %(reason)s"), "error"),
    "account.resumed": (_("Suspension levée : %(reason)s"), "info"),
    "account.unlocked": (_("L’assistance a levé le verrou."), "info"),
    "account.viewed": (_("L’assistance a ouvert le dossier."), "info"),
    "account.data_exported": (_("La personne a téléchargé ses données."), ""),
}
"""Words and tone of an event; what is not here, nobody who helps needs."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the story."""

    at: dt.datetime
    words: str
    tone: str
    times: int = 1


def story(account_id: str) -> list[Line]:
    """The newest first; what repeats itself is told once, with how often."""
    lines: list[Line] = []
    for entry in audit.history(account_id, list(WORDS), SHOWN):
        line = _line(entry)
        last = lines[-1] if lines else None
        if last is not None and last.words == line.words:
            lines[-1] = Line(last.at, last.words, last.tone, last.times + 1)
        else:
            lines.append(line)
    return lines


def _line(entry: AuditEntry) -> Line:
    words, tone = WORDS[entry.event]
    facts: dict[str, Any] = {"reason": entry.ids.get("reason", ""), "client": _name(entry.client_id)}
    return Line(entry.at, str(words) % facts, tone)


def _name(client_id: str | None) -> str:
    client = db.session.get(Client, client_id) if client_id else None
    return client.client_name if client else client_id or ""
