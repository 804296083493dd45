"""Resource indicators (RFC 8707) and tokens for APIs (RFC 9068): ATTACKS 34, 37, 45, 46."""

import json
from urllib.parse import urlencode

import pytest
from joserfc import jwt as jose
from joserfc.jwk import KeySet

from idp.relying_parties import resource_servers
from idp.relying_parties.errors import InvalidMetadata

API = "https://api.example.fr"
OTHER = "https://autre.example.fr"
SCOPE = "openid profile email api.read api.write other.read"


def claims_of(party, token):
    jwks = KeySet.import_key_set(json.loads(party.browser.get("/jwks").data))
    return jose.decode(token, jwks, algorithms=["RS256"])


def ask(party, **form):
    return party.post("/token", {"grant_type": "client_credentials", **form})


@pytest.fixture
def apis(register_api):
    register_api(API, "api.read", "api.write")
    register_api(OTHER, "other.read")


@pytest.fixture
def service(apis, register):
    return register("cantine", scope=SCOPE, resources=[API, OTHER])


@pytest.fixture
def api_server(apis, register):
    """The API's own client, which introspects."""
    return register("api", resource_server=API)


def test_a_token_for_an_api_is_a_jwt_with_its_scopes_alone(service):
    """RFC 9068 §2.2: typ, iss, aud, sub, client_id, a random jti."""
    service.log_in()

    answer = service.redeem(service.code(scope=SCOPE, resource=API)).json

    token = claims_of(service, answer["access_token"])
    assert token.header["typ"] == "at+jwt"
    assert token.claims["aud"] == API
    assert token.claims["scope"] == answer["scope"] == "api.read api.write"
    assert token.claims["client_id"] == "cantine"
    assert token.claims["sub"] != "cantine"


def test_two_tokens_for_an_api_never_share_a_jti(service):
    jtis = {claims_of(service, ask(service, scope="api.read").json["access_token"]).claims["jti"] for _ in range(2)}

    assert len(jtis) == 2


def test_several_resources_are_asked_for_by_repeating_the_parameter(service):
    service.log_in()
    form = [
        ("grant_type", "client_credentials"),
        ("scope", "api.read other.read"),
        ("resource", API),
        ("resource", OTHER),
    ]

    answer = service.post("/token", urlencode(form))

    assert claims_of(service, answer.json["access_token"]).claims["aud"] == [API, OTHER]


def test_a_scope_names_its_api(service):
    answer = ask(service, scope="api.read").json

    assert claims_of(service, answer["access_token"]).claims["aud"] == API
    assert answer["scope"] == "api.read"


@pytest.mark.parametrize("scope", ["openid", "eleves", "unknown", "api.read openid"])
def test_a_client_alone_gets_no_scope_of_a_parent(service, scope):
    assert ask(service, scope=scope).json["error"] == "invalid_scope"


@pytest.mark.parametrize("identifier", ["https://[", "https://[::1", "cantine", "https://a.fr/#x", "https://é.fr/", ""])
def test_an_api_s_identifier_is_an_absolute_uri(app, identifier):
    with app.app_context(), pytest.raises(InvalidMetadata) as refused:
        resource_servers.register(identifier, "Cantine", ())

    assert refused.value.problems == ["identifier: an absolute URI without fragment (RFC 8707 2)"]


def test_a_client_gets_no_scope_that_it_was_not_granted(apis, register):
    party = register("lsu", scope="openid api.read", resources=[API])

    assert ask(party, scope="api.write").json["error"] == "invalid_scope"
    assert ask(party, scope="other.read").json["error"] == "invalid_scope"


def test_an_api_that_the_client_did_not_register_is_invalid_target(service, register):
    """ATTACKS 37"""
    service.log_in()
    other = register("lsu")

    assert ask(other, resource=API).json["error"] == "invalid_target"
    assert "error=invalid_target" in service.authorize(resource="https://evil.example").location


def test_a_resource_never_grows_after_the_authorization(service):
    """ATTACKS 37: at the code, and at refresh."""
    service.log_in()
    tokens = service.redeem(service.code(scope=SCOPE, resource=API)).json

    assert service.redeem(service.code(scope=SCOPE, resource=API), resource=OTHER).json["error"] == "invalid_target"
    assert service.redeem(service.code(scope="openid"), resource=API).json["error"] == "invalid_target"
    assert service.refresh(tokens["refresh_token"], resource=OTHER).json["error"] == "invalid_target"


