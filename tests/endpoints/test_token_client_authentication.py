"""Client authentication, attacked: ATTACKS 39, 40, 41, 132."""

import base64
import datetime as dt
import hmac
from urllib.parse import quote

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from joserfc import jwt as jose
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from idp import clock as time
from idp.app import create_app
from idp.audit import AuditEntry
from idp.db import db
from idp.oidc.client_assertion import ASSERTION_TYPE
from idp.relying_parties import service

ISSUER = "http://127.0.0.1:8000"
GRANT = {"grant_type": "client_credentials"}
SECRET = "s" * 43
KEYS = {
    "RS256": RSAKey.import_key(rsa.generate_private_key(65537, 2048)),
    "PS256": RSAKey.import_key(rsa.generate_private_key(65537, 2048)),
    "ES256": ECKey.import_key(ec.generate_private_key(ec.SECP256R1())),
    "EdDSA": OKPKey.import_key(ed25519.Ed25519PrivateKey.generate()),
}
JWKS = {"keys": [{**key.as_dict(private=False), "kid": alg} for alg, key in KEYS.items()]}


def claims(client_id="lsu", **changes):
    now = int(time.now().timestamp())
    whole = {"iss": client_id, "sub": client_id, "aud": ISSUER, "exp": now + 60, "iat": now, "jti": "1", **changes}
    return {name: value for name, value in whole.items() if value is not None}


def ask(party, assertion, **form):
    return party.browser.post(
        "/token", data={**GRANT, "client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion, **form}
    )


def sign(alg="ES256", key=None, header=None, **changes):
    whole = {"alg": alg, "typ": "JWT", **(header or {})}
    return jose.encode(whole, claims(**changes), key or KEYS[alg], algorithms=[alg])


def refused(answer):
    return (answer.status_code, answer.json["error"]) == (401, "invalid_client")


@pytest.fixture
def viewer(register):
    return register("lsu", token_endpoint_auth_method="private_key_jwt", jwks=JWKS)


@pytest.fixture
def fapi(register):
    return register(
        "lsu",
        token_endpoint_auth_method="private_key_jwt",
        jwks=JWKS,
        profile="fapi2",
        id_token_signed_response_alg="ES256",
    )


@pytest.mark.parametrize("alg", KEYS)
def test_an_assertion_by_each_algorithm_authenticates(viewer, alg):
    assert ask(viewer, sign(alg, header={"kid": alg})).status_code == 200


def test_the_algorithm_registered_is_the_only_one(register):
    """ATTACKS 41"""
    party = register(
        "lsu", token_endpoint_auth_method="private_key_jwt", jwks=JWKS, token_endpoint_auth_signing_alg="PS256"
    )

    assert refused(ask(party, sign("ES256")))
    assert ask(party, sign("PS256", jti="2")).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": [ISSUER]},
        {"aud": "https://other.example/token"},
        {"aud": None},
        {"exp": 1},
        {"exp": None},
        {"exp": 4_000_000_000},
        {"sub": "portail"},
        {"iss": "portail"},
        {"jti": None},
        {"jti": 7},
        {"nbf": 4_000_000_000},
    ],
)
def test_a_bad_assertion_is_invalid_client(viewer, changes):
    """ATTACKS 39: aud of another server or an array, too long a life, no jti."""
    assert refused(ask(viewer, sign(**changes)))


def test_an_assertion_serves_once(viewer):
    """ATTACKS 39: replay."""
    first = sign()

    assert ask(viewer, first).status_code == 200
    assert refused(ask(viewer, first))


def test_an_assertion_may_name_the_token_endpoint_unless_the_profile_is_fapi2(viewer):
    assert ask(viewer, sign(aud=ISSUER + "/token")).status_code == 200


@pytest.mark.parametrize("header", [{"jwk": {}}, {"x5c": ["a"]}, {"jku": "https://a.example"}, {"crit": ["b64"]}])
def test_headers_that_move_trust_are_refused(viewer, header):
    """ATTACKS 39 with RFC 8725 §3.10."""
    token = sign()
    head = base64.urlsafe_b64encode(msgspec.json.encode({"alg": "ES256", **header})).rstrip(b"=").decode()

    assert refused(ask(viewer, head + token[token.index(".") :]))


def test_a_public_key_never_serves_as_a_secret(viewer):
    """ATTACKS 41: HS256 with the public key."""
    public = KEYS["RS256"].as_pem(private=False)
    parts = [base64.urlsafe_b64encode(msgspec.json.encode(part)).rstrip(b"=") for part in ({"alg": "HS256"}, claims())]
    message = b".".join(parts)
    signature = base64.urlsafe_b64encode(hmac.digest(public, message, "sha256")).rstrip(b"=")

    assert refused(ask(viewer, (message + b"." + signature).decode()))


