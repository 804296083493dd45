"""What every page shows."""

from idp.settings.section import Section


class Contact(Section, frozen=True, kw_only=True):
    """The assistance team, shown at the foot of each page."""

    name: str = "Assistance de l’académie"
    """Name of the team."""
    hours: str = "du lundi au vendredi, de 8 h à 18 h"
    """Opening hours."""
    phone: str = ""
    """Telephone number."""
    email: str = ""
    """E-mail address."""


class Site(Section, frozen=True, kw_only=True):
    """The pages."""

    name: str = "ÉduConnect"
    """The service's name."""
    portal_url: str = ""
    """Where a login goes that no service asked for: the portal's address."""
    try_it_url: str = ""
    """Where who connects a service tries a login and sees its tokens (`clients/tryit`); `/developpeurs` links to it."""
    theme: str = ""
    """A folder of the deployer: `templates/` replaces pages, `theme.css` is loaded after the stylesheet."""
    languages: tuple[str, ...] = ("fr", "en")
    """Languages offered, the default first."""
