"""Registry records: the picture that each school's file gives of its pupils and their responsables."""

import datetime as dt

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from idp.db import Base, new_id
from idp.registry import names


def _by_beginning(name: str, *keys: str, where: str | None = None) -> Index:
    """An index by which folded names are found by their beginnings, with the school that a border asks for."""
    condition = text(where) if where else None
    operators = dict.fromkeys(keys, "text_pattern_ops")
    return Index(name, *keys, "uai", postgresql_ops=operators, sqlite_where=condition, postgresql_where=condition)


class School(Base):
    __tablename__ = "schools"
    __table_args__ = (Index("ix_schools_name", "name", "uai"), Index("ix_schools_academie", "academie", "uai"))

    uai: Mapped[str] = mapped_column(String(8), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    short_name: Mapped[str] = mapped_column(String(200), default="")
    degree: Mapped[int] = mapped_column(default=1)
    """1 for a school of the first degree (école), 2 for the second (collège, lycée)."""
    academie: Mapped[str] = mapped_column(String(60), default="")
    commune: Mapped[str] = mapped_column(String(100), default="")
    welcome_message: Mapped[str] = mapped_column(Text, default="")
    search_key: Mapped[str] = mapped_column(String(400), default="")
    """UAI, name and commune, folded, one space apart: follows them by itself."""

    @validates("uai", "name", "commune")
    def _keep_key(self, key: str, value: str) -> str:
        told = {"uai": self.uai, "name": self.name, "commune": self.commune, key: value}
        self.search_key = names.fold(" ".join(text for text in told.values() if text))[:400]
        return value


class Pupil(Base):
    __tablename__ = "pupils"
    __table_args__ = (Index("ix_pupils_identity", "family_key", "first_key", "birth_on"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    ine: Mapped[str | None] = mapped_column(String(11), unique=True)
    family_name: Mapped[str] = mapped_column(String(100))
    usage_name: Mapped[str] = mapped_column(String(100), default="")
    first_name: Mapped[str] = mapped_column(String(100))
    other_first_names: Mapped[str] = mapped_column(String(200), default="")
    family_key: Mapped[str] = mapped_column(String(100))
    first_key: Mapped[str] = mapped_column(String(100))
    birth_on: Mapped[dt.date]
    sex: Mapped[str] = mapped_column(String(1), default="")

    enrolments: Mapped[list["Enrolment"]] = relationship(back_populates="pupil")


class Enrolment(Base):
    """A pupil in a school: `ended_at` is set when a later file no longer holds the pupil."""

    __tablename__ = "enrolments"
    __table_args__ = (UniqueConstraint("uai", "pupil_id"), UniqueConstraint("uai", "school_key"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    uai: Mapped[str] = mapped_column(ForeignKey("schools.uai"))
    pupil_id: Mapped[str] = mapped_column(ForeignKey("pupils.id"), index=True)
    school_key: Mapped[str | None] = mapped_column(String(40))
    """ELEVE_ID of SIECLE; none for ONDE."""
    class_code: Mapped[str] = mapped_column(String(40), default="")
    class_label: Mapped[str] = mapped_column(String(100), default="")
    level: Mapped[str] = mapped_column(String(20), default="")
    school_year: Mapped[int]
    """2025 means the year 2025-2026."""
    ended_at: Mapped[dt.datetime | None]

    pupil: Mapped[Pupil] = relationship(back_populates="enrolments")
    school: Mapped[School] = relationship()


class Responsable(Base):
    """One adult as one school knows them. The same adult has one in each school."""

    __tablename__ = "responsables"
    __table_args__ = (
        UniqueConstraint("uai", "school_key"),
        Index("ix_responsables_uai_family_key", "uai", "family_key", "id"),
        Index("ix_responsables_mobile_first_key", "mobile", "first_key"),
        _by_beginning("ix_responsables_names", "family_key", "first_key"),
        _by_beginning("ix_responsables_usage_names", "usage_key", "first_key", where="usage_key <> ''"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    uai: Mapped[str] = mapped_column(ForeignKey("schools.uai"))
    school_key: Mapped[str | None] = mapped_column(String(40))
    """PERSONNE_ID of SIECLE; none for ONDE."""
    civility: Mapped[str] = mapped_column(String(10), default="")
    """«M.», «Mme» or empty."""
    family_name: Mapped[str] = mapped_column(String(100))
    usage_name: Mapped[str] = mapped_column(String(100), default="")
    first_name: Mapped[str] = mapped_column(String(100), default="")
    family_key: Mapped[str] = mapped_column(String(100))
    usage_key: Mapped[str] = mapped_column(String(100), default="")
    first_key: Mapped[str] = mapped_column(String(100), default="")
    is_organisation: Mapped[bool] = mapped_column(default=False)
    mobile: Mapped[str | None] = mapped_column(String(16))
    """E.164, only when it can be sent an SMS."""
    mobile_changed_at: Mapped[dt.datetime | None]
    """When another number took the place of one: nobody registers with the new one at once."""
    previous_mobile: Mapped[str | None] = mapped_column(String(16), index=True)
    """The number that was taken away then: codes sent to it before are dead."""
    accepts_sms: Mapped[bool] = mapped_column(default=True)
    """ACCEPTE_SMS of SIECLE: False forbids school news, not the code that the parent asks for."""
    phones_raw: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    """The cells as the file spells them, by the column's role: mobile, home, work."""
    email: Mapped[str] = mapped_column(String(254), default="")
    address: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    """lines, postcode, commune, country."""
    ended_at: Mapped[dt.datetime | None]

    links: Mapped[list["Link"]] = relationship(back_populates="responsable")


class Link(Base):
    """A responsable of a pupil in one school. Accounts come from level 1 only (REGISTRY: legal representative)."""

    __tablename__ = "links"

    responsable_id: Mapped[str] = mapped_column(ForeignKey("responsables.id"), primary_key=True)
    pupil_id: Mapped[str] = mapped_column(ForeignKey("pupils.id"), primary_key=True, index=True)
    legal_level: Mapped[int] = mapped_column(default=1)
    kind: Mapped[str] = mapped_column(String(4), default="")
    """CODE_PARENTE of SIECLE; empty for ONDE."""
    is_first_contact: Mapped[bool] = mapped_column(default=False)
    """A_CONTACTER_EN_PRIORITE of SIECLE: comes before the others of the same level."""
    ended_at: Mapped[dt.datetime | None]

    responsable: Mapped[Responsable] = relationship(back_populates="links")
    pupil: Mapped[Pupil] = relationship()


class Correction(Base):
    """A value that a school head corrected here. It wins over the file until the file agrees or says something new."""

    __tablename__ = "corrections"
    __table_args__ = (
        Index("ix_corrections_uai_state", "uai", "state"),
        Index("ix_corrections_state_due", "state", "effective_at"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    uai: Mapped[str] = mapped_column(ForeignKey("schools.uai"))
    record_id: Mapped[str] = mapped_column(String(32), index=True)
    """A pupil or a responsable."""
    field: Mapped[str] = mapped_column(String(20))
    """birth_on of a pupil; mobile, family_name, usage_name, first_name of a responsable."""
    file_value: Mapped[str] = mapped_column(Text)
    """What the file said when the correction was made."""
    value: Mapped[str] = mapped_column(String(100))
    made_by: Mapped[str] = mapped_column(String(64), default="")
    made_at: Mapped[dt.datetime]
    effective_at: Mapped[dt.datetime]
    state: Mapped[str] = mapped_column(String(12), default="waiting")
    """waiting, in_force; then agreed (the file says it too), overruled (the file says something new), replaced."""
    ended_at: Mapped[dt.datetime | None]


class Question(Base):
    """What an import could not decide. The answer holds for the imports to come, until a year's do without it."""

    __tablename__ = "questions"
    __table_args__ = (UniqueConstraint("uai", "kind", "key"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    uai: Mapped[str] = mapped_column(ForeignKey("schools.uai"))
    kind: Mapped[str] = mapped_column(String(10))
    """child: which pupil a line means. adult: which known responsable. rename: whether it is the same adult."""
    key: Mapped[str] = mapped_column(String(64))
    """What the question is about, as a digest of folded names and number: the same in the next file."""
    text: Mapped[str] = mapped_column(String(500))
    responsable_id: Mapped[str | None] = mapped_column(String(32))
    candidates: Mapped[list[str]] = mapped_column(JSON, default=list)
    """Ids of pupils or responsables, one of which is the answer."""
    values: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    """rename: the new names."""
    answer: Mapped[str | None] = mapped_column(String(32))
    """A candidate's id, or «none»."""
    school_year: Mapped[int]
    """That of the last file that asked it."""
    asked_at: Mapped[dt.datetime]
    answered_at: Mapped[dt.datetime | None]
    answered_by: Mapped[str] = mapped_column(String(64), default="")


class Import(Base):
    """One import of one school. Its plan is kept for a year: counts here, ids in `import_rows`; no file is kept."""

    __tablename__ = "imports"
    __table_args__ = (Index("ix_imports_uai_at", "uai", "at"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    uai: Mapped[str] = mapped_column(ForeignKey("schools.uai"))
    school_year: Mapped[int]
    source: Mapped[str] = mapped_column(String(6))
    digests: Mapped[list[str]] = mapped_column(JSON, default=list)
    """SHA-256 of each file."""
    counts: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    """«pupils_added» and so on."""
    made_by: Mapped[str] = mapped_column(String(64), default="")
    at: Mapped[dt.datetime]


class ImportRows(Base):
    """Ids that an import touched, a thousand a row, 16 bytes each (a link: its two ids)."""

    __tablename__ = "import_rows"

    import_id: Mapped[str] = mapped_column(ForeignKey("imports.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    what: Mapped[str] = mapped_column(String(12))
    """pupils, responsables or links."""
    act: Mapped[str] = mapped_column(String(7))
    """added, changed or ended."""
    ids: Mapped[bytes] = mapped_column(LargeBinary)
