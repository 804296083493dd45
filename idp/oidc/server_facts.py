"""What discovery is computed from; each specification's module tells its members by a function `metadata` of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from idp.settings import Protocol


@dataclass(frozen=True, slots=True)
class Facts:
    """A provider, as far as its metadata tells."""

    issuer: str
    protocol: Protocol
    algorithms: Sequence[str]
    """What it signs with."""
    acr_values: Sequence[str]
    languages: Sequence[str]
    auth_methods: Sequence[str]
    """How its clients may authenticate."""
    certificates: bool = False
    """A proxy passes client certificates."""
    certificate_base: str = ""
    """The host that asks for them, if another."""
