"""`idp check`: what is wrong with a deployment, and what to do."""

from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from click.testing import CliRunner, Result
from flask import Flask

from idp.cli.check import command
from idp.settings import Settings, build
from tests.conftest import BOTH_DATABASES


def look(tmp_path: Path, url: str, **sections: dict[str, object]) -> Result:
    tables = {
        "server": {"demo": True},
        "database": {"url": url},
        "keys": {"directory": str(tmp_path / "keys")},
        **sections,
    }
    return CliRunner().invoke(command, obj=build(tables))


@pytest.fixture
def ready(app: Flask, settings: Settings) -> str:
    """A database with its tables, and keys; its address."""
    return settings.database.url


@BOTH_DATABASES
def test_a_deployment_without_problems_passes(tmp_path: Path, ready: str) -> None:
    result = look(tmp_path, ready)

    assert result.exit_code == 0, result.output
    assert "ok       keys\nok       database\n" in result.output
    assert "warning  sms.driver: none" in result.output


def test_missing_keys_and_tables_are_told_together(tmp_path: Path) -> None:
    result = look(tmp_path, f"sqlite:///{tmp_path}/none.db")

    assert result.exit_code == 1
    assert "sealing.key is missing: run `idp keys generate`" in result.output
    assert "none.db does not exist: run `idp migrate`" in result.output


def test_keys_and_database_that_others_may_read_are_told(tmp_path: Path, ready: str) -> None:
    """ATTACKS 135."""
    (tmp_path / "keys" / "sealing.key").chmod(0o644)
    (tmp_path / "idp.db").chmod(0o644)

    result = look(tmp_path, ready)

    assert "PROBLEM  keys.directory" in result.output
    assert "warning  database.url" in result.output


def test_a_new_database_file_is_readable_by_us_alone(tmp_path: Path, ready: str) -> None:
    """ATTACKS 135."""
    assert {file.stat().st_mode & 0o077 for file in tmp_path.glob("idp.db*")} == {0}


@pytest.mark.parametrize(
    ("sections", "told"),
    [
        ({"sms": {"driver": "http", "url": "http://127.0.0.1:9/sms"}}, "sms.url: 127.0.0.1:9 does not answer"),
        ({"sms": {"driver": "http", "url": "http://gateway.example/sms"}}, "sms.url: must be https"),
        (
            {"mail": {"host": "127.0.0.1", "port": 9, "security": "none"}},
            "mail.host: 127.0.0.1:9 does not take our mail",
        ),
        ({"limits": {"store": "redis://127.0.0.1:9"}}, "limits.store: it does not answer"),
        ({"site": {"theme": "/no/such/folder"}}, "site.theme: no such folder"),
        ({"database": {"url": "postgresql+psycopg://x@127.0.0.1:9/x"}}, "database.url: the database does not answer"),
    ],
)
def test_what_does_not_answer_is_named_with_its_setting(
    tmp_path: Path, ready: str, sections: dict[str, dict[str, object]], told: str
) -> None:
    result = look(tmp_path, ready, **sections)

    assert result.exit_code == 1
    assert told in result.output


def test_a_relay_that_answers_passes(tmp_path: Path, ready: str) -> None:
    class AnyPort(Controller):
        def _trigger_server(self) -> None:
            self.port = self.server.sockets[0].getsockname()[1]
            super()._trigger_server()

    relay = AnyPort(object(), hostname="127.0.0.1", port=0)
    relay.start()
    try:
        mail = {"host": "127.0.0.1", "port": relay.port, "security": "none"}
        result = look(tmp_path, ready, mail=mail)
    finally:
        relay.stop()

    assert "ok       mail" in result.output
