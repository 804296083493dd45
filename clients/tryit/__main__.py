"""`python -m clients.tryit --config FILE.toml`."""

from pathlib import Path

import click

from clients.serve import serve
from clients.tryit.app import load_tryit


@click.command()
@click.option("--config", required=True, type=click.Path(path_type=Path), help="The program's TOML file.")
def main(config: Path) -> None:
    """Serve «Essayer la connexion»."""
    serve("clients.tryit.app:from_environment", config, load_tryit)


main()
