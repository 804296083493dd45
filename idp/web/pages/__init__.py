"""What a parent sees: one module a journey."""

from collections.abc import Mapping

from flask import Flask

from idp.accounts import passwords
from idp.flows import codes
from idp.settings import Settings
from idp.web import address_limits, catalogue, security, theme
from idp.web.dispatch import Endpoint
from idp.web.pages import (
    account,
    activation,
    birth_dates,
    developers,
    device,
    email_change,
    email_validation,
    errors,
    frame,
    franceconnect,
    login,
    new_password,
    new_password_due,
    passkey_login,
    recovery,
    self_registration,
)
from idp.web.pages.login import form, kept_page


def register(app: Flask) -> Mapping[tuple[str, str], Endpoint]:
    """Add the pages, their headers, languages and error pages; those that are answered in front of Flask."""
    settings: Settings = app.config["IDP"]
    in_front = {**kept_page.register(app), **form.register(app)}
    security.register(app)
    catalogue.register(app)
    theme.register(app, settings.site.theme)
    address_limits.register(app)
    frame.register(app)
    errors.register(app)
    new_password.register(app)
    birth_dates.register(app)
    franceconnect.register(app)
    app.config["IDP_CODE_KEY"] = codes.load_key(settings.keys.directory)
    passwords.verify(None, "", settings.passwords)  # The dummy hash is made now, not at the first login.
    app.register_blueprint(login.pages)
    app.register_blueprint(passkey_login.pages)
    app.register_blueprint(self_registration.pages)
    app.register_blueprint(activation.pages)
    app.register_blueprint(email_validation.pages)
    app.register_blueprint(account.pages)
    app.register_blueprint(recovery.pages)
    app.register_blueprint(new_password_due.pages)
    app.register_blueprint(email_change.pages)
    app.register_blueprint(franceconnect.pages)
    app.register_blueprint(device.pages)
    app.register_blueprint(developers.pages)
    return in_front
