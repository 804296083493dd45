"""The settings files of the town, written once into its data folder; secrets are made at random."""

import json
import secrets
from pathlib import Path

from demo.addresses import Addresses

PROVIDER = """
[server]
issuer = "{provider}"
port = {port}
demo = true

[database]
url = "sqlite:///{database}"

[keys]
directory = "{keys}"

[sms]
driver = "http"
url = "{mailbox}/sms"

[mail]
host = "127.0.0.1"
port = {smtp}
security = "none"
sender = "ne-pas-repondre@educonnect.example.org"

[worker]
poll_milliseconds = 200

[logs]
form = "text"

# The samples are of one school year, whenever the demo is looked at.
[retention]
unrenewed_days = 36500

[contact]
name = "Assistance de l’académie de Lille"
phone = "01 99 00 59 00"
email = "assistance@example.org"

[franceconnect]
issuer = "{franceconnect}/api/v2"
client_id = "{franceconnect_client_id}"
client_secret = "{franceconnect_secret}"

[protocol]
front_channel_tokens = true

[site]
portal_url = "{portal}/"
try_it_url = "{tryit}/"
"""

RELYING_PARTY = """
base_url = "{base_url}"
database = "{name}.db"
contact = "Assistance de l’académie de Lille : du lundi au vendredi, de 8 h à 18 h, 01 99 00 59 00"
{top}
[listen]
port = {port}

[provider]
issuer = "{provider}"
client_id = "{name}"
client_secret = "{secret}"
id_token_signed_response_alg = "ES256"
"""

RELYING_PARTIES = ("portal", "lsu", "tryit")

PORTAL_TOP = 'account_url = "{provider}/compte"'
LSU_TOP = 'portal_url = "{portal}/"'

FRANCECONNECT = """
issuer = "{issuer}"
identities = "{identities}"
data = "franceconnect"

[[clients]]
id = "{client_id}"
secret = "{secret}"
name = "ÉduConnect"
redirect_uris = ["{provider}/franceconnect/retour"]
post_logout_redirect_uris = ["{provider}/franceconnect/deconnecte"]
scopes = [
    "openid", "given_name", "family_name", "preferred_username",
    "gender", "birthdate", "birthplace", "birthcountry", "email",
]
alg = "ES256"
"""
IDENTITIES = Path(__file__).parent / "samples" / "franceconnect" / "identities.toml"


def write(addresses: Addresses) -> dict[str, str]:
    """Write the files for these addresses; secrets stay as they were. Gives each relying party's secret."""
    addresses.directory.mkdir(parents=True, exist_ok=True)
    kept = _kept_secrets(addresses.file("secrets.json"))
    addresses.file("idp.toml").write_text(
        PROVIDER.format(
            provider=addresses.url("provider"),
            port=addresses.ports["provider"],
            smtp=addresses.ports["smtp"],
            mailbox=addresses.url("mailbox"),
            portal=addresses.url("portal"),
            tryit=addresses.url("tryit"),
            database=addresses.file("idp.db"),
            keys=addresses.file("keys"),
            franceconnect=addresses.url("franceconnect"),
            franceconnect_client_id=kept["franceconnect_client_id"],
            franceconnect_secret=kept["franceconnect"],
        )
    )
    addresses.file("franceconnect.toml").write_text(
        FRANCECONNECT.format(
            issuer=addresses.url("franceconnect") + "/api/v2",
            identities=IDENTITIES,
            client_id=kept["franceconnect_client_id"],
            secret=kept["franceconnect"],
            provider=addresses.url("provider"),
        )
    )
    for name in RELYING_PARTIES:
        addresses.file(f"{name}.toml").write_text(_relying_party(addresses, name, kept[name]))
    return {name: kept[name] for name in RELYING_PARTIES}


def _relying_party(addresses: Addresses, name: str, secret: str) -> str:
    tops = {"portal": PORTAL_TOP, "lsu": LSU_TOP, "tryit": ""}
    return RELYING_PARTY.format(
        name=name,
        base_url=addresses.url(name),
        port=addresses.ports[name],
        provider=addresses.url("provider"),
        secret=secret,
        top=tops[name].format(portal=addresses.url("portal"), provider=addresses.url("provider")),
    )


def _kept_secrets(file: Path) -> dict[str, str]:
    """Made at the first start, 64 hexadecimal digits where FranceConnect has them."""
    kept: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
    for name in RELYING_PARTIES:
        kept.setdefault(name, secrets.token_urlsafe(32))
    for name in ("franceconnect", "franceconnect_client_id"):
        kept.setdefault(name, secrets.token_hex(32))
    file.touch(mode=0o600)
    file.write_text(json.dumps(kept))
    return kept
