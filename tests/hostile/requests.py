"""Hostile requests: unknown, missing, doubled, oversized, not UTF-8, NUL, in the query, headers, cookies and body."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote_from_bytes

from flask import Flask
from hypothesis import strategies as st
from werkzeug.routing import Rule

NASTY = [
    b"",
    b"\x00",
    b"a\x00b",
    b"\xff\xfe",
    b"\xc3",
    b"\xed\xa0\x80",
    "é’œ\u202e\u200b".encode(),
    b"\r\nSet-Cookie: x=y",
    b"' OR 1=1 --",
    b"%25s%s%n{0}{{7*7}}${7*7}",
    b"<script>alert(1)</script>",
    b"../../../etc/passwd",
    b"-1",
    b"0",
    b"99999999999999999999999",
    b"1e400",
    b"NaN",
    b"[]",
    b'{"a":' * 300,
    b"a b c " * 500,
    b"A" * 20_000,
    b"https://evil.example/#x",
    b"javascript:alert(1)",
    b"//evil.example",
    b"eyJhbGciOiJub25lIn0.e30.",
    b"a.b.c.d.e",
]
NAMES = [
    *("client_id", "redirect_uri", "response_type", "response_mode", "scope", "state", "nonce", "prompt", "max_age"),
    *("claims", "request", "request_uri", "id_token_hint", "login_hint", "acr_values", "ui_locales", "code_challenge"),
    *("code_challenge_method", "grant_type", "code", "code_verifier", "refresh_token", "token", "token_type_hint"),
    *("client_secret", "client_assertion", "client_assertion_type", "resource", "audience", "dpop_jkt", "flow"),
    *("subject_token", "device_code", "user_code", "post_logout_redirect_uri", "logout_hint", "sid", "iss", "error"),
    *("csrf_token", "identifiant", "mot_de_passe", "nom", "prenom", "mobile", "email", "choix", "after", "channel"),
    *("nouveau_mot_de_passe", "confirmation", "enfant-1a2b3c4d5e6f_jour", "eleve", "to"),
    *("target_link_uri", "_method", "_scheme", "_external", "endpoint", "values", "self", "state[]", "é", ""),
]
HEADERS = ["Authorization", "Accept-Language", "Accept", "Origin", "Referer", "DPoP", "User-Agent", "Range"]
HEADERS += ["If-None-Match", "If-Modified-Since", "X-Forwarded-For", "X-Request-ID", "Sec-Fetch-Site", "Client-Cert"]
COOKIES = ["idp_browser", "idp_session", "idp_lang", "portal_session", "portal_login", "lsu_session", "session"]
COOKIES += ["tryit_session"]
KINDS = ["application/x-www-form-urlencoded", "application/json", "application/jwt", "multipart/form-data; boundary=x"]
KINDS += ["text/plain", "application/x-www-form-urlencoded; charset=utf-16", "multipart/form-data", "\x7f", ""]

values = (
    st.sampled_from(NASTY) | st.binary(max_size=40) | st.text(max_size=20).map(lambda t: t.encode("utf-8", "replace"))
)
pairs = st.lists(st.tuples(st.sampled_from(NAMES) | st.text(max_size=8), values), max_size=6)
printable = values.map(lambda value: value.decode("latin-1").translate(dict.fromkeys((*range(32), 127), "?"))[:4000])


def encode(fields: list[tuple[str, bytes]]) -> str:
    """A query or form with these fields; a name may come twice, a value may be any bytes."""
    return "&".join(
        f"{quote_from_bytes(name.encode('utf-8', 'surrogatepass'))}={quote_from_bytes(value)}" for name, value in fields
    )


@dataclass(frozen=True)
class Attack:
    """One request, apart from its address."""

    argument: bytes
    query: list[tuple[str, bytes]]
    form: list[tuple[str, bytes]]
    raw: bytes | None
    kind: str
    headers: list[tuple[str, str]] = field(default_factory=list)
    cookies: list[tuple[str, str]] = field(default_factory=list)

    @property
    def body(self) -> bytes:
        return encode(self.form).encode() if self.raw is None else self.raw


attacks = st.builds(
    Attack,
    argument=values.filter(bool),
    query=pairs,
    form=pairs,
    raw=st.none() | values,
    kind=st.sampled_from(KINDS),
    headers=st.lists(st.tuples(st.sampled_from(HEADERS), printable), max_size=3),
    cookies=st.lists(st.tuples(st.sampled_from(COOKIES), printable), max_size=2),
)


def doors(app: Flask) -> list[tuple[str, Rule]]:
    """Every method and rule of the application: a new endpoint is attacked without a word here."""
    rules = sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, rule.endpoint))
    return [(method, rule) for rule in rules for method in sorted(rule.methods or ())]


def address(rule: Rule, attack: Attack) -> str:
    """The rule's path, each of its arguments filled with hostile bytes; choices take their first value."""
    return "".join(_parts(rule, attack.argument)) + "?" + encode(attack.query)


def _parts(rule: Rule, argument: bytes) -> Iterator[str]:
    hostile = quote_from_bytes(argument, safe="")
    for is_argument, text in rule._trace:  # type: ignore[attr-defined]
        if not is_argument:
            yield text
            continue
        converter = rule._converters[text]
        choices = getattr(converter, "items", None) or getattr(converter, "regex", "")
        first = sorted(choices)[0] if not isinstance(choices, str) else None
        yield first or ("1" if type(converter).__name__ == "IntegerConverter" else hostile)
