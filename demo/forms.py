"""Fills in the pages' forms as a browser without JavaScript does; the demo's first parent registers through it."""

from html.parser import HTMLParser
from urllib.parse import urljoin

import httpx


class FormNotFound(Exception):
    """The page does not hold the form that was expected."""


class Form(HTMLParser):
    """One form of a page: its address, the fields it already holds, the legends of its fieldsets."""

    def __init__(self, page: httpx.Response, form_id: str) -> None:
        super().__init__()
        self.page, self.form_id = page, form_id
        self.action: str | None = None
        self.fields: dict[str, str] = {}
        self.legends: dict[str, str] = {}
        self._open = False
        self._fieldset = ""
        self._legend: str | None = None
        self.feed(page.text)
        if self.action is None:
            raise FormNotFound(f"{page.url} ({page.status_code}) has no form #{form_id}")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form" and values.get("id") == self.form_id:
            self.action, self._open = values.get("action", ""), True
        elif not self._open:
            return
        elif tag == "fieldset":
            self._fieldset = values.get("id", "")
        elif tag == "legend":
            self._legend = ""
        elif tag == "input" and "name" in values:
            self.fields[values["name"]] = values.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = False
        elif tag == "legend" and self._legend is not None:
            self.legends[self._fieldset] = self._legend.strip()
            self._legend = None

    def handle_data(self, data: str) -> None:
        if self._legend is not None:
            self._legend += data

    def submit(self, browser: httpx.Client, **typed: str) -> httpx.Response:
        """Send the form with what is typed over what it holds; follows redirects."""
        address = urljoin(str(self.page.url), self.action or "")
        headers = {"Referer": str(self.page.url), "Origin": str(self.page.url.copy_with(raw_path=b"")).rstrip("/")}
        answer = browser.post(address, data={**self.fields, **typed}, headers=headers)
        answer.raise_for_status()
        return answer
