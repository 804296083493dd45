"""A column that an extraction lacks says nothing: what the last file with it said of a known adult stays."""

from idp.registry import cells
from idp.registry.known import AdultRecord

_FIELDS = {
    "civility": ("civility", "is_organisation"),
    "usage_name": ("usage_name", "usage_key"),
    "email": ("email",),
}
_PHONES = ("mobile", "home", "work")
_ADDRESS = {"address": "lines", "postcode": "postcode", "commune": "commune", "country": "country"}
"""Which part of an address each column gives."""


def keep(filed: AdultRecord, before: AdultRecord, missing: frozenset[str]) -> None:
    """Give `filed`, which is what the file says, what `before` says in the columns that are missing.

    `before` is as the last file said it, without the corrections made here. The mobile is chosen anew, since it may
    come from either of two columns.
    """
    for column in missing & _FIELDS.keys():
        for field in _FIELDS[column]:
            setattr(filed, field, getattr(before, field))
    if lacked := missing.intersection(_PHONES):
        kept = {role: text for role, text in before.phones_raw.items() if role in lacked}
        filed.phones_raw = kept | filed.phones_raw
        filed.mobile = cells.choose_mobile(*(filed.phones_raw.get(role, "") for role in ("mobile", "home")))
    if lacked_parts := [part for column, part in _ADDRESS.items() if column in missing]:
        address = dict.fromkeys(_ADDRESS.values(), "") | filed.address
        address |= {part: before.address.get(part, "") for part in lacked_parts}
        filed.address = address if any(address.values()) else {}
