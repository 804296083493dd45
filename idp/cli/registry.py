"""`idp registry`: schools, and the import of their files."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from idp import clock
from idp.cli.context import application
from idp.cli.registry_report import show_defects, show_plan
from idp.db import db
from idp.errors import Refusal
from idp.registry import importing
from idp.registry.errors import FileRefused, FilesDisagree, KeysRenumbered, MassEnding, SchoolUnknown, UaiInvalid
from idp.registry.importing import Consent
from idp.registry.plan import Plan
from idp.registry.service import check_uai, save_school, school_year_of
from idp.settings import Settings


@click.group()
def command() -> None:
    """Schools, pupils and responsables."""


@command.command("school")
@click.argument("uai")
@click.argument("name")
@click.option("--degree", type=click.IntRange(1, 2), required=True, help="1: école. 2: collège or lycée.")
@click.option("--academie", default="", help="The académie's name.")
@click.option("--commune", default="", help="The commune's name.")
@click.pass_obj
def school(settings: Settings, uai: str, name: str, degree: int, academie: str, commune: str) -> None:
    """Create a school, or correct what is known of it."""
    with application(settings), _refusals(Console(stderr=True)):
        save_school(uai, name, degree=degree, academie=academie, commune=commune)
        db.session.commit()
    click.echo(f"{check_uai(uai)} {name}")


@command.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--school", "uai", required=True, help="The school's UAI.")
@click.option("--school-name", help="Create the school under this name if it is not known.")
@click.option("--degree", type=click.IntRange(1, 2), default=1, help="Its degree, with --school-name.")
@click.option("--school-year", type=int, help="2025 for 2025-2026. Default: the current one; August opens the next.")
@click.option("--any-year", is_flag=True, help="Take a SIECLE file of another school year.")
@click.option("--confirm-ending", metavar="UAI", help="Agree that many pupils end, by typing the school's UAI again.")
@click.option("--accept-renames", is_flag=True, help="Adults who changed one name are the same adults.")
@click.option("--dry-run", is_flag=True, help="Show what would change and write nothing.")
@click.pass_obj
def import_files(
    settings: Settings,
    files: tuple[Path, ...],
    uai: str,
    school_name: str | None,
    degree: int,
    school_year: int | None,
    any_year: bool,
    confirm_ending: str | None,
    accept_renames: bool,
    dry_run: bool,
) -> None:
    """Import the FILES of one school: ONDE (CSV) or SIECLE (XML or zip), its pupils, its responsables, or both.

    All of it is written, or, when a file is refused (exit 1), nothing.
    """
    uai = uai.strip().upper()
    year = school_year or school_year_of(clock.now().astimezone(clock.PARIS).date())
    agreed = (confirm_ending or "").strip().upper() == uai
    consent = Consent(mass_ending=agreed, renames=accept_renames, any_year=any_year)
    console = Console(stderr=True)
    with application(settings), _refusals(console):
        check_uai(uai)
        plan = _import(files, uai, year, consent, console, lambda: _create(uai, school_name, degree))
        if dry_run:
            db.session.rollback()
        else:
            db.session.commit()
    show_defects(console, plan.defects)
    show_plan(Console(), plan, is_written=not dry_run)


def _create(uai: str, name: str | None, degree: int) -> None:
    if name:
        save_school(uai, name, degree=degree)


def _import(
    files: tuple[Path, ...], uai: str, year: int, consent: Consent, console: Console, create: Callable[[], None]
) -> Plan:
    """Read, plan and write, with a progress bar. The files are read before any transaction that writes begins."""
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("Lecture des fichiers", total=None)
        picture = importing.read(files, uai, year, consent)
        progress.update(task, description="Comparaison")
        create()
        plan = importing.plan(picture, consent)
        progress.update(task, description="Écriture", total=importing.rows_to_write(plan))
        importing.write(plan, lambda count: progress.advance(task, count))
    return plan


@contextmanager
def _refusals(console: Console) -> Iterator[None]:
    """A refusal undoes everything, says why and exits 1."""
    try:
        yield
    except Refusal as refusal:
        db.session.rollback()
        if isinstance(refusal, FileRefused):
            show_defects(console, [refusal.defect])
        else:
            console.print(_explained(refusal), style="red", markup=False)
        raise SystemExit(1) from refusal


def _explained(refusal: Refusal) -> str:
    match refusal:
        case UaiInvalid():
            return f"{refusal.uai} : ce n’est pas un UAI (sept chiffres et leur lettre de contrôle)."
        case SchoolUnknown():
            return f"{refusal.uai} : école inconnue ; créez-la d’abord, ou donnez --school-name."
        case FilesDisagree():
            return f"Ces fichiers ne vont pas ensemble ({refusal.reason})."
        case KeysRenumbered():
            return f"{refusal.changed} identifiants sur {refusal.known} désignent d’autres élèves : base renumérotée ?"
        case MassEnding():
            classes = f" (classes entières : {', '.join(refusal.classes)})" if refusal.classes else ""
            return (
                f"{refusal.ended} élèves sur {refusal.known} partiraient{classes}. "
                f"Si c’est voulu, ajoutez --confirm-ending {refusal.uai}."
            )
    return type(refusal).__name__
