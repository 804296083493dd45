"""`idp staff`."""

import json

import pytest
from click.testing import CliRunner

from idp.cli import main


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
