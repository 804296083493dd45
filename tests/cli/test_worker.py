"""`idp worker`."""

from click.testing import CliRunner

from idp.cli import main


def test_a_worker_of_a_new_deployment_finds_nothing_to_do_and_ends(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IDP_SERVER__DEMO", "true")
    for command in (["keys", "generate"], ["migrate"]):
        assert CliRunner().invoke(main, command).exit_code == 0

    done = CliRunner().invoke(main, ["worker", "--once"])

    assert done.exit_code == 0, done.exception
