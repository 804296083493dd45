"""Which académie a school belongs to: the first three digits of its UAI are its département.

Source: code de l'éducation, articles R222-2 and R222-3 (académies and their départements).
"""

from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_

ACADEMIES: dict[str, tuple[str, ...]] = {
    "Aix-Marseille": ("004", "005", "013", "084"),
    "Amiens": ("002", "060", "080"),
    "Besançon": ("025", "039", "070", "090"),
    "Bordeaux": ("024", "033", "040", "047", "064"),
    "Clermont-Ferrand": ("003", "015", "043", "063"),
    "Corse": ("620", "720"),
    "Créteil": ("077", "093", "094"),
    "Dijon": ("021", "058", "071", "089"),
    "Grenoble": ("007", "026", "038", "073", "074"),
    "Guadeloupe": ("971",),
    "Guyane": ("973",),
    "La Réunion": ("974",),
    "Lille": ("059", "062"),
    "Limoges": ("019", "023", "087"),
    "Lyon": ("001", "042", "069"),
    "Martinique": ("972",),
    "Mayotte": ("976",),
    "Montpellier": ("011", "030", "034", "048", "066"),
    "Nancy-Metz": ("054", "055", "057", "088"),
    "Nantes": ("044", "049", "053", "072", "085"),
    "Nice": ("006", "083"),
    "Normandie": ("014", "027", "050", "061", "076"),
    "Nouvelle-Calédonie": ("983",),
    "Orléans-Tours": ("018", "028", "036", "037", "041", "045"),
    "Paris": ("075",),
    "Poitiers": ("016", "017", "079", "086"),
    "Polynésie française": ("984",),
    "Reims": ("008", "010", "051", "052"),
    "Rennes": ("022", "029", "035", "056"),
    "Saint-Pierre-et-Miquelon": ("975",),
    "Strasbourg": ("067", "068"),
    "Toulouse": ("009", "012", "031", "032", "046", "065", "081", "082"),
    "Versailles": ("078", "091", "092", "095"),
    "Wallis-et-Futuna": ("986",),
}
"""Names and départements. Corse has 2A and 2B as 620 and 720 in a UAI."""

_BY_DEPARTEMENT = {number: name for name, numbers in ACADEMIES.items() for number in numbers}


def academie_of(uai: str) -> str:
    """The académie of a school; empty for a UAI of no known département."""
    return _BY_DEPARTEMENT.get(uai[:3], "")


def find(name: str) -> str | None:
    """The académie's name as it is spelt here, whatever the case."""
    wanted = name.strip().casefold()
    return next((known for known in ACADEMIES if known.casefold() == wanted), None)


def within(uai: Any, name: str) -> ColumnElement[bool]:
    """The condition that `uai`, a column, is a school of that académie. Ranges, so that an index serves."""
    return or_(false(), *(and_(uai >= number, uai < _next(number)) for number in ACADEMIES.get(name, ())))


def _next(number: str) -> str:
    return number[:-1] + chr(ord(number[-1]) + 1)
