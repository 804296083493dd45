"""Tables page and sort by keyset; an export holds no formula."""

import csv
import io

import pytest
from sqlalchemy import insert, select, text

from idp.db import db
from idp.registry.models import School
from idp.web.consoles.csv_export import safe
from idp.web.consoles.tables import Column, Table
from tests.conftest import BOTH_DATABASES

TABLE = Table(
    School.uai,
    (
        Column("nom", lambda: "Nom", lambda row: row.School.name, School.name),
        Column("degre", lambda: "Degré", lambda row: str(row.School.degree), School.degree),
        Column("uai", lambda: "UAI", lambda row: row.School.uai),
    ),
    size=10,
)
QUERY = select(School)


@pytest.fixture
def many(database):
    rows = [
        {"uai": f"{number:07}A", "name": f"École {number % 7}", "degree": 1 + number % 2, "short_name": ""}
        for number in range(47)
    ]
    blank = {"academie": "", "commune": "", "welcome_message": ""}
    db.session.execute(insert(School), [row | blank for row in rows])


def uais(page):
    return [row.School.uai for row in page.rows]


def walk(order, edge="apres"):
    """The pages one after the other."""
    arguments, pages = {"tri": order}, []
    while True:
        page = TABLE.page(QUERY, arguments)
        pages.append(uais(page))
        place = page.after if edge == "apres" else page.before
        if not place:
            return pages, page
        arguments = {"tri": order, edge: place}


@BOTH_DATABASES
@pytest.mark.parametrize("order", ["nom", "-nom", "degre", "-degre", "nonsense"])
def test_the_pages_hold_each_row_once_in_order(many, order):
    pages, _last = walk(order)

    found = [uai for page in pages for uai in page]
    assert [len(page) for page in pages] == [10, 10, 10, 10, 7]
    assert len(set(found)) == 47


@BOTH_DATABASES
def test_the_way_back_shows_the_same_pages(many):
    pages, last = walk("-nom")
    back, place = [], last.before
    while place:
        page = TABLE.page(QUERY, {"tri": "-nom", "avant": place})
        back.append(uais(page))
        place = page.before

    assert list(reversed(back)) == pages[:-1]


def test_a_row_added_meanwhile_shifts_no_page(many):
    first = TABLE.page(QUERY, {"tri": "nom"})
    second = uais(TABLE.page(QUERY, {"tri": "nom", "apres": first.after}))
    db.session.add(School(uai="9999999Z", name="AAA"))
    db.session.flush()

    assert uais(TABLE.page(QUERY, {"tri": "nom", "apres": first.after})) == second


@BOTH_DATABASES
@pytest.mark.parametrize(
    "place", ["x", "W10", "WzEsMl0", "W1sxXSwyXQ", "WyJcdTAwMDAiLCJhIl0", "WyJcdWQ4MDAiLCJhIl0", "A" * 700]
)
@pytest.mark.parametrize("edge", ["apres", "avant"])
def test_a_place_that_is_none_of_ours_is_the_first_page(many, place, edge):
    assert uais(TABLE.page(QUERY, {edge: place})) == uais(TABLE.page(QUERY, {}))


def test_the_head_tells_the_direction_and_offers_the_other(many):
    heads = TABLE.page(QUERY, {"tri": "nom"}).heads

    assert [(head.title, head.value, head.direction) for head in heads] == [
        ("Nom", "-nom", "ascending"),
        ("Degré", "degre", ""),
        ("UAI", "", ""),
    ]


@BOTH_DATABASES
def test_the_last_page_of_a_hundred_thousand_rows_reads_the_index_alone(database):
    """The plan names the index and no sort: a page costs the same anywhere."""
    blank = {"search_key": "", "short_name": "", "degree": 1, "academie": "", "commune": "", "welcome_message": ""}
    rows = [{"uai": f"{number:07}A", "name": f"École {number % 9973:05}", **blank} for number in range(100_000)]
    db.session.execute(insert(School), rows)
    db.session.execute(text("ANALYZE"))
    query = TABLE._ordered(QUERY, TABLE.columns[0], True, ("École 09000", "0050000A")).limit(11)

    statement = query.compile(db.engine, compile_kwargs={"literal_binds": True})
    explain = "EXPLAIN QUERY PLAN" if db.engine.dialect.name == "sqlite" else "EXPLAIN"
    plan = "\n".join(str(row) for row in db.session.execute(text(f"{explain} {statement}".replace(":", "\\:"))))

    assert "ix_schools_name" in plan
    assert "SORT" not in plan.upper()
    assert "TEMP B-TREE" not in plan


@pytest.mark.parametrize(
    "cell",
    ["=1+1", "+33639981234", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "＝1", "|calc", "%0A"],
)
def test_no_cell_of_an_export_is_a_formula(cell):
    """ATTACKS 127."""
    assert safe(cell).startswith("'")


@pytest.mark.parametrize("cell", ["DURANT", "D’Haene-Sow", "06 39 98 12 34", "", "a=b", "CE2 - Mme Hocquet"])
def test_a_plain_cell_of_an_export_stays_as_it_is(cell):
    assert safe(cell) == cell


def test_quotes_semicolons_and_line_ends_stay_in_their_cell(app):
    from idp.web.consoles.csv_export import _lines

    columns = (Column("a", lambda: "A", lambda row: row[0]), Column("b", lambda: "B", lambda row: row[1]))

    body = "".join(_lines(["A", "B"], columns, [('x";=1', "a\r\n=2")]))

    assert list(csv.reader(io.StringIO(body.removeprefix("\ufeff")), delimiter=";")) == [["A", "B"], ['x";=1', "a  =2"]]
