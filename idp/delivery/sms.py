"""SMS by a gateway: generic HTTP, OVH, Kannel. Each hands over one text and tells the gateway's receipt."""

import contextlib
import hashlib
import json
import logging
import time
from typing import Any

import httpx
import orjson

from idp import clock
from idp.delivery.errors import Refused, Undelivered, in_short
from idp.delivery.outbox import Taken
from idp.settings import Sms

FOR_NOW = frozenset({401, 402, 403, 404, 405, 407, 408, 423, 425, 429})
"""4xx that speak of the deployment, credit or load, not of the message: it is tried again."""
KANNEL_TAKEN = ("0:", "3:")
"""Kannel user guide, «SMS Push reply codes»: accepted for delivery, queued for later delivery."""

LONGEST_ANSWER = 64 * 1024
"""Bytes."""

logging.getLogger("httpx").setLevel(logging.WARNING)  # At INFO it logs whole URLs: Kannel's hold password and code.


def _client(settings: Sms) -> httpx.Client:
    return httpx.Client(timeout=settings.timeout_seconds, follow_redirects=False)


def _ask(client: httpx.Client, method: str, url: str, **options: Any) -> bytes:
    """What the gateway says with its 2xx. Raises Undelivered or Refused for any other outcome."""
    try:
        with client.stream(method, url, **options) as answer:
            if answer.is_success:
                return _read(answer, time.monotonic() + (client.timeout.read or 0))
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Undelivered(type(error).__name__) from error
    final = 400 <= answer.status_code < 500 and answer.status_code not in FOR_NOW
    raise (Refused if final else Undelivered)(f"HTTP {answer.status_code}")


def _read(answer: httpx.Response, end: float) -> bytes:
    """What can be read until then: a gateway that took the message is not asked again for a fault in the rest."""
    body = b""
    with contextlib.suppress(httpx.HTTPError):
        for part in answer.iter_bytes():
            body += part
            if len(body) > LONGEST_ANSWER or time.monotonic() > end:
                break
    return body


def _text(message: Taken) -> str:
    text = message.content.get("text")
    if not isinstance(text, str) or not text:
        raise Refused("the message has no text")
    return text


class HttpGateway:
    """The generic gateway: `POST url {"id", "to", "from", "text"}`; any 2xx means taken.

    A gateway that gets the same id again answers 2xx and sends nothing: the id is in `Idempotency-Key` too. The
    answer's JSON may carry an `id`, which is kept as the receipt.
    """

    def __init__(self, settings: Sms) -> None:
        self._settings = settings
        self._client = _client(settings)

    def send(self, message: Taken) -> str:
        settings = self._settings
        body = {"id": message.id, "to": message.recipient, "from": settings.sender, "text": _text(message)}
        login = (settings.username, settings.password) if settings.username else None
        headers = {"Idempotency-Key": message.id}
        answer = _ask(self._client, "POST", settings.url, json=body, headers=headers, auth=login)
        try:
            return str(orjson.loads(answer).get("id", ""))
        except (ValueError, AttributeError):
            return ""


class OvhGateway:
    """OVH's API v1: `POST /sms/{serviceName}/jobs`, signed with the application's secret and the consumer key.

    Source: OVHcloud, «First Steps with the OVHcloud APIs» (signature) and «Sending SMS messages via API».
    """

    def __init__(self, settings: Sms) -> None:
        self._settings = settings
        self._client = _client(settings)
        self._base = settings.url.rstrip("/")
        self._clock_difference: int | None = None

    def send(self, message: Taken) -> str:
        settings = self._settings
        job = {
            "charset": "UTF-8",
            "coding": "7bit",
            "message": _text(message),
            "noStopClause": True,
            "priority": "high",
            "receivers": [message.recipient],
            "sender": settings.sender,
            "senderForResponse": False,
        }
        body = json.dumps(job)
        url = f"{self._base}/sms/{settings.service}/jobs"
        knew_the_time = self._clock_difference is not None
        try:
            answer = _ask(self._client, "POST", url, content=body.encode(), headers=self._headers("POST", url, body))
        except Refused as refusal:
            self._clock_difference = None
            if knew_the_time:  # OVH answers 400 to a time that is off, as when our clock was set meanwhile.
                raise Undelivered(str(refusal)) from refusal
            raise
        try:
            outcome = orjson.loads(answer)
            ids = outcome.get("ids") or []
            refused = outcome.get("invalidReceivers") or []
        except (ValueError, AttributeError) as error:
            raise Undelivered("the answer is not OVH's") from error
        if refused or not ids:
            raise Refused("the gateway takes no such number")
        return str(ids[0])

    def _headers(self, method: str, url: str, body: str) -> dict[str, str]:
        settings = self._settings
        timestamp = str(int(clock.now().timestamp()) + self._difference())
        signed = "+".join((settings.password, settings.consumer_key, method, url, body, timestamp))
        return {
            "Content-Type": "application/json",
            "X-Ovh-Application": settings.username,
            "X-Ovh-Consumer": settings.consumer_key,
            "X-Ovh-Timestamp": timestamp,
            # OVH fixed SHA-1 in its scheme.
            "X-Ovh-Signature": "$1$" + hashlib.sha1(signed.encode(), usedforsecurity=False).hexdigest(),
        }

    def _difference(self) -> int:
        """Seconds that OVH's clock is ahead of ours, asked once and after a refusal: a time that is off is refused."""
        if self._clock_difference is None:
            try:
                answer = _ask(self._client, "GET", f"{self._base}/auth/time")
                self._clock_difference = int(answer) - int(clock.now().timestamp())
            except (Refused, ValueError) as error:
                raise Undelivered(in_short(error)) from error
        return self._clock_difference


class KannelGateway:
    """Kannel's `sendsms`: text in GSM-7, the row's id as the account that the gateway's log carries.

    Kannel answers 202 with `0: Accepted for delivery` or `3: Queued for later delivery`.
    """

    def __init__(self, settings: Sms) -> None:
        self._settings = settings
        self._client = _client(settings)

    def send(self, message: Taken) -> str:
        settings = self._settings
        query = {
            "username": settings.username,
            "password": settings.password,
            "from": settings.sender,
            "to": message.recipient,
            "text": _text(message),
            "coding": "0",
            "charset": "UTF-8",
            "account": message.id,
        }
        answer = _ask(self._client, "GET", settings.url, params=query)
        said = answer.decode("utf-8", "replace").strip()[:100]
        if not said.startswith(KANNEL_TAKEN):
            raise Undelivered(said)
        return said
