"""The consoles under /gestion: school head, support, administrator. How to add a page to one:

    from idp.staff import borders
    from idp.web.consoles import navigation
    from idp.web.consoles.frame import pages, show
    from idp.web.consoles.session import current, opened_to, staff

    navigation.add("support", "search", lambda: _("Rechercher"), "search")

    @pages.route("/comptes/<account_id>", methods=["GET", "POST"])
    @opened_to("support", border=borders.account)
    def account(account_id): ...

- `opened_to` states who opens a page and how far each sees. It gives the login page, 403 for another role, 404 for an
  object beyond the border (told as one that does not exist, and audited), and checks the form token of every POST.
  `confirmed=True` asks for the second factor again when it was given over five minutes ago: put it on the page that
  shows a dangerous act's form and on the one that takes it. A view under /gestion without a guard stops the start.
- A border is a function of `idp.staff.borders`, called with the address's arguments by name; lists go through
  `borders.within(staff(), column)` in their query.
- `staff()` is the account, `current()` its session; `by=staff().by` names it in the audit log and in other records. A
  view commits what it did.
- `show("support/account", …)` renders `templates/consoles/support/account.html`, which extends
  `consoles/layout.html` (blocks `title`, `content`).
- `tables.Table` pages and sorts a query by keyset; `consoles/table.html` draws it with the addresses of `here`;
  `csv_export.answer` exports it.
- A module with pages stands in PAGES.
"""

from flask import Flask

from idp.web.consoles import (
    admin,
    confirmation,
    enrolment,
    entry,
    frame,
    home,
    invitation,
    my_session,
    session,
    support,
)
from idp.web.consoles.school_head import PAGES as SCHOOL_HEAD
from idp.web.consoles.school_head import words

PAGES = (
    home,
    entry,
    confirmation,
    invitation,
    enrolment,
    *SCHOOL_HEAD,
    *support.PAGES,
    *admin.PAGES,
    my_session,
)
"""Modules with pages; those with entries in the navigation in the order of these."""


def register(app: Flask) -> None:
    """Add the consoles. Raises AssertionError for a page under /gestion that nobody guards."""
    frame.register(app)
    words.register(app)
    app.register_blueprint(frame.pages)
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/gestion"):
            assert session.guard_of(app.view_functions[rule.endpoint]), f"{rule.rule} has no guard"
