"""The guarded fetcher, tried against real servers (ATTACKS 19 and 55)."""

import threading
import time

import pytest

from idp.errors import ConfigurationError
from idp.relying_parties.fetching import Fetcher, NotFetched
from idp.settings import Fetching, build
from tests.peer import listening

DEMO = Fetching(timeout_seconds=1)


@pytest.fixture
def fetcher():
    return Fetcher(DEMO, demo=True)


def strict(tls=None, *, resolve=None, **settings):
    """A fetcher as outside the demo; `tls` is trusted."""
    options = {"resolve": resolve} if resolve else {}
    ca_file = str(tls[0]) if tls else ""
    return Fetcher(Fetching(timeout_seconds=1, ca_file=ca_file, **settings), **options)


def test_a_document_is_read(peer, fetcher):
    url = peer.answer("/keys", '{"keys": []}', Content_Type="application/json; charset=utf-8")

    assert fetcher.get_json(url) == {"keys": []}
    assert peer.requests[0].headers["Accept"] == "application/json"


def test_a_form_is_posted_and_any_status_told(peer, fetcher):
    url = peer.answer("/bye", "no", status=400)

    assert fetcher.post_form(url, {"logout_token": "a.b+c"}).status == 400
    assert peer.requests[0].body == "logout_token=a.b%2Bc"


def test_over_tls_the_name_must_fit_the_certificate(secure_peer, tls):
    secure_peer.answer("/", "{}")
    named = strict(tls, resolve=lambda host, port: ["127.0.0.1"], private_addresses=("127.0.0.1",))

    assert named.get_json(f"https://client.example:{secure_peer.port}/") == {}
    with pytest.raises(NotFetched, match="ConnectError"):
        named.get(f"https://other.example:{secure_peer.port}/")


def test_a_certificate_that_nobody_vouches_for_is_refused(secure_peer):
    with pytest.raises(NotFetched, match="ConnectError"):
        strict(private_addresses=("127.0.0.1",)).get(secure_peer.url)

    assert secure_peer.requests == []


PRIVATE = (
    "127.0.0.1",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "fe80::1",
    "fd00::1",
    "::ffff:127.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "2001:0:7f00:1::",
    "fec0::1",
)


@pytest.mark.parametrize("address", PRIVATE)
def test_a_name_that_leads_to_a_private_address_is_not_asked(secure_peer, tls, address):
    """ATTACKS 55: also wrapped into IPv6."""
    guarded = strict(tls, resolve=lambda host, port: [address])

    with pytest.raises(NotFetched, match="not public"):
        guarded.get(f"https://client.example:{secure_peer.port}/")
    assert secure_peer.connections == 0


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "0x7f000001", "127.1", "localhost", "[::1]", "0"])
def test_no_spelling_of_this_machine_gets_through(secure_peer, tls, host):
    """ATTACKS 55: decimal, hexadecimal and short forms."""
    with pytest.raises(NotFetched):
        strict(tls).get(f"https://{host}:{secure_peer.port}/")
    assert secure_peer.connections == 0


def test_one_private_address_among_public_ones_is_enough_to_refuse(secure_peer, tls):
    with pytest.raises(NotFetched, match="not public"):
        strict(tls, resolve=lambda host, port: ["93.184.216.34", "127.0.0.1"]).get(
            f"https://client.example:{secure_peer.port}/"
        )
    assert secure_peer.connections == 0


def test_the_name_is_resolved_once_so_that_a_second_answer_changes_nothing(secure_peer, tls):
    """ATTACKS 19: DNS rebinding."""
    secure_peer.answer("/", "{}")
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    guarded = strict(tls, resolve=lambda host, port: next(answers), private_addresses=("127.0.0.1",))

    guarded.get(f"https://client.example:{secure_peer.port}/")

    assert next(answers) == ["10.0.0.1"]


