"""Every text of pages and templates is in the English catalogue."""

from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import idp

PACKAGE = Path(idp.__file__).parent
CATALOGUE = PACKAGE / "web" / "translations" / "en" / "LC_MESSAGES" / "messages.po"
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2)}


@pytest.mark.parametrize(
    ("folder", "method"),
    [
        (PACKAGE / "web" / "pages", [("**.py", "python")]),
        (PACKAGE.parent / "templates", [("**.html", "jinja2"), ("**.txt", "jinja2")]),
    ],
)
def test_every_text_is_translated(folder, method):
    with CATALOGUE.open("rb") as file:
        known = read_po(file, locale="en")
    found = extract_from_dir(folder, method, keywords=KEYWORDS)

    missing = {str(text) for _file, _line, text, _comments, _context in found if not _translation(known, text)}

    assert not missing


def _translation(catalogue, text):
    message = catalogue.get(text[0] if isinstance(text, tuple) else text)
    return message is not None and message.string
