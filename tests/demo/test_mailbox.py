"""The mailbox as a program: mail by SMTP, SMS by HTTP, pages and JSON."""

import importlib
import re
import signal
import smtplib
import subprocess
import sys
import time
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest

from tests.ports import free_port

ROOT = Path(__file__).parents[2]


class Mailbox:
    def __init__(self, directory: Path) -> None:
        self.http_port, self.smtp_port, self.directory = free_port(), free_port(), directory
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.http_port}", timeout=10)
        self.start()

    def start(self) -> None:
        options = ["--http-port", self.http_port, "--smtp-port", self.smtp_port, "--data-dir", self.directory]
        command = [sys.executable, "-m", "demo.mailbox", *map(str, options)]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self.process.stdout is not None
        assert self.process.stdout.readline().startswith("mailbox: http://")

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(10)

    def messages(self, **query: object) -> list[dict]:
        return self.client.get("/api/messages", params=query).raise_for_status().json()

    def receives_sms(self, text: str = "Votre code : 123456", **body: str) -> httpx.Response:
        return self.client.post("/sms", json={"to": "+33639981234", "from": "EduConnect", "text": text} | body)

    def receives_mail(self, to: str = "f.sow@example.org", html: str | None = None) -> None:
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = "Émile <e@example.org>", to, "Été à l’école"
        mail.set_content("Bonjour Élodie")
        if html:
            mail.add_alternative(html, subtype="html")
        with smtplib.SMTP("127.0.0.1", self.smtp_port, timeout=10) as relay:
            relay.send_message(mail)


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[Mailbox]:
    program = Mailbox(tmp_path / "mailbox")
    yield program
    program.process.kill()
    program.process.wait(10)


def test_a_mail_arrives_with_text_html_and_headers(mailbox: Mailbox) -> None:
    mailbox.receives_mail(html="<p>Bonjour <b>Élodie</b></p>")

    (mail,) = mailbox.messages(channel="mail")
    assert set(mail) == {"id", "at", "channel", "to", "from", "subject", "text", "html", "headers"}
    assert (mail["to"], mail["from"]) == ("f.sow@example.org", "Émile <e@example.org>")
    assert (mail["subject"], mail["text"].strip()) == ("Été à l’école", "Bonjour Élodie")
    assert "<b>Élodie</b>" in mail["html"]
    assert mail["headers"]["To"] == "f.sow@example.org"


def test_an_sms_arrives(mailbox: Mailbox) -> None:
    answer = mailbox.receives_sms()

    (sms,) = mailbox.messages(channel="sms", to="+33639981234")
    assert answer.status_code == 202
    assert (sms["from"], sms["text"], sms["subject"]) == ("EduConnect", "Votre code : 123456", "")


def test_the_same_sms_again_is_kept_once(mailbox: Mailbox) -> None:
    first, second = mailbox.receives_sms(id="row-1"), mailbox.receives_sms(id="row-1")

    assert first.json() == second.json()
    assert len(mailbox.messages()) == 1


def test_the_list_is_newest_first_and_filtered(mailbox: Mailbox) -> None:
    mailbox.receives_sms("un")
    mailbox.receives_mail()
    mailbox.receives_sms("deux")
    first = mailbox.messages()[-1]["id"]

    assert [m["text"].strip() for m in mailbox.messages()] == ["deux", "Bonjour Élodie", "un"]
    assert [m["text"] for m in mailbox.messages(after=first, channel="sms")] == ["deux"]
    assert [m["channel"] for m in mailbox.messages(to="F.Sow@example.org")] == ["mail"]
    assert mailbox.messages(to="sow@example.org") == []
    assert mailbox.messages(to="%") == []


def test_emptying_forgets_all_and_ids_go_on(mailbox: Mailbox) -> None:
    mailbox.receives_sms()
    before = mailbox.messages()[0]["id"]

    assert mailbox.client.delete("/api/messages").status_code == 204

    assert mailbox.messages() == []
    mailbox.receives_sms()
    assert mailbox.messages()[0]["id"] > before


