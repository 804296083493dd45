"""`idp completion`: the shell completes subjects, commands and options."""

import click
from click.shell_completion import get_completion_class


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Write the completion script of SHELL.

    bash: `idp completion bash > ~/.local/share/bash-completion/completions/idp`. zsh: into a file `_idp` on `fpath`.
    fish: into `~/.config/fish/completions/idp.fish`.
    """
    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(ctx.find_root().command, {}, "idp", "_IDP_COMPLETE").source())
