"""The hot path, for pages that read and count before their transaction begins."""

from flask import current_app

from idp.db.hot import HotPath


def hot_path() -> HotPath:
    """The application's. On SQLite, nothing is written by it while a session's transaction is open: both would wait."""
    found: HotPath = current_app.extensions["idp"].hot
    return found
