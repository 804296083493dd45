"""What an import says: defects, and what was added, changed and ended."""

from collections import Counter
from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from idp.registry.defects import Defect, Severity
from idp.registry.plan import Plan

MOST_SHOWN = 200
_COLOURS = {Severity.REFUSE: "red", Severity.SKIP: "yellow", Severity.WARN: "cyan"}


def show_defects(console: Console, defects: Sequence[Defect]) -> None:
    """Each defect on one line, as a compiler would: file:line, code, place, value, what to do."""
    for defect in defects[:MOST_SHOWN]:
        place = ":".join(str(part) for part in (defect.file, defect.line) if part)
        colour = _COLOURS[defect.severity]
        facts = [defect.column or defect.element, defect.entry, f"«{defect.shown_value}»" if defect.value else ""]
        first = f"(voir ligne {defect.first_line})" if defect.first_line else ""
        told = " ".join(escape(fact) for fact in (*facts, first) if fact)
        line = f"{escape(place)}: [{colour}]{defect.severity} {defect.code}[/] {told}"
        console.print(f"{line.rstrip()} — {escape(defect.advice)}", soft_wrap=True, highlight=False)
    if len(defects) > MOST_SHOWN:
        counts = Counter(defect.code for defect in defects[MOST_SHOWN:])
        rest = ", ".join(f"{code} ×{count}" for code, count in counts.most_common())
        console.print(f"… {len(defects) - MOST_SHOWN} de plus : {rest}", highlight=False)


def show_plan(console: Console, plan: Plan, *, is_written: bool) -> None:
    """Counts, then the adults that somebody must decide on."""
    title = f"{plan.uai}, {plan.school_year}-{plan.school_year + 1}" + ("" if is_written else " (rien n’est écrit)")
    table = Table("", "ajoutés", "modifiés", "partis", title=title)
    for name, changes in (("élèves", plan.pupils), ("responsables", plan.responsables), ("liens", plan.links)):
        table.add_row(name, str(len(changes.added)), str(len(changes.changed)), str(len(changes.ended)))
    console.print(table)
    for text in plan.to_confirm:
        console.print(f"À confirmer (--accept-renames) : {text}", markup=False, highlight=False)
    for text in plan.undecided:
        console.print(f"Plusieurs responsables connus, rien n’est changé : {text}", markup=False, highlight=False)
