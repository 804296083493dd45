"""A running provider, and relying parties of others against it, each run as its users run it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from demo.forms import Form
from idp import clock
from idp.accounts import passwords
from idp.accounts.models import Account
from idp.cli.context import application
from idp.cli.migrate import upgrade
from idp.db import db
from idp.provider import keys
from idp.relying_parties import service
from idp.settings import Settings, build
from tests.ports import free_port
from tests.real_clients.install import APACHE, EXAMPLES, KEPT, NPM, PYTHON

__all__ = ["APACHE", "EXAMPLES", "NPM", "PYTHON"]

PASSWORD = "Rentree2017"
SECRET = "s" * 43
NEEDS = {
    "test_openid_client.py": NPM / "node_modules" / "openid-client",
    "test_single_page.py": NPM / "node_modules" / "oidc-client-ts",
    "test_idpyoidc.py": PYTHON / "bin" / "python",
    "test_mod_auth_openidc.py": APACHE / "usr" / "lib" / "apache2" / "modules" / "mod_auth_openidc.so",
}
"""What each file of tests cannot do without; `install.py` told what could not be had."""
collect_ignore = [name for name, need in NEEDS.items() if not need.exists()]


def pytest_report_header() -> list[str]:
    left = [f"left out, since its client cannot be had on this machine: {name}" for name in collect_ignore]
    return left if (KEPT / "installed").exists() else ["real clients are not installed: tests/real_clients/install.py"]


@dataclass
class Program:
    """A running program, whose output is in a file."""

    process: subprocess.Popen[bytes]
    output: Path

    def wait_for(self, true: Callable[[], bool]) -> None:
        assert eventually(lambda: self.process.poll() is not None or true(), 60), self.output.read_text()
        assert self.process.poll() is None, self.output.read_text()

    def end(self) -> None:
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(20)


def start(command: list[str], environment: Mapping[str, str], output: Path) -> Program:
    """A program in a group of its own."""
    with output.open("wb") as file:
        process = subprocess.Popen(
            command, env={**os.environ, **environment}, stdout=file, stderr=subprocess.STDOUT, start_new_session=True
        )
    return Program(process, output)


def eventually(true: Callable[[], bool], seconds: float = 20) -> bool:
    """Whether it becomes true, asked again and again for a while."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).status_code < 500
    except httpx.TransportError:
        return False


@dataclass
class RunningProvider:
    """`idp serve` with its worker, on a database of its own, at 127.0.0.1 over plain http as in the demo."""

    url: str
    settings: Settings
    registered: list[str] = field(default_factory=list)

    def register(self, client_id: str, redirect_uri: str, **metadata: Any) -> None:
        """A client that may come back to that address, and to the root of it after a logout."""
        whole = {"redirect_uris": [redirect_uri], "grant_types": ["authorization_code", "refresh_token"], **metadata}
        with application(self.settings):
            scope = "openid profile email offline_access"
            service.register(client_id, client_id, whole, scope=scope, first_party=True, secret=SECRET, demo=True)
            db.session.commit()


@pytest.fixture(scope="session")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningProvider]:
    folder = tmp_path_factory.mktemp("provider")
    port = free_port()
    values = {
        "IDP_SERVER__DEMO": "true",
        "IDP_SERVER__ISSUER": f"http://127.0.0.1:{port}",
        "IDP_SERVER__PORT": str(port),
        "IDP_DATABASE__URL": f"sqlite:///{folder}/idp.db",
        "IDP_KEYS__DIRECTORY": str(folder / "keys"),
    }
    settings = build(
        {
            "server": {"demo": True, "issuer": values["IDP_SERVER__ISSUER"], "port": port},
            "database": {"url": values["IDP_DATABASE__URL"]},
            "keys": {"directory": values["IDP_KEYS__DIRECTORY"]},
        }
    )
    keys.generate(folder / "keys")
    with application(settings) as app:
        upgrade(app)
        _add_parent(settings)
    program = start([sys.executable, "-m", "idp", "serve", "--with-worker"], values, folder / "log")
    found = RunningProvider(values["IDP_SERVER__ISSUER"], settings)
    program.wait_for(lambda: answers(f"{found.url}/readyz"))
    yield found
    program.end()


def _add_parent(settings: Settings) -> None:
    now = clock.now()
    account = Account(
        identifiant="c.martin1",
        family_name="MARTIN",
        first_name="Claire",
        email="claire@example.org",
        email_verified_at=now,
        password_hash=passwords.hash(PASSWORD, settings.passwords),
        created_at=now,
        updated_at=now,
    )
    db.session.add(account)
    db.session.commit()


@pytest.fixture
def parent() -> Iterator[httpx.Client]:
    """A browser that follows redirects."""
    with httpx.Client(follow_redirects=True, timeout=30) as browser:
        yield browser


def log_in(browser: httpx.Client, address: str) -> httpx.Response:
    """Open an address of the service, type identifiant and password where the provider asks; where it ends."""
    form = Form(browser.get(address), "login-form")
    fields = {**form.fields, "identifiant": "c.martin1", "mot_de_passe": PASSWORD}
    return browser.post(str(form.page.url.join(form.action or "")), data=fields)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., Program]]:
    """Start a program of the tests; it ends with the test."""
    running: list[Program] = []

    def begin(command: list[str], **environment: str) -> Program:
        running.append(start(command, environment, tmp_path / f"output-{len(running)}"))
        return running[-1]

    yield begin
    for program in running:
        program.end()
