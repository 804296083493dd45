"""`idp registry school` and `schools`: create, correct and list them."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from idp.cli.context import application, operator
from idp.cli.registry_report import refusals
from idp.clock import PARIS
from idp.db import db
from idp.registry import directory, schools_file
from idp.registry.directory import Facts
from idp.registry.models import School
from idp.registry.service import check_uai, save_school
from idp.settings import Settings

TOLD = ("uai", "name", "commune", "academie", "degree")


@click.command("school")
@click.argument("uai")
@click.argument("name")
@click.option("--degree", type=click.IntRange(1, 2), required=True, help="1: école. 2: collège or lycée.")
@click.option("--academie", default="", help="The académie's name; else the UAI's.")
@click.option("--commune", default="", help="The commune's name.")
@click.option("--welcome", "welcome_message", default="", help="What the portal says under the school's name.")
@click.pass_obj
def school(
    settings: Settings, uai: str, name: str, degree: int, academie: str, commune: str, welcome_message: str
) -> None:
    """Create a school, or correct what is known of it."""
    facts = {"academie": academie, "commune": commune, "welcome_message": welcome_message}
    with application(settings), refusals(Console(stderr=True)):
        save_school(uai, name, by=operator(), degree=degree, **facts)
        db.session.commit()
    click.echo(f"{check_uai(uai)} {name}")


@click.command("schools")
@click.argument("path", metavar="[FILE]", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--search", "text", default="", help="Words of the name, the commune or the UAI.")
@click.option("--academie", default="", help="Its schools alone.")
@click.option("--degree", type=click.IntRange(1, 2), help="1: écoles. 2: collèges and lycées.")
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True, help="Lines at most.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_obj
def schools(settings: Settings, /, path: Path | None, limit: int, as_json: bool, **wanted: Any) -> None:
    """List schools; with FILE, create or correct many.

    FILE is a CSV with the columns uai;nom;degre, and as wanted academie;commune;accueil.
    """
    with application(settings), refusals(Console(stderr=True)):
        if path is None:
            _show(directory.listed(limit, **wanted), as_json)
            return
        count = schools_file.save(path, by=operator())
        db.session.commit()
    click.echo(f"{count} écoles")


def _show(found: Sequence[tuple[School, Facts]], as_json: bool) -> None:
    if as_json:
        told = [{name: getattr(school, name) for name in TOLD} | facts.told for school, facts in found]
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
        return
    table = Table(*TOLD, "pupils", "adults", "last file")
    for school, facts in found:
        last = f"{facts.imported_at.astimezone(PARIS):%d/%m/%Y}" if facts.imported_at else ""
        seen = (escape(str(getattr(school, name))) for name in TOLD)
        table.add_row(*seen, str(facts.pupils), str(facts.adults), last)
    Console(width=None if Console().is_terminal else 160).print(table)
