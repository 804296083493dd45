"""A school with one family, a parent who uses real forms, and the SMS that were queued."""

import datetime as dt
import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from idp.accounts.letters import printing, recipients
from idp.db import db
from idp.delivery import outbox
from idp.delivery.models import Message
from idp.flows.desk import Desk
from idp.registry import names
from idp.registry.models import Enrolment, Link, Pupil, Responsable, School
from idp.settings import Settings

MOBILE = "06 39 98 12 34"
BIRTH_DATES = {"Alexis": dt.date(2017, 3, 14), "Camille": dt.date(2014, 6, 22)}
PASSWORD = "chevalbleu7"
SUBJECT = "Services en ligne de l'éducation nationale – activation de votre compte"


def add_responsable(uai: str = "0590001A", first_name: str = "Valéry", mobile: str = "+33639981234") -> Responsable:
    row = Responsable(
        uai=uai, civility="Mme", family_name="DURANT", first_name=first_name, mobile=mobile,
        family_key=names.key("DURANT"), first_key=names.key(first_name),
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    return row


def add_child(responsable: Responsable, first_name: str, birth_on: dt.date) -> Pupil:
    pupil = Pupil(
        family_name="DURAND", first_name=first_name, birth_on=birth_on,
        family_key=names.key("DURAND"), first_key=names.key(first_name),
    )  # fmt: skip
    db.session.add(pupil)
    db.session.flush()
    db.session.add(Enrolment(uai=responsable.uai, pupil_id=pupil.id, class_label="CE2 A", school_year=2025))
    db.session.add(Link(responsable_id=responsable.id, pupil_id=pupil.id))
    db.session.flush()
    return pupil


@pytest.fixture
def family(app: Flask) -> list[str]:
    """Valéry DURANT, mother of Alexis and Camille; the ids of her responsables."""
    with app.app_context():
        db.session.add(School(uai="0590001A", name="École primaire publique Roger Salengro"))
        db.session.flush()
        mother = add_responsable()
        for first_name, birth_on in BIRTH_DATES.items():
            add_child(mother, first_name, birth_on)
        db.session.commit()
        return [mother.id]


@pytest.fixture
def add_second_school(app: Flask) -> Callable[[], None]:
    """The same mother, as another school knows her."""

    def add() -> None:
        with app.app_context():
            db.session.add(School(uai="0590002B", name="Collège Les Trois Tilleuls", degree=2))
            db.session.flush()
            responsable = add_responsable("0590002B")
            pupil = db.session.scalars(select(Pupil).where(Pupil.first_name == "Camille")).one()
            db.session.add(Enrolment(uai="0590002B", pupil_id=pupil.id, class_label="6A", school_year=2025))
            db.session.add(Link(responsable_id=responsable.id, pupil_id=pupil.id))
            db.session.commit()

    return add


@pytest.fixture
def add_father(app: Flask) -> Callable[[], None]:
    """Paul, responsable of the same children."""

    def add() -> None:
        with app.app_context():
            paul = add_responsable(first_name="Paul", mobile="+33639985555")
            for pupil in db.session.scalars(select(Pupil)):
                db.session.add(Link(responsable_id=paul.id, pupil_id=pupil.id))
            db.session.commit()

    return add


@pytest.fixture
def add_zoe(app: Flask, family: list[str]) -> Callable[[], None]:
    """One more child, as an import half-way brings it."""

    def add() -> None:
        with app.app_context():
            add_child(db.session.get_one(Responsable, family[0]), "Zoé", dt.date(2019, 5, 2))
            db.session.commit()

    return add


CHILD = re.compile(r'<fieldset[^>]* id="(enfant-\w+)"[^>]*>\s*<legend>([^<]+)</legend>')


def date_fields(page: str, dates: dict[str, dt.date]) -> dict[str, str]:
    """The fields of the page's children, filled in."""
    fields: dict[str, str] = {}
    for child, first_name in CHILD.findall(page):
        day = dates[first_name]
        fields |= {f"{child}_jour": str(day.day), f"{child}_mois": str(day.month), f"{child}_annee": str(day.year)}
    return fields


class Parent:
    """A browser and the person in front of it."""

    def __init__(self, app: Flask) -> None:
        self.app, self.browser = app, app.test_client()
        self.page: TestResponse | None = None

    def opens(self, path: str) -> "Parent":
        self.page = self.browser.get(path, follow_redirects=True)
        return self

    @property
    def text(self) -> str:
        assert self.page is not None
        return unescape(self.page.text).replace("\N{NO-BREAK SPACE}", " ")

    @property
    def path(self) -> str:
        assert self.page is not None
        return self.page.request.path

    @property
    def flow_id(self) -> str:
        return self.path.split("/")[2]

    def sees(self, words: str) -> bool:
        return words in self.text

    def token(self) -> str:
        found = re.search(r'name="csrf_token" value="([0-9a-f]+)"', self.text)
        return found.group(1) if found else ""

    def sends(self, path: str, **fields: str) -> "Parent":
        form = {"csrf_token": self.token(), **fields}
        self.page = self.browser.post(path, data=form, follow_redirects=True)
        return self

    def begins(self) -> "Parent":
        return self.opens("/inscription")

    def gives(self, nom: str = "Durant", prenom: str = "Valery", mobile: str = MOBILE) -> "Parent":
        return self.sends(f"/inscription/{self.flow_id}/informations", nom=nom, prenom=prenom, mobile=mobile)

    def enters_code(self, code: str) -> "Parent":
        return self.sends(f"/inscription/{self.flow_id}/code", code=code)

    def asks_another_code(self) -> "Parent":
        return self.sends(f"/inscription/{self.flow_id}/code/renvoyer")

    def enters_dates(self, dates: dict[str, dt.date] = BIRTH_DATES) -> "Parent":
        return self.sends(f"/inscription/{self.flow_id}/dates", **self.typed_dates(dates))

    def typed_dates(self, dates: dict[str, dt.date]) -> dict[str, str]:
        return date_fields(self.text, dates)

    def shown_dates(self) -> dict[str, str]:
        """What the fields of each child hold, as 14/3/2017."""
        values = dict(re.findall(r'name="(enfant-\w+_\w+)"[^>]* value="(\d*)"', self.text))
        parts = ("jour", "mois", "annee")
        return {name: "/".join(values[f"{field}_{part}"] for part in parts) for field, name in CHILD.findall(self.text)}

    def chooses(self, password: str = PASSWORD, confirmation: str | None = None) -> "Parent":
        return self.sends(
            f"/inscription/{self.flow_id}/mot-de-passe",
            nouveau_mot_de_passe=password, confirmation=password if confirmation is None else confirmation,
        )  # fmt: skip

    def sms(self) -> list[str]:
        """The SMS that were queued, oldest first; those that left or expired are empty."""
        with self.app.app_context():
            rows = db.session.scalars(select(Message).where(Message.channel == "sms").order_by(Message.id))
            return [row.content["text"] for row in rows if row.content]

    def mails(self, to: str | None = None) -> list[dict[str, str]]:
        """The mails that were queued, oldest first, once the worker did what waited for it."""
        with self.app.app_context():
            for taken in outbox.take([outbox.LATER], batch=100, lease_seconds=60):
                Desk().send(taken)
                outbox.mark_sent(taken, "")
            db.session.commit()
            rows = db.session.scalars(select(Message).where(Message.channel == "mail").order_by(Message.id))
            return [row.content for row in rows if to in (None, row.recipient)]

    def last_link(self, to: str | None = None) -> str:
        """The path of the link in the newest mail (to an address) that has one."""
        found = [re.search(r"http://127\.0\.0\.1:8000(/\S+)", mail["text"]) for mail in self.mails(to)]
        return [match.group(1) for match in found if match][-1]

    def last_code(self) -> str:
        return self.sms()[-1][-6:]

    def reaches(self, step: str) -> bool:
        return self.path.endswith("/" + step)

    def until_code(self) -> "Parent":
        return self.begins().gives()

    def until_dates(self) -> "Parent":
        return self.until_code().enters_code(self.last_code())

    def until_password(self) -> "Parent":
        return self.until_dates().enters_dates()

    def until_end(self) -> "Parent":
        return self.until_password().chooses()

    def logs_in(self, identifiant: str = "v.durant1", password: str = PASSWORD) -> "Parent":
        self.opens("/connexion")
        return self.sends(self.path, identifiant=identifiant, mot_de_passe=password)


LETTER = "lettre-2017a"
"""The provisional password of the tests' letters."""


@pytest.fixture
def print_letters(app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Prints the letters of everybody who has none in use; the sheets themselves have their own tests."""
    monkeypatch.setattr("idp.delivery.letters.make_pdf", lambda texts, settings: b"%PDF")

    def print_them(password: str = LETTER) -> int:
        with app.app_context():
            ids = recipients.find(uai="0590001A")
            return printing.print_letters(ids, settings, lambda pdf: None, printed_by="test", password=password)

    return print_them


class LetterReader(Parent):
    """A parent with a letter in hand."""

    def uses_letter(self, password: str = LETTER) -> "LetterReader":
        self.logs_in(password=password)
        return self

    def gives_dates(self, dates: dict[str, dt.date] = BIRTH_DATES) -> "LetterReader":
        self.sends(f"/activation/{self.flow_id}/dates", **self.typed_dates(dates))
        return self

    def takes_password(self, password: str = PASSWORD, confirmation: str | None = None) -> "LetterReader":
        confirmed = password if confirmation is None else confirmation
        self.sends(f"/activation/{self.flow_id}/mot-de-passe", nouveau_mot_de_passe=password, confirmation=confirmed)
        return self

    def gives_email(self, email: str = "valery@example.org", again: str | None = None, **more: str) -> "LetterReader":
        again = email if again is None else again
        self.sends(f"/verification-mail/{self.flow_id}", email=email, email_confirmation=again, **more)
        return self

    def opens_link(self, path: str) -> "LetterReader":
        self.opens(path)
        return self

    def validates(self) -> "LetterReader":
        self.sends(self.path)
        return self

    def until_mail(self) -> "LetterReader":
        return self.uses_letter().gives_dates().takes_password().gives_email()


@pytest.fixture
def reader(app: Flask, clock: Any, family: list[str], print_letters: Callable[..., int]) -> LetterReader:
    """Valéry DURANT with her letter."""
    print_letters()
    return LetterReader(app)


@pytest.fixture
def mail_reader(app: Flask, clock: Any, family: list[str]) -> LetterReader:
    """Another device, on which mails are read."""
    return LetterReader(app)


@pytest.fixture
def parent(app: Flask, clock: Any, family: list[str]) -> Parent:
    return Parent(app)


@pytest.fixture
def another_browser(app: Flask, clock: Any, family: list[str]) -> Parent:
    return Parent(app)
