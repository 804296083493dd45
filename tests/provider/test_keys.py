"""Key files: made, refused, rotated."""

import pytest

from idp.errors import ConfigurationError
from idp.provider import keys


def test_generate_makes_what_is_missing_and_nothing_twice(tmp_path):
    assert len(keys.generate(tmp_path / "keys")) == 6
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


def test_the_store_reads_new_keys_without_restart(tmp_path):
    keys.generate(tmp_path)
    store = keys.KeyStore(str(tmp_path), 0)
    first = store.get().current["ES256"].kid

    keys.rotate(tmp_path, now=1000, keep_seconds=500)

    assert store.get().current["ES256"].kid != first
