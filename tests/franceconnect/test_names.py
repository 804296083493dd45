"""The civil register's spelling finds the school's: each identity of the samples that a register knows."""

import datetime as dt
import tomllib
from typing import Any

import pytest
from flask import Flask

from idp.db import db
from idp.flows import franceconnect as journey
from idp.franceconnect.identity import read
from idp.franceconnect.upstreams import from_settings
from idp.registry import names
from idp.registry.models import School
from idp.settings import build
from tests.franceconnect.upstream import IDENTITIES
from tests.journeys.conftest import add_child, add_responsable

PEOPLE = {one["login"]: one for one in tomllib.loads(IDENTITIES.read_text())["identity"]}
KNOWN = {
    "celine.kowalski": ("DUBOIS", "KOWALSKI", "Céline", "MME"),
    "celine.dubois": ("DUBOIS", "KOWALSKI", "Céline", "MME"),
    "fatoumata.sow": ("SOW", "N'DIAYE", "Fatoumata", "MME"),
    "ibrahima.ndiaye": ("N’Diaye", "", "Ibrahima", "M."),
    "francoise.coeurderoy": ("COEURDEROY", "", "Françoise-Noëlle", "MME"),
    "berenice.lheritier": ("L'HÉRITIER", "", "Bérénice", "MME"),
    "jeanbaptiste.garcon": ("GARÇON", "", "Jean  Baptiste", "M."),
    "amaury.delafontaine": ("DE LA FONTAINE", "", "Amaury", "M."),
    "marieandree.hoarau": ("HOARAU", "", "Marie-Andrée", "MME"),
    "laure.chevalier": ("CHEVALIER", "", "Laure", "MME"),
}
"""Birth name, usage name, first name and civility as the schools' files write them (ONDE, SIECLE)."""
MOBILE = "+33639981234"


@pytest.fixture
def register(app: Flask) -> None:
    with app.app_context():
        db.session.add(School(uai="0590001A", name="École Roger Salengro"))
        db.session.flush()
        for family_name, usage_name, first_name, civility in dict.fromkeys(KNOWN.values()):
            adult = add_responsable(first_name=first_name, mobile=MOBILE)
            adult.civility, adult.family_name, adult.usage_name = civility, family_name, usage_name
            adult.family_key, adult.usage_key = names.key(family_name), names.key(usage_name)
            add_child(adult, "Zoé", dt.date(2019, 5, 2))
        db.session.commit()


def found_by(app: Flask, identity: dict[str, Any]) -> list[str]:
    """First names of the responsables that this identity may be, under the one mobile."""
    settings = {"server": {"demo": True}, "franceconnect": {"issuer": "https://fc.example", "client_id": "x"}}
    upstream = from_settings(build(settings))["franceconnect"]
    with app.app_context():
        person = read(upstream, "1v1", "eidas1", (), identity)
        return [found.first_name for found in journey._candidates(person, MOBILE)]


@pytest.mark.parametrize("login", KNOWN)
def test_the_civil_registers_spelling_finds_the_schools(app: Flask, register: None, login: str) -> None:
    assert found_by(app, PEOPLE[login]) == [KNOWN[login][2]]


@pytest.mark.parametrize("login", ["paul.mercier", "marc.durand", "nicolas.martin1"])
def test_other_names_find_nobody_under_the_same_mobile(app: Flask, register: None, login: str) -> None:
    assert found_by(app, PEOPLE[login]) == []
