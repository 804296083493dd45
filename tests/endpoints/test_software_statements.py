"""Software statements (RFC 7591 §2.3) and open registration (§3): who is believed, and what anybody may have."""

import json

import msgspec
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from tests.endpoints.conftest import RelyingParty
from tests.registrations import REDIRECT_URI, Developer

KEY = ECKey.generate_key("P-256", {"kid": "rectorat"})
OTHER = ECKey.generate_key("P-256", {"kid": "rectorat"})
ISSUER = "https://rectorat.example.fr"


def statement(key=KEY, alg="ES256", **changes):
    claims = {"iss": ISSUER, "software_id": "cantine", "client_name": "Cantine de la ville", **changes}
    return jwt.encode({"alg": alg, "kid": "rectorat"}, claims, key, algorithms=[alg])


@pytest.fixture
def registration(request):
    """The `[registration]` settings of the test."""
    return getattr(request, "param", {})


@pytest.fixture
def settings(settings, tmp_path, registration):
    file = tmp_path / "rectorat.json"
    file.write_text(json.dumps({"issuer": ISSUER, "keys": [KEY.as_dict(private=False)]}))
    changed = {"software_statement_issuers": (str(file),), **registration}
    return msgspec.structs.replace(settings, registration=msgspec.structs.replace(settings.registration, **changed))


@pytest.fixture
def developer(app):
    made = Developer(app)
    made.has_token()
    return made


def test_what_a_believed_issuer_signed_wins_over_what_the_client_says(developer):
    signed = statement(redirect_uris=[REDIRECT_URI])

    answer = developer.register(
        client_name="Autre chose", redirect_uris=["https://evil.example/cb"], software_statement=signed
    )

    assert answer.status_code == 201
    assert answer.json["client_name"] == "Cantine de la ville"
    assert answer.json["redirect_uris"] == [REDIRECT_URI]
    assert (answer.json["software_id"], answer.json["software_statement"]) == ("cantine", signed)


@pytest.mark.parametrize(
    ("signed", "error"),
    [
        (statement(OTHER), "invalid_software_statement"),
        (statement(exp=1), "invalid_software_statement"),
        (statement(nbf=99_999_999_999), "invalid_software_statement"),
        (statement(iss="https://inconnu.example"), "unapproved_software_statement"),
        (statement()[:-4] + "AAAA", "invalid_software_statement"),
        ("eyJhbGciOiJub25lIn0.eyJpc3MiOiJodHRwczovL3JlY3RvcmF0LmV4YW1wbGUuZnIifQ.", "invalid_software_statement"),
        ("no.jwt", "invalid_software_statement"),
    ],
    ids=["other-key", "expired", "not-yet", "unknown-issuer", "cut", "unsigned", "no-jwt"],
)
def test_a_statement_that_nobody_believed_signed_registers_nothing(developer, signed, error):
    """ATTACKS 56: forged with another key or with `none`."""
    answer = developer.register(software_statement=signed)

    assert (answer.status_code, answer.json["error"]) == (400, error)


def test_a_statement_grants_no_more_than_the_token_allows(developer):
    """ATTACKS 54, 57: neither the children nor what administrators set."""
    signed = statement(scope="openid profile eleves", profile="fapi2", birth_dates_allowed=True)

    answer = developer.register(software_statement=signed).json

    assert answer["scope"] == "openid profile"
    assert answer.get("profile") != "fapi2"
    assert "birth_dates_allowed" not in answer


OPEN = pytest.mark.parametrize(
    "registration", [{"open": True, "open_scope": "openid", "open_per_address_per_hour": 2}], indirect=True
)


@OPEN
def test_open_registration_gives_little_warns_parents_and_ends_at_its_limit(app):
    """ATTACKS 54: spam of clients, and clients that nobody reviewed."""
    anybody = Developer(app)
    anybody.token = ""

    first = anybody.register(scope="openid profile email eleves")
    others = [anybody.register().status_code for _ in range(2)]

    party = RelyingParty(app, first.json["client_id"])
    party.log_in()
    page = party.browser.get(party.authorize(scope="openid profile").location).text
    assert (first.status_code, first.json["scope"]) == (201, "openid")
    assert others == [201, 429]
    assert 'id="consent-form"' in page
    assert "is-warn" in page


@OPEN
def test_open_registration_takes_no_bad_token_for_none(app):
    """ATTACKS 56."""
    guesser = Developer(app)
    guesser.token = "guess"

    assert guesser.register().status_code == 401


def test_a_client_defines_no_claims(developer, app):
    """ATTACKS 58: reserved claims named in a registration change nothing in what it gets."""
    mappers = {
        "sub": "admin",
        "azp": "other",
        "sid": "x",
        "roles": ["head"],
        "claims": {"sub": "admin"},
        "mappers": [{}],
    }

    answer = developer.register(**mappers)

    assert answer.status_code == 201
    assert not mappers.keys() & answer.json.keys()
