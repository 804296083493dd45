"""The demo's active account is made as any other: Fatoumata SOW registers by SMS, and the mailbox tells her code."""

import re
import time

import httpx

from demo.forms import Form

MOBILE = "+33639983002"
PASSWORD = "Rentree2017"  # told by DEMO's table of accounts
CHILDREN = {"Aïssatou": (2, 9, 2018), "Moussa": (27, 1, 2015), "Awa": (3, 2, 2012)}
SMS_WITHIN_SECONDS = 20


class NoSms(Exception):
    """The code did not reach the mailbox."""


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
        Form(page, "mot-de-passe-form").submit(browser, nouveau_mot_de_passe=PASSWORD, confirmation=PASSWORD)


def _type_dates(browser: httpx.Client, page: httpx.Response) -> httpx.Response:
    form = Form(page, "dates-form")
    typed: dict[str, str] = {}
    for fieldset, first_name in form.legends.items():
        parts = zip(("jour", "mois", "annee"), CHILDREN[first_name], strict=True)
        typed |= {f"{fieldset}_{part}": str(number) for part, number in parts}
    return form.submit(browser, **typed)


def _code(mailbox: str) -> str:
    deadline = time.monotonic() + SMS_WITHIN_SECONDS
    while time.monotonic() < deadline:
        messages = httpx.get(f"{mailbox}/api/messages", params={"channel": "sms", "to": MOBILE}, timeout=5).json()
        if messages and (found := re.search(r"#(\d{6})", messages[0]["text"])):
            return found[1]
        time.sleep(0.2)
    raise NoSms(f"no SMS for {MOBILE} in the mailbox after {SMS_WITHIN_SECONDS} s")
