"""A service written with idpyoidc: configuration by discovery, code with PKCE, ID token and userinfo."""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from cryptojwt.key_jar import KeyJar
from idpyoidc.client.rp_handler import RPHandler

ISSUER, PORT = os.environ["ISSUER"], int(os.environ["PORT"])
HERE = f"http://127.0.0.1:{PORT}"
PKCE = {
    "function": "idpyoidc.client.oauth2.add_on.pkce.add_support",
    "kwargs": {"code_challenge_length": 64, "code_challenge_method": "S256"},
}
HANDLER = RPHandler(
    base_url=HERE,
    keyjar=KeyJar(),  # A service with a secret needs no key of its own; without this, one is written to `private/`.
    client_configs={
        "school": {
            "issuer": ISSUER,
            "client_type": "oidc",
            "client_id": os.environ["CLIENT_ID"],
            "client_secret": os.environ["CLIENT_SECRET"],
            "redirect_uris": [f"{HERE}/cb"],
            "preference": {
                "response_types_supported": ["code"],
                "scopes_supported": ["openid", "profile", "email"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            },
            "services": {
                name: {"class": f"idpyoidc.client.oidc.{module}"}
                for name, module in {
                    "discovery": "provider_info_discovery.ProviderInfoDiscovery",
                    "authorization": "authorization.Authorization",
                    "accesstoken": "access_token.AccessToken",
                    "userinfo": "userinfo.UserInfo",
                    "end_session": "end_session.EndSession",
                }.items()
            },
            "add_ons": {"pkce": PKCE},
        }
    },
)


class Service(BaseHTTPRequestHandler):
    """`/login` and its way back."""

    def do_GET(self) -> None:
        asked = urlsplit(self.path)
        if asked.path == "/login":
            self.send_response(302)
            self.send_header("Location", HANDLER.begin("school"))
            self.end_headers()
            return
        done = HANDLER.finalize(ISSUER, dict(parse_qsl(asked.query)))
        claims = {"id_token": dict(done["id_token"]), "userinfo": dict(done["userinfo"])} if "token" in done else done
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(claims, default=str).encode())

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


print("ready", flush=True)
ThreadingHTTPServer(("127.0.0.1", PORT), Service).serve_forever()
