"""The programs as a deployer runs them: real processes on one database."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path

import httpx
import psutil
import pytest
from flask import Flask

from idp.delivery.models import Message
from idp.settings import Settings
from tests.conftest import BOTH_DATABASES
from tests.journeys.conftest import BIRTH_DATES, date_fields, family  # noqa: F401
from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[1]

pytestmark = pytest.mark.slow


@dataclass
class Program:
    """A running `idp …`."""

    process: subprocess.Popen[str]
    port: int = 0
    lines: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def wait_until_ready(self) -> "Program":
        until(lambda: self._is_ready() or self.process.poll() is not None)
        assert self.process.poll() is None, self.process.communicate()[0]
        return self

    def _is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", timeout=2).status_code == 200
        except httpx.TransportError:
            return False

    def end(self, number: int = signal.SIGTERM) -> str:
        """Its output, once it has ended."""
        self.process.send_signal(number)
        return self.process.communicate(timeout=30)[0]

    def kill(self) -> None:
        """The machine loses power: the program and all that it started are gone."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def until(true: Callable[[], bool], seconds: float = 40) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


Start = Callable[..., Program]


@pytest.fixture
def settings_file(settings: Settings, tmp_path: Path) -> Path:
    file = tmp_path / "idp.toml"
    file.write_text(
        f'[server]\ndemo = true\nissuer = "http://127.0.0.1:8000"\n'
        f'[database]\nurl = "{settings.database.url}"\n'
        f'[keys]\ndirectory = "{settings.keys.directory}"\n'
        f'[sms]\ndriver = "http"\nurl = "http://127.0.0.1:9/sms"\n'
    )
    return file


