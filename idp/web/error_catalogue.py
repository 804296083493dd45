"""docs/errors.md as a page: what is written there is what is shown, so that both stay one text."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROW = re.compile(r"^\| `(\w+)` \| (.*) \| (.*) \| (.*) \|$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Explained:
    """An error of the protocol."""

    code: str
    status: str
    when: str
    """This and the next in English; what is code stands between backticks."""
    what_to_do: str


@cache
def for_relying_parties(docs: Path) -> tuple[Explained, ...]:
    """The errors that a service can meet, in the order of the page in that folder."""
    text = (docs / "errors.md").read_text(encoding="utf-8")
    section = text.partition("\n## Relying parties\n")[2].partition("\n## ")[0]
    return tuple(Explained(*cells) for cells in ROW.findall(section))
