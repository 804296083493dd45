"""Login at a relying party: what it asks for, and the answers that it does not take."""

from urllib.parse import parse_qs, quote, urlsplit

import pytest
from joserfc.jwk import OctKey, RSAKey


def refused(answer, code="connexion_refusee"):
    return answer.status_code >= 400 and f'data-error="{code}"' in answer.text


def test_a_login_asks_for_the_children_with_state_nonce_and_pkce(portal):
    address = portal.open("/").location

    asked = {name: value[0] for name, value in parse_qs(urlsplit(address).query).items()}
    assert asked["scope"] == "openid profile email eleves"
    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["state"]) == len(asked["nonce"]) == 43
    assert asked["redirect_uri"] == "http://localhost/callback"


def test_after_the_login_the_parent_is_on_the_page_asked_for(lsu):
    answer = lsu.logs_in("/?eleve=abc")

    assert (answer.status_code, answer.location) == (303, "/?eleve=abc")
    assert "Bilans pour DURAND Alexis" in lsu.open(answer.location).text


def test_no_token_and_no_name_is_in_a_cookie(portal):
    answer = portal.logs_in()

    (cookie,) = answer.headers.getlist("Set-Cookie")
    assert cookie.startswith("portal_session=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert len(cookie.split(";")[0].removeprefix("portal_session=")) == 43


@pytest.mark.parametrize("state", ["forged", "", None])
def test_an_answer_with_another_state_is_refused(portal, state):
    answer = portal.logs_in(state=state)

    assert refused(answer, "connexion_interrompue")
    assert portal.provider.token_requests == []


def test_an_answer_works_once(portal):
    callback = portal.provider.authorize(portal.open("/").location)
    portal.open(callback)
    portal.client.delete_cookie("portal_session")

    assert refused(portal.open(callback), "connexion_interrompue")
    assert len(portal.provider.token_requests) == 1


def test_a_reload_of_a_used_answer_leads_home(portal):
    callback = portal.provider.authorize(portal.open("/").location)
    portal.open(callback)

    assert portal.open(callback).location == "/"
    assert len(portal.provider.token_requests) == 1


def test_an_answer_meant_for_another_browser_is_refused(portal):
    callback = portal.provider.authorize(portal.open("/").location)
    portal.client.delete_cookie("portal_login")

    assert refused(portal.open(callback), "connexion_interrompue")


def test_two_tabs_log_in_each(portal):
    first, second = portal.open("/").location, portal.open("/").location

    assert portal.open(portal.provider.authorize(first)).status_code == 303
    assert portal.open(portal.provider.authorize(second)).status_code == 303


@pytest.mark.parametrize("issuer", ["https://evil.example", None])
def test_an_answer_without_our_issuer_is_refused(portal, issuer):
    assert refused(portal.logs_in(iss=issuer))
    assert portal.provider.token_requests == []


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "forged"},
        {"nonce": None},
        {"iss": "https://evil.example"},
        {"aud": "someone-else"},
        {"aud": ["client", "someone-else"]},
        {"azp": "someone-else"},
        {"exp": 1_000_000_000},
        {"exp": None},
        {"iat": 4_000_000_000},
        {"sub": None},
        {"sub": 12},
        {"at_hash": "forged"},
    ],
    ids=str,
)
def test_an_id_token_with_a_wrong_claim_is_refused(portal, claims):
    portal.provider.id_token = claims

    assert refused(portal.logs_in())
    assert portal.open("/").status_code == 303


def test_an_id_token_signed_with_the_client_secret_is_refused(portal):
    """RFC 8725 §3.1: the algorithm is ours to choose, not the header's."""
    portal.provider.header, portal.provider.key = {"alg": "HS256"}, OctKey.import_key("secret" * 8)

    assert refused(portal.logs_in())


def test_an_id_token_signed_by_another_key_is_refused(portal):
    portal.provider.key = RSAKey.generate_key(2048)

    assert refused(portal.logs_in())


def test_userinfo_of_another_person_is_refused(portal):
    """OIDC Core §5.3.2."""
    portal.provider.userinfo = {"sub": "somebody-else"}

    assert refused(portal.logs_in())


def test_a_cancelled_login_has_a_page_with_a_way_back(portal):
    answer = portal.logs_in(code=None, error="access_denied", error_description="<script>")

    assert refused(answer, "connexion_annulee")
    assert "<script>" not in answer.text
    assert 'href="/"' in answer.text


def test_a_provider_of_another_name_is_not_used(portal):
    portal.provider.metadata = {"issuer": "https://evil.example"}

    assert refused(portal.open("/"), "service_indisponible")


def test_a_provider_that_is_down_has_a_page(portal):
    portal.provider.metadata = {"token_endpoint": "http://192.0.2.1/token"}

    answer = portal.open("/")

    assert answer.status_code == 503
    assert refused(answer, "service_indisponible")


def test_a_new_login_ends_the_session_before_it(portal):
    portal.logs_in()
    old = portal.client.get_cookie("portal_session").value
    portal.open(portal.provider.authorize(portal.open(initiate(portal)).location))

    assert portal.login.store.find(old) is None
    assert portal.open("/").status_code == 200


def initiate(browser, target="http://localhost/", issuer=None):
    issuer = issuer or browser.provider.issuer
    return f"/initiate?iss={quote(issuer, safe='')}&target_link_uri={quote(target, safe='')}"


def test_another_service_starts_a_login_that_lands_on_its_target(lsu):
    """OIDC Core §4."""
    address = lsu.open(initiate(lsu, "http://localhost/?eleve=x")).location

    assert lsu.open(lsu.provider.authorize(address)).location == "/?eleve=x"


def test_a_login_for_another_issuer_is_not_started(lsu):
    assert refused(lsu.open(initiate(lsu, issuer="https://evil.example")), "demande_incorrecte")


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "http://localhost.evil.example/",
        "http://localhost@evil.example/",
        "http://localhost:8003/",
        "http://localhost//evil.example",
        "http://localhost/\\evil.example",
        "//evil.example",
        "javascript:alert(1)",
        "http://localhost/\r\nSet-Cookie: a=b",
        "",
    ],
)
def test_a_target_elsewhere_is_refused(lsu, target):
    assert refused(lsu.open(initiate(lsu, target)), "demande_incorrecte")


def test_a_doubled_parameter_is_refused(lsu):
    assert refused(lsu.open(initiate(lsu) + "&iss=https://evil.example"), "demande_incorrecte")


@pytest.mark.parametrize("path", ["/", "/deconnecte", "/nulle-part", "/callback?state=%FF%00"])
def test_every_page_is_strict_and_kept_nowhere(portal, path):
    portal.logs_in()

    answer = portal.open(path)

    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert "<script" not in answer.text
    assert " style=" not in answer.text


def test_a_request_for_another_host_is_refused(portal):
    assert portal.open("/", base_url="http://evil.example").status_code == 400
