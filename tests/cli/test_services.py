"""`idp services`: the tiles, by hand or in a batch."""

import json

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from idp.cli.services import command
from idp.settings import Settings


@pytest.fixture
def services(app: Flask, settings: Settings):
    def run(*arguments: str) -> Result:
        return CliRunner().invoke(command, arguments, obj=settings)

    done = run("add", "cantine", "--title", "Cantine", "--link", "https://cantine.example.fr/", "--degree", "1")
    assert done.exit_code == 0, done.output
    return run


def shown(services) -> dict[str, object]:
    found: dict[str, object] = json.loads(services("show", "cantine", "--json").output)
    return found


def test_a_service_is_added_and_listed(services) -> None:
    (told,) = json.loads(services("list", "--json").output)

    assert (told["service_id"], told["state"], told["degrees"]) == ("cantine", "on", [1])
    assert "Cantine" in services("list").output
    assert "cantine.example.fr" in services("show", "cantine").output


def test_a_change_touches_what_is_said_and_nothing_else(services) -> None:
    before = shown(services)

    assert services("change", "cantine", "--off").output == "cantine: on\n"

    after = shown(services)
    assert {name for name in before if before[name] != after[name]} - {"updated_at"} == {"on", "state"}
    assert services("change", "cantine", "--off").output == "cantine: nothing changed\n"


def test_naming_schools_drops_what_was_said_of_schools_before(services) -> None:
    services("change", "cantine", "--school", "0599901S")
    assert (shown(services)["degrees"], shown(services)["uais"]) == ([], ["0599901S"])

    services("change", "cantine", "--all-schools")
    assert shown(services)["uais"] == []


def test_every_problem_is_told_and_nothing_changes(services) -> None:
    before = shown(services)

    refused = services("change", "cantine", "--link", "http://x", "--academie", "Poudlard")

    assert refused.exit_code == 1
    assert "link: must be https" in refused.output
    assert "Poudlard" in refused.output
    assert shown(services) == before


def test_a_service_is_added_once(services) -> None:
    assert "idp services change" in services("add", "cantine", "--title", "x", "--link", "https://x.example/").output


def test_a_removed_service_is_gone(services) -> None:
    assert services("remove", "cantine", "--yes").output == "cantine is removed\n"

    assert json.loads(services("list", "--json").output) == []
    assert "UnknownService" in services("remove", "cantine", "--yes").output
