"""A school's own file in its head's console: differences, the yes, refusals, questions."""

import io
import re
from pathlib import Path

import pytest
from sqlalchemy import select, update

from idp.clock import now
from idp.db import db
from idp.flows import school_records
from idp.registry.errors import ImportRefused, RecordTaken
from idp.registry.models import Enrolment, Link
from idp.registry.waiting_files import WaitingFiles
from tests.conftest import BOTH_DATABASES
from tests.consoles.conftest import SCHOOL

ROOT = f"/gestion/ecoles/{SCHOOL}"
SAMPLES = Path(__file__).resolve().parents[2] / "demo" / "samples" / "onde"


def sends_files(director, *files):
    director.opens(f"{ROOT}/fichier")
    uploads = [(io.BytesIO(content), name) for name, content in files]
    return director.sends(f"{ROOT}/fichier", data={"fichiers": uploads})


def sample(name, folder=SAMPLES):
    return name, (folder / name).read_bytes()


PUPILS, PERSONS = "CSVExtraction-eleves.csv", "CSVExtraction-responsables.csv"


@pytest.fixture
def empty_school(director, family):
    """The head's school before its first file."""
    with director.app.app_context():
        for table in ("links", "enrolments", "pupils", "responsables"):
            db.session.connection().exec_driver_sql(f"DELETE FROM {table}")
        db.session.commit()
    return director


def test_a_file_is_shown_before_it_is_written(empty_school):
    director = sends_files(empty_school, sample(PUPILS), sample(PERSONS))

    assert director.sees("Rien n’est encore écrit.")
    assert director.sees("DURAND Alexis")
    with director.app.app_context():
        assert db.session.scalars(select(Enrolment)).all() == []


@BOTH_DATABASES
def test_the_yes_writes_what_was_shown(empty_school):
    director = sends_files(empty_school, sample(PUPILS), sample(PERSONS))

    director.sends(director.action("/fichier/[0-9a-f]+"))

    assert director.sees("Fichier enregistré")
    with director.app.app_context():
        assert len(db.session.scalars(select(Enrolment)).all()) == 24
        assert db.session.scalars(select(WaitingFiles)).all() == []
    assert director.opens(f"{ROOT}/familles?q=durant").sees("DURANT Valéry")


def test_a_yes_given_twice_writes_once(empty_school):
    director = sends_files(empty_school, sample(PUPILS), sample(PERSONS))
    path = director.action("/fichier/[0-9a-f]+")
    director.sends(path)

    assert director.sends(path).status == 404


def test_a_file_waits_a_quarter_of_an_hour_and_is_sealed_meanwhile(empty_school, clock):
    director = sends_files(empty_school, sample(PUPILS), sample(PERSONS))
    path = director.action("/fichier/[0-9a-f]+")
    with director.app.app_context():
        raw = db.session.connection().exec_driver_sql("SELECT files FROM waiting_files").scalar_one()
    clock.advance(minutes=15)

    assert b"DURAND" not in raw
    assert director.sends(path).status == 404


def sends_departures(director):
    """The school's pupils, then a file with only two of them, agreed to by who runs the school."""
    sends_files(director, sample(PUPILS), sample(PERSONS))
    director.sends(director.action("/fichier/[0-9a-f]+"))
    name, content = sample(PUPILS)
    sends_files(director, (name, b"\n".join(content.splitlines()[:3]) + b"\n"))
    assert director.status == 422
    assert director.sees("Beaucoup de départs")
    path = director.action("/fichier/[0-9a-f]+/verifier")

    director.sends(path, departs="0000000A")
    assert director.status == 422
    director.sends(path, departs=SCHOOL)
    assert director.sees("Rien n’est encore écrit.")
    return director.sends(director.action("/fichier/[0-9a-f]+"), departs=SCHOOL)


def pupils_of(app):
    with app.app_context():
        return len(db.session.scalars(select(Enrolment).where(Enrolment.ended_at.is_(None))).all())


def links_of(app):
    with app.app_context():
        return len(db.session.scalars(select(Link).where(Link.ended_at.is_(None))).all())


def asked_path(person):
    return re.search(r'href="([^"]+/departs/[0-9a-f]{32})"', person.opens(f"/gestion/ecoles/{SCHOOL}").text)[1]


def test_many_departures_wait_for_an_administrator(empty_school, administrator, app):
    """ATTACKS 122: a mass removal takes the UAI typed, and a second person."""
    director = sends_departures(empty_school)
    before = pupils_of(app)
    assert director.sees("Un fichier attend l’accord d’un administrateur")
    administrator.logs_in()

    administrator.opens(asked_path(administrator))
    assert administrator.sees(f"{before - 2} sur {before}")
    administrator.sends(administrator.path, reponse="oui")

    assert administrator.sees("C’est fait, et noté.")
    assert (before, pupils_of(app)) == (before, 2)
    assert not director.opens(f"{ROOT}/fichier").sees("attend l’accord")


def test_parents_cut_from_children_who_stay_wait_for_an_administrator(empty_school, administrator, app):
    """ATTACKS 122: another school's parents, or a cut file."""
    director = sends_files(empty_school, sample(PUPILS), sample(PERSONS))
    director.sends(director.action("/fichier/[0-9a-f]+"))
    name, content = sample(PERSONS)
    sends_files(director, (name, b"\n".join(content.splitlines()[:2]) + b"\n"))
    assert director.sees("32 sur 33")
    director.sends(director.action("/fichier/[0-9a-f]+/verifier"), departs=SCHOOL)
    director.sends(director.action("/fichier/[0-9a-f]+"), departs=SCHOOL)
    assert director.sees("36 sur 37")
    administrator.logs_in()

    administrator.opens(asked_path(administrator))
    assert administrator.sees("32 sur 33")
    assert links_of(app) == 37
    administrator.sends(administrator.path, reponse="oui")

    assert administrator.sees("C’est fait, et noté.")
    assert links_of(app) == 1