@pytest.mark.parametrize(
    "url",
    [
        "http://client.example/",
        "file:///etc/passwd",
        "ftp://client.example/",
        "gopher://127.0.0.1/",
        "https://",
        "https:///keys",
        "https://user@client.example/",
        "https://client.example:99999/",
        "https://client.example/\r\nX: y",
        "https://clïent.example/",
        "https://xn--a/",
        "",
    ],
)
def test_only_plain_https_addresses_are_asked(url):
    asked = []

    with pytest.raises(NotFetched):
        strict(resolve=lambda host, port: asked.append(host) or ["127.0.0.1"]).get(url)
    assert asked == []


def test_plain_http_is_for_this_machine_in_the_demo_only(peer):
    with pytest.raises(NotFetched, match="not https"):
        strict(private_addresses=("127.0.0.1",)).get(peer.url)
    with pytest.raises(NotFetched, match="not https"):
        Fetcher(DEMO, demo=True).get("http://client.example/")
    assert peer.connections == 0


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(peer, fetcher, status):
    """ATTACKS 19 and 55: also to an address that would be allowed."""
    with listening() as secret:
        url = peer.answer("/keys", "", status=status, Location=secret.url + "/")

        with pytest.raises(NotFetched, match=f"HTTP {status}"):
            fetcher.get(url)
        assert secret.connections == 0


def test_a_huge_answer_is_cut_off(peer, fetcher):
    def endless(handler):
        handler.send_response(200)
        handler.end_headers()
        for _part in range(10_000):
            handler.wfile.write(b" " * 65536)

    peer.answers["/keys"] = endless

    with pytest.raises(NotFetched, match="too large"):
        fetcher.get(peer.url + "/keys")


def test_64_kib_are_read_and_a_byte_more_is_refused(peer, fetcher):
    exact, more = peer.answer("/exact", b"x" * 65536), peer.answer("/more", b"x" * 65537)

    assert len(fetcher.get(exact).body) == 65536
    with pytest.raises(NotFetched, match="too large"):
        fetcher.get(more)


def test_a_compressed_answer_is_refused(peer, fetcher):
    with pytest.raises(NotFetched, match="compressed"):
        fetcher.get(peer.answer("/keys", b"\x1f\x8b", Content_Encoding="gzip"))


@pytest.mark.parametrize("before", [b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\n\r\n"], ids=["header", "body"])
def test_an_answer_drop_by_drop_ends_with_the_time_for_the_whole(peer, fetcher, before):
    """ATTACKS 19: each drop comes in time, the whole does not."""
    ended = threading.Event()

    def drip(handler):
        handler.wfile.write(before)
        while not ended.wait(0.05):
            handler.wfile.write(b"x")

    peer.answers["/keys"] = drip
    began = time.monotonic()

    with pytest.raises(NotFetched, match="too slow"):
        fetcher.get(peer.url + "/keys")
    ended.set()
    assert time.monotonic() - began < 2


def test_a_name_that_never_resolves_ends_with_the_time_for_the_whole():
    waits = threading.Event()
    began = time.monotonic()

    with pytest.raises(NotFetched, match="too slow"):
        strict(resolve=lambda host, port: waits.wait(10) and []).get("https://client.example/")
    waits.set()
    assert time.monotonic() - began < 2


def test_proxies_of_the_environment_are_not_used(peer, fetcher, monkeypatch):
    with listening() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)

        fetcher.get(peer.answer("/keys", "{}"))

        assert proxy.connections == 0


def test_an_allow_list_that_is_no_network_stops_the_start():
    with pytest.raises(ConfigurationError, match=r"fetching\.private_addresses: intranet"):
        build({"fetching": {"private_addresses": ["10.0.0.0/8", "intranet"]}})


def test_a_ca_bundle_that_is_not_there_stops_the_start():
    with pytest.raises(ConfigurationError, match=r"fetching\.ca_file"):
        Fetcher(Fetching(ca_file="/nowhere/ca.pem"))
