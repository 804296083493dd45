"""The viewer's reports: whose they are, and what they are."""

import io
import re
from pathlib import Path

import pypdf
import pytest

import clients.lsu
from clients.lsu.document import make_pdf
from clients.lsu.seed import load_reports, report_data, seed
from clients.lsu.store import ReportStore

SAMPLE = Path(clients.lsu.__file__).parent / "reports" / "sample.toml"


@pytest.fixture
def reports(lsu, lsu_config):
    """The sample reports, in the viewer's store."""
    return list(seed(ReportStore(lsu_config.database), load_reports(SAMPLE)))


def links(page):
    return re.findall(r'href="(/bilans/[^"?]+\.pdf)"', page)


def test_reports_are_listed_newest_first(lsu, reports):
    lsu.logs_in()

    page = lsu.open("/").text

    assert "Bilans pour DURAND Alexis" in page
    first, second = (page.index(f"Bilan périodique {n} période 2025/2026 (CE2)") for n in ("2e", "1re"))
    assert first < second
    assert "Retour au portail" in page


def test_a_report_opens_as_a_tagged_pdf(lsu, reports):
    lsu.logs_in()

    answer = lsu.open(links(lsu.open("/").text)[0])

    root = pypdf.PdfReader(io.BytesIO(answer.data)).trailer["/Root"]
    assert answer.content_type == "application/pdf"
    assert answer.headers["Content-Disposition"].startswith("inline")
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "fr-FR"
    assert "/StructTreeRoot" in root
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_report_is_saved_under_its_title(lsu, reports):
    lsu.logs_in()

    answer = lsu.open(links(lsu.open("/").text)[0] + "?enregistrer=1")

    disposition = answer.headers["Content-Disposition"]
    assert disposition.startswith("attachment")
    assert "filename*=UTF-8''Bilan%20p%C3%A9riodique" in disposition


def test_a_parent_sees_other_children_of_theirs(lsu, reports):
    lsu.logs_in()
    hint = re.search(r'href="(/\?eleve=[0-9a-f]+)"', lsu.open("/").text)[1]

    page = lsu.open(hint).text

    assert "Bilans pour DURAND Camille" in page
    assert "2e trimestre 2025/2026 (6e) - COLLEGE LES TROIS TILLEULS" in page


def test_somebody_else_s_report_is_as_unknown_as_one_that_is_not_there(lsu, reports, people):
    lsu.logs_in()
    theirs = links(lsu.open("/").text)[0]
    lsu.provider.person = people["Fatoumata"]
    lsu.client.delete_cookie("lsu_session")
    lsu.logs_in()

    other, unknown = lsu.open(theirs), lsu.open("/bilans/AAAAAAAAAAAAAAAAAAAAAA.pdf")

    assert (other.status_code, unknown.status_code) == (404, 404)
    assert other.text == unknown.text
    assert "DURAND" not in lsu.open("/").text


@pytest.mark.parametrize(
    "change",
    [{"birthdate": "2017-03-15"}, {"birthdate": None}, {"school": {"uai": "0599903U", "name": "AUTRE"}}],
    ids=["birth date", "no birth date", "school"],
)
def test_a_namesake_sees_nothing(lsu, reports, people, change):
    alexis = {**people["Valéry"]["eleves"][0], "sub": "c-namesake", **change}
    lsu.provider.person = {**people["Valéry"], "eleves": [alexis]}
    lsu.logs_in()

    assert links(lsu.open("/").text) == []


def test_reports_of_the_former_school_stay_when_the_child_moves(lsu, reports, people):
    lsu.logs_in()
    lsu.open("/")
    alexis = {**people["Valéry"]["eleves"][0], "school": {"uai": "0599903U", "name": "NOUVELLE ECOLE"}}
    lsu.provider.person = {**people["Valéry"], "eleves": [alexis]}
    lsu.client.delete_cookie("lsu_session")
    lsu.logs_in()

    assert len(links(lsu.open("/").text)) == 2


def test_a_report_asked_for_without_a_session_comes_after_the_login(lsu, reports):
    lsu.logs_in()
    address = links(lsu.open("/").text)[0]
    lsu.client.delete_cookie("lsu_session")

    answer = lsu.logs_in(address)

    assert answer.location == address
    assert lsu.open(address).content_type == "application/pdf"


def test_a_report_seeded_again_keeps_its_address(lsu, lsu_config, reports):
    lsu.logs_in()
    before = links(lsu.open("/").text)

    list(seed(ReportStore(lsu_config.database), load_reports(SAMPLE)))

    assert links(lsu.open("/").text) == before


def test_a_remark_is_never_markup():
    """A trap of typst: data pasted into markup becomes markup."""
    file = load_reports(SAMPLE)
    pupil = file.pupils[0]
    data = report_data(file, file.schools[0], pupil, pupil.reports[0])
    hostile = '#read("/etc/passwd") *gras* $x$ ] <a>'

    pages = pypdf.PdfReader(io.BytesIO(make_pdf(type(data)(**{**vars_of(data), "appreciation": hostile})))).pages

    assert '#read("/etc/passwd")' in "".join(page.extract_text() for page in pages)


def vars_of(struct):
    return {name: getattr(struct, name) for name in struct.__struct_fields__}
