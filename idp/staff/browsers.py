"""Browsers in which a colleague has been let in before: what strangers try elsewhere does not keep these out.

Each has a cookie with a name of its own and a proof for each of its colleagues. The cookie opens nothing: it gives the
browser a count of its own failures (OWASP, «Slow Down Online Guessing Attacks with Device Cookies»).
"""

import hmac
import re
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from pathlib import Path

from idp.db import sealing

COLLEAGUES = 5
"""Who share one computer; past it, the one of longest ago is forgotten."""
LONGEST = 200
NAME = re.compile(r"[A-Za-z0-9_-]{22}")


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody tries to come in: the network address, and the browser's cookie as it came."""

    address: str
    cookie: str


def name_of(cookie: str, staff_id: str, directory: str) -> str:
    """The browser's own name, when this colleague was let in there before; empty for any other browser.

    `directory` is the key folder: replicas that share it know each other's browsers.
    """
    name, proofs = _parts(cookie)
    proof = _proof(name, staff_id, directory)
    known = [hmac.compare_digest(proof.encode(), other.encode("utf-8", "surrogatepass")) for other in proofs]
    return name if any(known) else ""


def remember(cookie: str, staff_id: str, directory: str) -> str:
    """The cookie of this browser from now on, with a proof for this colleague too."""
    name, proofs = _parts(cookie)
    if not NAME.fullmatch(name):
        name, proofs = secrets.token_urlsafe(16), []
    proof = _proof(name, staff_id, directory)
    return ".".join([name, proof, *(other for other in proofs if other != proof)][: COLLEAGUES + 1])


def _parts(cookie: str) -> tuple[str, list[str]]:
    name, *proofs = cookie[:LONGEST].split(".")
    return name, proofs


def _proof(name: str, staff_id: str, directory: str) -> str:
    key = hmac.digest(sealing.load_key(Path(directory)), b"staff browsers", "sha256")
    mac = hmac.digest(key, f"{staff_id}|{name}".encode("utf-8", "surrogatepass"), "sha256")
    return urlsafe_b64encode(mac[:16]).rstrip(b"=").decode()
