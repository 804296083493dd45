"""Words of the school head's pages for what the records hold."""

from flask import Flask
from flask_babel import gettext as _

from idp.registry.models import Correction, Pupil, Responsable

FIELDS = ("birth_on", "mobile", "family_name", "usage_name", "first_name")


def register(app: Flask) -> None:
    """Give them to the templates."""
    app.jinja_env.filters["adult_name"] = adult_name
    app.jinja_env.filters["pupil_name"] = pupil_name
    app.jinja_env.filters["mobile"] = mobile
    app.jinja_env.filters["standing"] = standing_word
    app.jinja_env.filters["field_word"] = field_word
    app.jinja_env.filters["corrected_value"] = corrected_value
    app.jinja_env.filters["change_words"] = change_words


def adult_name(adult: Responsable) -> str:
    """«SOW (N'DIAYE) Fatoumata»: the birth name, then the name that is used."""
    usage = f"({adult.usage_name})" if adult.usage_name and adult.usage_name != adult.family_name else ""
    return " ".join(filter(None, (adult.family_name, usage, adult.first_name)))


def pupil_name(pupil: Pupil) -> str:
    """«DURAND Alexis»."""
    return f"{pupil.usage_name or pupil.family_name} {pupil.first_name}"


def mobile(number: str | None) -> str:
    """«06 39 98 12 34»; other countries as they are."""
    if not number:
        return ""
    if number.startswith("+33") and len(number) == 12:
        national = "0" + number[3:]
        return " ".join(national[start : start + 2] for start in range(0, 10, 2))
    return f"00{number[1:]}"


def standing_word(standing: str) -> str:
    """The state of an account."""
    words: dict[str, str] = {
        "none": _("Sans compte"),
        "letter": _("Courrier imprimé"),
        "mail": _("Adresse mail à valider"),
        "active": _("Activé"),
        "suspended": _("Suspendu"),
        "merged": _("Regroupé"),
    }
    return words.get(standing, standing)


def field_word(field: str) -> str:
    """What was corrected."""
    words: dict[str, str] = {
        "birth_on": _("Date de naissance"),
        "mobile": _("Mobile"),
        "family_name": _("Nom"),
        "usage_name": _("Nom d’usage"),
        "first_name": _("Prénom"),
    }
    return words[field]


def corrected_value(correction: Correction) -> str:
    """The value as people write it."""
    if correction.field == "birth_on":
        year, month, day = correction.value.split("-")
        return f"{day}/{month}/{year}"
    if correction.field == "mobile":
        return mobile(correction.value) or str(_("aucun"))
    return correction.value or str(_("aucun"))


def change_words(change: str) -> str:
    """A line of an import's plan, such as «DURAND Lina: class_label», in words."""
    name, colon, fields = change.rpartition(": ")
    words: dict[str, str] = {
        "class_label": _("classe"),
        "class_code": _("classe"),
        "level": _("niveau"),
        "school_year": _("année scolaire"),
        "birth_on": _("date de naissance"),
        "family_name": _("nom"),
        "usage_name": _("nom d’usage"),
        "first_name": _("prénom"),
        "other_first_names": _("autres prénoms"),
        "mobile": _("mobile"),
        "phones_raw": _("téléphones"),
        "email": _("adresse mail"),
        "address": _("adresse"),
        "civility": _("civilité"),
        "ended_at": _("retour"),
        "ine": _("INE"),
        "sex": _("sexe"),
    }
    shown = dict.fromkeys(words.get(field, field) for field in fields.split(", ") if not field.endswith("_key"))
    return f"{name} ({', '.join(shown)})" if colon and shown else change
