import base64
import hashlib
import time as real_time
from urllib.parse import parse_qs, urlsplit

import pytest

from idp.delivery.errors import Refused, Undelivered
from idp.delivery.outbox import Taken
from idp.delivery.senders import Sender, from_settings, sms_gateway
from idp.errors import ConfigurationError
from idp.settings import Settings, Sms

SMS = Taken("0" * 31 + "7", "lease", "sms", "+33639981234", {"text": "Votre code : 123456\n@idp.example #123456"})
OVH_ANSWER = '{"totalCreditsRemoved":1,"invalidReceivers":[],"ids":[27814656],"validReceivers":["+33639981234"]}'


def driver(name: str, url: str, **changes: object) -> Sender:
    values = {"username": "user", "password": "secret", "consumer_key": "consumer", "service": "sms-xx1-1"}
    return sms_gateway(Sms(driver=name, url=url, **(values | changes)))  # type: ignore[arg-type]


def ovh(gateway) -> Sender:
    gateway.bodies["/1.0/auth/time"] = str(int(real_time.time()) + 100)  # noqa: TID251
    return driver("ovh", f"{gateway.url}/1.0/")


def test_the_generic_gateway_gets_the_text_with_the_rows_id(gateway) -> None:
    gateway.body = '{"id": "abc"}'

    receipt = driver("http", f"{gateway.url}/sms").send(SMS)

    method, path, headers, _ = gateway.requests[0]
    assert (method, path, receipt) == ("POST", "/sms", "abc")
    assert gateway.last_json == {
        "id": SMS.id,
        "to": "+33639981234",
        "from": "EduConnect",
        "text": SMS.content["text"],
    }
    assert headers["Idempotency-Key"] == SMS.id
    assert headers["Authorization"] == "Basic " + base64.b64encode(b"user:secret").decode()


@pytest.mark.parametrize("body", ["", "OK", "[]", '"x"', "{}"])
def test_the_generic_gateways_answer_needs_no_id(gateway, body: str) -> None:
    gateway.body = body

    assert driver("http", gateway.url).send(SMS) == ""


@pytest.mark.parametrize(
    ("status", "final"),
    [(400, True), (422, True), (401, False), (402, False), (429, False), (500, False), (302, False)],
)
@pytest.mark.parametrize("name", ["http", "kannel", "ovh"])
def test_a_refusal_of_the_message_is_final_and_of_the_moment_is_not(gateway, name, status, final) -> None:
    gateway.status, gateway.status_of["/auth/time"], gateway.bodies["/auth/time"] = status, 200, "1764320000"

    with pytest.raises(Undelivered, match=str(status)) as caught:
        driver(name, gateway.url).send(SMS)
    assert isinstance(caught.value, Refused) == final


@pytest.mark.parametrize("name", ["http", "kannel", "ovh"])
def test_a_gateway_that_is_away_is_tried_again_later(unused_port: int, name: str) -> None:
    with pytest.raises(Undelivered, match="ConnectError"):
        driver(name, f"http://127.0.0.1:{unused_port}/").send(SMS)


def test_a_gateway_that_hangs_is_left_after_the_timeout(gateway) -> None:
    gateway.on_request = lambda: real_time.sleep(3)
    started = real_time.monotonic()

    with pytest.raises(Undelivered, match="ReadTimeout"):
        driver("http", gateway.url, timeout_seconds=1).send(SMS)
    assert real_time.monotonic() - started < 2.5


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        ("no gzip", {"Content-Encoding": "gzip"}),
        ('{"id": "cut', {"Content-Length": "4000"}),
        ("[" * 100_000, {}),
        ('{"id": ' + "1" * 5000 + "}", {}),
        ("x" * 3_000_000, {}),
    ],
    ids=["no gzip", "cut", "deep", "long number", "large"],
)
def test_a_message_that_the_gateway_took_is_sent_whatever_else_it_says(gateway, body: str, headers) -> None:
    gateway.body, gateway.headers = body, headers

    driver("http", gateway.url, timeout_seconds=1).send(SMS)

    assert len(gateway.requests) == 1


