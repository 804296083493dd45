"""What an import says: defects, refusals, and what was added, changed and ended."""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy.exc import DBAPIError

from idp.db import db
from idp.db.conflicts import is_conflict
from idp.errors import Refusal
from idp.registry import errors
from idp.registry.cells import as_text_cell
from idp.registry.defects import Defect, Severity
from idp.registry.plan import Plan

MOST_SHOWN = 200
MOST_NAMED = 20
_COLOURS = {Severity.REFUSE: "red", Severity.SKIP: "yellow", Severity.WARN: "cyan"}
_DEFECT_COLUMNS = (
    "fichier",
    "ligne",
    "gravité",
    "code",
    "colonne ou élément",
    "entrée",
    "valeur",
    "voir ligne",
    "remède",
)


def _place(defect: Defect) -> str:
    return ":".join(str(part) for part in (defect.file, defect.line) if part)


def show_defects(console: Console, defects: Iterable[Defect], counts: Mapping[Severity, int] | None = None) -> None:
    """Each defect on one line, as a compiler would: file:line, code, place, value, what to do; 200 at most."""
    shown = 0
    for defect in islice(defects, MOST_SHOWN):
        shown += 1
        colour = _COLOURS[defect.severity]
        facts = [defect.column or defect.element, defect.entry, f"«{defect.shown_value}»" if defect.value else ""]
        first = f"(voir ligne {defect.first_line})" if defect.first_line else ""
        told = " ".join(escape(fact) for fact in (*facts, first) if fact)
        line = f"{escape(_place(defect))}: [{colour}]{defect.severity} {defect.code}[/] {told}"
        console.print(f"{line.rstrip()} — {escape(defect.advice)}", soft_wrap=True, highlight=False)
    more = sum((counts or {}).values()) - shown
    if more > 0:
        console.print(f"… {more} de plus : --defects FICHIER.csv les écrit tous", highlight=False)


