"""A registration whose members hold any JSON, by each way in: taken or refused, never a crash (ATTACKS 28, 59)."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from idp import limits
from idp.relying_parties.administration import OURS
from idp.relying_parties.metadata import MEMBERS
from tests.conftest import BOTH_DATABASES
from tests.registrations import KEY, REDIRECT_URI, Developer

pytestmark = pytest.mark.slow

KEY_SETS = [
    {"keys": [{**KEY, "kid": "a", member: odd}]}
    for member in ("use", "kty", "crv", "x", "alg", "kid")
    for odd in ([], {}, 1)
]
URIS = [
    *("https://[", "https://[::1", "https://a.fr:99999/", "https://a.fr:x/", "https://xn--a/", "//", "https://"),
    f"https://{'a' * 400}.fr/",
    f"https://a.fr:{'0' * 400}443/",
    "fr.cantine.app:/retour",
    REDIRECT_URI,
]
WORDS = ["none", "native", "public", "pairwise", "openid", "private_key_jwt", "client_credentials", "code", "ES256"]
TEXTS = ["", "\x00", "a\x00b", "\u202e", "A" * 3000, *WORDS, *URIS]

scalars = st.none() | st.booleans() | st.sampled_from([0, -1, 1 << 40, 1.5, 1e300]) | st.sampled_from(TEXTS)
lists = st.lists(st.sampled_from(URIS), max_size=3) | st.lists(scalars | st.just([]) | st.just({}), max_size=3)
values = scalars | lists | st.sampled_from([{}, {"keys": {}}, *KEY_SETS])
members = sorted({*MEMBERS, *OURS, "client_name#en", "client_name#\x00", "software_statement", "client_secret"})
documents = st.dictionaries(st.sampled_from(members), values, min_size=1, max_size=3)

OFTEN = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    phases=(Phase.generate,),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(autouse=True)
def alone(app, monkeypatch):
    """No limit by address, and no name that leads anywhere."""
    monkeypatch.setattr(limits, "hit_address", lambda *_, **__: True)
    monkeypatch.setattr(app.extensions["idp"].provider.registrar._fetcher, "_resolve", lambda host, port: [])


@pytest.fixture
def developer(app):
    made = Developer(app)
    made.has_token(quota=1000)
    return made


@BOTH_DATABASES
def test_any_json_is_registered_or_refused(developer):
    @OFTEN
    @given(documents)
    def strike(document):
        assert developer.register(**document).status_code in (201, 400)

    strike()


@BOTH_DATABASES
def test_any_json_updates_a_registration_or_is_refused(developer):
    registered = developer.register().json

    @OFTEN
    @given(documents)
    def strike(document):
        nonlocal registered
        answer = developer.update(registered, **document)
        assert answer.status_code in (200, 400)
        registered = answer.json if answer.status_code == 200 else registered

    strike()


@BOTH_DATABASES
def test_any_json_is_put_or_refused_by_the_administrators_api(program):
    uri = {"redirect_uris": [REDIRECT_URI]}

    @OFTEN
    @given(documents, st.sampled_from(["PUT", "PATCH"]))
    def strike(document, method):
        assert program.calls(method, "/clients/cantine", uri | document).status_code in (200, 201, 404, 422)

    strike()
