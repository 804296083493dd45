"""`idp batch`: many commands as one program, which starts once."""

import shlex
from collections.abc import Iterator
from typing import TextIO

import click


@click.command()
@click.argument("file", type=click.File())
@click.pass_context
def command(ctx: click.Context, file: TextIO) -> None:
    """Run the commands of FILE (- for standard input), one a line, written as after `idp`.

    Empty lines and lines that begin with # are passed over. The first command that fails ends the batch; what was
    done before it stays done.
    """
    for number, words in _lines(file):
        try:
            _run(ctx.find_root(), words)
        except (click.ClickException, SystemExit) as end:
            if isinstance(end, SystemExit) and not end.code:
                continue
            click.echo(f"line {number} failed: {' '.join(words[:2])}", err=True)
            raise


def _lines(file: TextIO) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(file, start=1):
        try:
            words = shlex.split(line, comments=line.lstrip().startswith("#"))
        except ValueError as error:
            raise click.ClickException(f"line {number}: {error}") from error
        if words:
            yield number, words


def _run(root: click.Context, words: list[str]) -> None:
    """One command, with the settings that were read for all."""
    assert isinstance(root.command, click.Group)
    name, found, arguments = root.command.resolve_command(root, words)
    if found is None or name is None or name == "batch":
        raise click.UsageError(f"No such command in a batch: {words[0]}")
    with found.make_context(name, arguments, parent=root) as context:
        found.invoke(context)
