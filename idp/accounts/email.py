"""E-mail addresses: what passes for one, how two are compared, and likely slips of the hand."""

import re
import unicodedata

LONGEST = 254
"""Characters (RFC 5321 §4.5.3.1.3)."""

ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,64}"
LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
SHAPE = re.compile(rf"{ATOM}(\.{ATOM})*@({LABEL}\.)+[A-Za-z]{{2,24}}")
"""Dots and atoms (RFC 5321 §4.1.2), without quoting or comments; the relays of today take nothing else."""

COMMON = (
    "gmail.com", "hotmail.com", "hotmail.fr", "outlook.com", "outlook.fr", "live.fr", "yahoo.com", "yahoo.fr",
    "icloud.com", "orange.fr", "wanadoo.fr", "free.fr", "sfr.fr", "laposte.net", "bbox.fr", "numericable.fr",
)  # fmt: skip
"""Domains that families use most: a domain one slip away from one of them is pointed out, never refused."""


def is_address(text: str) -> bool:
    """Whether the text has the shape of one plain address."""
    return len(text) <= LONGEST and SHAPE.fullmatch(text) is not None


def fold(address: str) -> str:
    """The address as it is compared: NFKC, then case folded. A mail always goes to the address as it was stored.

    Twins that only look alike stay different: `mıke@` does not fold into `mike@` (CVE-2019-19844).
    """
    return unicodedata.normalize("NFKC", address.strip()).casefold()[:LONGEST]


def suggestion(address: str) -> str:
    """The address with its domain mended when that is one slip from a common one, else an empty text."""
    local, _, domain = address.rpartition("@")
    domain = domain.lower()
    if domain in COMMON:
        return ""
    near = next((known for known in COMMON if _is_one_slip(domain, known)), "")
    return f"{local}@{near}" if near and local else ""


def _is_one_slip(typed: str, known: str) -> bool:
    """One letter too many, missing, wrong, or two neighbours exchanged."""
    if abs(len(typed) - len(known)) > 1:
        return False
    start = next((i for i, (a, b) in enumerate(zip(typed, known, strict=False)) if a != b), min(len(typed), len(known)))
    rest, wanted = typed[start:], known[start:]
    exchanged = rest[:2] == wanted[:2][::-1] and rest[2:] == wanted[2:]
    return rest[1:] in (wanted, wanted[1:]) or rest == wanted[1:] or exchanged