def test_messages_survive_a_restart(mailbox: Mailbox) -> None:
    mailbox.receives_sms()
    mailbox.receives_mail()

    assert mailbox.stop() == 0
    mailbox.start()

    assert len(mailbox.messages()) == 2


def test_messages_survive_a_kill(mailbox: Mailbox) -> None:
    mailbox.receives_sms()

    mailbox.process.kill()
    mailbox.process.wait(10)
    mailbox.start()

    assert len(mailbox.messages()) == 1


def test_a_message_is_shown_as_text_never_as_markup(mailbox: Mailbox) -> None:
    mailbox.receives_sms("<script>alert(1)</script>", to="<b>x</b>")
    mailbox.receives_mail(html="<script>alert(2)</script>")
    shown = [mailbox.client.get("/"), *(mailbox.client.get(f"/messages/{m['id']}") for m in mailbox.messages())]

    for page in shown:
        assert page.status_code == 200
        assert "<script" not in page.text
        assert "<b>x" not in page.text


def test_pages_are_french_without_inline_script_or_style(mailbox: Mailbox) -> None:
    mailbox.receives_mail()
    for path in ("/", f"/messages/{mailbox.messages()[0]['id']}", "/totp", "/messages/999"):
        page = mailbox.client.get(path)

        assert '<html lang="fr">' in page.text
        assert not re.search(r"<script|<style|\sstyle=|\son\w+=", page.text)
        assert page.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self';")


def test_the_page_empties_the_box_by_a_form(mailbox: Mailbox) -> None:
    mailbox.receives_sms()

    elsewhere = mailbox.client.post("/vider", headers={"Sec-Fetch-Site": "cross-site"})
    kept = len(mailbox.messages())
    answer = mailbox.client.post("/vider")

    assert (elsewhere.status_code, kept, answer.status_code) == (403, 1, 303)
    assert mailbox.messages() == []


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"to": "x"}', b'{"to": 1, "text": "x"}', b'{"to":"x","text":"x","id":1}', b"\xff"]
)
def test_a_wrong_sms_is_refused(mailbox: Mailbox, body: bytes) -> None:
    answer = mailbox.client.post("/sms", content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code == 400
    assert mailbox.messages() == []


@pytest.mark.parametrize("query", ["after=x", "after=-1", "after=²", "channel=fax"])
def test_a_wrong_query_is_refused(mailbox: Mailbox, query: str) -> None:
    assert mailbox.client.get(f"/api/messages?{query}").status_code == 400


def test_a_mail_with_broken_headers_is_kept(mailbox: Mailbox) -> None:
    with smtplib.SMTP("127.0.0.1", mailbox.smtp_port, timeout=10) as relay:
        broken = b"From: <<>@\r\nTo: ,;\r\nDate: x\r\nContent-Type: text/plain; charset=nope\r\n\r\n\xff\xfe\r\n"
        relay.sendmail("a@example.org", ["b@example.org", "c@example.org"], broken)

    (mail,) = mailbox.messages(to="c@example.org")
    assert mail["to"] == "b@example.org, c@example.org"


def test_a_port_in_use_is_one_line_and_exit_1(mailbox: Mailbox, tmp_path: Path) -> None:
    options = ["--http-port", mailbox.http_port, "--smtp-port", free_port(), "--data-dir", tmp_path / "other"]
    command = [sys.executable, "-m", "demo.mailbox", *map(str, options)]

    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=20, check=False)

    assert ended.returncode == 1
    assert ended.stdout == f"mailbox: port {mailbox.http_port} cannot be used\n"


def test_the_second_factor_is_that_of_rfc_6238() -> None:
    web = importlib.import_module("demo.mailbox.web")

    assert web.totp("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", 1111111109) == "081804"


def test_it_ends_at_once_when_told(mailbox: Mailbox) -> None:
    started = time.monotonic()

    assert mailbox.stop() == 0
    assert time.monotonic() - started < 3
