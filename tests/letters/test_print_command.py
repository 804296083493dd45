"""`idp letters print`: what the printer and the parent hold in hand, and where the clear password is not."""

import re
from io import BytesIO
from pathlib import Path

import pypdf
import pypdfium2
import pytest
import zxingcpp
from click.testing import CliRunner
from sqlalchemy import select

from idp.accounts import passwords
from idp.accounts.letters.models import Letter
from idp.accounts.models import Account
from idp.audit import AuditEntry
from idp.cli.letters import command as group
from idp.db import db
from idp.provider import keys
from idp.registry.models import School
from tests.journeys.conftest import BIRTH_DATES, add_child, add_responsable

PASSWORD = re.compile(r"[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4}")
MM = 72 / 25.4


@pytest.fixture
def school(database, settings, clock):
    """A school with two classes: Valéry DURANT with two children, Paul with one in the other class."""
    keys.generate(Path(settings.keys.directory))
    db.session.add(School(uai="0590001A", name="École primaire publique Roger Salengro"))
    db.session.flush()
    mother = add_responsable()
    mother.address = {"lines": "12 RUE DES ÉCOLES", "postcode": "59000", "commune": "LILLE", "country": ""}
    for first_name, birth_on in BIRTH_DATES.items():
        add_child(mother, first_name, birth_on)
    father = add_responsable(first_name="Paul", mobile="+33639985555")
    pupil = add_child(father, "Zoé", BIRTH_DATES["Camille"])
    pupil.enrolments[0].class_label = "CM1 B"
    db.session.commit()
    return mother.id


@pytest.fixture
def letters(school, settings, tmp_path):
    """Prints and gives the command's result and the PDF's bytes."""
    numbers = iter(range(100))

    def print_them(*words):
        db.session.commit()
        file = tmp_path / f"lettres{next(numbers)}.pdf"
        result = CliRunner().invoke(group, ["print", str(file), *words], obj=settings)
        db.session.expire_all()
        return result, file.read_bytes() if file.exists() else b""

    return print_them


def pages(pdf):
    return [page.extract_text() for page in pypdf.PdfReader(BytesIO(pdf)).pages]


def test_a_school_gets_one_page_a_responsable(letters):
    result, pdf = letters("--school", "0590001A")

    assert result.output.startswith("2 letters in 1 file(s)")
    assert [("v.durant" in text, "p.durant" in text) for text in pages(pdf)] == [(True, False), (False, True)]


def test_a_class_and_one_person_are_printed_alone(letters, school):
    _result, of_class = letters("--school", "0590001A", "--class", "CM1 B")
    _result, of_person = letters("--responsable", school)

    assert ["p.durant" in text for text in pages(of_class)] == [True]
    assert ["v.durant" in text for text in pages(of_person)] == [True]


def test_the_document_is_tagged_for_screen_readers(letters):
    _result, pdf = letters("--school", "0590001A")

    root = pypdf.PdfReader(BytesIO(pdf)).trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in root
    assert root["/Lang"].startswith("fr")
    assert b"pdfuaid" in pdf or "pdfuaid" in str(root["/Metadata"].get_data())


def test_the_address_stands_behind_the_window_alone(letters, school):
    """French window envelopes (DL, window at the right): from 45 mm from the top and 105 mm from the left."""
    _result, pdf = letters("--responsable", school)
    page = pypdfium2.PdfDocument(pdf)[0]
    height, words = page.get_height(), page.get_textpage()

    window = words.get_text_bounded(left=105 * MM, right=205 * MM, top=height - 45 * MM, bottom=height - 85 * MM)

    assert [line.strip() for line in window.splitlines()] == ["MME DURANT VALÉRY", "12 RUE DES ÉCOLES", "59000 LILLE"]
    assert words.get_text_bounded().count("12 RUE DES ÉCOLES") == 1


def test_the_accents_of_capitals_are_printed(letters, school):
    """Postal addresses are in capitals; a block that is cut at its edge would take the accent of its first line."""
    _result, pdf = letters("--responsable", school)
    page = pypdfium2.PdfDocument(pdf)[0]
    words, scale = page.get_textpage(), 4
    picture = page.render(scale=scale).to_pil().convert("L")

    for position, letter in enumerate(words.get_text_bounded()):
        if letter in "ÉÈÀ":
            left, _bottom, right, top = words.get_charbox(position)
            height = page.get_height() - top
            accent = picture.crop([int(edge * scale) for edge in (left, height, right, height + 2)])
            assert accent.getextrema()[0] < 128, words.get_text_range(position, 12)


def test_the_square_opens_the_login_page(letters):
    _result, pdf = letters("--school", "0590001A")

    for page in pypdfium2.PdfDocument(pdf):
        found = zxingcpp.read_barcodes(page.render(scale=3).to_pil().convert("L"))
        assert [code.text for code in found] == ["http://127.0.0.1:8000/connexion"]


def test_the_clear_password_is_in_the_file_and_nowhere_else(letters, settings, tmp_path, capfd):
    result, pdf = letters("--school", "0590001A")
    clear = [PASSWORD.search(text)[0] for text in pages(pdf)]

    accounts = list(db.session.scalars(select(Account).order_by(Account.identifiant.desc())))
    held = [account.password_hash for account in accounts]
    assert all(passwords.verify(one, word, settings.passwords) for one, word in zip(held, clear, strict=True))
    said = "".join((result.output, *capfd.readouterr())).encode()
    kept = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".pdf"]
    assert not [word for word in clear for content in (*kept, said) if word.encode() in content]
    assert not [word for word in clear if word in str([e.ids for e in db.session.scalars(select(AuditEntry))])]
    assert oct((tmp_path / "lettres0.pdf").stat().st_mode)[-3:] == "600"


def test_a_new_letter_kills_the_password_of_the_one_before(letters, settings, school):
    """ATTACKS 102."""
    first, second = (PASSWORD.search(pages(letters("--responsable", school)[1])[0])[0] for _print in range(2))

    account = db.session.scalars(select(Account)).one()
    assert not passwords.verify(account.password_hash, first, settings.passwords)
    assert passwords.verify(account.password_hash, second, settings.passwords)
    assert sorted(row.replaced_at is None for row in db.session.scalars(select(Letter))) == [False, True]
