"""A table as a CSV file for a spreadsheet, in which no cell is ever a formula (CWE-1236, ATTACKS 127)."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from flask import Response, stream_with_context
from sqlalchemy import Select

from idp import audit
from idp.db import db
from idp.registry import cells
from idp.web.consoles.session import staff
from idp.web.consoles.tables import Column, Table

ROWS_AT_ONCE = 500


def answer(name: str, columns: Sequence[Column], rows: Iterable[Any], **ids: str) -> Response:
    """The rows as `name`.csv, streamed; audited with `ids` (a school, say). Commits."""
    audit.record("staff.exported", by=staff().by, what=name, **ids)
    db.session.commit()
    titles = [column.title() for column in columns]
    body = stream_with_context(_lines(titles, columns, rows))
    given = Response(body, mimetype="text/csv", content_type="text/csv; charset=utf-8")
    given.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return given


def later(table: Table, query: Select[Any], arguments: Mapping[str, str]) -> Iterator[Any]:
    """Every row, read once the export has begun: the commit before it would end an earlier reading."""
    yield from table.all(query, arguments)


def safe(cell: str) -> str:
    """The cell as text, in one line, without a control character."""
    if cell.isprintable():
        return cells.as_text_cell(cell)
    spaced = "".join(" " if c in "\r\n\t" else c for c in cells.as_text_cell(cell))
    return "".join(c for c in spaced if c.isprintable())


def _lines(titles: Sequence[str], columns: Sequence[Column], rows: Iterable[Any]) -> Iterator[str]:
    """UTF-8 with its mark and semicolons, as a French spreadsheet opens it; each cell is quoted."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";", quoting=csv.QUOTE_ALL)
    buffer.write("\ufeff")
    writer.writerow([safe(title) for title in titles])
    for number, row in enumerate(rows, start=1):
        writer.writerow([safe(column.text(row)) for column in columns])
        if number % ROWS_AT_ONCE == 0:
            yield _taken(buffer)
    yield _taken(buffer)


def _taken(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text
