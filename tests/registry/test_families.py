"""Which child a line of ONDE's responsables means, and what becomes of the link when it means none for certain."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from idp.db import db
from idp.registry import questions
from idp.registry.models import Link, Pupil, Responsable
from tests.conftest import BOTH_DATABASES
from tests.registry.conftest import ECOLE

PUPIL = ("Nom élève", "Nom d'usage élève", "Prénom élève", "Date naissance", "Libellé classe")
PERSON = ("Civilité Responsable", "Nom responsable", "Prénom responsable", "Téléphone portable", "Courriel")
CHILD = ("Nom d'usage enfant", "Nom de famille enfant", "Prénom enfant", "Classes enfants")
USAGE = ("Nom d'usage élève", "Nom d'usage enfant")
ALEXIS = ("DURAND", "MARTIN", "Alexis", "14/03/2017", "CE2")
OTHERS = [("AUTRE", "", "Zoé", "01/02/2017", "CP"), ("AUTRE", "", "Tom", "02/03/2018", "CE1")]
VALERY = ("MME", "DURANT", "Valéry", "0639981234", "valery@example.org")
PAUL = ("M.", "AUTRE", "Paul", "0639980001", "")
Row = tuple[str, ...]
Take = Callable[..., Any]


def csv(headers: tuple[str, ...], rows: Sequence[Row], without: tuple[str, ...]) -> str:
    lines = [headers, *(row + ("",) * (len(headers) - len(row)) for row in rows)]
    kept = [place for place, header in enumerate(headers) if header not in without]
    return "\n".join(";".join(line[place] for place in kept) for line in lines) + "\n"


@pytest.fixture
def take(import_files: Callable[..., Any], tmp_path: Path) -> Take:
    """Imports pupils and responsables with up to three children, without some columns."""

    def run(pupils: Sequence[Row], persons: Sequence[Row], without: tuple[str, ...] = ()) -> Any:
        (tmp_path / "e.csv").write_text(csv(PUPIL, pupils, without), "utf-8")
        (tmp_path / "r.csv").write_text(csv(PERSON + CHILD * 3, persons, without), "utf-8")
        return import_files(tmp_path, ["e.csv", "r.csv"])

    return run


def children_of(first_name: str) -> list[str]:
    """First and usage names of the children whom the responsable sees today."""
    current = (
        select(Pupil.first_name, Pupil.usage_name)
        .join(Link, Link.pupil_id == Pupil.id)
        .join(Responsable, Responsable.id == Link.responsable_id)
        .where(Responsable.first_name == first_name, Responsable.ended_at.is_(None), Link.ended_at.is_(None))
    )
    return sorted(" ".join(filter(None, names)) for names in db.session.execute(current))


def child(row: Row, usage: str | None = None, label: str | None = None) -> Row:
    """The child's cells as a line of responsables has them."""
    family, own_usage, first, _birth, own_label = row
    return (own_usage if usage is None else usage, family, first, own_label if label is None else label)


