"""Refusals about client applications."""

from idp.errors import Refusal


class InvalidMetadata(Refusal):
    """The registration cannot be taken; `problems` lists every reason, each with its member."""

    problems: list[str]


class ClientExists(Refusal):
    """A client of that identifier is registered already."""


class UnknownClient(Refusal):
    """No client of that identifier."""