@pytest.fixture
def start(settings_file: Path, app: Flask) -> Iterator[Start]:
    """Starts `idp --config FILE …` on the tests' database; `IDP_CONFIG` is not set."""
    programs = []

    def run(*arguments: str, **environment: str) -> Program:
        port = free_port()
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("IDP_")}
        process = subprocess.Popen(
            [sys.executable, "-m", "idp", "--config", str(settings_file), *arguments],
            cwd=ROOT,
            env=inherited | {"IDP_SERVER__PORT": str(port)} | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        programs.append(Program(process, port))
        return programs[-1]

    yield run
    for program in programs:
        program.kill()


def send(browser: httpx.Client, page: httpx.Response, base: str, **typed: str) -> httpx.Response:
    """Fill in the page's form and send it to another server process."""
    text = unescape(page.text)
    token, action = (
        re.search(r'name="csrf_token" value="(\w+)"', text),
        re.search(r'method="post" action="([^"]+)"', text),
    )
    assert token
    assert action
    return browser.post(base + action[1], data={"csrf_token": token[1], **typed})


def last_code(app: Flask) -> str:
    from sqlalchemy import select

    from idp.db import db

    with app.app_context():
        text = db.session.scalars(select(Message).order_by(Message.id.desc())).first().content["text"]
        db.session.rollback()
    return str(text)[-6:]


@BOTH_DATABASES
def test_a_registration_survives_the_restart_of_the_server_half_way(start: Start, app: Flask, family) -> None:
    """Every step is answered by another process; nothing lives in one of them."""
    browser = httpx.Client(follow_redirects=True, timeout=30)
    first = start("serve").wait_until_ready()
    page = browser.get(f"{first.url}/inscription")
    page = send(browser, page, first.url, nom="Durant", prenom="Valery", mobile="06 39 98 12 34")
    first.kill()
    second = start("serve").wait_until_ready()
    page = send(browser, page, second.url, code=last_code(app))
    third = start("serve").wait_until_ready()
    page = send(browser, page, third.url, **date_fields(page.text, BIRTH_DATES))
    second.end()
    page = send(browser, page, third.url, nouveau_mot_de_passe="chevalbleu7", confirmation="chevalbleu7")

    assert page.url.path.endswith("/terminee")
    assert "v.durant1" in page.text


def test_the_settings_file_of_the_command_line_reaches_every_server_process(start: Start) -> None:
    server = start("serve", IDP_SERVER__WORKERS="2").wait_until_ready()

    answers = {httpx.get(f"{server.url}/.well-known/openid-configuration").json()["issuer"] for _ in range(8)}

    assert answers == {"http://127.0.0.1:8000"}


def test_every_server_process_has_one_heap_in_huge_pages(start: Start) -> None:
    """As benchmarks/README.md measures it."""
    server = start("serve").wait_until_ready()

    for process in [psutil.Process(server.process.pid), *children(server)]:
        environment = process.environ()
        assert environment["MALLOC_ARENA_MAX"] == "1"
        assert environment["GLIBC_TUNABLES"] == "glibc.malloc.hugetlb=1"


def test_a_killed_server_process_is_replaced(start: Start) -> None:
    server = start("serve").wait_until_ready()
    before = children(server)
    for child in before:
        child.kill()

    until(lambda: any(child not in before for child in children(server)))
    server.wait_until_ready()

    assert server.process.poll() is None


def children(program: Program) -> list[psutil.Process]:
    """The server processes, without Python's own resource tracker."""
    found = psutil.Process(program.process.pid).children()
    return [child for child in found if is_alive(child) and "resource_tracker" not in " ".join(command_of(child))]


def command_of(process: psutil.Process) -> list[str]:
    """Empty once it has ended."""
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []


def is_alive(process: psutil.Process) -> bool:
    """Whether it runs; one that ended and was not collected by its parent yet does not."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def worker_of(program: Program) -> list[psutil.Process]:
    return [child for child in children(program) if "worker" in command_of(child)]


def test_with_worker_messages_leave_and_both_end_together(start: Start) -> None:
    server = start("serve", "--with-worker").wait_until_ready()
    until(lambda: bool(worker_of(server)))
    worker = worker_of(server)[0]

    output = server.end()

    assert server.process.returncode == 0, output
    until(lambda: not is_alive(worker))


def test_a_worker_that_dies_beside_the_server_is_started_again(start: Start) -> None:
    server = start("serve", "--with-worker").wait_until_ready()
    until(lambda: bool(worker_of(server)))
    first = worker_of(server)[0]

    first.kill()

    until(lambda: any(worker.pid != first.pid for worker in worker_of(server)))


def test_a_server_that_is_killed_leaves_nothing_behind(start: Start) -> None:
    server = start("serve", "--with-worker").wait_until_ready()
    until(lambda: bool(worker_of(server)))
    everybody = children(server)

    server.process.kill()

    until(lambda: not any(is_alive(child) for child in everybody))


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_metrics_are_on_a_listener_of_their_own(start: Start, app: Flask) -> None:
    """ATTACKS 139: the public port knows nothing of them."""
    private = free_port()
    server = start("serve", IDP_METRICS__PORT=str(private), IDP_SERVER__WORKERS="2").wait_until_ready()
    browser = httpx.Client(follow_redirects=True)
    page = browser.get(f"{server.url}/connexion")
    send(browser, page, server.url, identifiant="v.durant1", mot_de_passe="notthisone1")
    httpx.post(f"{server.url}/token", data={"grant_type": "x"})
    until(lambda: answers(private))

    told = httpx.get(f"http://127.0.0.1:{private}/metrics").text

    assert httpx.get(f"{server.url}/metrics").status_code == 404
    assert 'idp_logins_total{outcome="failed"} 1.0' in told
    assert "idp_token_seconds_count 1.0" in told
    assert "idp_sms_budget_left 5000.0" in told
    assert "idp_outbox_oldest_seconds 0.0" in told


def test_the_servers_log_is_json(start: Start) -> None:
    server = start("serve").wait_until_ready()
    httpx.get(f"{server.url}/nothing")

    output = server.end()

    assert re.search(r'^\{.*"event":"error_page".*\}$', output, re.MULTILINE), output
