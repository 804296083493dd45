"""From the outbox through the worker to the demo's mailbox, by SMTP and by the SMS gateway."""

import os
import signal
import subprocess
import sys
import time as real_time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from flask import Flask

from idp.db import db
from idp.delivery import outbox
from idp.settings import Settings
from tests.ports import free_port

ROOT = Path(__file__).parents[2]


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[tuple[int, int]]:
    """The HTTP and SMTP ports of a running mailbox."""
    ports = free_port(), free_port()
    options = ["--http-port", ports[0], "--smtp-port", ports[1], "--data-dir", tmp_path / "mailbox"]
    command = [sys.executable, "-m", "demo.mailbox", *map(str, options)]
    program = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert program.stdout is not None
    program.stdout.readline()
    yield ports
    program.kill()
    program.communicate(timeout=10)


@pytest.fixture
def worker(app: Flask, settings: Settings, mailbox: tuple[int, int]) -> Iterator[subprocess.Popen[bytes]]:
    values = {
        "IDP_SERVER__DEMO": "true",
        "IDP_DATABASE__URL": settings.database.url,
        "IDP_KEYS__DIRECTORY": settings.keys.directory,
        "IDP_SMS__DRIVER": "http",
        "IDP_SMS__URL": f"http://127.0.0.1:{mailbox[0]}/sms",
        "IDP_MAIL__HOST": "127.0.0.1",
        "IDP_MAIL__PORT": str(mailbox[1]),
        "IDP_MAIL__SECURITY": "none",
    }
    program = subprocess.Popen([sys.executable, "-m", "idp", "worker"], cwd=ROOT, env=os.environ | values)
    yield program
    program.send_signal(signal.SIGTERM)
    program.wait(10)


def arrived(port: int, count: int) -> list[dict]:
    end = real_time.monotonic() + 20
    while real_time.monotonic() < end:
        found: list[dict] = httpx.get(f"http://127.0.0.1:{port}/api/messages", timeout=5).json()
        if len(found) >= count:
            return found
        real_time.sleep(0.1)
    raise AssertionError("the messages did not arrive")


@pytest.mark.slow
def test_a_code_and_a_mail_reach_the_mailbox(app: Flask, worker, mailbox: tuple[int, int]) -> None:
    with app.app_context():
        outbox.queue("sms", "+33639981234", {"text": "Votre code : 123456"}, purpose="code")
        content = {"subject": "Vérification", "text": "Bonjour", "html": "<p>Bonjour</p>"}
        mail = outbox.queue("mail", "f.sow@example.org", content, purpose="email_validation")
        mail_id = mail.id
        db.session.commit()

    by_channel = {message["channel"]: message for message in arrived(mailbox[0], 2)}

    assert by_channel["sms"]["text"] == "Votre code : 123456"
    assert by_channel["mail"]["subject"] == "Vérification"
    assert by_channel["mail"]["headers"]["Message-ID"] == f"<{mail_id}@localhost>"
