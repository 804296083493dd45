"""Mails that come back: what is believed of a report, and what follows for the account."""

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from idp import clock as time
from idp.accounts.models import Account
from idp.audit import AuditEntry
from idp.cli.outbox import bounced
from idp.db import db
from idp.delivery import outbox, returned
from idp.delivery.errors import NoSuchAddress, Refused
from idp.flows import credentials
from idp.flows.recovery.requests import is_confirmed
from tests.conftest import BOTH_DATABASES
from tests.delivery.test_mail import mail, sender

EMAIL = "Valery@example.org"


@pytest.fixture
def account(database, clock):
    now = time.now()
    row = Account(identifiant="v.durant1", family_name="DURANT", first_name="Valéry", created_at=now, updated_at=now)
    row.email, row.email_verified_at = EMAIL, now
    db.session.add(row)
    db.session.commit()
    return row


@pytest.fixture
def sent(account):
    """The id of a mail that left to that address."""
    row = outbox.queue("mail", EMAIL, {"subject": "x", "text": "x"}, purpose="test")
    db.session.commit()
    return row.id


def report(message_id, status="5.1.1", action="failed", copy="message/rfc822"):
    """A report as a mail server writes it (RFC 3464)."""
    return f"""From: MAILER-DAEMON@example.org
To: retours@idp.example
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain

Your mail could not be delivered.

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; valery@example.org
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} unknown user

--B
Content-Type: {copy}

Message-ID: <{message_id}@idp.example>
Subject: Bonjour
To: valery@example.org

--B--
""".replace("\n", "\r\n").encode()


def hand_over(settings, content):
    db.session.commit()  # SQLite has one writer at a time, and a session that reads is one.
    result = CliRunner().invoke(bounced, input=content, obj=settings)
    db.session.expire_all()
    assert result.exit_code == 0, result.output
    return result.stdout


@BOTH_DATABASES
def test_a_report_marks_the_address_and_nothing_more_goes_to_it(account, sent, settings):
    assert "5.1.1: 1 accounts marked" in hand_over(settings, report(sent))

    assert account.email_bounced_at is not None
    assert not is_confirmed(account)
    credentials.tell_owner(account, "password_changed", language="fr", first=False)
    assert len(list(db.session.scalars(select(outbox.Message).where(outbox.Message.id != sent)))) == 0
    (entry,) = db.session.scalars(select(AuditEntry).where(AuditEntry.event == "account.email_bounced"))
    assert EMAIL.casefold() not in str(entry.ids).casefold()


def test_headers_alone_name_the_mail_too(account, sent, settings):
    hand_over(settings, report(sent, copy="text/rfc822-headers"))

    assert account.email_bounced_at is not None


@pytest.mark.parametrize("status", ["5.2.2", "5.7.1", "5.4.4", "4.1.1"])
def test_a_full_mailbox_or_a_block_leaves_the_address_alone(account, sent, settings, status):
    assert "ignored" in hand_over(settings, report(sent, status))

    assert account.email_bounced_at is None


def test_a_delayed_mail_leaves_it_alone(account, sent, settings):
    assert "ignored" in hand_over(settings, report(sent, action="delayed"))


@pytest.mark.parametrize("forged", ["0" * 32, "' OR 1=1", ""])
def test_a_stranger_cannot_have_an_address_marked(account, sent, settings, forged):
    """Only the receiver of a mail knows its id."""
    hand_over(settings, report(forged))

    assert account.email_bounced_at is None


@pytest.mark.parametrize(
    "content", [b"", b"\xff\x00garbage", b"Subject: hello\n\nNo report.", b"x" * (returned.LARGEST + 1)]
)
def test_what_is_no_report_is_ignored(settings, content):
    assert CliRunner().invoke(bounced, input=content, obj=settings).stdout.startswith("ignored")


def test_an_address_that_was_proved_after_that_mail_stays_good(account, sent, settings, clock):
    clock.advance(hours=1)
    account.email_verified_at = clock()
    db.session.commit()

    hand_over(settings, report(sent))

    assert account.email_bounced_at is None


def test_a_mail_to_an_address_that_the_account_no_longer_has_marks_nothing(account, sent, settings):
    account.email = "new@example.org"
    db.session.commit()

    assert "0 accounts marked" in hand_over(settings, report(sent))


@pytest.mark.parametrize(
    ("answer", "error"),
    [("550 5.1.1 unknown user", NoSuchAddress), ("550 5.7.1 blocked", Refused), ("550 no", Refused)],
)
def test_the_relay_may_say_at_once_that_nobody_lives_there(start_relay, answer, error):
    relay = start_relay()
    relay.recipient_answer = answer

    with pytest.raises(Refused) as refusal:
        sender(relay).send(mail())

    assert type(refusal.value) is error


def test_reports_go_to_an_address_of_their_own(start_relay):
    relay = start_relay()

    sender(relay, bounce_address="retours@idp.example").send(mail())

    assert b"From: Administrateur" in relay.mails[0]
