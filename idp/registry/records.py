"""What the readers make of a school's files, whatever their format. Packed small: a file has up to 250,000 of them."""

import datetime as dt
from typing import Literal

from msgspec import Struct, field

from idp.registry import names

Source = Literal["onde", "siecle"]
Kind = Literal["pupils", "persons"]


class PupilRow(Struct, array_like=True):
    """A pupil in a file."""

    line: int
    family_name: str
    first_name: str
    birth_on: dt.date
    usage_name: str = ""
    other_first_names: str = ""
    ine: str | None = None
    sex: str = ""
    school_key: str | None = None
    class_code: str = ""
    class_label: str = ""
    level: str = ""
    is_present: bool = True
    """False for a pupil who left: the file keeps them."""

    @property
    def identity(self) -> tuple[str, str, dt.date]:
        return names.key(self.family_name), names.key(self.first_name), self.birth_on

    @property
    def shown_name(self) -> str:
        return f"{self.family_name} {self.first_name}"


class ChildReference(Struct, array_like=True, frozen=True):
    """A child as a line of ONDE parents names it."""

    family_name: str
    usage_name: str
    first_name: str
    class_label: str

    @property
    def key(self) -> tuple[str, str, str]:
        return names.key(self.family_name), names.key(self.usage_name), names.key(self.first_name)


class PersonRow(Struct, array_like=True):
    """A responsable in a file."""

    line: int
    family_name: str
    first_name: str = ""
    usage_name: str = ""
    civility: str = ""
    school_key: str | None = None
    is_organisation: bool = False
    mobile: str | None = None
    phones_raw: dict[str, str] = field(default_factory=dict)
    accepts_sms: bool = True
    email: str = ""
    address: dict[str, str] = field(default_factory=dict)
    children: tuple[ChildReference, ...] = ()
    """ONDE only."""
    has_unknown_child: bool = False
    """Whether one of them is no pupil of the school, or is mistyped."""

    @property
    def identity(self) -> tuple[str, str]:
        return names.key(self.family_name), names.key(self.first_name)

    @property
    def shown_name(self) -> str:
        return shown_adult(self.civility, self.family_name, self.usage_name, self.first_name)


class KeyedLink(Struct, array_like=True):
    """A link of SIECLE: by identifiers of the base."""

    line: int
    pupil_key: str
    person_key: str
    legal_level: int
    kind: str
    is_first_contact: bool
    pupil_line: int
    """Where the pupil's identifier stands."""
    person_line: int


def shown_adult(civility: str, family_name: str, usage_name: str, first_name: str) -> str:
    """«Mme LEROUX (MARTIN) Claire»: civility, birth name, usage name, first name."""
    usage = f"({usage_name})" if usage_name else ""
    return " ".join(part for part in (civility, family_name, usage, first_name) if part)
