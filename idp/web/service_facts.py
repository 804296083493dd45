"""What pages say of a service: its name, its logo drawn by us, its links, and whether somebody looked at it."""

from typing import Any

from idp.relying_parties.cache import RelyingParty

LINKS = ("client_uri", "policy_uri", "tos_uri")


def describe(client: RelyingParty) -> dict[str, Any]:
    """For `components/service.html`; `logo` is an address of ours (attack 27)."""
    return {
        "client_name": client.name,
        "logo": f"/logos/{client.client_id}.png" if client.has_logo else "",
        "reviewed": client.reviewed or client.first_party,
        **{member: client.links[member] for member in LINKS if member in client.links},
    }
