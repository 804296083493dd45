"""`idp registry`: what a school head decides and corrects, for an operator who does it in their place."""

import click
from rich.console import Console

from idp.cli.context import application, operator
from idp.cli.registry_report import refusals
from idp.db import db
from idp.flows import school_records
from idp.registry import levels, people, questions, service
from idp.registry.corrections import FIELDS
from idp.registry.errors import SchoolUnknown
from idp.registry.models import School
from idp.registry.service import check_uai
from idp.settings import Settings

_KINDS = {
    "child": "De quel élève s’agit-il ?",
    "adult": "Lequel de ces responsables connus est-ce ? (none : un autre)",
    "rename": "Est-ce la même personne ? (none : une autre)",
}
_in_school = click.option("--school", "uai", required=True, help="The school's UAI.")


@click.command("questions")
@_in_school
@click.pass_obj
def list_questions(settings: Settings, uai: str) -> None:
    """List what imports could not decide, with the answers that may be given."""
    with application(settings), refusals(Console(stderr=True)):
        for question in questions.waiting(check_uai(uai)):
            click.echo(f"{question.id}  {question.text}\n  {_KINDS[question.kind]}")
            for candidate, text in questions.candidates_of(question):
                click.echo(f"    {candidate}  {text}")


@click.command("answer")
@click.argument("question_id", metavar="QUESTION")
@click.argument("answer")
@_in_school
@click.pass_obj
def answer_question(settings: Settings, question_id: str, answer: str, uai: str) -> None:
    """Answer a QUESTION by the id of a candidate, or none. It holds for the imports to come."""
    with application(settings), refusals(Console(stderr=True)):
        questions.decide(question_id, answer, uai=check_uai(uai), by=operator())
        db.session.commit()


@click.command("find")
@click.argument("name")
@_in_school
@click.pass_obj
def find_people(settings: Settings, name: str, uai: str) -> None:
    """Find the pupils and responsables of a school by a whole surname or first name, with their ids."""
    with application(settings), refusals(Console(stderr=True)):
        for record_id, text in people.find(check_uai(uai), name):
            click.echo(f"{record_id}  {text}")


@click.command("correct")
@click.argument("record_id", metavar="ID")
@click.argument("field", type=click.Choice(sorted(FIELDS)))
@click.argument("value")
@_in_school
@click.pass_obj
def correct(settings: Settings, record_id: str, field: str, value: str, uai: str) -> None:
    """Correct a pupil's birth date, or a responsable's mobile or names: it wins until the file says something new."""
    with application(settings), refusals(Console(stderr=True)):
        school = check_uai(uai)
        made = school_records.correct(record_id, field, value, uai=school, made_by=operator(), settings=settings)
        db.session.commit()
        waits = "" if made.state == "in_force" else f", à partir du {made.effective_at:%d/%m/%Y %H:%M} UTC"
        click.echo(f"{field} corrigé{waits}")


@click.command("level")
@click.argument("responsable_id", metavar="RESPONSABLE")
@click.argument("pupil_id", metavar="PUPIL")
@click.argument("level", type=click.IntRange(1, 3))
@_in_school
@click.pass_obj
def set_level(settings: Settings, responsable_id: str, pupil_id: str, level: int, uai: str) -> None:
    """Set a link's level where the file does not say it (ONDE): 1 legal representative, 2 in charge, 3 contact."""
    with application(settings), refusals(Console(stderr=True)):
        levels.set_level(responsable_id, pupil_id, level, uai=check_uai(uai), by=operator())
        db.session.commit()


@click.command("welcome")
@click.argument("message")
@_in_school
@click.pass_obj
def set_welcome(settings: Settings, message: str, uai: str) -> None:
    """Make MESSAGE what the portal says under the school's name; an empty one takes it away."""
    with application(settings), refusals(Console(stderr=True)):
        school = db.session.get(School, check_uai(uai))
        if school is None:
            raise SchoolUnknown(uai=check_uai(uai))
        service.welcome(school, message, by=operator())
        db.session.commit()
    click.echo("message d’accueil changé")


COMMANDS = (list_questions, answer_question, find_people, correct, set_level, set_welcome)
