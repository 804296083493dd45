"""What a method of client authentication is."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from idp.provider.client_request import ClientRequest
from idp.provider.core import Provider
from idp.relying_parties.cache import RelyingParty


class Way(Enum):
    """How a client says who it is."""

    HEADER = auto()
    FORM = auto()
    ASSERTION = auto()
    CLIENT_ID = auto()


@dataclass(frozen=True, slots=True)
class Method:
    """The way in which its credential comes, and the check of it, which raises invalid_client."""

    way: Way
    verify: Callable[[Provider, RelyingParty, ClientRequest, str], None]
