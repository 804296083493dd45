"""Pupils who come from another school without an INE."""

from sqlalchemy import select

from idp.db import db
from idp.registry.models import Link, Responsable
from idp.registry.records import PersonRow, PupilRow
from idp.registry.staging import Staging, unpack


def find_mover(staging: Staging, row: PupilRow, person_file: int | None) -> str | None:
    """The pupil of another school who is this one: same names and birth date, gone from there, a responsable matches.

    Two who could be are none: nothing is guessed.
    """
    if person_file is None or not row.is_present:
        return None
    family, first, birth_on = row.identity
    candidates = staging.all(
        "SELECT id FROM known_pupil WHERE family = ? AND first = ? AND birth = ? AND enrolment IS NULL AND claimed = 0"
        " AND elsewhere = 0 AND (ine IS NULL OR ? IS NULL)",
        *(family, first, birth_on.isoformat(), row.ine),
    )
    found = [pupil_id for (pupil_id,) in candidates if _shares_responsable(staging, pupil_id, row, person_file)]
    return found[0] if len(found) == 1 else None


def _shares_responsable(staging: Staging, pupil_id: str, row: PupilRow, person_file: int) -> bool:
    """Whether an adult whom the other school linked to the pupil stands beside the pupil in this file."""
    known = (
        select(Responsable.family_key, Responsable.usage_key, Responsable.first_key)
        .join(Link, Link.responsable_id == Responsable.id)
        .where(Link.pupil_id == pupil_id, Responsable.is_organisation.is_(False))
    )
    for family, usage, first in db.session.execute(known):
        names = staging.all(
            "SELECT key, row FROM person WHERE file = ? AND family IN (?, ?) AND first = ?",
            *(person_file, family, usage or family, first),
        )
        if any(_is_linked(staging, person_file, key, unpack(content, PersonRow), row) for key, content in names):
            return True
    return False


def _is_linked(staging: Staging, file: int, key: str | None, person: PersonRow, pupil: PupilRow) -> bool:
    if key is not None:
        query = "SELECT 1 FROM link WHERE file = ? AND person = ? AND pupil = ?"
        return staging.first(query, file, key, pupil.school_key) is not None
    family, first, _ = pupil.identity
    return any((child.key[0], child.key[2]) == (family, first) for child in person.children)


def adults_who_moved(uai: str, pupil_ids: list[str]) -> list[tuple[str, str]]:
    """Responsables of other schools and the same adults here, of pupils who came from there: (old, new).

    The same folded names and the same child, both as legal representatives. Their account may follow.
    """
    pairs = []
    for pupil_id in pupil_ids:
        adults = db.session.execute(
            select(Responsable, Link)
            .join(Link, Link.responsable_id == Responsable.id)
            .where(Link.pupil_id == pupil_id, Link.legal_level == 1, Responsable.is_organisation.is_(False))
        ).all()
        here = [
            adult for adult, link in adults if adult.uai == uai and adult.ended_at is None and link.ended_at is None
        ]
        others = [adult for adult, _ in adults if adult.uai != uai]
        pairs += [(old.id, new.id) for new in here for old in others if _is_same(old, new)]
    return pairs


def _is_same(one: Responsable, other: Responsable) -> bool:
    surnames = {other.family_key, other.usage_key} - {""}
    return one.first_key == other.first_key and bool({one.family_key, one.usage_key} & surnames)
