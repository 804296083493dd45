"""SMS through a real Kannel: bearerbox and smsbox, with its own fake SMSC behind them."""

import re
import socket
import subprocess
import threading
import time as real_time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from flask import Flask

from idp.db import db
from idp.delivery import outbox
from idp.delivery.errors import Undelivered
from idp.delivery.models import Message
from idp.delivery.outbox import Taken
from idp.delivery.senders import sms_gateway
from idp.delivery.worker import Delivery
from idp.settings import Settings, Sms, Worker
from tests.conftest import BOTH_DATABASES
from tests.delivery.install_kannel import PACKAGES, find
from tests.ports import free_port

pytestmark = pytest.mark.slow

SETTINGS = """
group = core
admin-port = {admin}
admin-interface = "127.0.0.1"
admin-password = admin
smsbox-port = {boxes}
smsbox-interface = "127.0.0.1"
box-allow-ip = "127.0.0.1"
log-level = 1

group = smsc
smsc = fake
smsc-id = fake
port = {smsc}
connect-allow-ip = "127.0.0.1"

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = {send}
sendsms-interface = "127.0.0.1"
log-level = 1

group = sendsms-user
username = idp
password = kannel-password
concatenation = true
max-messages = 3

group = sms-service
keyword = default
max-messages = 0
text = "nothing"
"""


@dataclass
class Kannel:
    """The three programs; `arrived` reads what the fake SMSC was given."""

    folder: Path
    ports: dict[str, int]
    programs: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.ports['send']}/cgi-bin/sendsms"

    def start(self, name: str, *arguments: str) -> None:
        program = find(name)
        assert program, f"{name} is not there: install Debian's packages {' and '.join(PACKAGES)}"
        with (self.folder / f"{name}.log").open("ab") as log:
            self.programs[name] = subprocess.Popen([program, *arguments], cwd=self.folder, stdout=log, stderr=log)

    def start_bearerbox(self) -> None:
        self.start("bearerbox", "kannel.conf")
        until(lambda: accepts(self.ports["boxes"]) and accepts(self.ports["smsc"]))

    def start_smsbox(self) -> None:
        self.start("smsbox", "kannel.conf")
        until(lambda: accepts(self.ports["send"]))

    def start_smsc(self) -> None:
        """The fake SMSC must send one message of its own, and tells what it gets."""
        address = ("-H", "127.0.0.1", "-r", str(self.ports["smsc"]))
        self.start("fakesmsc", *address, "-i", "86400", "-m", "1", "1 2 text hello")
        until(lambda: "fake" in self.status() and "online" in self.status())

    def status(self) -> str:
        return httpx.get(f"http://127.0.0.1:{self.ports['admin']}/status.txt?password=admin", timeout=5).text

    def arrived(self) -> list[str]:
        log = (self.folder / "fakesmsc.log").read_text(encoding="utf-8", errors="replace")
        return re.findall(r"Got message \d+: <(.*)>", log)

    def stop(self, *names: str) -> None:
        for name in names or tuple(reversed(self.programs)):
            program = self.programs.pop(name)
            program.kill()
            program.wait()


def accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def until(true: Callable[[], bool], seconds: float = 30) -> None:
    end = real_time.monotonic() + seconds
    while not true():
        assert real_time.monotonic() < end, "it did not happen in time"
        real_time.sleep(0.05)


@pytest.fixture(scope="module")
def kannel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kannel]:
    folder = tmp_path_factory.mktemp("kannel")
    ports = dict(zip(("admin", "boxes", "smsc", "send"), (free_port() for _ in range(4)), strict=True))
    (folder / "kannel.conf").write_text(SETTINGS.format(**ports))
    kannel = Kannel(folder, ports)
    try:
        kannel.start_bearerbox()
        kannel.start_smsbox()
        kannel.start_smsc()
        yield kannel
    finally:
        kannel.stop()


def sms(kannel: Kannel, **changes: str) -> Sms:
    usual = {"driver": "kannel", "url": kannel.url, "username": "idp", "password": "kannel-password"}
    return Sms(**(usual | changes))  # type: ignore[arg-type]


def message(text: str, to: str = "+33639981234") -> Taken:
    return Taken(id="01a2", lease="", channel="sms", recipient=to, content={"text": text})


@BOTH_DATABASES
def test_a_code_goes_from_the_outbox_through_bearerbox_to_the_telephone_network(
    kannel: Kannel, app: Flask, settings: Settings
) -> None:
    before = len(kannel.arrived())
    with app.app_context():
        queued = outbox.queue("sms", "+33639981234", {"text": "EduConnect : votre code est #123456"}, purpose="code")
        db.session.commit()
        Delivery({"sms": sms_gateway(sms(kannel))}, Worker(), threading.Event()).run_once()
        db.session.expire_all()
        row = db.session.get_one(Message, queued.id)
        state, receipt = row.state, row.receipt
        db.session.commit()
    until(lambda: len(kannel.arrived()) == before + 1)

    assert state == "sent"
    assert receipt.startswith("0:")
    assert kannel.arrived()[-1] == "EduConnect +33639981234 text EduConnect : votre code est #123456"


def test_accents_of_gsm_7_arrive_whole(kannel: Kannel) -> None:
    before = len(kannel.arrived())
    text = "Éducation nationale : code à six chiffres, arrivé dès 10 €"
    sms_gateway(sms(kannel)).send(message(text))
    until(lambda: len(kannel.arrived()) == before + 1)

    assert kannel.arrived()[-1] == f"EduConnect +33639981234 text {text}"


def test_a_wrong_password_is_told_and_tried_again(kannel: Kannel) -> None:
    with pytest.raises(Undelivered, match="HTTP 403"):
        sms_gateway(sms(kannel, password="wrong")).send(message("Votre code"))


def test_what_kannel_took_while_its_smsc_was_away_arrives_when_it_is_back(kannel: Kannel) -> None:
    kannel.stop("fakesmsc")
    before = len(kannel.arrived())
    until(lambda: "online" not in kannel.status().partition("SMSC connections")[2].partition("smsbox")[0])
    receipt = sms_gateway(sms(kannel)).send(message("Gardé en attendant"))

    kannel.start_smsc()
    until(lambda: len(kannel.arrived()) == before + 1)

    assert receipt[:2] in ("0:", "3:")


def test_a_code_waits_in_the_outbox_while_kannel_is_down(kannel: Kannel, app: Flask) -> None:
    kannel.stop("smsbox")
    with app.app_context():
        queued = outbox.queue("sms", "+33639981234", {"text": "Votre code : 1"}, purpose="code")
        db.session.commit()
        delivery = Delivery({"sms": sms_gateway(sms(kannel))}, Worker(), threading.Event())
        delivery.run_once()
        db.session.expire_all()
        row = db.session.get_one(Message, queued.id)

        assert (row.state, row.attempts) == ("waiting", 1)
        assert "kannel-password" not in row.last_error
        db.session.commit()
    kannel.start_smsbox()
