"""What hands a message to the outside: one sender a channel."""

from collections.abc import Callable
from typing import Protocol
from urllib.parse import urlsplit

from idp.delivery.mail import SmtpSender
from idp.delivery.outbox import Taken
from idp.delivery.sms import HttpGateway, KannelGateway, OvhGateway
from idp.errors import ConfigurationError
from idp.settings import Settings, Sms, is_loopback


class Sender(Protocol):
    """Hands one message over."""

    def send(self, message: Taken) -> str:
        """Return the relay's or gateway's receipt once it has taken the message.

        Raises Undelivered when it may take it later, Refused when it never will.
        """


GATEWAYS: dict[str, Callable[[Sms], Sender]] = {"http": HttpGateway, "ovh": OvhGateway, "kannel": KannelGateway}


def from_settings(settings: Settings) -> dict[str, Sender]:
    """The senders that the settings name, by channel; messages of other channels wait.

    Raises ConfigurationError for a gateway that would carry codes in clear over a network.
    """
    senders: dict[str, Sender] = {}
    if settings.sms.driver != "none":
        senders["sms"] = sms_gateway(settings.sms)
    if settings.mail.host:
        senders["mail"] = SmtpSender(settings.mail)
    return senders


def sms_gateway(settings: Sms) -> Sender:
    """The configured gateway. Plain http is for this machine only."""
    if urlsplit(settings.url).scheme != "https" and not is_loopback(settings.url):
        raise ConfigurationError(["sms.url: must be https (plain http works at 127.0.0.1 only)"])
    return GATEWAYS[settings.driver](settings)
