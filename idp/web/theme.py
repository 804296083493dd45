"""The deployer's own look: `site.theme` is a folder whose templates replace ours and whose stylesheet comes last."""

from pathlib import Path

from flask import Flask, Response, abort, send_from_directory
from jinja2 import ChoiceLoader, FileSystemLoader

from idp.errors import ConfigurationError

STYLESHEET = "theme.css"
SERVED = frozenset({".css", ".svg", ".png", ".webp", ".jpg", ".ico", ".woff2"})


def register(app: Flask, folder: str) -> None:
    """Put the folder before our own templates and serve its pictures. Raises ConfigurationError without it."""
    app.jinja_env.globals["theme_css"] = False
    if not folder:
        return
    theme = Path(folder).absolute()
    if not theme.is_dir():
        raise ConfigurationError([f"site.theme: no such folder: {theme}"])
    assert app.jinja_loader is not None
    app.jinja_loader = ChoiceLoader([FileSystemLoader(theme / "templates"), app.jinja_loader])
    app.jinja_env.globals["theme_css"] = (theme / STYLESHEET).is_file()

    @app.get("/theme/<name>", endpoint="theme")
    def send(name: str) -> Response:
        """Files of the folder itself, by kind; never a template."""
        if Path(name).suffix not in SERVED:
            abort(404)
        return send_from_directory(theme, name, max_age=3600)
