"""Clients' keys behind `jwks_uri`: kept, asked for again, never worse than before (ATTACKS 59)."""

import json

import pytest
from joserfc.jwk import ECKey, RSAKey

from idp.relying_parties.cache import RelyingParty
from idp.relying_parties.fetching import Fetcher
from idp.relying_parties.key_sets import KeySets
from idp.settings import Fetching


def key(kid, *, private=False):
    return ECKey.generate_key("P-256").as_dict(private=private) | {"kid": kid}


def client(**fields):
    return RelyingParty("cantine", "Cantine", "", frozenset(), False, False, **fields)


@pytest.fixture
def key_sets(clock):
    return KeySets(Fetcher(Fetching(timeout_seconds=1), demo=True), fresh_seconds=300)


@pytest.fixture
def publish(peer):
    """Publishes a key set, or any other body."""

    def publish(*keys, body=None):
        return peer.answer("/jwks", body if body is not None else json.dumps({"keys": list(keys)}))

    return publish


def kids(keys):
    return [jwk["kid"] for jwk in keys]


def test_registered_keys_are_used_without_asking_anybody(key_sets, peer):
    assert kids(key_sets.of(client(jwks=(key("one"),)))) == ["one"]
    assert peer.connections == 0


def test_a_set_is_fetched_once_within_its_window(key_sets, peer, publish, clock):
    party = client(jwks_uri=publish(key("one")))

    for _minute in range(4):
        assert kids(key_sets.of(party, "one")) == ["one"]
        clock.advance(minutes=1)
    assert len(peer.requests) == 1

    clock.advance(minutes=1)
    key_sets.of(party, "one")
    assert len(peer.requests) == 2


def test_an_unknown_kid_asks_again_at_most_once_a_minute(key_sets, peer, publish, clock):
    party = client(jwks_uri=publish(key("one")))
    key_sets.of(party, "one")
    publish(key("two"))

    assert kids(key_sets.of(party, "two")) == ["one"]
    clock.advance(seconds=60)
    assert kids(key_sets.of(party, "two")) == ["two"]
    for number in range(50):
        key_sets.of(party, f"guess-{number}")
    assert len(peer.requests) == 2


@pytest.mark.parametrize(
    "worse",
    [
        "not JSON",
        "[]",
        json.dumps({"keys": "none"}),
        json.dumps({"keys": [key("two", private=True)]}),
        json.dumps({"keys": [key(str(number)) for number in range(21)]}),
        json.dumps({"keys": [key("two"), key("two")]}),
        json.dumps({"keys": [key("two") | {"use": []}]}),
        json.dumps({"keys": [RSAKey.generate_key(1024).as_dict(private=False)]}),
        " " * 70_000,
    ],
    ids=["text", "list", "no list", "private key", "21 keys", "one kid twice", "use is a list", "weak key", "huge"],
)
def test_a_hostile_set_leaves_the_old_one(key_sets, publish, clock, worse):
    """A trap of joserfc: RSA keys of 1024 bits accepted."""
    party = client(jwks_uri=publish(key("one")))
    key_sets.of(party)
    publish(body=worse)
    clock.advance(minutes=6)

    assert kids(key_sets.of(party)) == ["one"]


def test_an_address_that_does_not_answer_is_not_asked_at_each_request(key_sets, peer, clock):
    party = client(jwks_uri=peer.url + "/nothing")

    assert [key_sets.of(party, "one") for _try in range(10)] == [()] * 10
    assert len(peer.requests) == 1


def test_keys_of_unknown_types_are_passed_over(key_sets, publish):
    """RFC 7517 §5."""
    party = client(jwks_uri=publish({"kty": "AKP", "kid": "future"}, key("one")))

    assert kids(key_sets.of(party)) == ["one"]
