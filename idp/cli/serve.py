"""`idp serve`: the web server."""

import os
import sys
import tempfile
import traceback
from contextlib import ExitStack
from typing import NoReturn

import click
from granian.constants import Interfaces
from granian.server import Server

from idp.cli.companion import running_beside
from idp.errors import ConfigurationError
from idp.settings import Settings

METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Where each server process writes its counters; prometheus_client reads the variable when it is imported."""
ONE_HEAP = {"MALLOC_ARENA_MAX": "1", "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}
"""For glibc: one heap, in huge pages. The 19 MiB that a password's hash walks through are then the same for each:
a login costs a tenth less (benchmarks/README.md)."""


@click.command()
@click.option("--with-worker", is_flag=True, help="Deliver messages too: one command for a small machine.")
@click.pass_obj
def command(settings: Settings, with_worker: bool) -> None:
    """Answer pages and endpoints until SIGTERM."""
    _begin_with_one_heap()
    until_we_end = ("--end-with", str(os.getpid()))
    with ExitStack() as stack:
        if settings.metrics.port:
            os.environ[METRICS_FOLDER] = stack.enter_context(tempfile.TemporaryDirectory(prefix="idp-metrics-"))
        _check_start(settings)
        if settings.metrics.port:
            stack.enter_context(running_beside(["metrics", os.environ[METRICS_FOLDER], *until_we_end]))
        if with_worker:
            stack.enter_context(running_beside(["worker", *until_we_end]))
        Server(
            "idp.wsgi:application",
            address=settings.server.host,
            port=settings.server.port,
            interface=Interfaces.WSGI,
            workers=settings.server.workers,
            blocking_threads=settings.server.threads,
            respawn_failed_workers=True,
            websockets=False,
            log_access=False,
            workers_kill_timeout=10,
        ).serve()


def _begin_with_one_heap() -> None:
    """Begin anew with what glibc reads at a program's start only; what the environment says already stays."""
    if not ONE_HEAP.keys() <= os.environ.keys():
        os.execve(sys.executable, sys.orig_argv, ONE_HEAP | os.environ)  # noqa: S606  # our own command once more


def _check_start(settings: Settings) -> None:
    """Make the application once, so that what is wrong is told here, before any server process.

    In a process of its own: this one only watches over the others, and needs none of what they load.
    """
    child = os.fork()
    if not child:
        _try_application(settings)
    _, status = os.waitpid(child, 0)
    if code := os.waitstatus_to_exitcode(status):
        raise SystemExit(abs(code))


def _try_application(settings: Settings) -> NoReturn:
    """End this process: 0, or 2 with the problems told."""
    code = 1
    try:
        # Imported only now: the counters' place is chosen at import, by METRICS_FOLDER.
        from idp.app import create_app

        create_app(settings).extensions["idp"].hot.close()
        code = 0
    except ConfigurationError as error:
        for problem in error.problems:
            click.echo(f"idp: {problem}", err=True)
        code = 2
    except Exception:
        traceback.print_exc()
    finally:
        os._exit(code)
