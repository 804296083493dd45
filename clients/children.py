"""The claim `eleves`, read strictly: what is not understood is left out, never guessed."""

import hashlib
import unicodedata
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class School:
    """A pupil's school as the provider tells it."""

    uai: str
    name: str
    degree: str
    welcome_message: str


@dataclass(frozen=True)
class Child:
    """One pupil of the parent. `subject` is pairwise: another relying party knows the pupil by another."""

    subject: str
    given_name: str
    family_name: str
    usage_name: str
    birthdate: str
    level: str
    class_name: str
    school: School

    @property
    def display_name(self) -> str:
        return f"{self.usage_name or self.family_name} {self.given_name}"

    @property
    def hint(self) -> str:
        """Names the child in an address without telling who it is. It chooses among one's own, and gives no right."""
        value = "|".join((key(self.family_name), key(self.given_name), self.school.uai))
        return hashlib.sha256(value.encode()).hexdigest()[:16]


def key(name: str) -> str:
    """A name without case, accents, hyphens, apostrophes and spaces: «N'DIAYE» and «N’Diaye» are one."""
    decomposed = unicodedata.normalize("NFKD", name.casefold().replace("œ", "oe").replace("æ", "ae"))
    return "".join(letter for letter in decomposed if letter.isalnum())


def children_of(claims: dict[str, Any]) -> list[Child]:
    """The children in the claims, in the provider's order."""
    entries = claims.get("eleves")
    return [read_child(entry) for entry in entries if is_child(entry)] if isinstance(entries, list) else []


def is_child(entry: Any) -> bool:
    """A child has a subject, both names and a school with its number."""
    if not isinstance(entry, dict):
        return False
    named = all(text(entry, name) for name in ("given_name", "family_name"))
    return named and bool(text(entry, "sub")) and bool(read_school(entry).uai)


def read_child(entry: dict[str, Any]) -> Child:
    return Child(
        subject=text(entry, "sub"),
        given_name=text(entry, "given_name"),
        family_name=text(entry, "family_name"),
        usage_name=text(entry, "usage_name"),
        birthdate=text(entry, "birthdate"),
        level=text(entry, "level"),
        class_name=text(entry, "class"),
        school=read_school(entry),
    )


def read_school(entry: dict[str, Any]) -> School:
    """The school that the child is in; empty when the entry names none."""
    school = entry.get("school")
    school = school if isinstance(school, dict) else {}
    return School(
        uai=text(school, "uai"),
        name=text(school, "name"),
        degree=text(school, "degree"),
        welcome_message=text(school, "welcome_message"),
    )


def text(entry: dict[str, Any], name: str) -> str:
    """A string or a number as text; anything else is empty."""
    value = entry.get(name)
    return str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
