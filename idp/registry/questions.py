"""What imports could not decide: asked once, answered by the school head, remembered for the imports to come."""

import hashlib
from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, insert, select

from idp import audit, clock
from idp.db import db, new_id
from idp.registry import names, people
from idp.registry.errors import AnswerUnknown, QuestionUnknown
from idp.registry.models import Enrolment, Link, Pupil, Question, Responsable
from idp.registry.records import ChildReference, PersonRow
from idp.registry.staging import Staging, pack, unpack

NONE = "none"
"""The answer «none of them»."""
LONGEST_TEXT = 500
_PIECE = 500


class Questions:
    """The questions of one school during one import: kept beside the files' rows until all adults are matched."""

    def __init__(self, uai: str, staging: Staging) -> None:
        self.uai, self._staging = uai, staging
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
            return answer
        facts = pack({"text": text[:LONGEST_TEXT], "candidates": list(candidates), "values": values or {}})
        self._staging.execute("INSERT OR IGNORE INTO question VALUES (?, ?, ?, ?)", kind, key, place, facts)
        return None

    def move(self, place: int, first: int) -> None:
        """Two lines are one adult: the second's questions are the first's."""
        self._staging.execute("UPDATE question SET place = ? WHERE place = ?", first, place)

    def close(self) -> None:
        """Write what was asked; forget what nobody asks any more and nobody had answered."""
        known = select(Question.id, Question.kind, Question.key, Question.answer, Question.candidates)
        stale = []
        for question in db.session.execute(known.where(Question.uai == self.uai)).all():
            place = (question.kind, question.key)
            asked = self._staging.first("SELECT facts FROM question WHERE kind = ? AND key = ?", *place)
            is_same = asked is not None and unpack(asked[0], dict[str, Any])["candidates"] == question.candidates
            if is_same and question.answer is None:
                self._staging.execute("DELETE FROM question WHERE kind = ? AND key = ?", *place)
            elif asked is not None or question.answer is None:
                stale.append(question.id)
        for start in range(0, len(stale), _PIECE):
            db.session.execute(delete(Question).where(Question.id.in_(stale[start : start + _PIECE])))
        self._write()

    def _write(self) -> None:
        now, rows = clock.now(), []
        query = (
            "SELECT q.kind, q.key, q.facts, (SELECT id FROM person p WHERE p.place = q.place) FROM question q"
            " ORDER BY q.place, q.key"
        )
        for kind, key, content, adult_id in self._staging.execute(query):
            facts = unpack(content, dict[str, Any])
            row = {"id": new_id(), "uai": self.uai, "kind": kind, "key": key, "responsable_id": adult_id or None}
            rows.append({**row, **facts, "asked_at": now, "answered_by": ""})
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
    """The answers that may be given, each with a description; «none» goes without saying."""
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
    return [(candidate, found.get(candidate, "")) for candidate in question.candidates]


def decide(question_id: str, answer: str, *, uai: str, by: str = "") -> Question:
    """Answer a question of this school: a candidate's id, or «none». A new answer takes an older one's place.

    A child's link and a new name are written at once; which of two adults a line means, and that an adult is another
    one, hold from the next import on. Raises QuestionUnknown, AnswerUnknown (candidates).
    """
    question = db.session.scalar(select(Question).filter_by(id=question_id, uai=uai).with_for_update())
    if question is None:
        raise QuestionUnknown(question_id=question_id)
    if answer not in (NONE, *question.candidates):
        raise AnswerUnknown(candidates=list(question.candidates))
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
