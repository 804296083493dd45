"""The demo, running, as a browser test sees it."""

import re
import time
from dataclasses import dataclass

import httpx


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

    def last_code(self, mobile: str) -> str:
        """The code of the last SMS to that number, once it has arrived."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            found = httpx.get(f"{self.mailbox}/api/messages", params={"channel": "sms", "to": mobile}).json()
            if found and (code := re.search(r"#(\d{6})", found[0]["text"])):
                return code[1]
            time.sleep(0.1)
        raise AssertionError(f"no SMS for {mobile}")
