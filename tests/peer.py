"""An HTTP server of somebody else's at 127.0.0.1, that keeps what it is asked and answers as told."""

import datetime as dt
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class Request:
    """What the peer was asked."""

    method: str
    path: str
    headers: dict[str, str]
    body: str


@dataclass
class Peer:
    """`answers` maps a path to (status, headers, body), or to a function that writes to the socket itself."""

    url: str = ""
    port: int = 0
    connections: int = 0
    requests: list[Request] = field(default_factory=list)
    answers: dict[str, object] = field(default_factory=dict)

    def answer(self, path: str, body: bytes | str, *, status: int = 200, **headers: str) -> str:
        """Say what that path gives from now on; its address."""
        content = body.encode() if isinstance(body, str) else body
        self.answers[path] = (status, {name.replace("_", "-"): value for name, value in headers.items()}, content)
        return self.url + path


@contextmanager
def listening(tls: tuple[Path, Path] | None = None, host: str = "127.0.0.1") -> Iterator[Peer]:
    """A peer that listens, with a certificate and its key when it speaks TLS."""
    peer = Peer()

    class Server(ThreadingHTTPServer):
        address_family = socket.AF_INET6 if ":" in host else socket.AF_INET

        def get_request(self) -> tuple[socket.socket, object]:
            peer.connections += 1
            return super().get_request()

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that hangs up is no news."""

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            peer.requests.append(Request(self.command, self.path, dict(self.headers), body))
            answer = peer.answers.get(self.path.partition("?")[0], (404, {}, b""))
            if callable(answer):
                answer(self)
                return
            assert isinstance(answer, tuple)
            status, headers, content = answer
            self.send_response(status)
            for name, value in {"Content-Length": str(len(content)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = _serve  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = Server((host, 0), Handler)
    if tls is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*tls)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    peer.port = server.server_port
    peer.url = f"{'https' if tls else 'http'}://{f'[{host}]' if ':' in host else host}:{peer.port}"
    yield peer
    server.shutdown()
    server.server_close()


def certificate(folder: Path, *names: str) -> tuple[Path, Path]:
    """A self-signed certificate for 127.0.0.1 and these names, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "peer of the tests")])
    now = dt.datetime.now(dt.UTC)  # noqa: TID251  # OpenSSL reads the real clock.
    alternatives = [x509.IPAddress(ipaddress.ip_address("127.0.0.1")), *(x509.DNSName(name) for name in names)]
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, private = folder / "peer.pem", folder / "peer.key"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return pem, private


Handler = Callable[[BaseHTTPRequestHandler], None]
"""An answer that writes by itself."""
