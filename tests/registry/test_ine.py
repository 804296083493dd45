"""One INE, two schools: the same child, somebody else, or a file that says it later."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select

from idp.db import db
from idp.flows import school_records
from idp.registry.errors import ImportRefused, RecordTaken, SchoolUnknown
from idp.registry.importing import Consent
from idp.registry.models import Enrolment, Pupil
from idp.registry.plan import Plan
from idp.registry.reading import Reading, find_files, read
from idp.registry.staging import Staging
from idp.settings import Settings
from tests.conftest import BOTH_DATABASES
from tests.registry.conftest import COLLEGE, ECOLE

PUPILS = "Nom élève;Prénom élève;Date naissance;INE;Libellé classe\n"
INE, OTHER_INE = "099001000AA", "099001111BB"
ALEXIS = "DURAND;Alexis;14/03/2017;{};CE2\n"
AGREED = Consent(mass_ending=frozenset([ECOLE, COLLEGE]))
Take = Callable[..., Plan]


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes the pupils of a school, with another one beside who stays."""

    def run(uai: str, *lines: str) -> Path:
        folder = tmp_path / uai
        folder.mkdir(exist_ok=True)
        other = f"AUTRE{uai[-1]};Zoé;01/02/2017;;CP\n"
        (folder / "eleves.csv").write_text(PUPILS + "".join(lines) + other, "utf-8")
        return folder

    return run


@pytest.fixture
def take(write: Callable[..., Path], import_batch: Callable[..., list[Plan]]) -> Take:
    """Imports these pupils as all that the school has, beside the one who stays."""

    def run(uai: str, *lines: str) -> Plan:
        [plan] = import_batch([write(uai, *lines)], AGREED)
        return plan

    return run


def pupils(uai: str) -> list[tuple[str, str, str | None]]:
    """The pupils of a school of today: name, id and INE."""
    current = select(Pupil).join(Enrolment).where(Enrolment.uai == uai, Enrolment.ended_at.is_(None))
    found = [(pupil.first_name, pupil.id, pupil.ine) for pupil in db.session.scalars(current)]
    return sorted(one for one in found if one[0] != "Zoé")


@BOTH_DATABASES
def test_a_pupil_enrolled_before_their_ine_came_stays_who_they_are_here(take: Take) -> None:
    """The first school let them go only later: its pupil keeps the INE, and this one is kept without."""
    take(ECOLE, ALEXIS.format(INE))
    take(COLLEGE, ALEXIS.format(""))
    [before] = pupils(COLLEGE)
    take(ECOLE)

    plan = take(COLLEGE, ALEXIS.format(INE))

    assert plan.is_empty
    assert pupils(COLLEGE) == [before]
    assert take(COLLEGE, ALEXIS.format(INE)).is_empty


@BOTH_DATABASES
def test_a_child_with_two_ine_in_two_schools_is_one_when_the_files_agree(take: Take) -> None:
    take(ECOLE, ALEXIS.format(OTHER_INE))
    take(COLLEGE, ALEXIS.format(INE))

    take(ECOLE, ALEXIS.format(INE))

    assert pupils(ECOLE) == pupils(COLLEGE)


@BOTH_DATABASES
def test_two_children_of_one_name_and_day_may_be_in_both_schools(take: Take) -> None:
    take(ECOLE, ALEXIS.format(INE))
    take(COLLEGE, ALEXIS.format(OTHER_INE))

    take(ECOLE, ALEXIS.format(INE), ALEXIS.format(OTHER_INE))

    assert {ine for _, _, ine in pupils(ECOLE)} == {INE, OTHER_INE}
    assert set(pupils(COLLEGE)) <= set(pupils(ECOLE))


HOMONYMS = st.lists(st.sampled_from(["", INE, OTHER_INE]), unique=True)
FILES = st.lists(st.tuples(st.sampled_from([ECOLE, COLLEGE]), HOMONYMS), min_size=4, max_size=5)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(FILES)
def test_whatever_two_schools_say_of_an_ine_each_has_its_pupils(take: Take, files: list[tuple[str, list[str]]]) -> None:
    for model in (Enrolment, Pupil):
        db.session.execute(delete(model))

    for uai, ines in files:
        take(uai, *map(ALEXIS.format, ines))

        assert len(pupils(uai)) == (len({*ines} - {""}) or len(ines))


def test_an_ine_that_cannot_be_taken_is_told(take: Take, write: Callable[..., Path], settings: Settings) -> None:
    take(ECOLE, ALEXIS.format(INE))
    take(COLLEGE, ALEXIS.format(""))

    with Staging() as staging:
        files = read(find_files([write(COLLEGE, ALEXIS.format(INE))]), staging, Reading(2025))
        school_records.write(staging, files, 2025, Consent(), settings)
        [defect] = staging.defects([1])

    assert (defect.code, defect.line, defect.value) == ("row_ine_taken", 2, INE)


def test_a_line_refused_for_its_ine_ends_nothing_for_its_pupil(take: Take) -> None:
    take(ECOLE, f"INTRUS;Léo;01/01/2016;{INE};CP\n")
    take(COLLEGE, ALEXIS.format(OTHER_INE))

    plan = take(COLLEGE, ALEXIS.format(INE))

    assert plan.is_empty
    assert [ine for _, _, ine in pupils(COLLEGE)] == [OTHER_INE]


class TestAtTheSameMoment:
    """PostgreSQL only: on SQLite one import waits for the other."""

    pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)

    @pytest.fixture
    def import_late(self, write: Callable[..., Path], settings: Settings, schools: None) -> Callable[[], Any]:
        """Imports a batch while another import writes the INE after this one has looked for it."""

        def run() -> Any:
            write("0599900R", ALEXIS.format(INE))
            folder = write(ECOLE, ALEXIS.format(INE))
            came: list[int] = []

            def other_import(count: int) -> None:
                if not came:
                    came.append(count)
                    with db.engine.begin() as connection:
                        connection.execute(insert(Pupil).values(id="f" * 32, **_columns(INE)))

            with Staging() as staging:
                files = read(find_files([folder.parent]), staging, Reading(2025))
                school_records.write(staging, files, 2025, Consent(), settings, progress=other_import)

        return run

    def test_the_school_and_its_file_are_named_beside_the_other_refusals(self, import_late: Callable[[], Any]) -> None:
        with pytest.raises(ImportRefused) as refused:
            import_late()

        unknown, taken = refused.value.refusals
        assert isinstance(unknown, SchoolUnknown)
        assert isinstance(taken, RecordTaken)
        assert (taken.uai, taken.files) == (ECOLE, ["eleves.csv"])
        assert "ine" in taken.constraint
        assert INE not in str(vars(taken))

    def test_the_next_attempt_finds_the_other_pupil(self, import_late: Callable[[], Any], take: Take) -> None:
        with pytest.raises(ImportRefused):
            import_late()
        db.session.rollback()

        take(ECOLE, ALEXIS.format(INE))

        assert pupils(ECOLE) == [("Alexis", "f" * 32, INE)]


def _columns(ine: str) -> dict[str, Any]:
    names = {"family_name": "DURAND", "first_name": "Alexis", "family_key": "durand", "first_key": "alexis"}
    return {**names, "ine": ine, "birth_on": dt.date(2017, 3, 14)}
