"""What imports could not decide: asked once, answered by the school head, remembered for the imports to come."""

import hashlib
from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, insert, select, update

from idp import audit, clock
from idp.db import db, new_id
from idp.registry import names, people
from idp.registry.errors import AnswerUnknown, QuestionUnknown
from idp.registry.known import chunks
from idp.registry.models import Enrolment, Link, Pupil, Question, Responsable
from idp.registry.records import ChildReference, PersonRow
from idp.registry.staging import Staging, pack, unpack

NONE = "none"
"""The answer «none of them»."""
LONGEST_TEXT = 500
_PIECE = 500
_ADULT = "(SELECT id FROM person p WHERE p.place = q.place)"
"""Whom the line of a question is; empty while that is asked."""


class Questions:
    """The questions of one school during one import: kept beside the files' rows until all adults are matched."""

    def __init__(self, uai: str, staging: Staging, school_year: int) -> None:
        self.uai, self._staging, self._school_year = uai, staging, school_year
        self._needed: set[tuple[str, str]] = set()
        staging.execute("DELETE FROM question")
        answered = select(Question.kind, Question.key, Question.answer).where(
            Question.uai == uai, Question.answer.is_not(None)
        )
        self._answers = {(kind, key): answer for kind, key, answer in db.session.execute(answered)}

    def ask(
        self,
        kind: str,
        key: str,
        text: str,
        *,
        candidates: Sequence[str],
        place: int,
        values: dict[str, str] | None = None,
    ) -> str | None:
        """The answer that was given to this question; None, and it is asked, when there is none that still holds.

        `place` is that of the file's person.
        """
        answer = self._answers.get((kind, key))
        if answer == NONE or answer in candidates:
            self._needed.add((kind, key))
            return answer
        facts = pack({"text": text[:LONGEST_TEXT], "candidates": list(candidates), "values": values or {}})
        self._staging.execute("INSERT OR IGNORE INTO question VALUES (?, ?, ?, ?)", kind, key, place, facts)
        return None

    def move(self, place: int, first: int) -> None:
        """Two lines are one adult: the second's questions are the first's."""
        self._staging.execute("UPDATE question SET place = ? WHERE place = ?", first, place)

    def close(self) -> None:
        """Write what was asked; forget what nobody asks any more: an answer when a later year's files do without it."""
        stale, needed = [], []
        known = select(Question).where(Question.uai == self.uai)
        for question in db.session.scalars(known.execution_options(yield_per=_PIECE)):
            if (question.kind, question.key) in self._needed or self._is_open_still(question):
                needed.append(question.id)
            elif question.answer is None or question.school_year < self._school_year or self._asked(question):
                stale.append(question.id)
        for ids in chunks(stale, _PIECE):
            db.session.execute(delete(Question).where(Question.id.in_(ids)))
        for ids in chunks(needed, _PIECE):
            older = update(Question).where(Question.id.in_(ids), Question.school_year < self._school_year)
            db.session.execute(older.values(school_year=self._school_year))
        self._write()

    def _is_open_still(self, question: Question) -> bool:
        """Whether it waits for an answer and was asked again in the same words: it is not asked twice.

        The line may be another adult by now: the question follows it.
        """
        if question.answer is not None or self._asked(question) != question.candidates:
            return False
        place = (question.kind, question.key)
        adult = self._staging.first(f"SELECT {_ADULT} FROM question q WHERE kind = ? AND key = ?", *place)  # noqa: S608
        question.responsable_id = (adult and adult[0]) or None
        self._staging.execute("DELETE FROM question WHERE kind = ? AND key = ?", *place)
        return True

    def _asked(self, question: Question) -> list[str] | None:
        """The candidates between whom this import asks; None when it does not ask."""
        place = (question.kind, question.key)
        asked = self._staging.first("SELECT facts FROM question WHERE kind = ? AND key = ?", *place)
        return list(unpack(asked[0], dict[str, Any])["candidates"]) if asked else None

    def _write(self) -> None:
        now, rows = clock.now(), []
        query = f"SELECT q.kind, q.key, q.facts, {_ADULT} FROM question q ORDER BY q.place, q.key"  # noqa: S608 - ours
        for kind, key, content, adult_id in self._staging.execute(query):
            facts = unpack(content, dict[str, Any])
            row = {"id": new_id(), "uai": self.uai, "kind": kind, "key": key, "responsable_id": adult_id or None}
            rows.append({**row, **facts, "school_year": self._school_year, "asked_at": now, "answered_by": ""})
            if len(rows) == _PIECE:
                db.session.execute(insert(Question), rows)
                rows.clear()
        if rows:
            db.session.execute(insert(Question), rows)


