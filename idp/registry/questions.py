"""What imports could not decide: asked once, answered by the school head, remembered for the imports to come."""

import hashlib
from collections.abc import Sequence

from sqlalchemy import delete, select

from idp import audit, clock
from idp.db import db
from idp.registry import names
from idp.registry.errors import AnswerUnknown, QuestionUnknown
from idp.registry.models import Link, Question, Responsable
from idp.registry.records import ChildReference, PersonRow

NONE = "none"
"""The answer «none of them»."""
LONGEST_TEXT = 500


class Questions:
    """The questions of one school during one import."""

    def __init__(self, uai: str) -> None:
        self.uai = uai
        found = db.session.scalars(select(Question).where(Question.uai == uai))
        self._known = {(question.kind, question.key): question for question in found}
        self._asked: set[tuple[str, str]] = set()

    def ask(
        self,
        kind: str,
        key: str,
        text: str,
        *,
        candidates: Sequence[str],
        responsable_id: str | None = None,
        values: dict[str, str] | None = None,
    ) -> str | None:
        """The answer that was given to this question; None, and it is asked, when there is none that still holds."""
        self._asked.add((kind, key))
        question = self._known.get((kind, key))
        if question is None:
            question = Question(
                uai=self.uai, kind=kind, key=key, asked_at=clock.now(), text="", candidates=[], values={}
            )
            db.session.add(question)
            self._known[kind, key] = question
        if question.answer == NONE or question.answer in candidates:
            return question.answer
        question.text = text[:LONGEST_TEXT]
        question.candidates, question.values = list(candidates), values or {}
        question.responsable_id = responsable_id
        question.answer = question.answered_at = None
        return None

    def told(self, kind: str, key: str, responsable_id: str) -> None:
        """The responsable of a question about a child: known only once the adults were matched."""
        question = self._known.get((kind, key))
        if question is not None and question.answer is None:
            question.responsable_id = responsable_id

    def close(self) -> None:
        """Forget what nobody asks any more and nobody had answered."""
        stale = [q.id for place, q in self._known.items() if place not in self._asked and q.answer is None and q.id]
        db.session.flush()
        for start in range(0, len(stale), 500):
            db.session.execute(delete(Question).where(Question.id.in_(stale[start : start + 500])))


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