class TestUsageNames:
    @BOTH_DATABASES
    @pytest.mark.parametrize("without", [USAGE, USAGE[:1], USAGE[1:]])
    def test_a_usage_column_that_either_file_lacks_cuts_no_link(self, without: tuple[str, ...], take: Take) -> None:
        take([ALEXIS], [VALERY + child(ALEXIS)])

        plan = take([ALEXIS], [VALERY + child(ALEXIS)], without)

        assert plan.is_empty
        assert children_of("Valéry") == ["Alexis MARTIN"]

    @pytest.mark.parametrize("without", [USAGE, USAGE[:1], USAGE[1:]])
    def test_a_first_file_without_usage_names_links_too(self, without: tuple[str, ...], take: Take) -> None:
        take([ALEXIS], [VALERY + child(ALEXIS)], without)

        assert [name.split()[0] for name in children_of("Valéry")] == ["Alexis"]

    def test_a_usage_name_in_one_file_only_is_the_same_child(self, take: Take) -> None:
        take([ALEXIS], [VALERY + child(ALEXIS, usage="")])

        assert children_of("Valéry") == ["Alexis MARTIN"]

    def test_another_usage_name_is_another_child(self, take: Take) -> None:
        take([ALEXIS], [VALERY + child(ALEXIS, usage="LEROUX")])

        assert children_of("Valéry") == []

    def test_a_child_without_usage_name_in_another_class_is_not_the_one_who_has_one(self, take: Take) -> None:
        """A homonym who left the pupils' file, and not yet the responsables'."""
        take([ALEXIS], [VALERY + child(ALEXIS, usage="", label="CM2")])

        assert children_of("Valéry") == []

    def test_the_usage_name_parts_two_children(self, take: Take) -> None:
        other = ("DURAND", "", "Alexis", "20/05/2017", "CE2")

        take([ALEXIS, other], [VALERY + child(other), (*PAUL, *child(ALEXIS))])

        assert (children_of("Valéry"), children_of("Paul")) == (["Alexis"], ["Alexis MARTIN"])

    def test_without_the_column_two_children_are_not_chosen_between(self, take: Take) -> None:
        other = ("DURAND", "", "Alexis", "20/05/2017", "CE2")
        take([ALEXIS, other], [PAUL])

        take([ALEXIS, other], [VALERY + child(other)], USAGE[1:])

        assert children_of("Valéry") == []

    def test_a_usage_name_that_is_written_counts_whatever_the_other_file_lacks(self, take: Take) -> None:
        other = ("DURAND", "", "Alexis", "20/05/2017", "CE2")
        take([ALEXIS, other], [VALERY + child(ALEXIS)])

        plan = take([ALEXIS, other], [VALERY + child(ALEXIS)], USAGE[:1])

        assert plan.is_empty


class TestUnknownChildren:
    """One mistyped name must not take a child from a parent."""

    MISTYPED = ("", "DURAND", "Alexi", "CE2")

    @BOTH_DATABASES
    def test_a_mistyped_child_ends_neither_the_link_nor_the_adult(self, take: Take) -> None:
        take([ALEXIS, *OTHERS], [VALERY + child(ALEXIS), (*PAUL, *child(OTHERS[0]))])

        plan = take([ALEXIS, *OTHERS], [VALERY + self.MISTYPED, (*PAUL, *child(OTHERS[0]))])

        assert plan.is_empty
        assert children_of("Valéry") == ["Alexis MARTIN"]

    def test_a_mistyped_child_beside_a_known_one_keeps_its_link(self, take: Take) -> None:
        zoe, tom = OTHERS
        take([ALEXIS, *OTHERS], [PAUL + child(zoe) + child(tom)])

        take([ALEXIS, *OTHERS], [PAUL + child(zoe) + ("", "AUTRE", "Thom", "CE1")])

        assert children_of("Paul") == ["Tom", "Zoé"]

    def test_two_lines_of_one_adult_keep_the_link_too(self, take: Take) -> None:
        zoe, tom = OTHERS
        take([ALEXIS, *OTHERS], [PAUL + child(zoe) + child(tom)])

        take([ALEXIS, *OTHERS], [PAUL + child(zoe), PAUL + child(zoe) + ("", "AUTRE", "Thom", "CE1")])

        assert children_of("Paul") == ["Tom", "Zoé"]

    def test_a_line_that_names_all_its_children_ends_the_others_links(self, take: Take) -> None:
        zoe, tom = OTHERS
        take([ALEXIS, *OTHERS], [PAUL + child(zoe) + child(tom)])

        take([ALEXIS, *OTHERS], [PAUL + child(zoe)])

        assert children_of("Paul") == ["Zoé"]

    def test_an_adult_whose_only_child_left_ends_though_the_line_stays(self, take: Take) -> None:
        take([ALEXIS, *OTHERS], [VALERY + child(ALEXIS), (*PAUL, *child(OTHERS[0]))])
        everybody = [*OTHERS, ("TIERS", "", "Léo", "01/01/2016", "CM2"), ("TIERS", "", "Ana", "01/01/2015", "CM2")]
        take([ALEXIS, *everybody], [VALERY + child(ALEXIS), (*PAUL, *child(OTHERS[0]))])

        plan = take(everybody, [VALERY + child(ALEXIS), (*PAUL, *child(OTHERS[0]))])

        assert plan.responsables.ended == ["Mme DURANT Valéry"]

    def test_a_stranger_of_one_name_with_an_unknown_child_changes_nothing(self, take: Take) -> None:
        """Their number is not the known adult's."""
        take([ALEXIS, *OTHERS], [VALERY + child(ALEXIS)])

        take([ALEXIS, *OTHERS], [("MME", "DURANT", "Valéry", "0639987777", "", *self.MISTYPED)])

        assert db.session.scalars(select(Responsable.mobile).filter_by(first_name="Valéry")).all() == ["+33639981234"]


