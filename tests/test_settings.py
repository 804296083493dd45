"""A wrong settings file stops the start, with every error and its key."""

from pathlib import Path

import pytest

from idp.errors import ConfigurationError
from idp.settings import build, load
from idp.settings.documentation import example

DEMO = {"server": {"demo": True}}


def test_every_error_is_told_at_once_with_its_key() -> None:
    with pytest.raises(ConfigurationError) as refusal:
        build({"server": {"port": "x", "colour": 1}, "cinema": {}}, {"IDP_SMS__DRIVER": "pigeon", "IDP_SMS__X": "1"})

    keys = [problem.split(":")[0] for problem in refusal.value.problems]
    assert keys == ["IDP_SMS__X", "server.port", "server.colour", "[cinema]", "sms.driver"]


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("[server]\ndemo = true\nport = 9000\n")

    settings = load(file, {"IDP_SERVER__PORT": "9001", "IDP_SITE__LANGUAGES": "fr,en"})

    assert settings.server.port == 9001
    assert settings.site.languages == ("fr", "en")


def test_a_plain_http_issuer_is_refused_outside_the_demo() -> None:
    with pytest.raises(ConfigurationError, match=r"server\.issuer: must be https"):
        build({"server": {"issuer": "http://idp.example"}})


def test_a_file_that_is_not_toml_is_refused_by_its_name(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(b"\xff")

    with pytest.raises(ConfigurationError, match=r"config\.toml: not a TOML file"):
        load(file, {})


def test_the_example_file_holds_every_default(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(example().replace("\n# ", "\n#").replace('#issuer = "http', '# issuer = "http'))

    uncommented = [line for line in example().splitlines() if line.startswith("[")]

    assert load(file, {"IDP_SERVER__DEMO": "true"}) == build(DEMO)
    assert len(uncommented) == len(build(DEMO).__struct_fields__)


REMOTE = ["db.example/idp", "db.example/idp?sslmode=require", "/idp?host=db.example", "10.0.0.7:5432/idp"]


@pytest.mark.parametrize("address", REMOTE)
def test_a_database_on_another_machine_is_spoken_to_by_verified_tls_or_not_at_all(address: str) -> None:
    """ATTACKS 137: a plaintext fallback."""
    with pytest.raises(ConfigurationError, match=r"database\.url: .* sslmode=verify-full"):
        build({**DEMO, "database": {"url": f"postgresql+psycopg://idp@{address}"}})


@pytest.mark.parametrize(
    "address", ["/idp", "/idp?host=/run/postgresql", "127.0.0.1/idp", "db.example/idp?sslmode=verify-full"]
)
def test_a_database_on_this_machine_or_behind_verified_tls_is_taken(address: str) -> None:
    assert build({**DEMO, "database": {"url": f"postgresql+psycopg://idp@{address}"}})
