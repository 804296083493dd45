"""Logging in with identifiant and password: the page and its form, and both in front of Flask where they are usual."""

from idp.web.pages.login.screens import CONFIRMS, after_login, login_page, open_session, pages

__all__ = ["CONFIRMS", "after_login", "login_page", "open_session", "pages"]