def test_a_gateway_that_goes_on_talking_is_left_after_the_timeout(dripping: str) -> None:
    started = real_time.monotonic()

    driver("http", dripping, timeout_seconds=1).send(SMS)

    assert real_time.monotonic() - started < 5


def test_a_message_without_text_is_refused(gateway) -> None:
    with pytest.raises(Refused):
        driver("http", gateway.url).send(Taken("1", "l", "sms", "+33639981234", {}))
    assert gateway.requests == []


def test_ovh_gets_a_signed_job(gateway) -> None:
    gateway.body = OVH_ANSWER

    receipt = ovh(gateway).send(SMS)

    method, path, headers, body = gateway.requests[-1]
    assert (method, path, receipt) == ("POST", "/1.0/sms/sms-xx1-1/jobs", "27814656")
    headers = {name.lower(): value for name, value in headers.items()}
    stamp = headers["x-ovh-timestamp"]
    signed = f"secret+consumer+POST+{gateway.url}{path}+{body}+{stamp}"
    assert headers["x-ovh-signature"] == "$1$" + hashlib.sha1(signed.encode()).hexdigest()
    assert (headers["x-ovh-application"], headers["x-ovh-consumer"]) == ("user", "consumer")
    assert gateway.last_json["receivers"] == ["+33639981234"]
    assert gateway.last_json["noStopClause"] is True


def test_ovhs_clock_is_asked_once_and_followed(gateway) -> None:
    gateway.body = OVH_ANSWER
    sender = ovh(gateway)

    sender.send(SMS)
    sender.send(SMS)

    assert [path for _, path, _, _ in gateway.requests].count("/1.0/auth/time") == 1
    stamp = next(v for n, v in gateway.requests[-1][2].items() if n.lower() == "x-ovh-timestamp")
    assert abs(int(stamp) - int(real_time.time()) - 100) <= 2  # noqa: TID251


def test_ovhs_clock_is_asked_again_after_a_refusal_since_ours_may_have_been_set(gateway) -> None:
    """OVH answers 400 to a time that is off: the messages are not to blame."""
    gateway.body = OVH_ANSWER
    sender = ovh(gateway)
    sender.send(SMS)
    gateway.status_of["/1.0/sms/sms-xx1-1/jobs"] = 400

    with pytest.raises(Undelivered) as first:
        sender.send(SMS)
    with pytest.raises(Undelivered) as second:
        sender.send(SMS)

    assert not isinstance(first.value, Refused)
    assert isinstance(second.value, Refused)
    assert [path for _, path, _, _ in gateway.requests].count("/1.0/auth/time") == 2


def test_a_number_that_ovh_refuses_is_final(gateway) -> None:
    gateway.body = '{"ids":[],"invalidReceivers":["+33639981234"],"validReceivers":[]}'

    with pytest.raises(Refused):
        ovh(gateway).send(SMS)


def test_kannel_gets_the_text_by_query(gateway) -> None:
    gateway.body = "0: Accepted for delivery"

    receipt = driver("kannel", f"{gateway.url}/cgi-bin/sendsms").send(SMS)

    method, path, _, _ = gateway.requests[0]
    query = {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}
    assert (method, urlsplit(path).path, receipt) == ("GET", "/cgi-bin/sendsms", "0: Accepted for delivery")
    assert query == {
        "username": "user",
        "password": "secret",
        "from": "EduConnect",
        "to": "+33639981234",
        "text": SMS.content["text"],
        "coding": "0",
        "charset": "UTF-8",
        "account": SMS.id,
    }


def test_an_answer_that_is_not_kannels_is_no_acknowledgement(gateway) -> None:
    gateway.status, gateway.body = 200, "<html>Welcome</html>"

    with pytest.raises(Undelivered):
        driver("kannel", gateway.url).send(SMS)


@pytest.mark.parametrize("name", ["http", "ovh", "kannel"])
def test_no_gateway_is_spoken_to_in_clear_over_a_network(name: str) -> None:
    with pytest.raises(ConfigurationError, match="https"):
        driver(name, "http://gateway.example/sms")


def test_channels_without_a_peer_have_no_sender() -> None:
    assert from_settings(Settings()) == {}
