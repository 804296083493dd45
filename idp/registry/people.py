"""Finding a school's people by a name, for those who work there."""

from sqlalchemy import or_, select

from idp.db import db
from idp.registry import names
from idp.registry.models import Enrolment, Pupil, Responsable
from idp.registry.records import shown_adult

MOST_FOUND = 200


def find(uai: str, name: str) -> list[tuple[str, str]]:
    """Pupils, then responsables of today with this whole surname or first name: id and description."""
    key = names.key(name)
    pupils = (
        select(Pupil, Enrolment)
        .join(Enrolment, Enrolment.pupil_id == Pupil.id)
        .where(Enrolment.uai == uai, Enrolment.ended_at.is_(None))
        .where(or_(Pupil.family_key == key, Pupil.first_key == key))
        .order_by(Pupil.family_key, Pupil.first_key)
        .limit(MOST_FOUND)
    )
    adults = (
        select(Responsable)
        .where(Responsable.uai == uai, Responsable.ended_at.is_(None))
        .where(or_(Responsable.family_key == key, Responsable.usage_key == key, Responsable.first_key == key))
        .order_by(Responsable.family_key, Responsable.first_key)
        .limit(MOST_FOUND)
    )
    found = [(pupil.id, describe_pupil(pupil, enrolment)) for pupil, enrolment in db.session.execute(pupils)]
    return found + [(adult.id, describe_adult(adult)) for adult in db.session.scalars(adults)]


def describe_pupil(pupil: Pupil, enrolment: Enrolment | None) -> str:
    """«PETIT Emma, 02/02/2018, CE1 Mme Delannoy»"""
    label = f", {enrolment.class_label}" if enrolment else ""
    return f"{pupil.family_name} {pupil.first_name}, {pupil.birth_on:%d/%m/%Y}{label}"


def describe_adult(adult: Responsable) -> str:
    """«Mme SOW (N'DIAYE) Fatoumata, +33639983002»"""
    shown = shown_adult(adult.civility, adult.family_name, adult.usage_name, adult.first_name)
    return f"{shown}, {adult.mobile}" if adult.mobile else shown
