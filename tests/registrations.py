"""A developer who registers a client application over the wire."""

import datetime as dt
from typing import Any

from flask import Flask
from werkzeug.test import Client, TestResponse

from idp.db import db
from idp.relying_parties import initial_tokens
from idp.relying_parties.policy import Policy

TOKEN = "initial-access-token-of-the-tests"
ALL_SCOPES = "openid profile email phone offline_access"
KEY = {
    "kty": "EC",
    "crv": "P-256",
    "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
    "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
}
"""The public key of RFC 7517 A.1."""
REDIRECT_URI = "https://portail.example.fr/retour"


class Developer:
    """Holds an initial access token, and what the last registration answered."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.client = Client(app, TestResponse)
        self.token = TOKEN

    def has_token(self, *, quota: int = 100, days: int = 30, **policy: Any) -> str:
        """Get an initial access token from an administrator; its identifier."""
        with self.app.app_context():
            ceiling = Policy(**{"scope": ALL_SCOPES, **policy})
            life = dt.timedelta(days=days)
            token, _ = initial_tokens.create("tests", ceiling, quota=quota, life=life, value=TOKEN)
            token_id = token.id
            db.session.commit()
        return token_id

    def register(self, **members: Any) -> TestResponse:
        """POST a registration: a valid one with some members changed; None leaves a member out."""
        document = {"redirect_uris": [REDIRECT_URI], "client_name": "Cantine en ligne", **members}
        document = {name: value for name, value in document.items() if value is not None}
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return self.client.post("/register", json=document, headers=headers)

    def manage(self, method: str, registered: dict[str, Any], document: Any = None, *, token: str = "") -> TestResponse:
        """A request to the registration's own address."""
        uri = registered["registration_client_uri"].removeprefix("http://127.0.0.1:8000")
        headers = {"Authorization": f"Bearer {token or registered['registration_access_token']}"}
        return self.client.open(uri, method=method, json=document, headers=headers)

    def update(self, registered: dict[str, Any], *, token: str = "", **members: Any) -> TestResponse:
        """PUT the registration back with some members changed; None leaves a member out."""
        ours = ("registration_access_token", "registration_client_uri", "client_secret_expires_at")
        kept = {name: value for name, value in registered.items() if name not in (*ours, "client_id_issued_at")}
        document = {name: value for name, value in {**kept, **members}.items() if value is not None}
        return self.manage("PUT", registered, document, token=token)
