"""Config OP and the authorization rows of Dynamic OP."""

import re
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from idp.oidc.client_authentication import METHODS
from idp.oidc.discovery import CONTRIBUTIONS
from idp.oidc.jwt import SIGNING_ALGORITHMS, SigningKey, decode_unverified
from idp.oidc.server_facts import Facts
from idp.provider import keys
from idp.relying_parties.fetching import Fetched
from idp.settings import Protocol
from tests.endpoints.conftest import FRONT_CHANNEL, ISSUER, REDIRECT_URI, answer_of, error_on_page, identity_of

LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z]{2})?")


def document_of(party):
    answer = party.browser.get("/.well-known/openid-configuration")
    assert (answer.status_code, answer.content_type) == (200, "application/json")
    return answer.json


def test_oidcc_discovery_endpoint_verification(portal):
    document = document_of(portal)

    assert document["issuer"] == ISSUER
    assert {"RS256"} <= set(document["id_token_signing_alg_values_supported"])
    assert {"RS256"} <= set(document["request_object_signing_alg_values_supported"])
    assert isinstance(document["userinfo_signing_alg_values_supported"], list)
    assert set(document["subject_types_supported"]) == {"pairwise", "public"}
    assert "openid" in document["scopes_supported"]
    assert document["grant_types_supported"]
    assert isinstance(document["claims_supported"], list)
    assert all(
        LANGUAGE.fullmatch(tag) for name in ("ui_locales", "claims_locales") for tag in document[name + "_supported"]
    )
    assert document["code_challenge_methods_supported"] == ["S256"]
    endpoints = [name for name in document if name.endswith("_endpoint") or name == "jwks_uri"]
    assert {"authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri"} <= set(endpoints)
    assert all(document[name].startswith(ISSUER + "/") for name in endpoints)


@FRONT_CHANNEL
def test_the_lists_tell_what_is_on(portal):
    document = document_of(portal)

    assert {"code", "id_token", "id_token token"} <= set(document["response_types_supported"])
    assert {"authorization_code", "implicit"} <= set(document["grant_types_supported"])


def test_the_jwks_is_public_and_each_key_is_named(portal):
    """A trap of Authlib: a header without `kid`, signed with a random key."""
    jwks = portal.browser.get("/jwks").json["keys"]

    assert not any({"d", "p", "q", "dp", "dq", "qi", "k"} & key.keys() for key in jwks)
    assert len({key["kid"] for key in jwks}) == len(jwks)


@pytest.mark.parametrize("alg", SIGNING_ALGORITHMS)
def test_every_algorithm_advertised_signs(register, alg):
    party = register("appli", id_token_signed_response_alg=alg, userinfo_signed_response_alg=alg)
    party.log_in()

    tokens = party.redeem(party.code()).json

    for token in (tokens["id_token"], party.userinfo(tokens["access_token"]).text):
        assert decode_unverified(token)[0]["alg"] == alg
        assert identity_of(party, token)["sub"]


def test_oidcc_idtoken_rs256(register):
    party = register("appli", id_token_signed_response_alg="RS256")
    party.log_in()

    header = decode_unverified(party.redeem(party.code()).json["id_token"])[0]

    assert (header["alg"], "kid" in header) == ("RS256", True)


def test_oidcc_userinfo_rs256(register):
    party = register("appli", userinfo_signed_response_alg="RS256")
    party.log_in()

    answer = party.userinfo(party.redeem(party.code()).json["access_token"])

    assert answer.content_type == "application/jwt"
    claims = identity_of(party, answer.text)
    assert (claims["iss"], claims["aud"]) == (ISSUER, "appli")
    assert "nonce" not in claims
    assert "RS256" in document_of(party)["userinfo_signing_alg_values_supported"]


def test_oidcc_ensure_redirect_uri_in_authorization_request(register):
    party = register("appli", redirect_uris=[REDIRECT_URI, REDIRECT_URI + "2"])

    assert error_on_page(party.authorize(redirect_uri="")) == "invalid_request"


