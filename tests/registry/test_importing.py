"""Importing the sample schools, and importing them again."""

import datetime as dt
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select

from idp.db import db
from idp.registry import phones
from idp.registry.errors import ImportRefused, KeysRenumbered, MassEnding, SchoolUnknown
from idp.registry.importing import Consent
from idp.registry.matching import children_of, find_responsables
from idp.registry.models import Enrolment, Link, Pupil, Responsable
from idp.registry.plan import Plan

SAMPLES = Path(__file__).parents[2] / "demo" / "samples"
EXPECTED = tomllib.loads((SAMPLES / "onde/expected.toml").read_text("utf-8"))
SIECLE = tomllib.loads((SAMPLES / "siecle/expected.toml").read_text("utf-8"))
ECOLE, COLLEGE = "0599901S", "0599902T"
ENDING = Consent(mass_ending=frozenset([ECOLE]))

Import = Callable[..., Plan]


@pytest.fixture
def onde(import_files: Import) -> Plan:
    return import_files(SAMPLES / "onde", EXPECTED["first_import"]["files"])


@pytest.fixture
def siecle(import_files: Import) -> Plan:
    return import_files(SAMPLES / "siecle", SIECLE["files"], COLLEGE)


def count(model: type[object]) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def responsable(family_name: str, first_name: str) -> Responsable:
    return db.session.scalars(select(Responsable).filter_by(family_name=family_name, first_name=first_name)).one()


def test_a_first_import_writes_the_school(onde: Plan) -> None:
    assert (count(Pupil), count(Enrolment)) == (24, 24)
    assert (count(Responsable), count(Link)) == (36, 37)


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_the_same_files_again_change_nothing(onde: Plan, import_files: Import) -> None:
    again = import_files(SAMPLES / "onde", EXPECTED["first_import"]["files"])

    assert again.is_empty
    assert not again.to_confirm
    assert not again.undecided


def test_the_same_siecle_files_again_change_nothing(siecle: Plan, import_files: Import) -> None:
    assert import_files(SAMPLES / "siecle", SIECLE["archives"], COLLEGE).is_empty


@pytest.mark.parametrize("case", EXPECTED["first_import"]["sms_match"], ids=lambda case: " ".join(case["typed"]))
def test_what_a_parent_types_finds_them_or_not(case: dict[str, object], onde: Plan) -> None:
    surname, first_name, mobile = case["typed"]  # type: ignore[misc]

    found = find_responsables(surname, first_name, phones.normalise_mobile(mobile) or "")

    assert len(found) == (1 if case["match"] else 0)


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_a_parent_of_two_schools_has_a_responsable_in_each(onde: Plan, siecle: Plan) -> None:
    found = find_responsables("Durant", "Valéry", "+33639981234")

    assert {person.uai for person in found} == {ECOLE, COLLEGE}
    assert [child.first_name for child in children_of([person.id for person in found])] == ["Camille", "Alexis"]


def test_siecle_allows_accounts_to_legal_representatives_of_present_pupils_only(siecle: Plan) -> None:
    people = db.session.scalars(select(Responsable).where(Responsable.is_organisation.is_(False)))

    assert sum(bool(children_of([person.id])) for person in people) == SIECLE["accounts_allowed"]


