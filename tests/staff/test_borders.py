"""How far each role sees."""

import pytest
from sqlalchemy import select

from idp.db import db
from idp.registry import academies
from idp.registry.models import School
from idp.staff import borders, errors, service
from idp.staff.models import StaffAccount, StaffSchool

LILLE, MARSEILLE, CORSE = "0590001A", "0130003C", "6200001G"


@pytest.fixture
def schools(database, clock):
    db.session.add_all(School(uai=uai, name=uai) for uai in (LILLE, "0620002B", MARSEILLE, CORSE))
    db.session.flush()


def seen(staff):
    return set(db.session.scalars(select(School.uai).where(borders.within(staff, School.uai))))


def test_a_head_sees_the_schools_of_the_account(schools):
    staff = service.add("tete", "T", "school_head", uais=[LILLE, CORSE], by="test")

    assert seen(staff) == {LILLE, CORSE}
    assert borders.school(staff, uai=LILLE)
    assert not borders.school(staff, uai=MARSEILLE)


@pytest.mark.parametrize(
    ("academie", "uais"),
    [("Lille", {LILLE, "0620002B"}), ("Aix-Marseille", {MARSEILLE}), ("corse", {CORSE}), ("Nice", set())],
)
def test_support_sees_the_schools_of_one_academie(schools, academie, uais):
    assert seen(service.add("appui", "A", "support", academie=academie, by="test")) == uais


def test_an_administrator_sees_no_family(schools):
    assert seen(service.add("admin", "A", "administrator", by="test")) == set()


def test_a_head_without_a_school_sees_nothing(schools):
    assert seen(StaffAccount(role="school_head", schools=[])) == set()


def test_an_unknown_role_sees_nothing(schools):
    assert seen(StaffAccount(role="admin", schools=[StaffSchool(uai=LILLE)])) == set()


def test_a_school_of_no_known_departement_belongs_to_no_academie():
    assert academies.academie_of("9990001A") == ""
    assert academies.academie_of("0750001A") == "Paris"


def test_each_departement_belongs_to_one_academie():
    every = [number for numbers in academies.ACADEMIES.values() for number in numbers]

    assert len(every) == len(set(every))
    assert {f"{number:03}" for number in range(1, 96) if number != 20} <= set(every)


@pytest.mark.parametrize(
    ("login", "role", "border", "error"),
    [
        ("x", "administrator", {}, errors.LoginInvalid),
        ("a b c", "administrator", {}, errors.LoginInvalid),
        ("tete", "school_head", {}, errors.RoleIncomplete),
        ("tete", "school_head", {"uais": ["0000000X"]}, errors.RoleIncomplete),
        ("tete", "administrator", {"uais": [LILLE]}, errors.RoleIncomplete),
        ("appui", "support", {}, errors.RoleIncomplete),
        ("appui", "support", {"academie": "Nowhere"}, errors.RoleIncomplete),
    ],
)
def test_an_account_without_a_clear_border_is_not_made(schools, login, role, border, error):
    with pytest.raises(error):
        service.add(login, "N", role, by="test", **border)


def test_a_login_is_given_once(schools):
    service.add("admin", "A", "administrator", by="test")

    with pytest.raises(errors.LoginTaken):
        service.add(" ADMIN ", "B", "administrator", by="test")
