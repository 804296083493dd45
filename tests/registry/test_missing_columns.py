"""A column that an extraction lacks says nothing: what the registry has of it stays."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from idp.db import db
from idp.delivery.models import Message
from idp.registry import corrections
from idp.registry.matching import find_responsables, usable_from
from idp.registry.models import Correction, Pupil, Responsable
from tests.conftest import BOTH_DATABASES
from tests.registry.conftest import ECOLE

ALEXIS = {
    "Nom élève": "DURAND",
    "Nom d'usage élève": "MARTIN",
    "Prénom élève": "Alexis",
    "Date naissance": "14/03/2017",
    "Libellé classe": "CE2",
}
VALERY = {
    "Civilité Responsable": "MME",
    "Nom responsable": "DURANT",
    "Nom usage responsable": "MARTIN",
    "Prénom responsable": "Valéry",
    "Adresse responsable": "1 rue des Lilas",
    "CP responsable": "59000",
    "Commune responsable": "LILLE",
    "Courriel": "valery@example.org",
    "Téléphone domicile": "0639980001",
    "Téléphone portable": "0639981234",
    "Nom d'usage enfant": "MARTIN",
    "Nom de famille enfant": "DURAND",
    "Prénom enfant": "Alexis",
}
MOBILE = "+33639981234"
Take = Callable[..., Any]


@pytest.fixture
def take(import_files: Callable[..., Any], tmp_path: Path) -> Take:
    """Imports one pupil and one responsable: without these columns, and with these cells."""

    def run(*without: str, **cells: str) -> Any:
        for name, row in (("e.csv", ALEXIS), ("r.csv", VALERY)):
            kept = {header: cells.get(header, cell) for header, cell in row.items() if header not in without}
            (tmp_path / name).write_text(";".join(kept) + "\n" + ";".join(kept.values()) + "\n", "utf-8")
        return import_files(tmp_path, ["e.csv", "r.csv"])

    return run


def valery() -> Responsable:
    return db.session.scalars(select(Responsable)).one()


@BOTH_DATABASES
def test_an_extraction_without_contacts_takes_none_away(take: Take) -> None:
    take()

    plan = take("Téléphone portable", "Téléphone domicile", "Courriel")

    assert plan.is_empty
    assert (valery().mobile, valery().email) == (MOBILE, "valery@example.org")
    assert db.session.scalars(select(Message)).all() == []
    assert usable_from(find_responsables("Durant", "Valéry", MOBILE), dt.timedelta(hours=48)) is None


@pytest.mark.parametrize(
    "without",
    [
        ("Civilité Responsable",),
        ("Nom usage responsable",),
        ("Adresse responsable",),
        ("CP responsable", "Commune responsable"),
        ("Adresse responsable", "CP responsable", "Commune responsable"),
        ("Téléphone portable",),
        ("Téléphone domicile",),
        ("Courriel",),
        ("Nom d'usage élève",),
    ],
)
def test_whatever_the_extraction_lacks_stays(without: tuple[str, ...], take: Take) -> None:
    take()

    plan = take(*without)

    assert plan.is_empty


def test_a_mobile_of_the_home_column_stays_too(take: Take) -> None:
    take(**{"Téléphone portable": ""})

    plan = take("Téléphone domicile", **{"Téléphone portable": ""})

    assert plan.is_empty
    assert valery().mobile == "+33639980001"


def test_an_emptied_cell_is_emptied(take: Take) -> None:
    take()

    take(**{"Téléphone portable": "", "Téléphone domicile": "", "Courriel": "", "Nom usage responsable": ""})

    assert (valery().mobile, valery().email, valery().usage_name) == (None, "", "")


def test_a_pupils_emptied_usage_name_is_emptied(take: Take) -> None:
    take()

    take(**{"Nom d'usage élève": "", "Nom d'usage enfant": ""})

    assert db.session.scalars(select(Pupil.usage_name)).one() == ""


@pytest.mark.parametrize(
    ("field", "value", "column"),
    [("mobile", "0639987777", "Téléphone portable"), ("usage_name", "LEROUX", "Nom usage responsable")],
)
def test_a_correction_outlives_an_extraction_without_its_column(
    field: str, value: str, column: str, take: Take
) -> None:
    take()
    corrections.correct(valery().id, field, value, uai=ECOLE)
    corrections.apply_due()
    db.session.commit()
    corrected = getattr(valery(), field)

    take(column)
    take()

    assert getattr(valery(), field) == corrected
    assert db.session.scalars(select(Correction.state)).one() == "in_force"
