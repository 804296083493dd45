"""The school's file changes while a parent registers."""

import datetime as dt
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, select, update

from idp.accounts.models import Account
from idp.db import db
from idp.flows import school_records
from idp.registry.models import Link, Pupil, Responsable
from idp.settings import Settings
from tests.conftest import BOTH_DATABASES, Clock
from tests.journeys.conftest import BIRTH_DATES, add_child

UAI = "0590001A"
NEW = "06 39 98 55 66"
CHANGED = "L’établissement a changé vos informations pendant votre inscription."


@pytest.fixture
def school_corrects(app: Flask, family: list[str], settings: Settings) -> Any:
    def run(field: str, value: str) -> None:
        with app.app_context():
            school_records.correct(family[0], field, value, uai=UAI, made_by="head", settings=settings)
            db.session.commit()

    return run


def test_a_code_sent_to_a_number_that_was_taken_away_is_dead(parent, school_corrects):
    """ATTACKS 123."""
    parent.until_code()
    code = parent.last_code()
    school_corrects("mobile", NEW)

    parent.enters_code(code)

    assert parent.reaches("informations")
    assert parent.sees(CHANGED)


def test_a_parent_whose_number_changes_after_the_code_begins_again(parent, school_corrects):
    parent.until_dates()
    school_corrects("mobile", NEW)

    parent.enters_dates()

    assert parent.reaches("informations")
    assert parent.sees(CHANGED)


def test_the_new_number_registers_after_the_delay_and_is_told_until_then(parent, school_corrects, clock: Clock):
    """ATTACKS 123."""
    school_corrects("mobile", NEW)

    parent.begins().gives(mobile=NEW)
    assert parent.sees("Ce numéro de mobile vient d’être changé par l’établissement.")
    assert parent.sees("17/01/2026") or parent.sees("17 janvier")

    clock.advance(hours=48)
    assert parent.begins().gives(mobile=NEW).reaches("code")


def test_the_old_number_is_told_in_one_segment_of_gsm_7(parent, school_corrects):
    school_corrects("mobile", NEW)

    [text] = parent.sms()
    assert len(text) <= 160
    assert (
        not set(text)
        - set(" !\"#$%&'()*+,-./:;<=>?@ÉéèùìòÇØøÅåÆæßàäöñüÄÖÑÜ§¡¿")
        - set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
    )


def test_a_corrected_birth_date_counts_when_it_is_typed(parent, app, school_corrects, family, settings):
    parent.until_dates()
    with app.app_context():
        pupil = db.session.scalars(select(Pupil).where(Pupil.first_name == "Alexis")).one()
        school_records.correct(pupil.id, "birth_on", "15/03/2017", uai=UAI, made_by="head", settings=settings)
        db.session.commit()

    parent.enters_dates({"Alexis": dt.date(2017, 3, 15), "Camille": dt.date(2014, 6, 22)})

    assert parent.reaches("mot-de-passe")


@BOTH_DATABASES
def test_dates_sent_from_a_page_shown_before_a_correction_are_those_of_their_children(parent, app):
    """The correction that the page itself advises may change which child is the elder."""
    set_birth_date(app, "Alexis", dt.date(2013, 3, 14))
    parent.until_dates().enters_dates()
    assert parent.sees("Il vous reste 4 essais.")
    typed = parent.typed_dates(BIRTH_DATES)
    set_birth_date(app, "Alexis", BIRTH_DATES["Alexis"])

    parent.sends(parent.path, **typed)

    assert parent.reaches("mot-de-passe")


@BOTH_DATABASES
def test_a_child_that_leaves_takes_its_own_date_along(parent, app):
    parent.until_dates()
    typed = parent.typed_dates(BIRTH_DATES)
    with app.app_context():
        camille = select(Pupil.id).where(Pupil.first_name == "Camille").scalar_subquery()
        db.session.execute(delete(Link).where(Link.pupil_id == camille))
        db.session.commit()

    parent.sends(parent.path, **typed)

    assert parent.reaches("mot-de-passe")


def test_an_elder_child_that_comes_leaves_what_was_typed_with_its_child(parent, app, family):
    parent.until_dates()
    typed = parent.typed_dates(BIRTH_DATES)
    with app.app_context():
        add_child(db.session.get_one(Responsable, family[0]), "Zoé", dt.date(2012, 5, 2))
        db.session.commit()

    parent.sends(parent.path, **typed)

    assert parent.sees("Écrivez une date complète")
    assert parent.shown_dates() == {"Zoé": "//", "Camille": "22/6/2014", "Alexis": "14/3/2017"}
    assert parent.enters_dates(BIRTH_DATES | {"Zoé": dt.date(2012, 5, 2)}).reaches("mot-de-passe")


@BOTH_DATABASES
@pytest.mark.parametrize("values", [{"ended_at": dt.datetime(2026, 1, 15, tzinfo=dt.UTC)}, {"legal_level": 3}])
@pytest.mark.parametrize("step", ["dates", "mot-de-passe"])
def test_who_answers_for_no_child_any_more_begins_again_and_gets_no_account(parent, app, values, step):
    """A school's file keeps the person and ends the links, or lowers their level."""
    parent.until_dates() if step == "dates" else parent.until_password()
    change_links(app, **values)

    parent.sends(parent.path) if step == "dates" else parent.chooses()

    assert parent.reaches("informations")
    assert parent.sees(CHANGED)
    with app.app_context():
        assert db.session.scalars(select(Account)).all() == []


def test_a_letter_whose_children_left_costs_no_try(reader, app):
    reader.uses_letter()
    change_links(app, ended_at=dt.datetime(2026, 1, 15, tzinfo=dt.UTC))

    for _try in range(5):
        reader.sends(f"/activation/{reader.flow_id}/dates")

    assert reader.sees("Aucun enfant n’est à votre nom dans l’école aujourd’hui.")
    change_links(app, ended_at=None)
    assert reader.opens(f"/activation/{reader.flow_id}").gives_dates().reaches("mot-de-passe")


def set_birth_date(app: Flask, first_name: str, birth_on: dt.date) -> None:
    with app.app_context():
        db.session.execute(update(Pupil).where(Pupil.first_name == first_name).values(birth_on=birth_on))
        db.session.commit()


def change_links(app: Flask, **values: Any) -> None:
    with app.app_context():
        db.session.execute(update(Link).values(values))
        db.session.commit()


def test_a_change_of_mobile_logs_nobody_out(parent, app, school_corrects, family):
    parent.until_end()
    school_corrects("mobile", NEW)

    assert parent.opens(parent.path).page.status_code == 200
    with app.app_context():
        assert db.session.get_one(Responsable, family[0]).mobile == "+33639985566"