def test_refused_departures_change_nothing_and_wait_no_more(empty_school, administrator, app):
    sends_departures(empty_school)
    before = pupils_of(app)
    path = asked_path(administrator.logs_in())

    administrator.opens(path).sends(path, reponse="non")

    assert pupils_of(app) == before
    assert administrator.opens(path).status == 404


def test_departures_that_are_others_by_now_are_not_agreed_to(empty_school, administrator, app):
    sends_departures(empty_school)
    path = asked_path(administrator.logs_in())
    with app.app_context():
        some = select(Enrolment.id).where(Enrolment.ended_at.is_(None)).limit(3)
        db.session.execute(update(Enrolment).where(Enrolment.id.in_(some)).values(ended_at=now()))
        db.session.commit()
    before = pupils_of(app)

    administrator.opens(path).sends(path, reponse="oui")

    assert administrator.status == 422
    assert administrator.sees("L’école n’est plus la même depuis la demande.")
    assert pupils_of(app) == before


def test_departures_that_nobody_decides_in_time_fall(empty_school, administrator, clock):
    sends_departures(empty_school)
    path = asked_path(administrator.logs_in())
    clock.advance(hours=25)

    assert administrator.logs_in().opens(path).status == 404


def test_the_second_person_is_never_the_first(empty_school, administrator):
    """ATTACKS 122."""
    director = sends_departures(empty_school)
    path = asked_path(administrator.logs_in())

    assert director.sends(path, reponse="oui").status == 403


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("01-vide.csv", "Le fichier est vide"),
        ("12-nom-vide.csv", "Rien n’est encore écrit."),
        ("34-autre-etablissement.xml", "Le fichier est celui d’un autre établissement."),
        ("32-entite-externe.xml", "Un export de SIECLE n’a pas de déclaration de type"),
        ("52-bombe.zip", "L’archive se décompresse démesurément"),
    ],
)
def test_a_bad_file_says_what_is_wrong_with_it(empty_school, name, told):
    director = sends_files(empty_school, sample(name, SAMPLES.parent / "malformed"))

    assert director.sees(told)


def test_a_file_that_names_another_school_is_refused(empty_school):
    """ATTACKS 124."""
    content = sample(PUPILS)[1]

    director = sends_files(empty_school, ("0599902T-eleves.csv", content))

    assert director.status == 422
    assert director.sees("Le fichier est celui d’un autre établissement.")


def test_a_file_that_is_too_large_is_refused_before_it_is_read(director):
    director = sends_files(director, ("gros.csv", b"x" * (9 * 2**20)))

    assert director.status == 413


def test_a_stranger_sends_no_file_at_all(app, schools, clock):
    """The larger form is for somebody who is logged in."""
    answer = app.test_client().post(f"{ROOT}/fichier", data={"fichiers": (io.BytesIO(b"x" * 2**20), "a.csv")})

    assert answer.status_code == 413


def test_no_file_is_told(director):
    director.opens(f"{ROOT}/fichier").sends(f"{ROOT}/fichier", data={"fichiers": (io.BytesIO(b""), "")})

    assert director.status == 422
    assert director.sees("Choisissez un ou deux fichiers.")


def test_a_path_in_a_files_name_leads_nowhere(empty_school):
    name, content = sample(PUPILS)

    director = sends_files(empty_school, (f"../../../../tmp/{name}", content))

    assert director.sees("Rien n’est encore écrit.")


def test_a_question_of_an_import_is_answered_once(empty_school):
    director = sends_files(empty_school, sample(PUPILS), sample(PERSONS))
    director.sends(director.action("/fichier/[0-9a-f]+"))
    director.opens(f"{ROOT}/questions")
    asked = re.findall(rf'action="({ROOT}/questions/[0-9a-f]+)"', director.text)
    answer = re.search(r'name="reponse" value="([0-9a-f]{32})"', director.text).group(1)
    assert director.sees("De quel élève s’agit-il")

    director.sends(asked[0], reponse=answer)

    assert director.sees("Votre réponse est enregistrée.")
    assert len(re.findall(r'action="[^"]*/questions/[0-9a-f]+"', director.text)) == len(asked) - 1


def test_an_answer_that_is_none_of_the_candidates_is_refused(empty_school):
    director = sends_files(empty_school, sample(PUPILS), sample(PERSONS))
    director.sends(director.action("/fichier/[0-9a-f]+"))
    asked = re.search(rf'action="({ROOT}/questions/[0-9a-f]+)"', director.opens(f"{ROOT}/questions").text).group(1)

    director.sends(asked, reponse="f" * 32)

    assert director.status == 422
    assert director.sees("Choisissez une réponse.")


def test_a_file_that_met_another_import_says_to_do_it_again(empty_school, monkeypatch):
    def meet(*words, **named):
        raise ImportRefused([RecordTaken(uai=SCHOOL, files=[PUPILS], constraint="pupils.ine")])

    monkeypatch.setattr(school_records, "write", meet)

    director = sends_files(empty_school, sample(PUPILS))

    assert director.sees("Un autre import a écrit la même chose au même moment.")
