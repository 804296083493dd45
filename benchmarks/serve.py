"""Prepares a fresh provider for the load kit (16 users, one client) and becomes its server.

`PORT` is where it listens, `ALG` the algorithm of the client's ID tokens, `SYNC` SQLite's synchronous setting.
"""

import os
import sys
import tempfile
from pathlib import Path

from idp import clock
from idp.accounts import passwords
from idp.accounts.models import Account
from idp.cli.context import application
from idp.cli.migrate import upgrade
from idp.db import db
from idp.provider import keys
from idp.relying_parties import resource_servers, service
from idp.settings import load

USERS = 64
PASSWORD = "correct horse"
SECRET = "bench-secret-bench-secret-bench-secret"


def main() -> None:
    """Make the database and the keys in a temporary folder, then exec `idp serve`."""
    folder, port = Path(tempfile.mkdtemp(prefix="idp-bench-")), os.environ.get("PORT", "9400")
    os.environ |= {
        "IDP_SERVER__ISSUER": f"http://127.0.0.1:{port}",
        "IDP_SERVER__PORT": port,
        "IDP_SERVER__DEMO": "true",
        "IDP_DATABASE__URL": f"sqlite:///{folder}/idp.db",
        "IDP_DATABASE__SYNCHRONOUS": os.environ.get("SYNC", "NORMAL"),
        "IDP_KEYS__DIRECTORY": str(folder / "keys"),
        "IDP_LIMITS__REQUESTS_PER_ADDRESS_PER_MINUTE": "10000000",
    }
    keys.generate(folder / "keys")
    settings = load()
    with application(settings) as app:
        upgrade(app)
        _fill(passwords.hash(PASSWORD, settings.passwords))
    os.execv(sys.executable, [sys.executable, "-m", "idp", "serve"])


def _fill(password_hash: str) -> None:
    now = clock.now()
    for number in range(USERS):
        name = {"identifiant": f"user{number}", "family_name": f"BENCH{number}", "first_name": "User"}
        verified = {"email": f"user{number}@example.org", "email_verified_at": now}
        times = {"created_at": now, "updated_at": now}
        db.session.add(Account(**name, **verified, **times, password_hash=password_hash, state="active"))
    metadata: dict[str, object] = {
        "redirect_uris": ["https://rp.example/cb"],
        "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
        "token_endpoint_auth_method": "client_secret_basic",
        "id_token_signed_response_alg": os.environ.get("ALG", "RS256"),
    }
    resource_servers.register("urn:bench:api", "Bench API", ("api",))
    metadata["resources"] = ["urn:bench:api"]
    scope = "openid profile email offline_access api"
    service.register("bench", "Bench", metadata, scope=scope, first_party=True, secret=SECRET, demo=True)
    db.session.commit()


if __name__ == "__main__":
    main()
