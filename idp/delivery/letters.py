"""Letters as one tagged PDF (PDF/UA-1). The data enter the template as JSON: no name is ever markup."""

import msgspec
import segno

from idp.delivery import messages, typesetting
from idp.settings import Settings

TEMPLATE = "letters/letter.typ"

RULES = {
    "guide": "8 à 14 caractères, avec au moins une lettre et un chiffre, sans accent",
    "anssi": "12 caractères ou plus",
}


class LetterText(msgspec.Struct, frozen=True, kw_only=True):
    """What is one letter's own. The provisional password exists here and in the PDF, and nowhere else."""

    school: str
    school_lines: tuple[str, ...]
    window: tuple[str, ...]
    """The address behind the envelope's window, six lines at most."""
    place_and_date: str
    title: str
    greeting: str
    children: tuple[str, ...]
    identifiant: str
    password: str
    ends_on: str
    signature: str


def make_pdf(letters: list[LetterText], settings: Settings) -> bytes:
    """One page a letter, in their order, with the fonts that Typst carries: the same file on every machine."""
    address = f"{settings.server.issuer}/connexion"
    contact = settings.contact
    data = {
        "title": f"Lettres d’activation {settings.site.name}",
        "site": settings.site.name,
        "address": address.partition("://")[2],
        "qr": segno.make(address, error="m").svg_inline(border=2),
        "rule": RULES[settings.passwords.policy],
        "contact": ", ".join(filter(None, (contact.name, contact.hours, contact.phone, contact.email))) + ".",
        "letters": letters,
    }
    return typesetting.make_pdf(messages.template_file(TEMPLATE), msgspec.json.encode(data))
