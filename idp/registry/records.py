"""What the readers make of a school's files, whatever their format."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Literal

from idp.registry import names
from idp.registry.defects import Defect

Source = Literal["onde", "siecle"]


@dataclass(slots=True)
class PupilRow:
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


@dataclass(frozen=True, slots=True)
class ChildReference:
    """A child as a line of ONDE parents names it."""

    family_name: str
    usage_name: str
    first_name: str
    class_label: str


@dataclass(slots=True)
class PersonRow:
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
    email: str = ""
    address: dict[str, str] = field(default_factory=dict)
    children: tuple[ChildReference, ...] = ()
    """ONDE only."""

    @property
    def identity(self) -> tuple[str, str]:
        return names.key(self.family_name), names.key(self.first_name)

    @property
    def shown_name(self) -> str:
        usage = f"({self.usage_name})" if self.usage_name else ""
        return " ".join(part for part in (self.civility, self.family_name, usage, self.first_name) if part)


@dataclass(slots=True)
class KeyedLink:
    """A link of SIECLE: by identifiers of the base."""

    line: int
    pupil_key: str
    person_key: str
    legal_level: int
    kind: str
    pupil_line: int
    """Where the pupil's identifier stands."""


@dataclass(slots=True)
class PupilFile:
    """The pupils of one school."""

    source: Source
    file: str
    pupils: list[PupilRow]
    defects: list[Defect]
    uai: str | None = None
    school_year: int | None = None
    """None when the file does not say: ONDE."""


@dataclass(slots=True)
class PersonFile:
    """The responsables of one school; `links` for SIECLE, the persons' `children` for ONDE."""

    source: Source
    file: str
    persons: list[PersonRow]
    defects: list[Defect]
    links: list[KeyedLink] = field(default_factory=list)
    uai: str | None = None
    school_year: int | None = None


@dataclass(slots=True)
class PictureLink:
    """A responsable of a pupil, by their places in the picture."""

    person: int
    pupil: int
    legal_level: int | None = None
    """None when the format does not say."""
    kind: str = ""


@dataclass(slots=True)
class Picture:
    """All that the files of one school say, joined. `persons` is None when no file of responsables was given."""

    source: Source
    uai: str
    school_year: int
    pupils: list[PupilRow]
    persons: list[PersonRow] | None
    links: list[PictureLink]
    defects: list[Defect]
    has_pupil_file: bool = True
