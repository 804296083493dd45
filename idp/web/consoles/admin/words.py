"""What things are called in the administrator's console."""

from flask_babel import lazy_gettext as _

CLIENT_STATES = {"on": (_("Active"), "ok"), "disabled": (_("Désactivée"), "error")}

KEY_STATES = {
    "next": (_("Prochaine"), "info"),
    "current": (_("Signe"), "ok"),
    "retired": (_("Retirée"), ""),
}

MESSAGE_STATES = {
    "waiting": (_("En attente"), "info"),
    "sent": (_("Partis"), "ok"),
    "expired": (_("Expirés"), ""),
    "dead": (_("Non distribués"), "error"),
}

SWITCHES = {
    "sms": (_("Codes par SMS"), _("Plus aucun code ne part par SMS. Les pages le disent et proposent la lettre.")),
    "dynamic_registration": (
        _("Enregistrement par les services eux-mêmes"),
        _("Plus aucun service ne s’enregistre seul. Ceux qui existent continuent."),
    ),
}

CHARTS = (
    (_("Connexions réussies"), ("login.succeeded",)),
    (_("Mots de passe faux, connexions refusées"), ("login.failed", "login.refused", "login.locked")),
    (_("Codes envoyés par SMS"), ("code.sent",)),
    (_("Comptes créés ou activés"), ("account.created", "account.activated", "account.finished_by_sms")),
    (_("Applications refusées à leur preuve"), ("client.authentication_failed",)),
)
