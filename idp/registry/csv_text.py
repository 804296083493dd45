"""Text and lines of a CSV file as spreadsheets and school applications write them."""

import codecs
import csv
import io
import re
from collections.abc import Iterator

from idp.registry.defects import Defect
from idp.registry.errors import FileRefused

LONGEST_FIELD = 2_000
MOST_COLUMNS = 200
MOST_LINES = 250_000
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_READ_TWICE = re.compile("Ã[\u00a0-\u00bf‚ƒ„…†‡ˆ‰Š‹Œ‘’“”•–—˜™š›œŸ‡]|Å“|â€™")
"""UTF-8 that somebody read as Latin-1 and saved again."""


def decode(content: bytes, file: str) -> str:
    """The text: UTF-8 with its mark, else UTF-8, else Windows-1252 (which holds ISO-8859-1's letters).

    Raises FileRefused: encoding_invalid, csv_control_char.
    """
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise FileRefused(Defect("encoding_invalid", file, line=1))
    try:
        text = _decoded(content)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise FileRefused(Defect("encoding_invalid", file, line=line)) from error
    for code, pattern in (("csv_control_char", _CONTROL), ("encoding_invalid", _READ_TWICE)):
        if found := pattern.search(text):
            line = text.count("\n", 0, found.start()) + 1
            raise FileRefused(Defect(code, file, line=line, value=found[0]))
    return text


def _decoded(content: bytes) -> str:
    if content.startswith(codecs.BOM_UTF8):
        return content.decode("utf-8-sig")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("windows-1252")


def rows(text: str, file: str) -> Iterator[tuple[int, list[str]]]:
    """Each line's physical number and its trimmed fields; blank lines are passed over.

    Quotes follow RFC 4180. Raises FileRefused: csv_quote_unclosed, csv_header_unknown, file_too_large.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";", strict=True)
    while True:
        line = reader.line_num + 1
        try:
            fields = next(reader, None)
        except csv.Error as error:
            raise FileRefused(Defect("csv_quote_unclosed", file, line=line)) from error
        if fields is None:
            return
        if line > MOST_LINES:
            raise FileRefused(Defect("file_too_large", file, line=line))
        if len(fields) > MOST_COLUMNS:
            raise FileRefused(Defect("csv_header_unknown", file, line=line))
        if any(len(field) > LONGEST_FIELD for field in fields):
            raise FileRefused(Defect("csv_quote_unclosed", file, line=line))
        if any(field.strip() for field in fields):
            yield line, [field.strip() for field in fields]
