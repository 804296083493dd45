"""The worker as a program, and `idp outbox`."""

import signal
import socket
import time as real_time
from collections import Counter
from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import select

from idp.cli.outbox import command as outbox_command
from idp.db import db
from idp.delivery import outbox
from idp.delivery.models import Message
from idp.settings import Settings
from tests.conftest import BOTH_DATABASES
from tests.delivery.outgoing import queue_many, states, wait_until


@pytest.mark.slow
def test_once_sends_what_is_due_and_ends(app: Flask, idp, gateway) -> None:
    queue_many(app, 25)

    output, _ = (worker := idp("worker", "--once")).communicate(timeout=60)

    assert worker.returncode == 0, output
    assert states(app) == {"sent": 25}
    assert len(gateway.requests) == 25


@pytest.mark.slow
def test_the_workers_log_holds_no_code_and_no_number(app: Flask, idp, gateway) -> None:
    queue_many(app, 1)
    gateway.status = 400

    output, _ = idp("worker", "--once").communicate(timeout=60)

    assert "message_dead" in output
    assert "+33639981234" not in output


@pytest.mark.slow
def test_sigterm_ends_the_worker_cleanly(app: Flask, idp, gateway) -> None:
    worker = idp("worker")
    queue_many(app, 1)
    wait_until(lambda: len(gateway.requests) == 1)
    worker.send_signal(signal.SIGTERM)
    output, _ = worker.communicate(timeout=10)

    assert worker.returncode == 0, output
    assert states(app) == {"sent": 1}


@pytest.mark.slow
@BOTH_DATABASES
def test_a_worker_killed_in_the_middle_loses_nothing_and_repeats_nothing_acknowledged(app: Flask, idp, gateway) -> None:
    queue_many(app, 30)
    gateway.on_request = lambda: real_time.sleep(0.03)
    worker = idp("worker")
    wait_until(lambda: len(gateway.requests) >= 10)
    worker.kill()
    worker.communicate(timeout=10)
    with app.app_context():
        acknowledged = set(db.session.scalars(select(Message.id).where(Message.state == "sent")))
        db.session.rollback()
    seen_before = len(gateway.requests)

    second = idp("worker")
    wait_until(lambda: states(app)["sent"] == 30)
    second.send_signal(signal.SIGTERM)
    second.communicate(timeout=10)

    arrived = Counter(headers["Idempotency-Key"] for _, _, headers, _ in gateway.requests)
    repeated = {row for row, times in arrived.items() if times > 1}
    assert len(acknowledged) >= 5
    assert len(arrived) == 30
    assert repeated.isdisjoint(acknowledged)
    assert len(repeated) <= 1, "only the message on its way at the kill may come again, with the same id"
    assert seen_before < 30


@pytest.mark.slow
def test_codes_leave_while_the_relay_hangs(app: Flask, idp, gateway) -> None:
    with app.app_context():
        outbox.queue("mail", "parent@example.org", {"subject": "x", "text": "x"}, purpose="test")
        db.session.commit()
    queue_many(app, 1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = str(silent.getsockname()[1])
        idp("worker", IDP_MAIL__HOST="127.0.0.1", IDP_MAIL__PORT=port, IDP_MAIL__TIMEOUT_SECONDS="120")

        wait_until(lambda: len(gateway.requests) == 1)


@pytest.mark.slow
@BOTH_DATABASES
def test_two_workers_send_each_message_once(app: Flask, idp, gateway) -> None:
    queue_many(app, 60)
    workers = [idp("worker", IDP_WORKER__LEASE_SECONDS="60") for _ in range(2)]
    wait_until(lambda: states(app)["sent"] == 60)
    for worker in workers:
        worker.send_signal(signal.SIGTERM)
        worker.communicate(timeout=10)

    assert len(gateway.requests) == 60


@pytest.fixture
def command(settings: Settings) -> Callable[..., Result]:
    """Runs `idp outbox …` on the tests' database."""
    return lambda *words: CliRunner().invoke(outbox_command, words, obj=settings)


@pytest.mark.slow
def test_outbox_lists_waiting_and_dead_without_contents(app: Flask, idp, command, gateway) -> None:
    queue_many(app, 1)
    gateway.status = 400
    idp("worker", "--once").communicate(timeout=60)
    queue_many(app, 1)

    output = command().output

    assert "1 waiting, 1 dead" in output
    assert "HTTP 400" in output
    assert "+33639981234" not in output


def test_outbox_shows_what_a_gateway_said_letter_by_letter(app: Flask, command) -> None:
    queue_many(app, 1)
    with app.app_context():
        outbox.bury(outbox.take(["sms"], batch=1, lease_seconds=60)[0], "550 [red]no[/b]")
        db.session.commit()

    done = command()

    assert done.exit_code == 0
    assert "550 [red]no[/b]" in done.output


@pytest.mark.slow
def test_outbox_retry_puts_dead_letters_back(app: Flask, idp, command, gateway) -> None:
    queue_many(app, 2)
    gateway.status = 400
    idp("worker", "--once").communicate(timeout=60)
    gateway.status = 202

    output = command("retry", "--all").output
    idp("worker", "--once").communicate(timeout=60)

    assert "2 put back" in output
    assert states(app) == {"sent": 2}


def test_outbox_retry_of_an_unknown_id_says_so(app: Flask, command) -> None:
    done = command("retry", "nothing")

    assert done.exit_code == 1
    assert "nothing is not a dead letter." in done.output
