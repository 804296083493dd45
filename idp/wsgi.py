"""The WSGI application of one worker process; settings come from `IDP_CONFIG` and the environment."""

import ctypes
import multiprocessing

from idp import logs
from idp.app import create_app
from idp.cli.parent import end_with
from idp.settings import load

M_ARENA_MAX = -8
"""Number of glibc's mallopt(3) option."""


def share_memory_among_threads() -> None:
    """Let all threads take memory from one place (glibc; elsewhere nothing changes).

    Otherwise each thread keeps a place of its own, and in it the room of the largest hash that it ever made.
    """
    if mallopt := getattr(ctypes.CDLL(None), "mallopt", None):
        mallopt(M_ARENA_MAX, 1)


share_memory_among_threads()
if supervisor := multiprocessing.parent_process():
    end_with(supervisor.pid or 0)
settings = load()
logs.configure(settings.logs.form)
application = create_app(settings).wsgi_app
