"""What may be refused to somebody who logs in or chooses a password."""

import datetime as dt

from idp.errors import Refusal


class WrongCredentials(Refusal):
    """Unknown identifiant or wrong password: nobody is told which."""


class TooManyTries(Refusal):
    """The account or the address must wait until `ends_at`; `locked` tells the lock from the growing delay."""

    ends_at: dt.datetime
    locked: bool


class AccountUnavailable(Refusal):
    """The password is right, but the account is in a `state` that does not log in.

    `keeper` is the identifiant of the account that a merged one was closed into.
    """

    state: str
    keeper: str


class NewPasswordDue(AccountUnavailable):
    """The password is right, but it may have leaked: it opens nothing until another one is chosen by a proof."""

    account_id: str


class PasswordRefused(Refusal):
    """`rules` lists the rules that the new password breaks: length, letter, digit, plain, common, identifiant."""

    rules: tuple[str, ...]


class TooManyPasskeys(Refusal):
    """The account has as many passkeys as it may."""


class HashingBusy(Refusal):
    """Too many requests wait for a hash; `retry_seconds` is for Retry-After."""

    retry_seconds: int


class AlreadyHeld(Refusal):
    """A responsable belongs to an account already."""


class LinkExpired(Refusal):
    """The link of a mail is too old, used, replaced by a newer one, or none: nobody is told which."""
