"""A browser in words a person uses: «Chrome sur Android»."""

from functools import lru_cache

from flask_babel import gettext as _
from ua_parser import parse

BROWSERS = {
    "Chrome Mobile": "Chrome",
    "Chrome Mobile iOS": "Chrome",
    "Firefox Mobile": "Firefox",
    "Firefox iOS": "Firefox",
    "Mobile Safari": "Safari",
    "Edge Mobile": "Edge",
    "Opera Mobile": "Opera",
}
SYSTEMS = {"Mac OS X": "macOS", "Ubuntu": "Linux", "Fedora": "Linux", "Debian": "Linux"}
LONGEST = 256
"""Characters that are looked at; the session keeps no more."""


def describe(user_agent: str) -> str:
    """Browser and system, as far as the browser tells them."""
    browser, system = _parts(user_agent[:LONGEST])
    if browser and system:
        return str(_("%(browser)s sur %(system)s", browser=browser, system=system))
    return browser or system or str(_("Appareil inconnu"))


@lru_cache(maxsize=1024)
def _parts(user_agent: str) -> tuple[str, str]:
    found = parse(user_agent)
    browser = found.user_agent.family if found.user_agent else ""
    system = found.os.family if found.os else ""
    return BROWSERS.get(browser, browser), SYSTEMS.get(system, system)