class TestReimport:
    @pytest.fixture
    def plan(self, onde: Plan, import_files: Import) -> Plan:
        return import_files(SAMPLES / "onde", EXPECTED["reimport"]["files"])

    def test_pupils_come_and_go(self, plan: Plan) -> None:
        assert plan.pupils.added == EXPECTED["reimport"]["pupils_added"]
        assert plan.pupils.ended == EXPECTED["reimport"]["pupils_gone"]

    def test_a_pupil_with_the_same_ine_stays_the_same(self, plan: Plan) -> None:
        assert sorted(change.split(":")[0] for change in plan.pupils.changed) == [
            "GARÇON Théophile",
            "KOWALSKI Hugo",
            "ROUSSEL Adam",
        ]
        assert db.session.scalars(select(Pupil).filter_by(ine="099001703KG")).one().birth_on == dt.date(2020, 12, 30)

    def test_responsables_who_are_gone_end(self, plan: Plan) -> None:
        assert sorted(name.upper() for name in plan.responsables.ended) == sorted(
            name.upper() for name in EXPECTED["reimport"]["responsables_gone"]
        )
        assert find_responsables("Benali", "Samira", "+33639985002") == []

    @pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
    def test_new_mobiles_are_taken(self, plan: Plan) -> None:
        assert responsable("DURANT", "Valéry").mobile == "+33639981299"
        assert responsable("ROUSSEL", "Amélie").mobile == "+33639989401"

    def test_an_adult_spelt_otherwise_is_the_same(self, plan: Plan) -> None:
        assert responsable("D HAENE", "Sophie")
        assert plan.responsables.added == []

    def test_a_new_surname_waits_for_a_confirmation(self, plan: Plan) -> None:
        assert [text.upper() for text in plan.to_confirm] == [
            text.upper() for text in EXPECTED["reimport"]["to_confirm"]
        ]
        assert [child.first_name for child in children_of([responsable("MARTIN", "Claire").id])] == ["Lucas"]

    def test_a_confirmed_surname_is_taken(self, plan: Plan, import_files: Import) -> None:
        before = responsable("MARTIN", "Claire").id

        import_files(SAMPLES / "onde", EXPECTED["reimport"]["files"], consent=Consent(renames=True))

        assert responsable("LEROUX", "Claire").id == before

    def test_a_new_child_joins_the_parent(self, plan: Plan) -> None:
        children = children_of([responsable("DURANT", "Valéry").id])

        assert [child.first_name for child in children] == ["Alexis", "Lina"]
        assert len(plan.links.added) == 1

    def test_a_pupil_who_returns_is_the_same(self, plan: Plan, import_files: Import) -> None:
        back = import_files(SAMPLES / "onde", EXPECTED["first_import"]["files"], consent=ENDING)

        assert "TELLIER Manon" in " ".join(back.pupils.changed)
        assert count(Pupil) == 25
        assert children_of([responsable("TELLIER", "Ginette").id])


def test_many_endings_wait_for_a_confirmation(onde: Plan, import_files: Import) -> None:
    files = ["variants/eleves-ancienne-generation.csv"]

    with pytest.raises(ImportRefused) as refused:
        import_files(SAMPLES / "onde", files)
    [refusal] = refused.value.refusals
    plan = import_files(SAMPLES / "onde", files, consent=ENDING)

    assert isinstance(refusal, MassEnding)
    assert refusal.ended == len(plan.pupils.ended) == 16


def test_pupils_without_ine_are_recognised_by_names_and_birth_date(onde: Plan, import_files: Import) -> None:
    import_files(SAMPLES / "onde", ["variants/eleves-ancienne-generation.csv"], consent=ENDING)

    assert count(Pupil) == 24
    assert db.session.scalars(select(Pupil).filter_by(first_name="Alexis")).one().ine == "099001000AA"


def test_responsables_may_come_after_the_pupils(import_files: Import) -> None:
    pupils, responsables = EXPECTED["first_import"]["files"]
    import_files(SAMPLES / "onde", [pupils])

    plan = import_files(SAMPLES / "onde", [responsables])

    assert plan.pupils.is_empty
    assert len(plan.links.added) == 37


def test_renumbered_keys_stop_the_import(siecle: Plan, import_files: Import, tmp_path: Path) -> None:
    text = (SAMPLES / "siecle/ElevesAvecAdresses.xml").read_text("iso-8859-15")
    for number in range(1, 9):
        text = text.replace(f"70100{number}", f"KEY{number % 8 + 1}")
    for number in range(1, 9):
        text = text.replace(f"KEY{number}", f"70100{number}")
    (tmp_path / "eleves.xml").write_text(text, "iso-8859-15")

    with pytest.raises(ImportRefused) as refused:
        import_files(tmp_path, ["eleves.xml"], COLLEGE)

    [refusal] = refused.value.refusals
    assert isinstance(refusal, KeysRenumbered)


def test_a_school_must_exist(import_files: Import) -> None:
    with pytest.raises(ImportRefused) as refused:
        import_files(SAMPLES / "onde", EXPECTED["first_import"]["files"], "0599903U")

    assert isinstance(refused.value.refusals[0], SchoolUnknown)
