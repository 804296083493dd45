"""The side navigation: each module with pages adds its entries when it is imported."""

from collections.abc import Callable
from dataclasses import dataclass

from idp.staff.models import Role


@dataclass(frozen=True, slots=True)
class Entry:
    """A page that a role finds in its navigation."""

    role: Role
    endpoint: str
    label: Callable[[], str]
    icon: str
    """A name of `templates/consoles/icons.html`."""
    of_school: bool
    """The page's address names a school: the one at hand."""


ENTRIES: list[Entry] = []


def add(role: Role, view: str, label: Callable[[], str], icon: str, *, of_school: bool = False) -> None:
    """Put a view of the consoles into a role's navigation; entries keep the order in which they are added."""
    ENTRIES.append(Entry(role, f"consoles.{view}", label, icon, of_school))


def of(role: str) -> list[Entry]:
    """The entries of a role; the first one is where a login leads."""
    return [entry for entry in ENTRIES if entry.role == role]