def test_a_secret_jwt_authenticates_once_and_the_secret_is_sealed_at_rest(register, app):
    party = register("lsu", token_endpoint_auth_method="client_secret_jwt")
    first = sign("HS256", key=OctKey.import_key(SECRET))

    assert ask(party, first).status_code == 200
    assert refused(ask(party, first))
    assert refused(ask(party, sign("HS256", key=OctKey.import_key("w" * 43), jti="2")))
    with app.app_context():
        row = db.session.execute(db.text("SELECT secret, sealed_secret FROM clients")).one()
    assert SECRET.encode() not in bytes(row.sealed_secret)
    assert row.secret != SECRET


def test_a_rotated_secret_still_signs_assertions_until_its_overlap_ends(register, app, clock):
    party = register("lsu", token_endpoint_auth_method="client_secret_jwt")
    with app.app_context():
        fresh = service.rotate_secret("lsu", dt.timedelta(hours=1))
        db.session.commit()
        sealed = db.session.execute(db.text("SELECT sealed_secret FROM clients")).scalar_one()

    def by(secret, jti):
        return ask(party, sign("HS256", key=OctKey.import_key(secret), jti=jti))

    assert (by(SECRET, "1").status_code, by(fresh, "2").status_code) == (200, 200)
    assert refused(by("w" * 43, "3"))
    clock.advance(hours=1)
    assert refused(by(SECRET, "4"))
    assert by(fresh, "5").status_code == 200
    assert SECRET.encode() not in bytes(sealed)


def test_a_secret_rotated_without_overlap_signs_nothing_more(register, app):
    party = register("lsu", token_endpoint_auth_method="client_secret_jwt")
    with app.app_context():
        service.rotate_secret("lsu")
        db.session.commit()

    assert refused(ask(party, sign("HS256", key=OctKey.import_key(SECRET))))


def test_a_secret_in_the_query_or_a_second_method_is_refused(portal):
    """ATTACKS 40"""
    assert portal.post("/token?client_secret=" + SECRET, GRANT).status_code == 400
    assert portal.post("/token", {**GRANT, "client_secret": SECRET}).json["error"] == "invalid_request"
    assert portal.post("/token", {**GRANT, "client_id": "autre"}).json["error"] == "invalid_request"


def test_every_cause_has_the_same_answer(portal, register):
    """ATTACKS 40: unknown client, wrong secret, weaker method."""
    register("lsu", token_endpoint_auth_method="private_key_jwt", jwks=JWKS)
    answers = [
        portal.post("/token", GRANT, secret="faux"),
        portal.browser.post("/token", data={**GRANT, "client_id": "inconnu", "client_secret": SECRET}),
        portal.browser.post("/token", data={**GRANT, "client_id": "lsu", "client_secret": SECRET}),
        portal.browser.post("/token", data={**GRANT, "client_id": "portail", "client_secret": SECRET}),
    ]

    assert len({(answer.status_code, answer.data, str(answer.headers)) for answer in answers}) == 1


def test_wrong_secrets_block_their_address_and_nobody_else(portal, app):
    """ATTACKS 40: the rate limit is per client and address; each failure is audited, a success writes nothing."""
    for _ in range(20):
        portal.post("/token", GRANT, secret="faux")

    assert refused(portal.post("/token", GRANT))
    header = {"Authorization": "Basic " + base64.b64encode(f"portail:{SECRET}".encode()).decode()}
    elsewhere = portal.browser.post("/token", data=GRANT, headers=header, environ_base={"REMOTE_ADDR": "192.0.2.7"})
    assert elsewhere.status_code == 200
    with app.app_context():
        lines = db.session.scalars(db.select(AuditEntry).filter_by(event="client.authentication_failed")).all()
    assert [line.client_id for line in lines] == ["portail"] * 20


def test_a_blocked_address_may_try_again_later(portal, clock):
    for _ in range(20):
        portal.post("/token", GRANT, secret="faux")
    clock.advance(minutes=15)

    assert portal.post("/token", GRANT).status_code == 200


# Certificates (RFC 8705)


def certificate(common_name="lsu.example.fr", dns="lsu.example.fr"):
    key, day = ec.generate_private_key(ec.SECP256R1()), dt.timedelta(days=1)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(time.now() - day).not_valid_after(time.now() + day)
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(dns)]), critical=False)
    return builder.sign(key, hashes.SHA256())


