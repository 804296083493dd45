"""Registry records: the picture that each school's file gives of its pupils and their responsables."""

import datetime as dt

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from idp.db import Base, new_id


class School(Base):
    __tablename__ = "schools"

    uai: Mapped[str] = mapped_column(String(8), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    short_name: Mapped[str] = mapped_column(String(200), default="")
    degree: Mapped[int] = mapped_column(default=1)
    """1 for a school of the first degree (école), 2 for the second (collège, lycée)."""
    academie: Mapped[str] = mapped_column(String(60), default="")
    commune: Mapped[str] = mapped_column(String(100), default="")
    welcome_message: Mapped[str] = mapped_column(Text, default="")


class Pupil(Base):
    __tablename__ = "pupils"

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
        Index("ix_responsables_mobile_first_key", "mobile", "first_key"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    uai: Mapped[str] = mapped_column(ForeignKey("schools.uai"), index=True)
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
    ended_at: Mapped[dt.datetime | None]

    responsable: Mapped[Responsable] = relationship(back_populates="links")
    pupil: Mapped[Pupil] = relationship()
