"""`idp accounts` as support types it."""

import json
import re

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from idp import clock as time
from idp.accounts import passwords
from idp.accounts.models import Account
from idp.cli.accounts import command as group
from idp.db import db
from idp.delivery.models import Message


@pytest.fixture
def command(settings, clock, database):
    now = time.now()
    account = Account(identifiant="v.durant1", civility="Mme", family_name="DURANT", first_name="[red]Valéry")
    account.created_at, account.updated_at, account.mobile = now, now, "+33639981234"
    account.password_hash = passwords.hash("chevalbleu7", settings.passwords)
    db.session.add(account)
    db.session.commit()
    return lambda *words: CliRunner().invoke(group, words, obj=settings)


def test_an_account_is_shown_without_its_secrets(command):
    shown = command("show", "V.Durant1 ")

    assert shown.exit_code == 0
    assert "Mme [red]Valéry DURANT" in shown.stdout
    assert "argon2" not in shown.stdout


def test_the_same_facts_as_json(command):
    facts = json.loads(command("show", "v.durant1", "--json").stdout)

    assert (facts["state"], facts["mobile"], facts["has_password"]) == ("active", "+33639981234", True)


def test_a_suspension_shows_who_and_why(command, monkeypatch):
    monkeypatch.setattr("getpass.getuser", lambda: "camille")

    facts = json.loads(command("suspend", "v.durant1", "--reason", "ticket 41", "--json").stdout)

    assert facts["state"] == "suspended"
    assert facts["acts"][0]["facts"] == {"reason": "ticket 41", "by": "cli:camille"}
    assert json.loads(command("resume", "v.durant1", "--reason", "ticket 42", "--json").stdout)["state"] == "active"


def test_a_lock_is_lifted(command):
    assert "account.unlocked" in command("unlock", "v.durant1").stdout


def waits_for_its_proof():
    account = db.session.scalars(select(Account)).one()
    account.email, account.email_verified_at = "valery@example.org", None
    db.session.commit()


def test_the_validation_mail_leaves_again_with_the_link_of_the_page(command, settings, app, monkeypatch):
    """The twin of the support console's act: the same rule, the same line in the audit log."""
    monkeypatch.setattr("getpass.getuser", lambda: "camille")
    waits_for_its_proof()

    facts = json.loads(command("resend-validation", "v.durant1", "--reason", "ticket 41", "--json").stdout)

    sent = db.session.scalars(select(Message)).one()
    link = re.search(r"http://127.0.0.1:8000(/verification-mail/\S+)", sent.content["text"])
    assert sent.recipient == "valery@example.org"
    assert link
    assert app.test_client().get(link[1], follow_redirects=True).status_code == 200
    assert {"reason": "ticket 41", "by": "cli:camille"} in [act["facts"] for act in facts["acts"]]


def test_the_validation_mail_has_its_ceiling(command, settings):
    waits_for_its_proof()

    done = [command("resend-validation", "v.durant1", "--reason", "ticket 41") for _ in range(40)]

    assert done[0].exit_code == 0
    assert "too many mails have left already; again at 1" in done[-1].stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["show", "x.personne1"], "no account of that name"),
        (["resume", "v.durant1", "--reason", "x"], "is active: it is not suspended"),
        (["suspend", "v.durant1", "--reason", " "], "--reason is empty"),
        (["undo-merge", "v.durant1", "--reason", " "], "--reason is empty"),
        (["undo-merge", "v.durant1", "--reason", "x"], "no account of that name was closed"),
        (["resend-validation", "v.durant1", "--reason", "x"], "no address of this account waits"),
        (["suspend", "v.durant1"], "Missing option '--reason'"),
    ],
)
def test_what_cannot_be_done_is_told(command, words, told):
    refused = command(*words)

    assert refused.exit_code != 0
    assert told in refused.stderr


def test_a_leak_ends_the_passwords_of_a_file(command, tmp_path):
    leaked = tmp_path / "leaked.txt"
    leaked.write_text("V.DURANT1\n\nx.personne1\n")
    words = ("require-new-password", "--file", str(leaked), "--reason", "leak 7")

    would, did, again = command(*words, "--dry-run"), command(*words), command(*words)

    assert "1 passwords, 0 sessions and 0 letters would end." in would.stdout
    assert "1 passwords, 0 sessions and 0 letters ended." in did.stdout
    assert "1 lines of the file name no account." in did.stderr
    assert "0 passwords" in again.stdout
    assert json.loads(command("show", "v.durant1", "--json").stdout)["new_password_due_at"]


@pytest.mark.parametrize("words", [(), ("--all", "--school", "0590001A"), ("--school", "0590001A"), ("--all",)])
def test_a_leak_is_for_one_set_of_accounts_that_is_meant(command, words):
    refused = command("require-new-password", *words, "--reason", "leak 7")

    assert refused.exit_code != 0
    assert json.loads(command("show", "v.durant1", "--json").stdout)["new_password_due_at"] is None
