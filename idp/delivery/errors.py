"""Why a message could not leave."""


class Undelivered(Exception):
    """The relay or gateway did not take the message this time; it is tried again later."""


class Refused(Undelivered):
    """The relay or gateway will never take this message: a wrong address, a text that cannot be sent."""


class NoSuchAddress(Refused):
    """The relay says that nobody can be written to at that address (RFC 3463: 5.1.x)."""


def in_short(error: Exception) -> str:
    """What the outbox remembers of a failure: its kind and first line, cut to 200 characters."""
    text = str(error).splitlines()[0] if str(error) else ""
    name = type(error).__name__
    return (f"{name}: {text}" if text else name)[:200]
