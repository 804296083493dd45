"""Start a relying party: `python -m clients.<name> --config FILE.toml`."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click
from granian.constants import Interfaces
from granian.server import Server

from clients.config import Config, ConfigurationError

Loaded = TypeVar("Loaded")
CONFIG_VARIABLE = "CLIENT_CONFIG"


def load_or_exit(path: Path, load: Callable[[Path], Loaded]) -> Loaded:
    """The file's content; a wrong one is one line on the error output and exit code 1."""
    try:
        return load(path)
    except ConfigurationError as error:
        click.echo(str(error), err=True)
        sys.exit(1)


def serve(target: str, path: Path, load: Callable[[Path], Config]) -> None:
    """Check the file, then serve `target` (a factory that reads CLIENT_CONFIG) until SIGTERM or Ctrl-C."""
    config = load_or_exit(path, load)
    os.environ[CONFIG_VARIABLE] = str(path.absolute())
    Server(
        target,
        address=config.listen.host,
        port=config.listen.port,
        interface=Interfaces.WSGI,
        factory=True,
        blocking_threads=4,
        workers_kill_timeout=10,
    ).serve()