class TestLinesOfOneAdult:
    def test_a_line_with_the_children_of_two_others_makes_one_adult_of_three_lines(self, take: Take) -> None:
        zoe, tom = OTHERS
        lines = [PAUL + child(zoe), PAUL + child(tom), PAUL + child(zoe) + child(tom)]

        first = take(OTHERS, lines)
        again = take(OTHERS, lines)

        assert first.responsables.added == ["M. AUTRE Paul"]
        assert again.is_empty
        assert children_of("Paul") == ["Tom", "Zoé"]

    def test_what_the_first_line_lacks_comes_from_whichever_has_it(self, take: Take) -> None:
        zoe, tom = OTHERS
        mail = ("M.", "AUTRE", "Paul", "", "paul@example.org")

        take(OTHERS, [PAUL + child(zoe), mail + child(tom), PAUL + child(zoe) + child(tom)])

        paul = db.session.scalars(select(Responsable)).one()
        assert (paul.mobile, paul.email) == ("+33639980001", "paul@example.org")


class TestAmbiguousChildren:
    LUCAS = (("MARTIN", "", "Lucas", "14/03/2017", "CP"), ("MARTIN", "", "Lucas", "15/04/2017", "CP"))
    ANNE = ("MME", "LEROUX", "Anne", "", "")

    @BOTH_DATABASES
    def test_an_adult_without_any_contact_stays_the_same(self, take: Take) -> None:
        files = (self.LUCAS, [self.ANNE + child(self.LUCAS[0])])
        take(*files)

        plan = take(*files)

        assert plan.is_empty

    def test_the_answer_goes_to_the_adult_of_today(self, take: Take) -> None:
        files = (self.LUCAS, [self.ANNE + child(self.LUCAS[0])])
        take(*files)
        take(*files)
        [question] = questions.waiting(ECOLE)

        questions.decide(question.id, question.candidates[0], uai=ECOLE)
        db.session.commit()

        assert children_of("Anne") == ["Lucas"]
        assert take(*files).is_empty

    def test_a_child_that_was_chosen_stays_when_an_extraction_has_no_contacts(self, take: Take) -> None:
        line = ("MME", "LEROUX", "Anne", "0639981234", "anne@example.org")
        files = (self.LUCAS, [line + child(self.LUCAS[0])])
        take(*files)
        [question] = questions.waiting(ECOLE)
        questions.decide(question.id, question.candidates[0], uai=ECOLE)
        db.session.commit()

        plan = take(*files, without=("Téléphone portable", "Courriel"))

        assert plan.is_empty
        assert children_of("Anne") == ["Lucas"]

    def test_another_adult_of_the_name_takes_no_child_that_was_chosen(self, take: Take) -> None:
        line = ("MME", "LEROUX", "Anne", "0639981234", "anne@example.org")
        take(self.LUCAS, [line + child(self.LUCAS[0])])
        [question] = questions.waiting(ECOLE)
        questions.decide(question.id, question.candidates[0], uai=ECOLE)
        db.session.commit()

        plan = take(self.LUCAS, [("MME", "LEROUX", "Anne", "0639987777", "", *child(self.LUCAS[0]))])

        assert plan.responsables.added == ["Mme LEROUX Anne"]
        assert children_of("Anne") == []