def test_oidcc_redirect_uri_query_ok(register):
    party = register("appli", redirect_uris=[REDIRECT_URI + "?foo=bar"])
    party.log_in()

    assert party.authorize(redirect_uri=REDIRECT_URI + "?foo=bar").location.startswith(REDIRECT_URI + "?foo=bar&code=")


@pytest.mark.parametrize(
    ("registered", "asked"),
    [
        pytest.param("?foo=bar", "?bar=foo", id="redirect-uri-query-mismatch"),
        pytest.param("", "?foo=bar", id="redirect-uri-query-added"),
    ],
)
def test_oidcc_redirect_uri_query(register, registered, asked):
    party = register("appli", redirect_uris=[REDIRECT_URI + registered])

    assert error_on_page(party.authorize(redirect_uri=REDIRECT_URI + asked)) == "invalid_request"


@pytest.mark.parametrize(
    ("member", "markup"),
    [
        ("policy_uri", r'id="client-policy" href="https://portail.example.fr/page"'),
        ("tos_uri", r'id="client-tos" href="https://portail.example.fr/page"'),
    ],
)
def test_oidcc_registration_policy_and_tos_uri(register, member, markup):
    party = register("appli", **{member: "https://portail.example.fr/page"})

    page = party.browser.get(party.authorize().location)

    assert re.search(markup, page.text)


def test_oidcc_server_rotate_keys(portal, settings, clock, monkeypatch):
    monkeypatch.setattr(portal.app.extensions["idp"].provider.keys, "_reload_seconds", 0)
    portal.log_in()
    before = {key["kid"] for key in portal.browser.get("/jwks").json["keys"]}
    token = portal.redeem(portal.code()).json["id_token"]

    keys.rotate(Path(settings.keys.directory), now=int(clock().timestamp()), keep_seconds=600)

    after = {key["kid"] for key in portal.browser.get("/jwks").json["keys"]}
    assert after - before
    assert (
        identity_of(portal, token)["sub"] == identity_of(portal, portal.redeem(portal.code()).json["id_token"])["sub"]
    )
    clock.advance(seconds=601)
    kept = {key["kid"] for key in portal.browser.get("/jwks").json["keys"]}
    assert decode_unverified(token)[0]["kid"] not in kept


def test_no_two_specifications_tell_the_same_member_and_no_list_repeats_itself(app, portal):
    facts = Facts(
        ISSUER, Protocol(), SIGNING_ALGORITHMS, ["eidas1"], ["fr"], METHODS, True, "https://certificates.example"
    )
    told = [name for contribute in CONTRIBUTIONS for name in contribute(facts)]
    lists = {name: value for name, value in document_of(portal).items() if isinstance(value, list)}

    assert len(told) == len(set(told))
    assert [name for name, value in lists.items() if len(value) != len(set(value))] == []


def test_oidcc_prompt_create_leads_to_registration(portal):
    """Initiating User Registration: `prompt_values_supported` tells it."""
    assert "create" in document_of(portal)["prompt_values_supported"]
    assert portal.authorize(prompt="create").location.startswith("/inscription/")
    assert answer_of(portal.authorize(prompt="create none"))["error"] == "invalid_request"


@pytest.mark.parametrize("protocol", [{"request_uri": True}], indirect=True)
def test_oidcc_request_uri_signed_rs256(register, monkeypatch):
    """A registered https address with a `#hash`; the object has iss and aud, no exp."""
    key = SigningKey("rp-1", rsa.generate_private_key(public_exponent=65537, key_size=2048), "RS256")
    address = "https://suite.example/requests/x.jwt#" + "a" * 43
    members = {"jwks": {"keys": [key.public_jwk]}, "request_object_signing_alg": "RS256", "request_uris": [address]}
    party = register("suite", **members)
    party.log_in()
    signed = key.sign({**party.request_parameters(scope="openid"), "iss": "suite", "aud": ISSUER})
    fetcher = party.app.extensions["idp"].provider.fetcher
    monkeypatch.setattr(fetcher, "get", lambda url, **_: Fetched(200, "application/jwt", signed.encode()))

    assert "code" in answer_of(party.authorize(request_uri=address))
    assert document_of(party)["request_uri_parameter_supported"] is True
