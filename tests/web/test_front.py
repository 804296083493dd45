"""What stands before every request: the names that we answer to, the proxies that we believe."""

from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from flask import Flask

from idp.app import create_app
from idp.settings import Server, Settings
from idp.web.front import Front
from tests.conftest import BOTH_DATABASES

FORWARDED = {
    "X-Forwarded-For": "203.0.113.9",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "evil.example",
    "Forwarded": "for=203.0.113.9;host=evil.example;proto=https",
}


@dataclass
class Answer:
    status: str = ""
    body: bytes = b""


def ask(host: str | None, *, issuer: str = "https://connexion.example.fr", path: str = "/", demo: bool = False) -> str:
    """The status that a front before an application which always says 200 gives to that Host."""

    def inner(environ, start_response):
        start_response("200 OK", [])
        return [b""]

    answer = Answer()
    environ = {"PATH_INFO": path} | ({} if host is None else {"HTTP_HOST": host})
    Front(inner, Server(issuer=issuer, demo=demo))(environ, lambda status, _headers: setattr(answer, "status", status))
    return answer.status[:3]


@pytest.mark.parametrize("host", ["connexion.example.fr", "CONNEXION.example.fr", "connexion.example.fr:443"])
def test_our_own_name_is_answered_to(host: str) -> None:
    assert ask(host) == "200"


@pytest.mark.parametrize(
    "host",
    ["evil.example", "connexion.example.fr.evil.example", "connexion.example.fr:8443", "127.0.0.1", "", None, "["],
)
def test_another_name_is_refused(host: str | None) -> None:
    """ATTACKS 89: a link poisoned by `Host`."""
    assert ask(host) == "400"


def test_probes_are_answered_by_address() -> None:
    assert ask("10.1.2.3:8000", path="/healthz") == "200"


@pytest.mark.parametrize(("host", "status"), [("localhost:8000", "200"), ("evil.example", "400")])
def test_the_demo_answers_to_the_names_of_this_machine_alone(host: str, status: str) -> None:
    assert ask(host, issuer="http://127.0.0.1:8000", demo=True) == status


@pytest.mark.parametrize("path", ["/connexion", "/.well-known/openid-configuration", "/static/idp.css"])
def test_pages_endpoints_and_files_refuse_a_foreign_name(app: Flask, path: str) -> None:
    """ATTACKS 89."""
    answer = app.test_client().get(path, headers={"Host": "evil.example"})

    assert answer.status_code == 400
    assert "evil.example" not in answer.text


def test_forwarded_headers_change_nothing_without_a_trusted_proxy(app: Flask) -> None:
    """ATTACKS 131: forged `X-Forwarded-*`.

    A trap of Werkzeug: ProxyFix believes any header unless it counts the proxies.
    """
    answer = app.test_client().get("/connexion", headers=FORWARDED)

    assert (answer.status_code, answer.location.startswith("/connexion/")) == (303, True)


@pytest.fixture
def behind_one_proxy(app: Flask, settings: Settings) -> Flask:
    """The application as a deployer runs it behind one proxy."""
    server = msgspec.structs.replace(settings.server, trusted_proxies=1)
    return create_app(msgspec.structs.replace(settings, server=server))


@pytest.mark.parametrize(("sent", "status"), [("127.0.0.1:8000", 303), ("evil.example", 400)])
def test_a_trusted_proxys_host_is_checked_too(behind_one_proxy: Flask, sent: str, status: int) -> None:
    """ATTACKS 89, 131."""
    answer = behind_one_proxy.test_client().get("/connexion", headers={"X-Forwarded-Host": sent})

    assert answer.status_code == status


def test_a_trusted_proxys_request_id_is_shown_on_the_error_page(behind_one_proxy: Flask) -> None:
    answer = behind_one_proxy.test_client().get("/nothing", headers={"X-Request-ID": "req-20260115-0001"})

    assert "req-20260115-0001" in answer.text


@pytest.mark.parametrize("given", ["<script>alert(1)</script>", "x" * 65, "abc"])
def test_an_unfit_request_id_is_replaced(behind_one_proxy: Flask, given: str) -> None:
    answer = behind_one_proxy.test_client().get("/nothing", headers={"X-Request-ID": given})

    assert given not in answer.text


def test_anybodys_request_id_is_not_believed(app: Flask) -> None:
    """ATTACKS 131."""
    answer = app.test_client().get("/nothing", headers={"X-Request-ID": "req-20260115-0001"})

    assert "req-20260115-0001" not in answer.text


def test_a_crash_in_front_of_flask_is_one_word(app: Flask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """ATTACKS 139: a hot endpoint that breaks shows no stack trace."""

    def broken(environ, start_response):
        raise RuntimeError("secret detail")

    answer = Answer()
    front = Front(broken, Server(issuer="https://connexion.example.fr"))
    environ = {"PATH_INFO": "/token", "HTTP_HOST": "connexion.example.fr"}

    body = front(environ, lambda status, _headers: setattr(answer, "status", status))

    assert (answer.status, b"".join(body)) == ("500 Internal Server Error", b'{"error":"server_error"}')


@pytest.mark.parametrize("query", ["_scheme=javascript&_external=1", "endpoint=x", "flow_id=other", "_anchor=x"])
def test_a_hostile_query_never_reaches_the_language_links(app: Flask, query: str) -> None:
    """ATTACKS 27."""
    browser = app.test_client()
    path = browser.get("/connexion").location

    answer = browser.get(f"{path}?{query}")

    assert answer.status_code == 200
    assert f'href="{path}?' in answer.text
    assert 'href="javascript' not in answer.text


@BOTH_DATABASES
@pytest.mark.parametrize("path", ["/logos/%00.png", "/connexion/%00", "/%00", "/static/%00.css"])
def test_an_address_with_a_nul_names_nothing(database, app, path):
    """ATTACKS 28."""
    assert app.test_client().get(path).status_code in (303, 404)
