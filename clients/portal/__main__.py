"""`python -m clients.portal --config FILE.toml`."""

from pathlib import Path

import click

from clients.portal.app import load_portal
from clients.serve import serve


@click.command()
@click.option("--config", required=True, type=click.Path(path_type=Path), help="The portal's TOML file.")
def main(config: Path) -> None:
    """Serve the portal «Scolarité Services»."""
    serve("clients.portal.app:from_environment", config, load_portal)


main()
