"""`idp staff`."""

import json

import pytest
from click.testing import CliRunner

from idp.cli import main
from idp.cli.context import application
from idp.db import db
from idp.settings import Settings
from idp.staff import proposals, service


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IDP_SERVER__DEMO", "true")
    monkeypatch.setenv("IDP_PASSWORDS__ARGON2_MEMORY_KIB", "8192")

    def command(*arguments):
        return CliRunner().invoke(main, [*arguments])

    command("keys", "generate")
    command("migrate")
    command("registry", "school", "0599901S", "École", "--degree", "1")
    return command


def test_the_first_administrator_is_invited_by_a_link(run):
    made = run("staff", "invite", "administrateur", "--role", "administrator")

    assert made.exit_code == 0, made.output
    assert "http://127.0.0.1:8000/gestion/invitation/" in made.output
    listed = json.loads(run("staff", "list", "--json").output)
    assert [(row["login"], row["state"], row["factor"]) for row in listed] == [("administrateur", "invited", "none")]


def test_a_head_needs_a_known_school(run):
    refused = run("staff", "invite", "directrice", "--role", "school_head", "--school", "0000000A")

    assert refused.exit_code == 1
    assert "--school" in refused.output


def test_a_password_of_ones_own_is_for_development(run, monkeypatch):
    secrets = ("--password", "Rentree2017-staff", "--totp-secret", "JBSWY3DPEHPK3PXP")
    assert run("staff", "invite", "administrateur", "--role", "administrator", *secrets).exit_code == 0
    assert json.loads(run("staff", "list", "--json").output)[0]["state"] == "open"
    monkeypatch.setenv("IDP_SERVER__DEMO", "false")
    monkeypatch.setenv("IDP_SERVER__ISSUER", "https://idp.example")

    assert run("staff", "invite", "another", "--role", "administrator", *secrets).exit_code == 2


@pytest.mark.parametrize("act", ["disable", "enable", "reset-password"])
def test_an_unknown_login_is_told(run, act):
    assert "nobody has this login" in run("staff", act, "nobody").output


def test_an_account_is_disabled_and_opened_again(run):
    run("staff", "invite", "administrateur", "--role", "administrator")

    assert run("staff", "disable", "administrateur").exit_code == 0
    assert json.loads(run("staff", "list", "--json").output)[0]["state"] == "disabled"
    assert run("staff", "enable", "administrateur").exit_code == 0


def listed(run):
    return {row["login"]: row for row in json.loads(run("staff", "list", "--json").output)}


def audited(run, event):
    """Who did it, by the audit log."""
    lines = run("audit", "list", "--json", "--act", event).output.splitlines()
    return [json.loads(line)["actor"] for line in lines]


def test_a_role_and_its_border_are_changed(run):
    run("staff", "invite", "claire", "--role", "support", "--academie", "Lille")
    assert run("staff", "role", "claire", "--role", "school_head").exit_code == 1

    assert run("staff", "role", "claire", "--role", "school_head", "--school", "0599901S").exit_code == 0

    assert (listed(run)["claire"]["role"], listed(run)["claire"]["sees"]) == ("school_head", "0599901S")


def test_the_operator_makes_an_administrator_alone_and_the_audit_says_so(run):
    """A sole administrator who lost the key has this way, and no other."""
    run("staff", "invite", "claire", "--role", "support", "--academie", "Lille")

    assert run("staff", "role", "claire", "--role", "administrator").exit_code == 0

    assert listed(run)["claire"]["role"] == "administrator"
    assert [actor.partition(":")[0] for actor in audited(run, "staff.role_changed")] == ["cli"]


def test_an_address_is_kept_and_a_wrong_one_refused(run):
    run("staff", "invite", "claire", "--role", "support", "--academie", "Lille", "--email", "claire@example.org")

    assert run("staff", "email", "claire", "nowhere").exit_code == 1
    assert listed(run)["claire"]["email"] == "claire@example.org"
    assert run("staff", "email", "claire", "c@example.org").exit_code == 0
    assert listed(run)["claire"]["email"] == "c@example.org"


def test_nothing_waits_and_nothing_is_refused(run):
    assert json.loads(run("staff", "proposals", "--json").output) == []
    assert run("staff", "proposals").exit_code == 0

    assert "nothing waits" in run("staff", "refuse-proposal", "0" * 32).output


def test_a_proposal_of_the_console_is_listed_and_refused(run, tmp_path):
    secrets = ("--password", "Rentree2017-staff", "--totp-secret", "JBSWY3DPEHPK3PXP")
    for login in ("anne", "bruno"):
        run("staff", "invite", login, "--role", "administrator", *secrets)
    settings = Settings()
    with application(settings):
        proposals.propose_administrator("mallory", "M.", "m@example.org", settings, by=service.get("anne"))
        db.session.commit()

    (waiting,) = json.loads(run("staff", "proposals", "--json").output)
    assert (waiting["act"], waiting["login"], waiting["proposed by"]) == ("invite", "mallory", "anne")
    assert run("staff", "refuse-proposal", waiting["id"]).exit_code == 0

    assert json.loads(run("staff", "proposals", "--json").output) == []
