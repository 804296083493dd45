"""Text and lines of a CSV file as spreadsheets and school applications write them, read piece by piece."""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from typing import IO

from idp.registry.defects import Defect
from idp.registry.errors import FileRefused

LONGEST_FIELD = 2_000
MOST_COLUMNS = 200
MOST_LINES = 250_000
LONGEST_LINE = LONGEST_FIELD * MOST_COLUMNS
_PIECE = 64 * 1024
_OVERLAP = 2
"""A pattern's characters that may stand in the piece before."""
_SPACES = " \u00a0\u2007\u202f"
"""Taken off the front of a cell; a tab or a line end there is no accident."""
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_READ_TWICE = re.compile("Ã[\u00a0-\u00bf‚ƒ„…†‡ˆ‰Š‹Œ‘’“”•–—˜™š›œŸ‡]|Å“|â€™")
"""UTF-8 that somebody read as Latin-1 and saved again."""


def decoded(stream: IO[bytes], file: str) -> io.TextIOWrapper:
    """The text from its start: UTF-8 with its mark, else UTF-8, else Windows-1252 (which holds ISO-8859-1's letters).

    The whole file is read once before, so that nothing of a bad one is taken. Raises FileRefused: encoding_invalid,
    csv_control_char.
    """
    encoding = _encoding(stream, file)
    _check_characters(stream, encoding, file)
    stream.seek(0)
    return io.TextIOWrapper(stream, encoding, newline="")


def _encoding(stream: IO[bytes], file: str) -> str:
    stream.seek(0)
    head = stream.read(3)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise FileRefused(Defect("encoding_invalid", file, line=1))
    if head == codecs.BOM_UTF8:
        return "utf-8-sig"
    try:
        for _ in _pieces(stream, "utf-8"):
            pass
    except UnicodeDecodeError:
        return "windows-1252"
    return "utf-8"


def _pieces(stream: IO[bytes], encoding: str) -> Iterator[str]:
    stream.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    while content := stream.read(_PIECE):
        yield decoder.decode(content)
    yield decoder.decode(b"", final=True)


def _check_characters(stream: IO[bytes], encoding: str, file: str) -> None:
    line, kept = 1, ""
    pieces = _pieces(stream, encoding)
    while True:
        try:
            piece = next(pieces, None)
        except UnicodeDecodeError as error:
            bad = line + kept.count("\n") + error.object[: error.start].count(b"\n")
            raise FileRefused(Defect("encoding_invalid", file, line=bad)) from error
        if piece is None:
            return
        text = kept + piece
        for code, pattern in (("csv_control_char", _CONTROL), ("encoding_invalid", _READ_TWICE)):
            if found := pattern.search(text):
                bad = line + text.count("\n", 0, found.start())
                raise FileRefused(Defect(code, file, line=bad, value=found[0]))
        kept = text[-_OVERLAP:]
        line += text.count("\n") - kept.count("\n")


def _bounded_lines(text: io.TextIOWrapper, file: str) -> Iterator[str]:
    """Physical lines; one longer than any export's is refused before it fills the memory."""
    number = 0
    while line := text.readline(LONGEST_LINE):
        number += 1
        if len(line) == LONGEST_LINE:
            raise FileRefused(Defect("csv_header_unknown", file, line=number))
        yield line


def rows(text: io.TextIOWrapper, file: str) -> Iterator[tuple[int, list[str]]]:
    """Each line's physical number and its trimmed fields; blank lines are passed over.

    Quotes follow RFC 4180. Raises FileRefused: csv_quote_unclosed, csv_header_unknown, file_too_large.
    """
    reader = csv.reader(_bounded_lines(text, file), delimiter=";", strict=True)
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
            yield line, [field.lstrip(_SPACES).rstrip() for field in fields]
