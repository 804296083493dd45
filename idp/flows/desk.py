"""What the worker does itself: the rows of the channel `later`, each by its kind, in one transaction."""

from collections.abc import Callable
from typing import Any

from idp.db import db
from idp.delivery.outbox import Taken
from idp.flows import new_password_due
from idp.flows.recovery import mails
from idp.grants import ended_clients

KINDS: dict[str, Callable[[dict[str, Any]], None]] = {
    "reset": mails.send_reset,
    "identifiant": mails.send_identifiants,
    new_password_due.KIND: new_password_due.send_mail,
    ended_clients.KIND: ended_clients.end_batch,
}
"""A kind of work adds its line here. A row of no kind asks for nothing: its answer took as long as another's."""


class Desk:
    """The sender of the channel `later`."""

    def send(self, message: Taken) -> str:
        """Do what the row asks for."""
        do = KINDS.get(message.content.get("kind", ""))
        if do is not None:
            do(message.content)
        db.session.commit()
        return ""
