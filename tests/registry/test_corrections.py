"""A school head corrects what the file has wrong; the correction wins until the file says something new."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from idp.db import db
from idp.delivery.models import Message
from idp.flows import school_records
from idp.registry import levels
from idp.registry.errors import CorrectionInvalid, RecordUnknown
from idp.registry.matching import children_of, find_responsables
from idp.registry.models import Correction, Link, Pupil, Responsable
from idp.settings import Settings, build
from tests.conftest import BOTH_DATABASES, Clock

ECOLE, COLLEGE = "0599901S", "0599902T"
HEAD = "directrice"
Batch = Callable[..., Any]


class School:
    """An école whose two extractions are written anew before each import."""

    def __init__(self, folder: Path, import_batch: Batch, settings: Settings) -> None:
        self.folder, self._import, self.settings = folder / ECOLE, import_batch, settings
        self.folder.mkdir()

    def imports(self, *, birth: str = "14/03/2017", mobile: str = "0639981234", name: str = "DURANT") -> Any:
        pupils = f"Nom élève;Prénom élève;Date naissance;Libellé classe\nDURAND;Alexis;{birth};CE2\n"
        parents = "Civilité Responsable;Nom responsable;Prénom responsable;Téléphone portable;Nom de famille enfant;"
        line = f"Prénom enfant\nMME;{name};Valéry;{mobile};DURAND;Alexis\n"
        (self.folder / "eleves.csv").write_text(pupils, "utf-8")
        (self.folder / "parents.csv").write_text(parents + line, "utf-8")
        [plan] = self._import([self.folder])
        return plan

    def corrects(self, record_id: str, field: str, value: str, *, uai: str = ECOLE) -> Correction:
        made = school_records.correct(record_id, field, value, uai=uai, made_by=HEAD, settings=self.settings)
        db.session.commit()
        return made

    @property
    def pupil(self) -> Pupil:
        return db.session.scalars(select(Pupil)).one()

    @property
    def mother(self) -> Responsable:
        return db.session.scalars(select(Responsable)).one()


@pytest.fixture
def school(tmp_path: Path, import_batch: Batch, settings: Settings) -> School:
    made = School(tmp_path, import_batch, settings)
    made.imports()
    return made


@BOTH_DATABASES
def test_a_corrected_birth_date_survives_the_same_file(school: School) -> None:
    school.corrects(school.pupil.id, "birth_on", "15/03/2017")

    plan = school.imports()

    assert plan.is_empty
    assert school.pupil.birth_on == dt.date(2017, 3, 15)


def test_a_file_that_agrees_ends_the_correction(school: School) -> None:
    made = school.corrects(school.pupil.id, "birth_on", "15/03/2017")

    plan = school.imports(birth="15/03/2017")

    assert (made.state, plan.is_empty) == ("agreed", True)


def test_a_file_that_says_something_new_wins_and_the_conflict_is_listed(school: School) -> None:
    made = school.corrects(school.mother.id, "mobile", "06 39 98 00 02")

    plan = school.imports(mobile="0639980003")

    assert made.state == "overruled"
    assert plan.conflicts == ["Mme DURANT Valéry: mobile"]
    assert school.mother.mobile == "+33639980003"


@BOTH_DATABASES
def test_a_corrected_name_finds_its_adult_in_the_next_file(school: School) -> None:
    before = school.mother.id
    school.corrects(before, "family_name", "DURAND-LEROY")

    plan = school.imports()

    assert plan.is_empty
    assert school.mother.id == before
    assert find_responsables("Durand Leroy", "Valéry", "+33639981234")


def test_a_corrected_mobile_is_told_to_the_old_number(school: School) -> None:
    """ATTACKS 123."""
    school.corrects(school.mother.id, "mobile", "06 39 98 00 02")

    assert [m.recipient for m in db.session.scalars(select(Message))] == ["+33639981234"]
    assert school.mother.mobile_changed_at is not None


def test_the_number_of_a_doubtful_cell_may_be_chosen(school: School) -> None:
    school.imports(mobile="0639980001 / 0639980002")
    assert school.mother.mobile is None

    school.corrects(school.mother.id, "mobile", "0639980002")

    assert school.imports(mobile="0639980001 / 0639980002").is_empty
    assert school.mother.mobile == "+33639980002"


def test_a_correction_waits_for_its_delay(school: School, clock: Clock) -> None:
    school.settings = build({"server": {"demo": True}, "registry": {"correction_delay_hours": 72}})
    made = school.corrects(school.pupil.id, "birth_on", "15/03/2017")
    assert (made.state, school.pupil.birth_on) == ("waiting", dt.date(2017, 3, 14))

    clock.advance(hours=72)
    school_records.apply_corrections(school.settings)

    assert (made.state, school.pupil.birth_on) == ("in_force", dt.date(2017, 3, 15))


def test_a_second_correction_remembers_what_the_file_said(school: School) -> None:
    school.corrects(school.pupil.id, "birth_on", "15/03/2017")
    school.corrects(school.pupil.id, "birth_on", "16/03/2017")

    assert school.imports().is_empty
    assert school.pupil.birth_on == dt.date(2017, 3, 16)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("birth_on", "31/02/2017"),
        ("birth_on", "14/03/1917"),
        ("mobile", "01 99 00 12 34"),
        ("family_name", ""),
        ("family_name", "=1+1"),
        ("first_name", "A" * 101),
        ("email", "x@example.org"),
    ],
)
def test_a_value_that_cannot_be_is_refused(school: School, field: str, value: str) -> None:
    record = school.pupil.id if field == "birth_on" else school.mother.id

    with pytest.raises(CorrectionInvalid):
        school.corrects(record, field, value)


def test_no_school_corrects_the_people_of_another(school: School) -> None:
    """ATTACKS 123."""
    for record, field, value in ((school.pupil.id, "birth_on", "15/03/2017"), (school.mother.id, "mobile", "")):
        with pytest.raises(RecordUnknown):
            school.corrects(record, field, value, uai=COLLEGE)


def test_a_lowered_level_hides_the_child_and_stays_lowered(school: School) -> None:
    levels.set_level(school.mother.id, school.pupil.id, 2, uai=ECOLE, by=HEAD)
    db.session.commit()

    plan = school.imports()

    assert plan.is_empty
    assert children_of([school.mother.id]) == []
    assert db.session.scalars(select(Link.legal_level)).all() == [2]


def test_no_school_sets_a_level_of_another(school: School) -> None:
    with pytest.raises(RecordUnknown):
        levels.set_level(school.mother.id, school.pupil.id, 2, uai=COLLEGE, by=HEAD)
