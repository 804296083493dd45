"""The people who can sign in: their pivot identity, what each scope tells of them, and their `sub` for a sector."""

import hashlib
import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SECRET = "simulator"
"""Goes into every `sub`; a real platform keeps such a value to itself."""
PROVIDERS = {"demo-impots": "Impôts (démonstration)", "demo-poste": "La Poste (démonstration)"}
PIVOT = ("given_name", "family_name", "birthdate", "gender", "birthplace", "birthcountry")
SCOPES: dict[str, tuple[str, ...]] = {
    "given_name": ("given_name", "given_name_array"),
    "family_name": ("family_name",),
    "preferred_username": ("preferred_username",),
    "gender": ("gender",),
    "birthdate": ("birthdate",),
    "birthplace": ("birthplace",),
    "birthcountry": ("birthcountry",),
    "idp_birthdate": ("idp_birthdate",),
    "email": ("email",),
    "profile": ("given_name", "given_name_array", "family_name", "preferred_username", "birthdate", "gender"),
    "birth": ("birthplace", "birthcountry"),
    "identite_pivot": (*PIVOT, "given_name_array"),
}
"""Claims of each scope beside `openid`."""
WORDS = {
    "given_name": "Prénoms",
    "family_name": "Nom de naissance",
    "preferred_username": "Nom d’usage",
    "gender": "Sexe",
    "birthdate": "Date de naissance",
    "idp_birthdate": "Date de naissance présumée",
    "birthplace": "Lieu de naissance",
    "birthcountry": "Pays de naissance",
    "email": "Adresse électronique",
}


@dataclass(frozen=True, slots=True)
class Identity:
    """A person as one identity provider and the civil register know them."""

    login: str
    provider: str
    password: str
    case: str
    claims: dict[str, Any]

    @property
    def name(self) -> str:
        return f"{self.claims['given_name_array'][0]} {self.claims['family_name']}"

    def sub(self, sector: str) -> str:
        """64 hexadecimal digits and `v1`: any change of the pivot identity, or another sector, gives another one."""
        pivot = "".join(self.claims[name] for name in PIVOT)
        return hashlib.sha256(f"{sector}{pivot}{SECRET}".encode()).hexdigest() + "v1"

    def released(self, scopes: Collection[str]) -> dict[str, Any]:
        """The claims of these scopes; one without a value is absent."""
        names = dict.fromkeys(name for scope in scopes for name in SCOPES.get(scope, ()))
        return {name: self.claims[name] for name in names if name in self.claims}


@dataclass(frozen=True, slots=True)
class People:
    """Everybody in the file; `refused` gives the error code of sign-ins that the platform turns away."""

    identities: dict[str, Identity]
    refused: dict[str, str]

    def of_provider(self, provider: str) -> list[Identity]:
        return [identity for identity in self.identities.values() if identity.provider == provider]


def load(path: Path) -> People:
    """Read identities.toml."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    defaults = table.get("defaults", {})
    known = ("login", "identity_provider", "password", "case", "registry", "same_person_as")
    people = {}
    for entry in table["identity"]:
        whole = {**defaults, **entry}
        claims = {name: value for name, value in whole.items() if name not in known}
        people[whole["login"]] = Identity(
            whole["login"], whole["identity_provider"], whole["password"], whole.get("case", ""), claims
        )
    return People(people, {entry["login"]: entry["code"] for entry in table.get("refused", ())})