def nginx(made):
    return {"X-Cert": quote(made.public_bytes(Encoding.PEM).decode())}


@pytest.fixture
def mtls_format():
    return "nginx"


@pytest.fixture
def mtls_settings(mtls_format):
    return {"header": "X-Cert", "format": mtls_format, "verdict_header": "X-Verify", "proxies": ["127.0.0.0/8"]}


@pytest.fixture
def app(app, settings, request):
    """With a proxy in front that passes certificates, for the tests that ask for it."""
    if "mtls_settings" not in request.fixturenames:
        yield app
        return
    mtls = msgspec.convert(request.getfixturevalue("mtls_settings"), type(settings.mtls))
    application = create_app(msgspec.structs.replace(settings, mtls=mtls))
    yield application
    application.extensions["idp"].hot.close()


def present(party, headers, address="127.0.0.1"):
    return party.browser.post(
        "/token", data={**GRANT, "client_id": "lsu"}, headers=headers, environ_base={"REMOTE_ADDR": address}
    )


def test_a_certificate_of_the_registered_name_authenticates_when_the_proxy_verified_it(mtls_settings, register):
    party = register("lsu", token_endpoint_auth_method="tls_client_auth", tls_client_auth_san_dns="lsu.example.fr")
    good, other = certificate(), certificate(dns="autre.example.fr")

    assert present(party, {**nginx(good), "X-Verify": "SUCCESS"}).status_code == 200
    assert refused(present(party, {**nginx(good), "X-Verify": "FAILED"}))
    assert refused(present(party, {**nginx(other), "X-Verify": "SUCCESS"}))
    assert refused(present(party, {}))


def test_a_subject_is_compared_as_a_name(mtls_settings, register):
    party = register(
        "lsu", token_endpoint_auth_method="tls_client_auth", tls_client_auth_subject_dn="CN=lsu.example.fr"
    )

    assert present(party, {**nginx(certificate()), "X-Verify": "SUCCESS"}).status_code == 200
    assert refused(present(party, {**nginx(certificate("autre")), "X-Verify": "SUCCESS"}))


def test_a_certificate_header_from_outside_is_dropped(mtls_settings, register):
    """ATTACKS 132: only the trusted proxy may pass a certificate."""
    party = register("lsu", token_endpoint_auth_method="tls_client_auth", tls_client_auth_san_dns="lsu.example.fr")
    headers = {**nginx(certificate()), "X-Verify": "SUCCESS", "X-Forwarded-For": "127.0.0.1"}

    assert refused(present(party, headers, address="192.0.2.7"))


def test_without_the_setting_no_certificate_is_looked_at(register):
    """ATTACKS 132"""
    party = register("lsu", token_endpoint_auth_method="tls_client_auth", tls_client_auth_san_dns="lsu.example.fr")

    assert refused(present(party, {**nginx(certificate()), "X-Verify": "SUCCESS"}))


def test_a_self_signed_certificate_must_be_in_the_key_set(mtls_settings, register):
    made = certificate()
    key = ECKey.import_key(made.public_key()).as_dict(private=False)
    jwk = {**key, "x5c": [base64.b64encode(made.public_bytes(Encoding.DER)).decode()]}
    party = register("lsu", token_endpoint_auth_method="self_signed_tls_client_auth", jwks={"keys": [jwk]})

    assert present(party, nginx(made)).status_code == 200
    assert refused(present(party, nginx(certificate())))


@pytest.mark.parametrize("mtls_format", ["rfc9440"])
def test_the_header_of_rfc_9440_is_read_too(mtls_settings, register):
    made = certificate()
    party = register("lsu", token_endpoint_auth_method="tls_client_auth", tls_client_auth_san_dns="lsu.example.fr")
    value = ":" + base64.b64encode(made.public_bytes(Encoding.DER)).decode() + ":"

    assert present(party, {"X-Cert": value, "X-Verify": "SUCCESS"}).status_code == 200
    assert present(party, {"X-Cert": value[1:], "X-Verify": "SUCCESS"}).status_code == 400


def test_discovery_names_the_methods_that_are_on(mtls_settings, register, app):
    methods = register("lsu").browser.get("/.well-known/openid-configuration").json

    assert "tls_client_auth" in methods["token_endpoint_auth_methods_supported"]
    assert methods["tls_client_certificate_bound_access_tokens"] is True


def test_discovery_hides_certificates_when_they_are_off(portal):
    methods = portal.browser.get("/.well-known/openid-configuration").json["token_endpoint_auth_methods_supported"]

    assert "client_secret_jwt" in methods
    assert not any("tls" in name for name in methods)
