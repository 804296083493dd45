"""The console of the assistance team: find an account, read its story, act on it."""

from idp.web.consoles.support import account, acts, search

PAGES = (search, account, acts)
