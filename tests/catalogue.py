"""What is wrong in the English catalogue, told line by line: `python tests/catalogue.py` (part of `make check`).

A text without its translation, a translation whose text no page says any more, a placeholder that differs.
"""

import re
import sys
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "idp" / "web" / "translations" / "en" / "LC_MESSAGES" / "messages.po"
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2)}
SOURCES = (
    (ROOT / "idp", [("**.py", "python")]),
    (ROOT / "templates", [("**.html", "jinja2"), ("**.txt", "jinja2")]),
)
PLACEHOLDER = re.compile(r"%(?:\(\w+\))?[sd]")


def problems() -> list[str]:
    """Each problem, in a sentence with the text it is about."""
    catalogue, said = read_catalogue(), texts_of_pages()
    known = {text_of(message.id): message for message in catalogue if message.id}
    return (
        [f"no translation: «{text}»" for text in sorted(said) if not _is_translated(known.get(text))]
        + [f"said nowhere any more: «{text}»" for text in sorted(known.keys() - said)]
        + [f"placeholders differ: «{text}»" for text, message in sorted(known.items()) if not _agrees(message)]
    )


def read_catalogue() -> Catalog:
    """The English catalogue."""
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="en")


def texts_of_pages() -> set[str]:
    """Every French text that pages, messages and views give to the catalogue."""
    return {
        text_of(text)
        for folder, method in SOURCES
        for _file, _line, text, _comments, _context in extract_from_dir(folder, method, keywords=KEYWORDS)
    }


def text_of(text: str | tuple[str, ...] | list[str]) -> str:
    """The text, in the singular where it has two forms."""
    return text if isinstance(text, str) else text[0]


def _is_translated(message: Message | None) -> bool:
    return message is not None and not message.fuzzy and all(_forms(message.string))


def _agrees(message: Message) -> bool:
    """Whether each form of the translation holds the placeholders of a form of the text."""
    wanted = [sorted(PLACEHOLDER.findall(text)) for text in _forms(message.id)]
    return all(sorted(PLACEHOLDER.findall(text)) in wanted for text in _forms(message.string) if text)


def _forms(text: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


if __name__ == "__main__":
    found = problems()
    print("\n".join(found))
    sys.exit(bool(found))
