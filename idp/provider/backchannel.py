"""Back-channel logout (OpenID Connect Back-Channel Logout §2.5): messages of the outbox, sent by the worker."""

from idp import clock
from idp.delivery.errors import Refused, Undelivered
from idp.delivery.outbox import Taken
from idp.oidc import logout_token
from idp.provider.core import Provider
from idp.relying_parties.fetching import NotFetched

CHANNEL = "backchannel"
DONE = (200, 204)
"""§2.8: 200; some frameworks answer 204."""


class BackChannel:
    """Sends logout tokens, each signed when it leaves; `jti` is the message's id, so a repetition is recognised."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    def send(self, message: Taken) -> str:
        """Tell the client; the receipt is its status. Raises Undelivered for any answer but «done»: it is tried again.

        A client that took its address back has nothing to hear; one that was disabled or removed has: its sessions end.
        """
        client = self._provider.clients.find_even_disabled(message.recipient)
        if client is None or not client.logout.back_channel:
            return "no address"
        account_id, session_id = message.content.get("account_id"), message.content.get("session_id")
        if not account_id or not session_id:
            raise Refused("the message names no session")
        claims = logout_token.claims(
            issuer=self._provider.issuer,
            client_id=client.client_id,
            subject=self._provider.subject_of(account_id, client),
            sid=self._provider.sid_of(session_id, client),
            jti=message.id,
            now=int(clock.now().timestamp()),
        )
        token = self._provider.keys.get().current[client.alg].sign(claims, logout_token.TYP)
        try:
            answer = self._provider.fetcher.post_form(client.logout.back_channel, {"logout_token": token})
        except NotFetched as error:
            raise Undelivered(error.reason) from error
        if answer.status not in DONE:
            raise Undelivered(f"HTTP {answer.status}")
        return f"HTTP {answer.status}"
