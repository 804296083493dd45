"""Creating schools from a table of ours."""

from pathlib import Path

from idp.registry.csv_text import decoded, rows
from idp.registry.defects import Defect
from idp.registry.errors import FileRefused, FilesRefused, UaiInvalid
from idp.registry.service import save_school

_REQUIRED = ("uai", "nom", "degre")
_OPTIONAL = {"academie": ("academie", 60), "commune": ("commune", 100), "accueil": ("welcome_message", 2000)}
"""Each column, its field of the school, and how long it may be."""
_LONGEST_NAME = 200


def save(path: Path, *, by: str) -> int:
    """Create the table's schools, or correct those that are known; how many.

    Raises FilesRefused with every line that is wrong: then nothing may be kept.
    """
    defects: list[Defect] = []
    count = 0
    with path.open("rb") as stream:
        try:
            lines = rows(decoded(stream, path.name), path.name)
            _, header = next(lines, (1, []))
            if missing := [name for name in _REQUIRED if name not in header]:
                found, wanted = ";".join(header), ", ".join(missing)
                raise FileRefused(Defect("csv_header_missing", path.name, line=1, column=wanted, value=found))
            for line, fields in lines:
                count += 1
                if defect := _save_line(dict(zip(header, fields, strict=False)), path.name, line, by):
                    defects.append(defect)
        except FileRefused as refusal:
            defects.append(refusal.defect)
    if defects:
        raise FilesRefused(defects)
    return count


def _save_line(cell: dict[str, str], file: str, line: int, by: str) -> Defect | None:
    name = cell.get("nom", "")
    if not name or len(name) > _LONGEST_NAME:
        return Defect("school_invalid", file, line, column="nom", value=name)
    if cell.get("degre") not in ("1", "2"):
        return Defect("school_invalid", file, line, column="degre", value=cell.get("degre", ""))
    facts = {field: cell[column] for column, (field, _) in _OPTIONAL.items() if cell.get(column)}
    for column, (field, longest) in _OPTIONAL.items():
        if len(facts.get(field, "")) > longest:
            return Defect("school_invalid", file, line, column=column, value=facts[field])
    try:
        save_school(cell["uai"], name, by=by, degree=int(cell["degre"]), **facts)
    except UaiInvalid:
        return Defect("school_invalid", file, line, column="uai", value=cell["uai"])
    return None
