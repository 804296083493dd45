"""`idp audit`: filters, and exports that whoever got one can verify."""

import json

import pytest
from joserfc.jwk import import_key
from joserfc.jws import deserialize_compact

from tests.audit.conftest import Log


def shown(log: Log, *arguments: str) -> list[str]:
    output = log.idp_audit("list", "--json", *arguments).output
    return [json.loads(line)["event"] for line in output.splitlines()]


def test_the_newest_line_comes_first(log: Log) -> None:
    assert shown(log)[0] == "client.disabled"


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["--by", "administrateur"], {"client.updated", "client.disabled"}),
        (["--act", "login"], {"login.failed", "login.succeeded"}),
        (["--act", "login.failed"], {"login.failed"}),
        (["--act", "log"], set()),
        (["--account", "a" * 32], {"login.failed", "login.succeeded", "account.email_changed"}),
        (["--client", "portail"], {"client.updated", "client.disabled"}),
        (["--school", "0599901S"], {"registry.corrected"}),
        (["--since", "2999-01-01"], set()),
        (["--until", "2000-01-01"], set()),
    ],
)
def test_lines_are_chosen(log: Log, arguments: list[str], found: set[str]) -> None:
    log.tells("registry.corrected", uai="0599901S")

    assert set(shown(log, *arguments)) == found


def test_the_table_shows_who_and_what(log: Log) -> None:
    output = log.idp_audit("list", "--limit", "1").output

    assert "client.disabled" in output
    assert "administrateur" in output
    assert "portail" in output


def test_verifying_tells_the_head_to_note(log: Log) -> None:
    result = log.idp_audit("verify")

    assert result.exit_code == 0, result.output
    assert "5 lines from 1 to 5 are as they were sealed" in result.output
    noted = result.output.split("head: ")[1].strip()
    assert log.idp_audit("verify", "--head", noted).exit_code == 0
    assert log.idp_audit("verify", "--head", noted.replace("5.", "6.")).exit_code == 1


def test_a_whole_export_is_verified_with_its_chain(log: Log, tmp_path) -> None:
    file = tmp_path / "journal.jsonl"
    log.idp_audit("export", str(file))

    result = log.idp_audit("verify", "--file", str(file))

    assert result.exit_code == 0, result.output
    assert "5 lines: the whole chain; the signature is good" in result.output


def test_an_export_is_verified_elsewhere_with_the_public_key_alone(log: Log, tmp_path) -> None:
    file, public = tmp_path / "journal.jsonl", tmp_path / "key.json"
    log.idp_audit("export", str(file))
    public.write_text(log.idp_audit("key").output)
    (log.folder / "audit.pem").unlink()

    assert log.idp_audit("verify", "--file", str(file), "--key", str(public)).exit_code == 0


def test_a_choice_of_lines_is_signed_too(log: Log, tmp_path) -> None:
    file = tmp_path / "journal.jsonl"
    log.idp_audit("export", str(file), "--act", "client")

    assert (
        "2 lines: a choice of lines, as exported; the signature is good"
        in log.idp_audit("verify", "--file", str(file)).output
    )


@pytest.mark.parametrize("harm", [("login.failed", "login.passed"), ('"seq":5', '"seq":6'), ("\n", "\n\n")])
def test_a_changed_export_is_refused(log: Log, tmp_path, harm: tuple[str, str]) -> None:
    file = tmp_path / "journal.jsonl"
    log.idp_audit("export", str(file))
    file.write_text(file.read_text().replace(*harm))

    result = log.idp_audit("verify", "--file", str(file))

    assert result.exit_code == 1
    assert "the signature is not of this file by this key" in result.output


@pytest.mark.parametrize("jws", ["", "x..y", "e30..AAAA", "eyJhbGciOiJub25lIn0.."])
def test_a_signature_of_another_form_is_refused(log: Log, tmp_path, jws: str) -> None:
    file = tmp_path / "journal.jsonl"
    log.idp_audit("export", str(file))
    (tmp_path / "journal.jsonl.jws").write_text(jws)

    assert log.idp_audit("verify", "--file", str(file)).exit_code == 1


def test_joserfc_verifies_an_export(log: Log, tmp_path) -> None:
    """The signature is a JWS that any library knows (RFC 7515 appendix F, RFC 7797)."""
    file = tmp_path / "journal.jsonl"
    log.idp_audit("export", str(file))
    signature = (tmp_path / "journal.jsonl.jws").read_text().strip()
    public = import_key(json.loads(log.idp_audit("key").output))

    verified = deserialize_compact(signature, public, algorithms=["ES256"], payload=file.read_bytes())

    assert verified.payload == file.read_bytes()
