"""Who the upstream says that somebody is: the pivot identity, and what may contradict it."""

import unicodedata
from collections.abc import Mapping
from typing import Any

import msgspec

from idp.franceconnect.errors import Unverifiable
from idp.franceconnect.upstreams import Upstream
from idp.registry import names

LONGEST = 256
GENDERS = {"female": "F", "male": "M"}


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """A person as the upstream knows them; texts are empty when it does not say."""

    issuer: str
    sub: str
    acr: str = ""
    amr: tuple[str, ...] = ()
    given_names: tuple[str, ...] = ()
    family_name: str = ""
    usage_name: str = ""
    birthdate: str = ""
    """YYYY-MM-DD; presumed parts are 00."""
    birthplace: str = ""
    birthcountry: str = ""
    gender: str = ""
    email: str = ""

    @property
    def shown(self) -> str:
        """«Valéry DURANT»."""
        return f"{self.given_names[0] if self.given_names else ''} {self.family_name}".strip()

    @property
    def surnames(self) -> tuple[str, ...]:
        """Birth name, then usage name if there is one."""
        return tuple(name for name in (self.family_name, self.usage_name) if name)

    def pivot(self) -> dict[str, Any]:
        """What is stored, sealed, to recognise the person under another `sub`."""
        kept = ("given_names", "family_name", "birthdate", "birthplace", "birthcountry", "gender")
        return {name: msgspec.to_builtins(getattr(self, name)) for name in kept}


def read(upstream: Upstream, sub: str, acr: str, amr: tuple[str, ...], claims: Mapping[str, Any]) -> Identity:
    """The identity in userinfo's claims. Raises Unverifiable for a claim that is no honest text."""

    def text(name: str) -> str:
        return _text(claims.get(upstream.claims.get(name, ""), ""))

    array = claims.get(upstream.claims.get("given_name_array", ""))
    if isinstance(array, list) and len(array) <= 50:
        given = [_text(name) for name in array]
    else:
        # «Jean Baptiste» may be one name or two: the whole comes first, then each.
        given = [text("given_name"), *text("given_name").split()]
    return Identity(
        issuer=upstream.issuer,
        sub=sub,
        acr=acr,
        amr=amr,
        given_names=tuple(dict.fromkeys(name for name in given if name)),
        family_name=text("family_name"),
        usage_name=text("preferred_username"),
        birthdate=text("idp_birthdate") or text("birthdate"),
        birthplace=text("birthplace"),
        birthcountry=text("birthcountry"),
        gender=text("gender"),
        email=text("email"),
    )


def _text(value: object) -> str:
    """A missing claim is empty; null, other kinds, control characters and long texts are refused."""
    if not isinstance(value, str) or len(value) > LONGEST:
        raise Unverifiable(reason="claim")
    if any(unicodedata.category(letter) in ("Cc", "Cf", "Cs") for letter in value):
        raise Unverifiable(reason="claim_characters")
    return value.strip()


def dates_agree(one: str, other: str) -> bool:
    """Whether two dates may be one: an unknown date agrees with all, presumed parts (00, or 01 beside 00) with any."""
    if not one or not other:
        return True
    first, second = one.split("-"), other.split("-")
    if len(first) != 3 or len(second) != 3:
        return one == other
    presumed = {number for date in (first, second) for number in (1, 2) if date[number] == "00"}
    return all(first[number] == second[number] for number in range(3) if number not in presumed)


def is_same_person(identity: Identity, pivot: Mapping[str, Any]) -> bool:
    """Whether another `sub` may be the same person after a correction of the civil register.

    Birth date, places and gender agree, and the family name or the first given name folds equal.
    """
    if not dates_agree(identity.birthdate, str(pivot.get("birthdate", ""))):
        return False
    for name in ("birthplace", "birthcountry", "gender"):
        if getattr(identity, name) != pivot.get(name, ""):
            return False
    given = pivot.get("given_names") or [""]
    same_family = names.key(identity.family_name) == names.key(str(pivot.get("family_name", "")))
    same_given = bool(identity.given_names) and names.key(identity.given_names[0]) == names.key(str(given[0]))
    return same_family or same_given
