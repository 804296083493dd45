"""Refusals about services."""

from idp.errors import Refusal


class InvalidService(Refusal):
    """The service cannot be taken; `problems` lists every reason, each with its member."""

    problems: list[str]


class UnknownService(Refusal):
    """No service of that identifier."""