def test_a_refresh_may_ask_for_the_api_whose_scope_was_granted(service):
    service.log_in()
    tokens = service.redeem(service.code(scope="openid api.read")).json
    assert service.userinfo(tokens["access_token"]).status_code == 200

    answer = service.refresh(tokens["refresh_token"], resource=API).json

    assert claims_of(service, answer["access_token"]).claims["scope"] == "api.read"


def test_a_token_for_an_api_opens_nothing_here(service):
    """ATTACKS 45"""
    service.log_in()
    answer = service.redeem(service.code(scope=SCOPE, resource=API)).json

    assert service.userinfo(answer["access_token"]).status_code == 401


def test_an_id_token_is_no_access_token(service):
    """ATTACKS 34, 45: neither at userinfo nor for introspection."""
    service.log_in()
    identity = service.redeem(service.code()).json["id_token"]

    assert service.userinfo(identity).status_code == 401
    assert service.post("/introspect", {"token": identity}).json == {"active": False}


def test_a_value_of_one_kind_never_passes_for_another(service):
    """ATTACKS 34: access token, refresh token and code in each other's place."""
    service.log_in()
    code = service.code()
    tokens = service.redeem(code).json
    sealed = [tokens["access_token"], tokens["refresh_token"], tokens["refresh_token"].removeprefix("r~")]

    assert {service.redeem(value).json["error"] for value in sealed} == {"invalid_grant"}
    assert service.refresh(tokens["access_token"]).json["error"] == "invalid_grant"
    assert service.refresh("r~" + tokens["access_token"]).json["error"] == "invalid_grant"
    assert service.userinfo(tokens["refresh_token"]).status_code == 401
    assert service.userinfo(code).status_code == 401
    assert service.post("/introspect", {"token": code}).json == {"active": False}


def test_an_api_introspects_tokens_made_for_it_alone(service, api_server):
    """ATTACKS 45, 46"""
    mine, theirs = (ask(service, scope=scope).json["access_token"] for scope in ("api.read", "other.read"))

    answer = api_server.post("/introspect", {"token": mine}).json

    assert (answer["active"], answer["scope"], answer["aud"]) == (True, "api.read", API)
    assert api_server.post("/introspect", {"token": theirs}).json == {"active": False}
    service.log_in()
    sealed = service.redeem(service.code()).json["access_token"]
    assert api_server.post("/introspect", {"token": sealed}).json == {"active": False}


def test_another_client_neither_introspects_nor_revokes(service, register):
    """ATTACKS 46"""
    service.log_in()
    token = service.redeem(service.code()).json["access_token"]
    other = register("lsu")

    assert other.post("/introspect", {"token": token}).json == {"active": False}
    assert other.post("/revoke", {"token": token}).status_code == 200
    assert service.userinfo(token).status_code == 200


def test_introspection_needs_client_authentication(register):
    """ATTACKS 46"""
    public = register("mobile", token_endpoint_auth_method="none", grant_types=["authorization_code"])
    answer = public.browser.post("/introspect", data={"token": "x", "client_id": "mobile"})

    assert answer.json["error"] == "unauthorized_client"


def test_an_introspection_answer_is_signed_for_who_asks_for_it(service, api_server):
    """RFC 9701 §5"""
    token = ask(service, scope="api.read").json["access_token"]

    answer = api_server.post("/introspect", {"token": token}, headers={"Accept": "application/token-introspection+jwt"})

    assert answer.content_type == "application/token-introspection+jwt"
    signed = claims_of(service, answer.text)
    assert signed.header["typ"] == "token-introspection+jwt"
    assert (signed.claims["aud"], signed.claims["iss"]) == ("api", "http://127.0.0.1:8000")
    assert signed.claims["token_introspection"]["active"] is True
    assert service.userinfo(answer.text).status_code == 401


@pytest.mark.parametrize(("identifier", "scope"), [("api", "x"), (API + "#f", "x"), (API, "openid"), (API, "a b")])
def test_an_api_is_registered_with_scopes_of_its_own(register_api, identifier, scope):
    with pytest.raises(Exception, match="InvalidMetadata"):
        register_api(identifier, scope)


def test_a_scope_belongs_to_one_api(apis, register_api):
    with pytest.raises(Exception, match="InvalidMetadata"):
        register_api("https://third.example.fr", "api.read")
