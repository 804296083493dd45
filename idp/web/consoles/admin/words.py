"""What things are called in the administrator's console."""

from flask_babel import lazy_gettext as _

from idp.errors import Refusal
from idp.staff import errors

CLIENT_STATES = {"on": (_("Active"), "ok"), "disabled": (_("Désactivée"), "error")}

SERVICE_STATES = {
    "on": (_("Montré"), "ok"),
    "off": (_("Masqué"), ""),
    "unreachable": (_("Application injoignable"), "error"),
}

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

PROPOSALS = {
    "invite": _("Inviter un nouvel administrateur"),
    "administrator": _("Rendre administrateur"),
    "reopen": _("Rouvrir le compte d’un administrateur"),
    "password": _("Effacer le mot de passe"),
    "factor": _("Effacer le second facteur"),
}
"""What a second administrator is asked for."""

ACTS_ON_PEOPLE = {
    "fermer": (
        _("Fermer le compte"),
        _("La personne est déconnectée tout de suite et ne peut plus se connecter."),
    ),
    "rouvrir": (
        _("Rouvrir le compte"),
        _("La personne se connecte de nouveau, avec son mot de passe et son second facteur."),
    ),
    "lien": (
        _("Refaire le lien d’invitation"),
        _("Le lien d’avant ne marche plus."),
    ),
    "mot-de-passe": (
        _("Effacer le mot de passe"),
        _(
            "Le mot de passe ne marche plus, la personne est déconnectée. Un lien lui permet d’en choisir un autre. "
            "Son second facteur reste demandé."
        ),
    ),
    "facteur": (
        _("Effacer le second facteur"),
        _(
            "Clés d’accès, application et codes de secours ne marchent plus, la personne est déconnectée. Un lien, qui "
            "demande son mot de passe, lui permet d’en installer un autre."
        ),
    ),
}
"""Title and what it does."""

DONE_TO_PEOPLE = {
    "fait": _("C’est fait, et noté."),
    "demande": _("La demande attend un second administrateur."),
    "refus": _("La demande est retirée, et c’est noté."),
}

REFUSED_ACTS: dict[type[Refusal], object] = {
    errors.NotReady: _("Ce compte ne le permet pas : il est fermé, pas encore utilisé, ou c’est déjà fait."),
    errors.AlreadyProposed: _("La même demande attend déjà un second administrateur."),
    errors.NobodyToConfirm: _(
        "Aucun autre administrateur ne peut accepter. La commande « idp staff », sur le serveur, fait la même chose."
    ),
    errors.LoginTaken: _("Cet identifiant est déjà pris."),
}
"""Why an act on a colleague's account is not done."""
