"""Outside peers: an SMTP relay and an HTTP gateway that are real servers."""

import contextlib
import datetime as dt
import json
import os
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from flask import Flask

from idp.delivery.worker import Delivery
from idp.settings import Settings, Worker
from tests.delivery.install_kannel import PROGRAMS, find
from tests.delivery.outgoing import Recorder
from tests.ports import free_port

ROOT = Path(__file__).parents[2]

collect_ignore = [] if all(find(name) for name in PROGRAMS) else ["test_kannel.py"]


def pytest_report_header() -> list[str]:
    return [f"left out, since Kannel cannot be had on this machine: {name}" for name in collect_ignore]


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A self-signed certificate for 127.0.0.1, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "relay of the tests")])
    now = dt.datetime.now(dt.UTC)  # noqa: TID251  # OpenSSL reads the real clock.
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, private = folder / "cert.pem", folder / "key.pem"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return pem, private


class Relay:
    """An SMTP server that keeps what it takes; `answer` and `recipient_answer` are what it says."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []
        self.encrypted: list[bool] = []
        self.logins: list[bytes] = []
        self.answer = "250 OK"
        self.recipient_answer = "250 OK"
        self.controller: Controller | None = None

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if self.recipient_answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.recipient_answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.answer.startswith("250"):
            self.mails.append(envelope.original_content)
            self.encrypted.append(session.ssl is not None)
        return self.answer

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append(data.login)
        return AuthResult(success=data.password == b"relay-password", handled=False)

    @property
    def port(self) -> int:
        assert self.controller is not None
        return int(self.controller.server.sockets[0].getsockname()[1])


class AnyPort(Controller):
    """A controller that takes a free port by itself."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@pytest.fixture
def start_relay(certificate: tuple[Path, Path]) -> Iterator[Callable[..., Relay]]:
    started: list[Controller] = []

    def start(*, security: str = "none") -> Relay:
        relay = Relay()
        options: dict[str, Any] = {}
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*certificate)
        if security == "starttls":
            options = {"tls_context": context, "require_starttls": True, "authenticator": relay.authenticate}
        elif security == "tls":
            options = {"ssl_context": context}
        relay.controller = AnyPort(relay, hostname="127.0.0.1", port=0, **options)
        relay.controller.start()
        started.append(relay.controller)
        return relay

    yield start
    for controller in started:
        controller.stop()


@dataclass
class Gateway:
    """An HTTP server that keeps every request and answers as told."""

    url: str = ""
    status: int = 202
    body: str = "{}"
    headers: dict[str, str] = field(default_factory=dict)
    status_of: dict[str, int] = field(default_factory=dict)
    bodies: dict[str, str] = field(default_factory=dict)
    requests: list[tuple[str, str, dict[str, str], str]] = field(default_factory=list)
    on_request: Callable[[], None] = lambda: None

    @property
    def last_json(self) -> Any:
        return json.loads(self.requests[-1][3])


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    peer = Gateway()

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            peer.requests.append((self.command, self.path, dict(self.headers), body))
            peer.on_request()
            answer = peer.bodies.get(self.path.partition("?")[0], peer.body).encode()
            self.send_response(peer.status_of.get(self.path, peer.status))
            for name, value in {"Content-Length": str(len(answer)), **peer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = _serve  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    peer.url = f"http://127.0.0.1:{server.server_port}"
    yield peer
    server.shutdown()
    server.server_close()


@pytest.fixture
def dripping() -> Iterator[str]:
    """A gateway that takes every message, then says a little more again and again without end."""
    ended = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(200)
            self.end_headers()
            with contextlib.suppress(OSError):
                while not ended.wait(0.1):
                    self.wfile.write(b" ")

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    ended.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def unused_port() -> int:
    """A port where nobody listens."""
    return free_port()


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def delivery(database: Flask, clock, recorder: Recorder) -> Delivery:
    return Delivery({"sms": recorder}, Worker(attempts=3, poll_milliseconds=1), threading.Event())


def environment(settings: Settings, **changes: str) -> dict[str, str]:
    return os.environ | {
        "IDP_SERVER__DEMO": "true",
        "IDP_DATABASE__URL": settings.database.url,
        "IDP_KEYS__DIRECTORY": settings.keys.directory,
        "IDP_SMS__DRIVER": "http",
        "IDP_WORKER__LEASE_SECONDS": "1",
        "IDP_WORKER__POLL_MILLISECONDS": "50",
        **changes,
    }


@pytest.fixture
def idp(app: Flask, settings: Settings, gateway: Gateway) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts `idp …` on the tests' database with the gateway's address."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str, **changes: str) -> subprocess.Popen[str]:
        program = subprocess.Popen(
            [sys.executable, "-m", "idp", *arguments],
            cwd=ROOT,
            env=environment(settings, IDP_SMS__URL=gateway.url, **changes),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(program)
        return program

    yield start
    for program in started:
        program.kill()
        program.communicate(timeout=10)
