"""What an import could not decide is asked once, and the answer is remembered."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from idp.db import db
from idp.registry import questions
from idp.registry.errors import AnswerUnknown, QuestionUnknown
from idp.registry.importing import Consent
from idp.registry.matching import children_of
from idp.registry.models import Link, Pupil, Question, Responsable
from tests.conftest import BOTH_DATABASES

SAMPLES = Path(__file__).parents[2] / "demo" / "samples"
ECOLE, COLLEGE = "0599901S", "0599902T"
FIRST = [SAMPLES / "onde" / name for name in ("CSVExtraction-eleves.csv", "CSVExtraction-responsables.csv")]
AGAIN = [path.parent / "reimport" / path.name for path in FIRST]
Import = Callable[..., Any]


@pytest.fixture
def take(import_batch: Import) -> Callable[..., Any]:
    def run(files: list[Path], consent: Consent = Consent()) -> Any:  # noqa: B008 - a frozen value
        [plan] = import_batch(files, consent, uai=ECOLE)
        return plan

    return run


def adult(family_name: str, first_name: str) -> Responsable:
    return db.session.scalars(select(Responsable).filter_by(family_name=family_name, first_name=first_name)).one()


def of_kind(kind: str) -> list[Question]:
    return [question for question in questions.waiting(ECOLE) if question.kind == kind]


@BOTH_DATABASES
def test_a_child_that_was_chosen_is_linked_at_once_and_in_the_next_files(take: Import) -> None:
    take(FIRST)
    [question] = [q for q in of_kind("child") if "David" in q.text]
    (emma, told), _ = questions.candidates_of(question)

    questions.decide(question.id, emma, uai=ECOLE, by="directrice")
    db.session.commit()

    assert told.startswith("PETIT Emma, ")
    father = adult("PETIT", "David")
    assert [child.pupil_id for child in children_of([father.id])] == [emma]
    assert take(FIRST).is_empty
    assert [child.pupil_id for child in children_of([father.id])] == [emma]


def test_questions_that_nobody_answered_are_asked_once(take: Import) -> None:
    take(FIRST)
    before = {question.id for question in questions.waiting(ECOLE)}

    take(FIRST)

    assert {question.id for question in questions.waiting(ECOLE)} == before
    assert len(of_kind("child")) == 3


def test_another_answer_takes_the_place_of_the_first(take: Import) -> None:
    take(FIRST)
    [question] = [q for q in of_kind("child") if "David" in q.text]
    first, second = question.candidates
    questions.decide(question.id, first, uai=ECOLE)

    questions.decide(question.id, second, uai=ECOLE)
    db.session.commit()

    links = db.session.scalars(
        select(Link.pupil_id).filter_by(responsable_id=adult("PETIT", "David").id, ended_at=None)
    )
    assert links.all() == [second]


def test_none_of_them_is_remembered_too(take: Import) -> None:
    take(FIRST)
    for question in of_kind("child"):
        questions.decide(question.id, questions.NONE, uai=ECOLE)
    db.session.commit()

    take(FIRST)

    assert of_kind("child") == []
    assert children_of([adult("PETIT", "David").id]) == []


@BOTH_DATABASES
def test_a_confirmed_new_name_is_taken_at_once_and_asked_no_more(take: Import) -> None:
    take(FIRST)
    before = adult("MARTIN", "Claire").id
    take(AGAIN)
    [question] = of_kind("rename")

    questions.decide(question.id, before, uai=ECOLE)
    db.session.commit()

    assert adult("LEROUX", "Claire").id == before
    assert take(AGAIN).is_empty
    assert of_kind("rename") == []


def test_another_adult_of_that_first_name_is_new_in_the_next_file(take: Import) -> None:
    take(FIRST)
    before = adult("MARTIN", "Claire").id
    take(AGAIN)
    [question] = of_kind("rename")
    questions.decide(question.id, questions.NONE, uai=ECOLE)
    db.session.commit()

    take(AGAIN)

    assert adult("LEROUX", "Claire").id != before
    assert db.session.get_one(Responsable, before).ended_at is not None


def test_a_new_homonym_does_not_take_a_known_child_away(import_batch: Import, tmp_path: Path) -> None:
    folder = tmp_path / ECOLE
    folder.mkdir()
    head = "Nom élève;Prénom élève;Date naissance;Libellé classe\nPETIT;Emma;02/02/2018;CE1\n"
    parents = (
        "Nom responsable;Prénom responsable;Téléphone portable;Nom de famille enfant;Prénom enfant;Classes enfants\n"
    )
    (folder / "eleves.csv").write_text(head, "utf-8")
    (folder / "parents.csv").write_text(f"{parents}PETIT;David;0639980001;PETIT;Emma;CE1\n", "utf-8")
    import_batch([folder])
    (folder / "eleves.csv").write_text(f"{head}PETIT;Emma;30/11/2018;CE1\n", "utf-8")

    import_batch([folder])

    assert len(of_kind("child")) == 1
    assert [str(child.birth_on) for child in children_of([adult("PETIT", "David").id])] == ["2018-02-02"]


def test_two_known_adults_are_never_chosen_between(take: Import, import_batch: Import, tmp_path: Path) -> None:
    folder = tmp_path / ECOLE
    folder.mkdir()
    (folder / "eleves.csv").write_text(
        "Nom élève;Prénom élève;Date naissance;Libellé classe\nROY;Léa;02/02/2018;CE1\nROY;Tom;02/02/2018;CP\n", "utf-8"
    )
    head = "Nom responsable;Prénom responsable;Téléphone portable;Nom de famille enfant;Prénom enfant\n"
    (folder / "parents.csv").write_text(f"{head}ROY;Jean;0639980001;ROY;Léa\nROY;Jean;0639980002;ROY;Tom\n", "utf-8")
    import_batch([folder])
    both = "Nom responsable;Prénom responsable;Téléphone portable;" + ";".join(
        ["Nom de famille enfant;Prénom enfant"] * 2
    )
    (folder / "parents.csv").write_text(f"{both}\nROY;Jean;0639980003;ROY;Léa;ROY;Tom\n", "utf-8")

    [plan] = import_batch([folder])
    [question] = of_kind("adult")
    questions.decide(question.id, question.candidates[0], uai=ECOLE)
    db.session.commit()
    import_batch([folder])

    assert plan.undecided == ["ROY Jean"]
    assert db.session.get_one(Responsable, question.candidates[0]).mobile == "+33639980003"
    assert db.session.get_one(Responsable, question.candidates[1]).ended_at is not None


def test_no_school_answers_for_another_or_names_somebody_else(take: Import) -> None:
    """ATTACKS 123."""
    take(FIRST)
    question = of_kind("child")[0]
    stranger = db.session.scalars(select(Pupil.id).where(Pupil.first_name == "Alexis")).one()

    with pytest.raises(QuestionUnknown):
        questions.decide(question.id, question.candidates[0], uai=COLLEGE)
    with pytest.raises(AnswerUnknown):
        questions.decide(question.id, stranger, uai=ECOLE)
