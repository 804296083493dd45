"""`idp letters`: letters that give parents their account."""

import contextlib
import os
import sys
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from idp.accounts.letters import printing, recipients
from idp.cli.context import application
from idp.settings import Settings


@click.group()
def command() -> None:
    """Letters that give parents their account."""


@command.command("print")
@click.argument("output", type=click.Path(path_type=Path))
@click.option("--school", "uai", default="", help="The school's UAI.")
@click.option("--class", "class_label", default="", help="One class of the school, as its file names it.")
@click.option("--responsable", "responsable_id", default="", help="The id of one responsable.")
@click.option("--without-letter", is_flag=True, help="Leave out those whose last letter still works.")
@click.option("--password", help="A provisional password of your own, for one letter (development only).")
@click.pass_obj
def print_letters(
    settings: Settings,
    output: Path,
    uai: str,
    class_label: str,
    responsable_id: str,
    without_letter: bool,
    password: str | None,
) -> None:
    """Print letters for a school, a class or one responsable into OUTPUT.

    OUTPUT is a new PDF, or a folder that gets `lettres-0001.pdf` and so on. Printing again makes a new provisional
    password for each, and the letter of before stops working. The files are readable by you alone: they are the only
    place where the passwords stand. Print them, then delete them.
    """
    if not uai and not responsable_id:
        raise click.UsageError("Give --school, with --class if you like, or --responsable.")
    if password and not (settings.server.demo and responsable_id):
        raise click.UsageError("--password is for one responsable, with server.demo = true.")
    with application(settings):
        who = {"uai": uai.strip().upper(), "class_label": class_label, "responsable_id": responsable_id}
        ids = recipients.find(**who, without_letter=without_letter)
        if not ids:
            raise click.ClickException("Nobody to write to: no such school, class or person, or all have an account.")
        files = _files(output, len(ids), settings.letters.per_file)
        count = _print(ids, files, settings, password)
    click.echo(f"{count} letters in {len(files)} file(s): {files[0]}" + (f" … {files[-1]}" if files[1:] else ""))


def _files(output: Path, letters: int, per_file: int) -> list[Path]:
    """Where the letters go; nothing that exists is written over."""
    if output.suffix.lower() == ".pdf":
        if letters > per_file:
            raise click.ClickException(f"{letters} letters need several files ({per_file} in each): give a folder.")
        files = [output]
    else:
        output.mkdir(mode=0o700, parents=True, exist_ok=True)
        files = [output / f"lettres-{number:04}.pdf" for number in range(1, -(-letters // per_file) + 1)]
    if taken := next((file for file in files if file.exists()), None):
        raise click.ClickException(f"{taken} exists already.")
    return files


def _print(ids: list[str], files: list[Path], settings: Settings, password: str | None) -> int:
    size, count = settings.letters.per_file, 0
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("Lettres", total=len(ids))
        for number, file in enumerate(files):
            part = ids[number * size : (number + 1) * size]
            count += _print_file(part, file, settings, password)
            progress.advance(task, len(part))
    return count


def _print_file(ids: list[str], file: Path, settings: Settings, password: str | None) -> int:
    """One file; when the passwords cannot be put in force, it does not stay."""
    kept = False

    def keep(pdf: bytes) -> None:
        nonlocal kept
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        kept = True
        with os.fdopen(descriptor, "wb") as target:
            target.write(pdf)
            target.flush()
            os.fsync(target.fileno())

    try:
        return printing.print_letters(ids, settings, keep, printed_by="command", password=password)
    except BaseException:
        if kept:
            with contextlib.suppress(OSError):
                file.unlink()
        raise
