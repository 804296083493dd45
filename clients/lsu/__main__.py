"""`python -m clients.lsu --config FILE.toml`."""

from pathlib import Path

import click

from clients.lsu.app import load_lsu
from clients.serve import serve


@click.command()
@click.option("--config", required=True, type=click.Path(path_type=Path), help="The viewer's TOML file.")
def main(config: Path) -> None:
    """Serve the viewer «Livret Scolaire Unique»."""
    serve("clients.lsu.app:from_environment", config, load_lsu)


main()