def write_defects(path: Path, defects: Iterable[Defect]) -> None:
    """All of them, for a spreadsheet: every cell is quoted, and none can be taken for a formula."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";", quoting=csv.QUOTE_ALL)
        writer.writerow(_DEFECT_COLUMNS)
        for defect in defects:
            where = (defect.column or defect.element, defect.entry, defect.shown_value)
            facts = (defect.file, defect.line or "", defect.severity, defect.code, *where, defect.first_line or "")
            writer.writerow(as_text_cell(str(fact)) for fact in (*facts, defect.advice))


def show_ignored(console: Console, ignored: Mapping[str, str]) -> None:
    """Unknown columns: an alias in the settings may be missing."""
    for column, file in ignored.items():
        told = f"{file}: colonne inconnue, ignorée : {column} (voir [onde.aliases])"
        console.print(told, markup=False, highlight=False, soft_wrap=True)


def show_plan(console: Console, plans: list[Plan], *, is_written: bool) -> None:
    """Counts by school, then what somebody must decide on."""
    title = "Import" if is_written else "Import à blanc : rien n’est écrit"
    table = Table("école", "année", "", "ajoutés", "modifiés", "partis", title=title)
    for plan in plans:
        year = f"{plan.school_year}-{plan.school_year + 1}"
        rows = (("élèves", plan.pupils), ("responsables", plan.responsables), ("liens", plan.links))
        for number, (name, changes) in enumerate(rows):
            head = (plan.uai, year) if number == 0 else ("", "")
            counts = (changes.added.total, changes.changed.total, changes.ended.total)
            table.add_row(*head, name, *map(str, counts))
    console.print(table)
    for plan in plans:
        _show_decisions(console, plan)


def _show_decisions(console: Console, plan: Plan) -> None:
    kinds = (
        (plan.to_confirm, "À confirmer (idp registry questions, ou --accept-renames)"),
        (plan.undecided, "Plusieurs responsables connus, rien n’est changé"),
        (plan.conflicts, "Le fichier dit autre chose que la correction faite ici, et l’emporte"),
    )
    for names, told in kinds:
        for name in names[:MOST_NAMED]:
            line = f"{plan.uai} {told} : {name}"
            console.print(line, markup=False, highlight=False, soft_wrap=True)
        if names.total > MOST_NAMED:
            console.print(f"{plan.uai} … {names.total - MOST_NAMED} de plus", highlight=False)


def show_refusal(console: Console, refusal: Refusal) -> None:
    """Every reason, and what to do."""
    if isinstance(refusal, errors.FilesRefused):
        show_defects(console, refusal.defects)
        return
    reasons = refusal.refusals if isinstance(refusal, errors.ImportRefused) else [refusal]
    for reason in reasons:
        explain = _EXPLAINED.get(type(reason))
        told = explain(reason) if explain else type(reason).__name__
        console.print(told, style="red", markup=False, highlight=False, soft_wrap=True)


def _mass_ending(refusal: Any) -> str:
    told = []
    if refusal.ended:
        classes = f" (classes entières : {', '.join(refusal.classes)})" if refusal.classes else ""
        told.append(f"{refusal.ended} élèves sur {refusal.known} partiraient{classes}")
    if refusal.links_ended:
        told.append(
            f"{refusal.adults_ended} responsables sur {refusal.adults_known} perdraient leurs enfants restés à l’école,"
            f" {refusal.links_ended} liens sur {refusal.links_known} seraient coupés"
        )
    return f"{refusal.uai} : {' ; '.join(told)}. Si c’est voulu, ajoutez --confirm-ending {refusal.uai}."


def _renumbered(refusal: Any) -> str:
    whom = "d’autres élèves" if refusal.what == "pupils" else "d’autres responsables"
    return (
        f"{refusal.uai} : {refusal.changed} identifiants sur {refusal.known} désignent {whom}. "
        f"Si la base a été renumérotée, ajoutez --accept-renumbered {refusal.uai}."
    )


_EXPLAINED: dict[type[Refusal], Callable[[Any], str]] = {
    errors.UaiInvalid: lambda r: f"{r.uai} : ce n’est pas un UAI (sept chiffres et leur lettre de contrôle).",
    errors.SchoolUnknown: lambda r: f"{r.uai} : école inconnue ; créez-la d’abord, ou donnez --school-name.",
    errors.WelcomeTooLong: lambda r: f"Le message a {r.length} caractères. Il en faut {r.longest} au plus.",
    errors.SchoolUntold: lambda r: (
        f"{r.file} : de quelle école ? Donnez --school, ou rangez le fichier dans un dossier au nom de l’UAI."
    ),
    errors.FilesDisagree: lambda r: f"{r.uai} : ces fichiers ne vont pas ensemble ({r.reason}).",
    errors.MassEnding: _mass_ending,
    errors.RecordTaken: lambda r: (
        f"{r.uai} : {', '.join(r.files)} : un autre import a écrit la même chose au même moment ({r.constraint}). "
        "Rien n’est écrit : recommencez."
    ),
    errors.KeysRenumbered: _renumbered,
    errors.RecordUnknown: lambda r: f"{r.record_id} : ni élève ni responsable actuel de {r.uai}.",
    errors.CorrectionInvalid: lambda r: f"{r.field} : cette valeur ne convient pas ({r.reason}).",
    errors.QuestionUnknown: lambda r: f"{r.question_id} : pas de telle question dans cette école.",
    errors.AnswerUnknown: lambda r: f"Répondez par l’un de ceux-ci, ou none : {', '.join(r.candidates)}",
}
"""Each refusal in the operator's words."""


@contextmanager
def refusals(console: Console, defects_file: Path | None = None) -> Iterator[None]:
    """A refusal, or a transaction that lost against another, undoes everything, says why and exits 1."""
    try:
        yield
    except Refusal as refusal:
        db.session.rollback()
        if defects_file and isinstance(refusal, errors.FilesRefused):
            write_defects(defects_file, refusal.defects)
        show_refusal(console, refusal)
        raise SystemExit(1) from refusal
    except DBAPIError as error:
        db.session.rollback()
        if not is_conflict(error):
            raise
        console.print("Un autre travail passait avant : rien n’est écrit, recommencez.", style="red", soft_wrap=True)
        raise SystemExit(1) from error
