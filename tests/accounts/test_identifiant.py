"""Identifiants: form, and never the same one twice."""

import pytest

from idp.accounts import identifiant
from idp.accounts.models import Identifiant
from idp.db import db


@pytest.mark.parametrize(
    ("first_name", "surname", "stem"),
    [
        ("Valéry", "DURANT", "v.durant"),
        ("Élodie", "d'Été-Noël", "e.detenoel"),
        ("Zoë", "Lœuf", "z.loeuf"),
        ("Łukasz", "Groß", "l.gross"),
        ("Мария", "Иванова", "x.x"),
        ("", "", "x.x"),
    ],
)
def test_an_identifiant_is_ascii(first_name, surname, stem):
    assert identifiant.stem(first_name, surname) == stem


def test_the_number_grows_and_is_never_given_again(database):
    given = [identifiant.reserve("Valéry", "Durant") for _ in range(3)]

    assert given == ["v.durant1", "v.durant2", "v.durant3"]


def test_a_number_taken_meanwhile_is_skipped(database, monkeypatch, clock):
    identifiant.reserve("Valéry", "Durant")
    answers = iter([0, 1])
    monkeypatch.setattr(db.session, "scalar", lambda _statement: next(answers))

    assert identifiant.reserve("Valéry", "Durant") == "v.durant2"
    assert db.session.get(Identifiant, "v.durant2") is not None
