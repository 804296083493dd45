"""Password policy and hashing."""

import threading
import time

import pytest

from idp.accounts import passwords
from idp.accounts.errors import HashingBusy, PasswordRefused
from idp.settings import Passwords

GUIDE = Passwords(argon2_memory_kib=8192, argon2_time=1)
ANSSI = Passwords(policy="anssi", argon2_memory_kib=8192, argon2_time=1)


@pytest.mark.parametrize("password", ["chevalb7", "cheval-bleu-77", "A1!!!!!!"])
def test_the_guide_takes_8_to_14_unaccented_characters_with_a_letter_and_a_digit(password):
    passwords.check_policy(password, "v.durant1", GUIDE)


@pytest.mark.parametrize("password", ["le soleil brille", "été à la montagne", "x" * 60 + "unlikely"])
def test_anssi_takes_long_phrases_without_composition(password):
    """A trap of zxcvbn: raises above 72 characters."""
    passwords.check_policy(password, "v.durant1", ANSSI)


@pytest.mark.parametrize(
    ("password", "rule"), [("court", "length"), ("x" * 129, "length"), ("abc\x00defghijklm", "plain")]
)
def test_anssi_refuses(password, rule):
    with pytest.raises(PasswordRefused) as refused:
        passwords.check_policy(password, "v.durant1", ANSSI)

    assert rule in refused.value.rules


def test_a_hash_is_argon2id_and_verifies():
    hashed = passwords.hash("chevalbleu7", GUIDE)

    assert hashed.startswith("$argon2id$")
    assert passwords.verify(hashed, "chevalbleu7", GUIDE)
    assert not passwords.verify(hashed, "chevalbleu8", GUIDE)


def test_without_an_account_nothing_verifies():
    assert not passwords.verify(None, "no account has this password", GUIDE)


def test_other_parameters_ask_for_a_new_hash():
    hashed = passwords.hash("chevalbleu7", GUIDE)

    assert passwords.needs_rehash(hashed, Passwords(argon2_memory_kib=8192, argon2_time=2))


def test_past_the_queue_hashing_is_refused_at_once():
    """A trap of argon2: a queue of hashes without an end."""
    hasher = passwords.Hasher(Passwords(argon2_memory_kib=65536, argon2_time=8, concurrent_hashes=1, waiting_hashes=1))
    threads = [threading.Thread(target=hasher.hash, args=("chevalbleu7",)) for _ in range(2)]
    for thread in threads:
        thread.start()
    time.sleep(0.05)

    with pytest.raises(HashingBusy):
        hasher.hash("chevalbleu7")

    for thread in threads:
        thread.join()
