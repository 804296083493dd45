"""What the refusal of a new password says: for pages of parents and of staff."""

from flask_babel import gettext as _

from idp.accounts import passwords
from idp.accounts.errors import PasswordRefused
from idp.settings import Passwords

Errors = list[tuple[str, str, str]]
"""Each with the id of its field, the name of its field, and the message."""

FIELD = "nouveau_mot_de_passe"
TARGET = "nouveau-mot-de-passe"


def refused(refusal: PasswordRefused, settings: Passwords) -> tuple[str, str, str]:
    """Every rule that it breaks."""
    return TARGET, FIELD, " ".join(_words(rule, settings) for rule in refusal.rules)


def different() -> tuple[str, str, str]:
    """The second field says something else."""
    return "confirmation", "confirmation", str(_("Les deux mots de passe sont différents."))


def _words(rule: str, settings: Passwords) -> str:
    shortest, longest = passwords.length_limits(settings)
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
