"""`idp registry`: schools, the import of their files, what waits for a decision, corrections."""

from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from idp.cli.context import application, operator
from idp.cli.registry_decisions import COMMANDS
from idp.cli.registry_report import refusals, show_defects, show_ignored, show_plan, write_defects
from idp.cli.registry_schools import school, schools
from idp.clock import PARIS
from idp.db import db
from idp.flows import school_records
from idp.registry import finished_years, reading
from idp.registry.importing import Consent
from idp.registry.plan import Plan
from idp.registry.reading import Reading, SchoolFiles
from idp.registry.service import check_uai, current_school_year, save_school
from idp.registry.staging import Staging
from idp.settings import Settings


@click.group()
def command() -> None:
    """Schools, pupils and responsables."""


@command.command("import")
@click.argument("paths", metavar="FILES", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--school", "uai", help="The school's UAI. Without it: SIECLE files tell; ONDE's name or folder has it.")
@click.option("--school-name", help="Create the school under this name if it is not known. Needs --school.")
@click.option("--degree", type=click.IntRange(1, 2), default=1, help="Its degree, with --school-name.")
@click.option("--school-year", type=int, help="2025 for 2025-2026. Default: the current one; August opens the next.")
@click.option("--any-year", is_flag=True, help="Take a SIECLE file of another school year.")
@click.option(
    "--confirm-ending", metavar="UAI", multiple=True, help="Agree that many pupils or links end in this school."
)
@click.option("--accept-renumbered", metavar="UAI", multiple=True, help="This school's base has new identifiers.")
@click.option("--accept-renames", is_flag=True, help="Adults who changed one name are the same adults.")
@click.option("--dry-run", is_flag=True, help="Show what would change and write nothing.")
@click.option("--defects", "defects_file", type=click.Path(dir_okay=False, path_type=Path), help="All defects, as CSV.")
@click.pass_obj
def import_files(
    settings: Settings,
    paths: tuple[Path, ...],
    uai: str | None,
    school_name: str | None,
    degree: int,
    school_year: int | None,
    any_year: bool,
    confirm_ending: tuple[str, ...],
    accept_renumbered: tuple[str, ...],
    accept_renames: bool,
    dry_run: bool,
    defects_file: Path | None,
) -> None:
    """Import FILES, or the files of folders: ONDE (CSV) or SIECLE (XML or zip), of one school or of many.

    Each file is a full picture of its school. All of it is written, or, when something is refused (exit 1), nothing.
    """
    year = school_year or current_school_year()
    consent = Consent(_uais(confirm_ending), _uais(accept_renumbered), accept_renames)
    console = Console(stderr=True)
    with application(settings), refusals(console, defects_file), Staging() as staging:
        chosen = check_uai(uai) if uai else None
        how = Reading(year, chosen, any_year, settings.onde.aliases)
        schools = _read(reading.find_files(paths), staging, how, console)
        if chosen and school_name:
            save_school(chosen, school_name, by=operator(), degree=degree)
        plans = _write(staging, schools, year, consent, settings, console)
        if dry_run:
            db.session.rollback()
        else:
            db.session.commit()
        _show(console, staging, schools, plans, defects_file, is_written=not dry_run)


@command.command("overdue")
@click.pass_obj
def overdue(settings: Settings) -> None:
    """List schools whose last file is of a school year that is over, and the day on which their pupils end."""
    with application(settings):
        for file, name in finished_years.overdue():
            ends_at = file.holds_until(settings.retention.unrenewed_days).astimezone(PARIS)
            click.echo(f"{file.uai}  {file.school_year}-{file.school_year + 1}  {ends_at:%d/%m/%Y}  {name}")


def _uais(texts: tuple[str, ...]) -> frozenset[str]:
    return frozenset(text.strip().upper() for text in texts)


def _bar(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console, transient=True)


def _read(paths: list[Path], staging: Staging, how: Reading, console: Console) -> list[SchoolFiles]:
    """Read all files, before any transaction that writes begins."""
    with _bar(console) as progress:
        task = progress.add_task("Lecture (octets)", total=sum(path.stat().st_size for path in paths))
        return reading.read(paths, staging, how, lambda name, size: progress.advance(task, size))


def _write(
    staging: Staging, schools: list[SchoolFiles], year: int, consent: Consent, settings: Settings, console: Console
) -> list[Plan]:
    with _bar(console) as progress:
        task = progress.add_task("Comparaison et écriture (lignes)", total=None)
        return school_records.write(
            staging, schools, year, consent, settings, progress=lambda count: progress.advance(task, count)
        )


def _show(
    console: Console,
    staging: Staging,
    schools: list[SchoolFiles],
    plans: list[Plan],
    defects_file: Path | None,
    *,
    is_written: bool,
) -> None:
    numbers = [number for school in schools for number in school.numbers]
    show_ignored(console, reading.ignored_columns(schools))
    show_defects(console, staging.defects(numbers), staging.defect_counts(numbers))
    if defects_file:
        write_defects(defects_file, staging.defects(numbers))
    show_plan(Console(), plans, is_written=is_written)


for subcommand in (school, schools, *COMMANDS):
    command.add_command(subcommand)
