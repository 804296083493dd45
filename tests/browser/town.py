"""The demo, running, as a browser test sees it."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
from playwright.sync_api import Page


@dataclass(frozen=True)
class Town:
    """A running demo."""

    base: int

    def url(self, offset: int) -> str:
        return f"http://127.0.0.1:{self.base + offset}"

    @property
    def provider(self) -> str:
        return self.url(0)

    @property
    def portal(self) -> str:
        return self.url(1)

    @property
    def mailbox(self) -> str:
        return self.url(25)

    def last_code(self, mobile: str, other_than: str = "") -> str:
        """The code of the last SMS to that number, once it has arrived (and is not the one of before)."""
        for found in self._messages("sms", mobile):
            if found and (code := re.search(r"#(\d{6})", found[0]["text"])) and code[1] != other_than:
                return code[1]
        raise AssertionError(f"no SMS for {mobile}")

    def last_mail(self, address: str, count: int = 1) -> dict[str, str]:
        """The last mail to that address, once `count` have arrived."""
        for found in self._messages("mail", address):
            if len(found) >= count:
                return found[0]
        raise AssertionError(f"fewer than {count} mails for {address}")

    def ends_the_session_of(self, page: Page, address: str) -> bool:
        """Whether that service asks for a login again, once the provider's word about the logout reached it."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if page.goto(address) and page.url.startswith(f"{self.provider}/connexion"):
                return True
            time.sleep(0.1)
        return False

    def _messages(self, channel: str, to: str) -> Iterator[list[dict[str, str]]]:
        """What the mailbox holds, newest first, asked again and again for a while."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            yield httpx.get(f"{self.mailbox}/api/messages", params={"channel": channel, "to": to}).json()
            time.sleep(0.1)
