"""What a letter says of its recipient, in French."""

import datetime as dt
from collections.abc import Sequence

from idp.accounts.letters.recipients import Recipient
from idp.delivery.letters import LetterText
from idp.languages import day
from idp.registry.matching import Child

LINES, WIDTH = 6, 38
"""An address has six lines of 38 characters at most (NF Z 10-011)."""

GREETINGS = {"Mme": "Madame,", "M.": "Monsieur,"}
VOWELS = "AÀÂÄEÉÈÊËIÎÏOÔÖUÙÛÜŒÆ"


def text_of(
    recipient: Recipient, identifiant: str, password: str, *, site: str, now: dt.datetime, ends_at: dt.datetime
) -> LetterText:
    """The letter to a recipient; `ends_at` is the midnight after its last day."""
    school, responsable = recipient.school, recipient.responsable
    place = f"{school.commune}, le " if school.commune else "Le "
    first_names = list(dict.fromkeys(child.first_name for child in recipient.children))
    return LetterText(
        school=school.name,
        school_lines=(school.commune.upper(),) if school.commune else (),
        window=_window(recipient),
        place_and_date=place + day(now, "fr"),
        title=f"Votre compte {site} pour suivre la scolarité {_of(first_names)}",
        greeting=GREETINGS.get(responsable.civility, "Madame, Monsieur,"),
        children=tuple(_child(child) for child in recipient.children),
        identifiant=identifiant,
        password=password,
        ends_on=day(ends_at - dt.timedelta(minutes=1), "fr"),
        signature="La direction de l’école" if school.degree == 1 else "La direction de l’établissement",
    )


def _window(recipient: Recipient) -> tuple[str, ...]:
    responsable, address = recipient.responsable, recipient.responsable.address
    surname = responsable.usage_name or responsable.family_name
    name = " ".join(filter(None, (responsable.civility, surname, responsable.first_name)))
    lines = [line for line in str(address.get("lines", "")).splitlines() if line.strip()]
    town = " ".join(filter(None, (address.get("postcode", ""), address.get("commune", ""))))
    country = address.get("country", "")
    last = [town] + ([country] if country and country.upper() != "FRANCE" else [])
    kept = [name, *lines[: LINES - 1 - len(last)], *filter(None, last)]
    return tuple(" ".join(line.upper().split())[:WIDTH] for line in kept)


def _child(child: Child) -> str:
    name = f"{child.first_name} {child.usage_name or child.family_name}"
    return f"{name} ({child.class_label})" if child.class_label else name


def _of(first_names: Sequence[str]) -> str:
    """«d’Adam», «de Chloé et de Léo», «de vos enfants» from four on."""
    if len(first_names) > 3:
        return "de vos enfants"
    parts = [f"d’{name}" if name[:1].upper() in VOWELS else f"de {name}" for name in first_names]
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " et " + parts[-1]
