"""`idp clients`: what an administrator does to client applications, by hand or from files."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import select

from idp.audit import AuditEntry
from idp.cli import main
from idp.cli.clients import command
from idp.db import db
from idp.relying_parties import service
from idp.relying_parties.models import Client
from idp.settings import Settings

URI = "https://cantine.example.fr/retour"


class Desk:
    """Somebody at the command line."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def clients(self, *arguments: str) -> Result:
        return CliRunner().invoke(command, arguments, obj=self.settings)

    def shows(self, client_id: str = "cantine") -> dict[str, object]:
        found: dict[str, object] = json.loads(self.clients("show", client_id, "--json").output)
        return found


@pytest.fixture
def desk(app: Flask, settings: Settings) -> Desk:
    desk = Desk(settings)
    added = desk.clients("add", "cantine", "--name", "Cantine en ligne", "--redirect-uri", URI)
    assert added.exit_code == 0, added.output
    assert "client_secret: " in added.output
    return desk


def acts(app: Flask) -> list[tuple[str, str | None]]:
    with app.app_context():
        lines = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id))
        return [(line.event, line.actor) for line in lines]


def test_a_registration_is_shown_without_its_secret(desk: Desk) -> None:
    shown = desk.clients("show", "cantine", "--json").output

    assert json.loads(shown)["redirect_uris"] == [URI]
    assert json.loads(shown)["has_secret"] is True
    assert not any(key.endswith("secret") and key != "has_secret" for key in json.loads(shown))


def test_the_table_and_the_list_show_names_as_they_are(desk: Desk) -> None:
    desk.clients("update", "cantine", "--name", "[red]Cantine[/red]")

    assert "[red]Cantine[/red]" in desk.clients("list").output
    assert "[red]Cantine[/red]" in desk.clients("show", "cantine").output


def test_an_update_changes_what_is_said_and_nothing_else(desk: Desk) -> None:
    before = desk.shows()

    result = desk.clients("update", "cantine", "--scope", "openid eleves", "--birth-dates")

    assert "changed: birth_dates_allowed, scope" in result.output
    after = desk.shows()
    changed = {name for name in before if before[name] != after[name]} - {"updated_at"}
    assert changed == {"scope", "birth_dates_allowed"}


def test_a_member_given_as_null_is_taken_away(desk: Desk) -> None:
    desk.clients("update", "cantine", "--metadata", '{"client_uri": "https://cantine.example.fr/"}')
    desk.clients("update", "cantine", "--metadata", '{"client_uri": null}')

    assert "client_uri" not in desk.shows()


def test_every_problem_of_an_update_is_told_and_nothing_changes(desk: Desk) -> None:
    before = desk.shows()

    result = desk.clients("update", "cantine", "--metadata", '{"subject_type": "none", "colour": "red"}')

    assert result.exit_code == 1
    assert "subject_type: one of" in result.output
    assert "colour: unknown" in result.output
    assert desk.shows() == before


def test_a_file_applied_twice_changes_nothing_the_second_time(desk: Desk, tmp_path: Path, app: Flask) -> None:
    file = tmp_path / "cantine.json"
    file.write_text(json.dumps({**desk.shows(), "scope": "openid profile"}))

    assert "cantine: scope" in desk.clients("apply", str(file)).output
    assert "cantine: as it was" in desk.clients("apply", str(file)).output

    assert [event for event, _ in acts(app)].count("client.updated") == 1


def test_files_are_applied_together_or_not_at_all(desk: Desk, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text(json.dumps({"client_id": "bibliotheque", "redirect_uris": [URI]}))
    bad.write_text(json.dumps({"client_id": "garderie", "redirect_uris": ["http://garderie.example.fr/"]}))

    assert desk.clients("apply", str(good), str(bad)).exit_code == 1

    assert desk.clients("show", "bibliotheque").exit_code == 1


def test_a_dry_run_says_what_would_change(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "bibliotheque.json"
    file.write_text(json.dumps({"client_id": "bibliotheque", "redirect_uris": [URI]}))

    result = desk.clients("apply", "--dry-run", str(file))

    assert "bibliotheque: registered" in result.output
    assert "client_secret" not in result.output
    assert desk.clients("show", "bibliotheque").exit_code == 1


def test_a_rotated_secret_leaves_the_old_one_good_for_the_configured_time(desk: Desk) -> None:
    result = desk.clients("rotate-secret", "cantine")

    assert result.output.startswith("client_secret: ")
    assert desk.shows()["previous_secret_until"] is not None


def test_a_rotation_without_overlap_ends_the_old_secret(desk: Desk) -> None:
    desk.clients("rotate-secret", "cantine", "--overlap", "0")

    assert desk.shows()["previous_secret_until"] is None


def test_disabling_and_enabling(desk: Desk) -> None:
    desk.clients("disable", "cantine", "--reason", "secret publié")
    assert desk.shows()["state"] == "disabled"

    desk.clients("enable", "cantine")
    assert desk.shows()["state"] == "on"


def test_a_client_that_registered_itself_is_reviewed(desk: Desk, app: Flask) -> None:
    with app.app_context():
        service.get_client("cantine").reviewed = False
        db.session.commit()

    desk.clients("review", "cantine")

    assert desk.shows()["reviewed"] is True


def test_a_removed_client_is_gone_and_its_identifier_is_never_given_again(desk: Desk, app: Flask) -> None:
    desk.clients("remove", "cantine", "--yes")

    assert json.loads(desk.clients("list", "--json").output) == []
    assert "ClientExists" in desk.clients("add", "cantine", "--redirect-uri", URI).output
    assert "UnknownClient" in desk.clients("enable", "cantine").output
    with app.app_context():
        gone = db.session.get(Client, "cantine")
        assert gone is not None
        assert gone.secret is None


def test_each_act_is_audited_with_who_did_it(desk: Desk, app: Flask) -> None:
    for act in ("rotate-secret", "disable", "enable"):
        desk.clients(act, "cantine")
    desk.clients("remove", "cantine", "--yes")

    told = acts(app)
    assert [event for event, _ in told] == [
        "client.registered",
        "client.secret_rotated",
        "client.disabled",
        "client.enabled",
        "client.removed",
    ]
    assert all(actor and actor.startswith("cli") for _, actor in told)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_gets_its_completion(shell: str) -> None:
    result = CliRunner().invoke(main, ["completion", shell])

    assert result.exit_code == 0
    assert "_IDP_COMPLETE" in result.output
