"""The demo's active account is made as any other: Fatoumata SOW registers by SMS, and the mailbox tells her code."""

import re
import time

import httpx

from demo.forms import Form

MOBILE = "+33639983002"
EMAIL = "f.sow@example.org"
PASSWORD = "Rentree2017"  # told by DEMO's table of accounts
CHILDREN = {"Aïssatou": (2, 9, 2018), "Moussa": (27, 1, 2015), "Awa": (3, 2, 2012)}
MESSAGE_WITHIN_SECONDS = 20


class NoMessage(Exception):
    """The code or the link did not reach the mailbox."""


def register(provider: str, mailbox: str) -> None:
    """Walk the self-registration of Fatoumata SOW; her account is `f.sow1`."""
    with httpx.Client(follow_redirects=True, timeout=20) as browser:
        login = browser.get(f"{provider}/connexion")
        link = re.search(r'id="pas-de-compte"[^>]*href="([^"]+)"|href="([^"]+)"[^>]*id="pas-de-compte"', login.text)
        assert link is not None, "the login page has no «Je n'ai pas de compte»"
        page = browser.get(str(login.url.join(link[1] or link[2])))
        page = Form(page, "inscription-form").submit(browser, nom="Sow", prenom="Fatoumata", mobile="06 39 98 30 02")
        page = Form(page, "code-form").submit(browser, code=_code(mailbox))
        page = _type_dates(browser, page)
        passwords = {"nouveau_mot_de_passe": PASSWORD, "confirmation": PASSWORD}
        page = Form(page, "mot-de-passe-form").submit(browser, **passwords)
        Form(page, "email-form").submit(browser, email=EMAIL)
        link = re.search(rf"{provider}/\S*/lien/\S+", _message(mailbox, "mail", EMAIL)["text"])
        assert link is not None, "the validation mail has no link"
        Form(browser.get(link[0]), "validation-form").submit(browser)


def _type_dates(browser: httpx.Client, page: httpx.Response) -> httpx.Response:
    form = Form(page, "dates-form")
    typed: dict[str, str] = {}
    for fieldset, first_name in form.legends.items():
        parts = zip(("jour", "mois", "annee"), CHILDREN[first_name], strict=True)
        typed |= {f"{fieldset}_{part}": str(number) for part, number in parts}
    return form.submit(browser, **typed)


def _code(mailbox: str) -> str:
    found = re.search(r"#(\d{6})", _message(mailbox, "sms", MOBILE)["text"])
    assert found is not None, "the SMS has no code"
    return found[1]


def _message(mailbox: str, channel: str, to: str) -> dict[str, str]:
    """The last message to that number or address, once it has arrived."""
    deadline = time.monotonic() + MESSAGE_WITHIN_SECONDS
    while time.monotonic() < deadline:
        query = {"channel": channel, "to": to}
        messages: list[dict[str, str]] = httpx.get(f"{mailbox}/api/messages", params=query, timeout=5).json()
        if messages:
            return messages[0]
        time.sleep(0.2)
    raise NoMessage(f"no message for {to} in the mailbox after {MESSAGE_WITHIN_SECONDS} s")
