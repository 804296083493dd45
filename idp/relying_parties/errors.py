"""Refusals about client applications."""

from idp.errors import Refusal


class InvalidMetadata(Refusal):
    """The registration cannot be taken; `problems` lists every reason, each with its member."""

    problems: list[str]


class ClientExists(Refusal):
    """A client of that identifier is registered already."""


class UnknownClient(Refusal):
    """No client of that identifier."""


class InvalidToken(Refusal):
    """The initial or registration access token is unknown, expired, revoked, or another client's."""


class QuotaReached(Refusal):
    """The initial access token registered as many clients as it may."""

    quota: int


class UnknownToken(Refusal):
    """No initial access token of that identifier."""


class StatementRefused(Refusal):
    """The software statement is malformed, forged or expired; `trusted` is False when its issuer is not believed."""

    trusted: bool
