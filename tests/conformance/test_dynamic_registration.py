"""Dynamic OP: registration rows of the plan `oidcc-dynamic-certification-test-plan` and of the 3rd-party-init plan."""

import json

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from idp.oidc.jwt import decode_unverified
from idp.relying_parties.fetching import Fetched
from idp.relying_parties.logo import draw
from tests.endpoints.conftest import RelyingParty, answer_of, identity_of
from tests.pictures import png
from tests.registrations import ALL_SCOPES, REDIRECT_URI, Developer

KEY = RSAKey.generate_key(2048, {"kid": "rp-1", "use": "sig", "alg": "RS256"})
ISSUER = "http://127.0.0.1:8000"


@pytest.fixture
def suite(app):
    developer = Developer(app)
    developer.has_token()
    return developer


def party_of(app, registered):
    """The suite's client with its browser, somebody logged in."""
    party = RelyingParty(app, registered["client_id"])
    party.log_in()
    return party


def agree(party, response):
    """Press «Autoriser»."""
    page = party.browser.get(response.location)
    token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
    action = page.text.split('id="consent-form" method="post" action="')[1].split('"')[0].replace("&amp;", "&")
    return party.browser.post(action, data={"csrf_token": token, "choix": "oui"})


def assertion(client_id, clock, key=KEY, audience=ISSUER + "/token"):
    now = int(clock.instant.timestamp())
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": audience,
        "jti": f"j{now}{key.kid}",
        "iat": now,
        "exp": now + 60,
    }
    return jwt.encode({"alg": "RS256", "kid": key.kid}, claims, key)


def by_assertion(party, form, signed):
    kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    return party.browser.post("/token", data={**form, "client_assertion": signed, "client_assertion_type": kind})


def redemption(code):
    return {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": REDIRECT_URI,
        "code_verifier": "v" * 43,
    }


def test_a_registration_is_answered_201_with_all_that_was_registered(suite):
    response = suite.register(
        grant_types=["authorization_code", "refresh_token"],
        response_types=["code"],
        contacts=["certification@oidf.example"],
        token_endpoint_auth_method="client_secret_basic",
        jwks={"keys": [KEY.as_dict(private=False)]},
    )

    assert response.status_code == 201
    assert response.content_type == "application/json"
    answer = response.json
    assert "error" not in answer
    assert answer["client_secret_expires_at"] == 0
    assert len(answer["client_secret"]) == 43
    assert answer["registration_client_uri"] == f"{ISSUER}/register/{answer['client_id']}"
    assert answer["registration_access_token"]
    assert answer["contacts"] == ["certification@oidf.example"]
    assert answer["grant_types"] == ["authorization_code", "refresh_token"]
    assert answer["scope"] == ALL_SCOPES


def test_implied_defaults_are_told(suite):
    answer = suite.register().json

    assert answer["response_types"] == ["code"]
    assert answer["grant_types"] == ["authorization_code"]
    assert answer["application_type"] == "web"
    assert answer["token_endpoint_auth_method"] == "client_secret_basic"
    assert answer["id_token_signed_response_alg"] == "RS256"


def test_delete_answers_204(suite):
    registered = suite.register().json

    assert suite.manage("DELETE", registered).status_code == 204
    assert suite.manage("GET", registered).status_code == 401


def test_oidcc_server_by_private_key_jwt(suite, app, clock):
    registered = suite.register(
        token_endpoint_auth_method="private_key_jwt", jwks={"keys": [KEY.as_dict(private=False)]}
    ).json
    party = party_of(app, registered)
    code = answer_of(agree(party, party.authorize()))["code"]

    response = by_assertion(party, redemption(code), assertion(registered["client_id"], clock))

    assert response.status_code == 200
    assert "client_secret" not in registered
    assert response.json["id_token"]


def test_oidcc_registration_jwks_uri(suite, app, clock, peer):
    uri = peer.answer("/jwks.json", json.dumps({"keys": [KEY.as_dict(private=False)]}))
    registered = suite.register(token_endpoint_auth_method="private_key_jwt", jwks_uri=uri).json
    party = party_of(app, registered)
    code = answer_of(agree(party, party.authorize()))["code"]

    assert by_assertion(party, redemption(code), assertion(registered["client_id"], clock)).status_code == 200


def test_oidcc_refresh_token_rp_key_rotation(suite, app, clock, peer):
    uri = peer.answer("/jwks.json", json.dumps({"keys": [KEY.as_dict(private=False)]}))
    grants = ["authorization_code", "refresh_token"]
    registered = suite.register(token_endpoint_auth_method="private_key_jwt", jwks_uri=uri, grant_types=grants).json
    party = party_of(app, registered)
    code = answer_of(agree(party, party.authorize(scope="openid offline_access", prompt="consent")))["code"]
    tokens = by_assertion(party, redemption(code), assertion(registered["client_id"], clock)).json
    fresh = RSAKey.generate_key(2048, {"kid": "rp-2", "use": "sig", "alg": "RS256"})
    peer.answer("/jwks.json", json.dumps({"keys": [fresh.as_dict(private=False)]}))
    clock.advance(seconds=60)

    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    response = by_assertion(party, form, assertion(registered["client_id"], clock, fresh))

    assert response.status_code == 200


def test_oidcc_redirect_uri_regfrag(suite):
    response = suite.register(redirect_uris=[REDIRECT_URI + "#foobar"])

    assert response.status_code == 400
    assert response.json["error"] == "invalid_redirect_uri"


