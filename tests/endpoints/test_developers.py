"""`/openapi.json` and `/developpeurs`: they say what discovery and the program say, and nothing else."""

import html
import json
import re
from urllib.parse import urlsplit

import msgspec
import pytest

from idp.app import create_app
from tests import errors_page
from tests.endpoints.conftest import FRONT_CHANNEL, ISSUER
from tests.registrations import Developer

ENDPOINTS = re.compile(r".*(_endpoint|_uri|_iframe)")


@pytest.fixture
def discovery(portal):
    return portal.browser.get("/.well-known/openid-configuration").json


@pytest.fixture
def described(portal):
    answer = portal.browser.get("/openapi.json")
    assert answer.content_type == "application/json"
    return answer.json


def references(value):
    """Every `$ref` in it."""
    if isinstance(value, dict):
        yield from [value["$ref"]] if "$ref" in value else []
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def test_openapi_describes_every_endpoint_of_discovery(discovery, described):
    told = {urlsplit(value).path for name, value in discovery.items() if ENDPOINTS.fullmatch(name)}

    assert told <= described["paths"].keys()
    assert described["openapi"].startswith("3.1")
    assert described["servers"] == [{"url": ISSUER}]


def test_openapi_names_no_operation_that_the_program_has_not(described, app):
    known = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        for method in rule.methods or ()
    } | {("/authorize", "get")}

    told = {(path, method) for path, operations in described["paths"].items() for method in operations}

    assert told <= known
    names = [operation["operationId"] for path in described["paths"].values() for operation in path.values()]
    assert len(names) == len(set(names))


def test_openapi_refers_to_schemas_and_security_that_it_has(described):
    parts = described["components"]
    schemes = [one for path in described["paths"].values() for op in path.values() for one in op["security"]]

    assert {found.rpartition("/")[2] for found in references(described["paths"])} == parts["schemas"].keys()
    assert {name for scheme in schemes for name in scheme} <= parts["securitySchemes"].keys()


@FRONT_CHANNEL
def test_openapi_follows_the_settings(described):
    types = described["components"]["schemas"]["AuthorizationRequest"]["properties"]["response_type"]["enum"]

    assert "code id_token" in types


def test_the_developers_page_tells_each_address_scope_and_method_of_discovery(portal, discovery):
    page = html.unescape(portal.browser.get("/developpeurs").text)

    for member in (
        "issuer",
        "token_endpoint",
        "userinfo_endpoint",
        "jwks_uri",
        "end_session_endpoint",
        "revocation_endpoint",
    ):
        assert discovery[member] in page
    for value in (*discovery["scopes_supported"], *discovery["token_endpoint_auth_methods_supported"]):
        assert value in page
    assert portal.browser.get(re.search(r'href="(/developpeurs/erreurs)"', page)[1]).status_code == 200
    assert discovery["service_documentation"] == ISSUER + "/developpeurs"


def test_the_developers_page_leads_to_the_program_that_tries_a_login(settings, portal):
    site = msgspec.structs.replace(settings.site, try_it_url="https://essai.example/")
    there = create_app(msgspec.structs.replace(settings, site=site)).test_client()

    assert 'href="https://essai.example/"' in there.get("/developpeurs").text
    assert "essayer une connexion" not in portal.browser.get("/developpeurs").text.lower()


def test_the_page_s_own_registration_example_registers_a_client(app):
    """With the token that it asks for."""
    developer = Developer(app)
    developer.has_token()
    page = html.unescape(developer.client.get("/developpeurs").text)
    example = json.loads(re.search(r"-d '(\{.*?\})'", page, re.DOTALL)[1])

    answer = developer.register(**example)

    assert answer.status_code == 201
    assert answer.json["client_secret"]


def test_each_error_of_the_protocol_has_its_place_on_a_page_that_a_developer_opens(portal):
    """The text is that of docs/errors.md, which `make check` holds against the program."""
    section = errors_page.sections_of(errors_page.PAGE.read_text(encoding="utf-8"))["Relying parties"]

    page = portal.browser.get("/developpeurs/erreurs").text

    assert re.findall(r'<tr role="row" id="(\w+)">', page) == errors_page.names(section)
    assert "refresh, or start again; never retry with the same token" in html.unescape(page)


def test_the_page_of_a_wrong_link_leads_its_developer_to_the_error(portal):
    page = portal.authorize(client_id="inconnu").text

    assert 'href="/developpeurs/erreurs#invalid_request"' in page
