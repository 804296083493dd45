"""Key files: made, refused, rotated."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from idp.cli.keys import rotate
from idp.errors import ConfigurationError
from idp.oidc import jwe
from idp.provider import keys


def test_generate_makes_what_is_missing_and_nothing_twice(tmp_path):
    assert len(keys.generate(tmp_path / "keys")) == 13
    assert keys.generate(tmp_path / "keys") == []
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in (tmp_path / "keys").iterdir())


def test_a_key_readable_by_others_is_refused_by_name(tmp_path):
    keys.generate(tmp_path)
    (tmp_path / "sealing.key").chmod(0o644)

    with pytest.raises(ConfigurationError, match=r"sealing\.key is readable by others"):
        keys.load(tmp_path)


def test_rotation_signs_with_the_key_published_before_and_keeps_the_old_one(tmp_path):
    keys.generate(tmp_path)
    before = keys.load(tmp_path)
    announced = {jwk["kid"] for jwk in before.published(0)}

    keys.rotate(tmp_path, now=1000, keep_seconds=500)

    after = keys.load(tmp_path)
    assert {key.kid for key in after.current.values()} < announced
    old = {key.kid for key in before.current.values()}
    assert old < {jwk["kid"] for jwk in after.published(1499)}
    assert not old & {jwk["kid"] for jwk in after.published(1501)}


def test_the_command_leaves_ed25519_keys_alone_unless_they_are_named(settings, app):
    """Conformance: oidcc-server-rotate-keys knows new RSA and EC keys only."""
    directory = Path(settings.keys.directory)
    keys.generate(directory)
    before = keys.load(directory).current

    usual = CliRunner().invoke(rotate, obj=settings)
    after = keys.load(directory).current
    named = CliRunner().invoke(rotate, ["--algorithm", "EdDSA"], obj=settings)
    last = keys.load(directory).current

    assert (usual.exit_code, named.exit_code) == (0, 0)
    assert [alg for alg in before if before[alg].kid == after[alg].kid] == ["EdDSA"]
    assert [alg for alg in after if after[alg].kid != last[alg].kid] == ["EdDSA"]


def test_a_revoked_key_verifies_nothing_and_the_next_one_signs(tmp_path):
    keys.generate(tmp_path)
    before = keys.load(tmp_path)
    stolen = before.current["ES256"].kid
    announced = next(key.kid for key, _until in before.others if key.alg == "ES256")

    keys.revoke(tmp_path, stolen)

    after = keys.load(tmp_path)
    assert after.current["ES256"].kid == announced
    assert stolen not in {jwk["kid"] for jwk in after.verifying()}
    with pytest.raises(ConfigurationError, match="no key"):
        keys.revoke(tmp_path, stolen)


def test_the_store_reads_new_keys_without_restart(tmp_path):
    keys.generate(tmp_path)
    store = keys.KeyStore(str(tmp_path), 0)
    first = store.get().current["ES256"].kid

    keys.rotate(tmp_path, now=1000, keep_seconds=500)

    assert store.get().current["ES256"].kid != first


def test_each_algorithm_signs_with_a_key_of_its_own_and_clients_may_encrypt_to_ours(tmp_path):
    keys.generate(tmp_path)

    jwks = keys.load(tmp_path).published(0)

    signing = [jwk for jwk in jwks if jwk["use"] == "sig"]
    assert sorted(jwk["alg"] for jwk in signing) == sorted(2 * ["RS256", "PS256", "ES256", "EdDSA"])
    assert sorted(jwk["kty"] for jwk in jwks if jwk["use"] == "enc") == ["EC", "RSA"]
    assert len({jwk["kid"] for jwk in jwks}) == len(jwks)
    assert not any({"d", "p", "q", "k"} & jwk.keys() for jwk in jwks)


def test_what_was_encrypted_to_a_rotated_key_still_opens(tmp_path):
    keys.generate(tmp_path)
    published = [jwk for jwk in keys.load(tmp_path).published(0) if jwk["use"] == "enc"]
    token = jwe.encrypt(b"a.b.c", published, "RSA-OAEP-256", "A256GCM")

    keys.rotate(tmp_path, now=1000, keep_seconds=500)

    after = keys.load(tmp_path)
    assert jwe.decrypt(token, after.decrypting) == "a.b.c"
    assert not {jwk["kid"] for jwk in published} & {jwk["kid"] for jwk in after.published(1000)}


def test_an_unchanged_folder_keeps_the_same_key_set(tmp_path):
    """The bytes of the JWKS are cached by it (PERFORMANCE rule 10)."""
    keys.generate(tmp_path)
    store = keys.KeyStore(str(tmp_path), 0)
    first = store.get()

    assert store.reload() is first
    keys.rotate(tmp_path, now=1000, keep_seconds=500)
    assert store.reload() is not first


@pytest.mark.parametrize("content", ["", "secret", "00" * 16, "zz" * 32])
def test_a_short_or_default_secret_stops_the_start(tmp_path, content):
    """ATTACKS 76."""
    keys.generate(tmp_path)
    (tmp_path / "sealing.key").write_text(content)

    with pytest.raises(ConfigurationError, match=r"sealing\.key is too short or no key"):
        keys.load(tmp_path)


def test_two_deployments_share_no_secret(tmp_path):
    """ATTACKS 76: each makes its own."""
    for name in ("one", "two"):
        keys.generate(tmp_path / name)

    secrets = [
        (tmp_path / name / f"{key}.key").read_text() for name in ("one", "two") for key in ("sealing", "pairwise")
    ]
    assert len(set(secrets)) == 4