def test_oidcc_redirect_uri_query_ok_mismatch_and_added(suite, app):
    registered = suite.register(redirect_uris=[REDIRECT_URI + "?foo=bar"]).json
    party = party_of(app, registered)

    agreed = agree(party, party.authorize(redirect_uri=REDIRECT_URI + "?foo=bar"))
    assert agreed.location.startswith(REDIRECT_URI + "?foo=bar&code=")
    for other in ("?foo=baz", "?foo=bar&bar=foo", ""):
        response = party.authorize(redirect_uri=REDIRECT_URI + other)
        assert response.status_code == 400
        assert 'id="error-page"' in response.text


def test_oidcc_ensure_redirect_uri_in_authorization_request(suite, app):
    """The suite's second URI is at another host, and it tells no sector: the client is a sector of its own."""
    registered = suite.register(redirect_uris=[REDIRECT_URI, "https://example.org/redirect"]).json

    response = party_of(app, registered).authorize(redirect_uri="")

    assert response.status_code == 400
    assert "redirect_uri" in response.text


def test_oidcc_registration_sector_uri(suite, peer):
    uri = peer.answer("/sector.json", json.dumps([REDIRECT_URI, "https://other.example.fr/cb"]))

    response = suite.register(sector_identifier_uri=uri, subject_type="pairwise")

    assert response.status_code == 201
    assert response.json["sector_identifier_uri"] == uri


def test_who_asks_for_pairwise_subjects_at_several_hosts_tells_the_sector(suite):
    """OpenID Connect Core §8.1."""
    hosts = [REDIRECT_URI, "https://example.org/redirect"]

    response = suite.register(redirect_uris=hosts, subject_type="pairwise")

    assert (response.status_code, response.json["error"]) == (400, "invalid_client_metadata")


def test_a_client_at_several_hosts_shares_its_subjects_with_nobody(register):
    """ATTACKS 48: naming the host of another as its own second host gives no sector."""
    alone, several = register("cantine"), register("curieux", redirect_uris=[REDIRECT_URI, "https://example.org/cb"])
    alone.log_in()
    several.browser, several.account_id = alone.browser, alone.account_id

    subjects = {identity_of(party, party.redeem(party.code()).json["id_token"])["sub"] for party in (alone, several)}

    assert len(subjects) == 2


@pytest.mark.parametrize(
    "curious",
    [
        {"grant_types": ["urn:ietf:params:oauth:grant-type:device_code", "authorization_code"]},
        {"application_type": "native", "redirect_uris": ["fr.curieux.app:/portail.example.fr/cb"]},
    ],
    ids=["no answer needed there", "a name of its own scheme"],
)
def test_who_gets_no_answer_at_a_host_shares_its_subjects_with_nobody(app, register, curious):
    """ATTACKS 48: naming a redirect URI of another proves nothing where tokens come without it."""
    register("cantine")
    register("curieux", **curious)

    find = app.extensions["idp"].provider.clients.find

    assert find("curieux").sector == "curieux"
    assert find("cantine").sector == "portail.example.fr"


def test_oidcc_registration_sector_bad(suite, peer):
    uri = peer.answer("/sector.json", json.dumps(["https://other.example.fr/cb"]))

    response = suite.register(sector_identifier_uri=uri, subject_type="pairwise")

    assert response.status_code == 400
    assert response.json["error"] == "invalid_client_metadata"


@pytest.mark.parametrize(("member", "element"), [("policy_uri", 'id="client-policy"'), ("tos_uri", 'id="client-tos"')])
def test_oidcc_registration_policy_and_tos_uri(suite, app, member, element):
    registered = suite.register(**{member: "https://cantine.example.fr/conditions"}).json
    party = RelyingParty(app, registered["client_id"])

    page = party.browser.get(party.authorize().location).text

    assert element in page
    assert "https://cantine.example.fr/conditions" in page


def test_oidcc_registration_logo_uri(suite, app, monkeypatch):
    """The page shows the provider's own copy."""
    fetched = Fetched(200, "image/png", png(300, 200))
    monkeypatch.setattr(app.extensions["idp"].provider.fetcher, "get", lambda url, **options: fetched)
    registered = suite.register(logo_uri="https://portail.example.fr/logo.png").json
    party = RelyingParty(app, registered["client_id"])

    page = party.browser.get(party.authorize().location)

    address = f"/logos/{registered['client_id']}.png"
    assert f'id="client-logo" src="{address}"' in page.text
    assert "img-src 'self';" in page.headers["Content-Security-Policy"]
    assert party.browser.get(address).data == draw(png(300, 200))


def test_oidcc_idtoken_rs256(suite, app):
    registered = suite.register(id_token_signed_response_alg="RS256").json
    party = party_of(app, registered)
    code = answer_of(agree(party, party.authorize()))["code"]
    form = redemption(code)

    tokens = party.post("/token", form, secret=registered["client_secret"]).json

    header, _claims = decode_unverified(tokens["id_token"])
    assert header["alg"] == "RS256"
    assert header["kid"]


def test_oidcc_3rd_party_init_login(suite):
    uri = "https://portail.example.fr/initiate"

    registered = suite.register(initiate_login_uri=uri).json
    read = suite.manage("GET", registered)

    assert registered["initiate_login_uri"] == uri
    assert (read.status_code, read.content_type) == (200, "application/json")
    assert read.json["initiate_login_uri"] == uri


def test_oidcc_3rd_party_init_login_nohttps(suite):
    response = suite.register(initiate_login_uri="http://portail.example.fr/initiate")

    assert response.status_code == 400
    assert response.json["error"] == "invalid_client_metadata"