def child_key(person: PersonRow, child: ChildReference) -> str:
    """Names a line's child in this and in the next files: whatever line and class it stands in then."""
    return _digest(*person.identity, _contact(person), *child.key)


def adult_key(person: PersonRow) -> str:
    return _digest(*person.identity, _contact(person), *sorted("/".join(child.key) for child in person.children))


def rename_key(responsable_id: str, person: PersonRow) -> str:
    return _digest(responsable_id, *person.identity, names.key(person.usage_name))


def waiting(uai: str) -> list[Question]:
    """What waits for an answer in this school, the oldest first."""
    open_ones = select(Question).where(Question.uai == uai, Question.answer.is_(None))
    return list(db.session.scalars(open_ones.order_by(Question.asked_at, Question.id)))


def candidates_of(question: Question) -> list[tuple[str, str]]:
    """The answers that may be given, each with a description; «none» goes without saying. Who was deleted is none."""
    if question.kind == "child":
        pupils = (
            select(Pupil, Enrolment)
            .join(Enrolment, (Enrolment.pupil_id == Pupil.id) & (Enrolment.uai == question.uai))
            .where(Pupil.id.in_(question.candidates))
        )
        found = {pupil.id: people.describe_pupil(pupil, enrolment) for pupil, enrolment in db.session.execute(pupils)}
    else:
        adults = db.session.scalars(select(Responsable).where(Responsable.id.in_(question.candidates)))
        found = {adult.id: people.describe_adult(adult) for adult in adults}
    return [(candidate, found[candidate]) for candidate in question.candidates if candidate in found]


def decide(question_id: str, answer: str, *, uai: str, by: str = "") -> Question:
    """Answer a question of this school: a candidate's id, or «none». A new answer takes an older one's place.

    A child's link and a new name are written at once; which of two adults a line means, and that an adult is another
    one, hold from the next import on. Raises QuestionUnknown, AnswerUnknown (candidates).
    """
    question = db.session.scalar(select(Question).filter_by(id=question_id, uai=uai).with_for_update())
    if question is None:
        raise QuestionUnknown(question_id=question_id)
    possible = [candidate for candidate, _ in candidates_of(question)]
    if answer not in (NONE, *possible):
        raise AnswerUnknown(candidates=possible)
    before, question.answer = question.answer, answer
    question.answered_at, question.answered_by = clock.now(), by
    if question.kind == "child" and question.responsable_id:
        _link(question, before)
    if question.kind == "rename" and answer != NONE:
        _rename(question)
    audit.record("registry.decided", uai=uai, question_id=question_id, kind=question.kind, answer=answer, by=by)
    return question


def _link(question: Question, before: str | None) -> None:
    """The chosen child is linked at once; one that was chosen before is not any more."""
    assert question.responsable_id is not None
    assert question.answer is not None
    if before not in (None, NONE, question.answer):
        old = db.session.get(Link, (question.responsable_id, before))
        if old is not None:
            old.ended_at = clock.now()
    if question.answer == NONE:
        return
    link = db.session.get(Link, (question.responsable_id, question.answer))
    if link is None:
        db.session.add(Link(responsable_id=question.responsable_id, pupil_id=question.answer, legal_level=1))
    else:
        link.ended_at = None
    db.session.flush()


def _rename(question: Question) -> None:
    """The adult takes the new names that the file gave."""
    adult = db.session.get(Responsable, question.answer)
    if adult is None:
        return
    for name, value in question.values.items():
        setattr(adult, name, value)
    adult.family_key = names.key(adult.family_name)
    adult.usage_key = names.key(adult.usage_name)
    adult.first_key = names.key(adult.first_name)
    db.session.flush()


def _contact(person: PersonRow) -> str:
    """Tells two adults of one name apart."""
    return person.mobile or person.email or names.key(person.address.get("lines", ""))


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
