"""Shapes of the API's documents (JSON Schema), made from the tables that check them."""

from typing import Any

from idp.relying_parties.metadata import CHOICES, MEMBERS, TRANSLATED
from idp.services import members, pictures

Schema = dict[str, Any]

TYPES: dict[type, Schema] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    dict: {"type": "object"},
    list: {"type": "array", "items": {"type": "string"}},
}


def ref(name: str) -> Schema:
    """One of the shapes by its name."""
    return {"$ref": f"#/components/schemas/{name}"}


def list_of(name: str) -> Schema:
    """A list of them, with the address of the next page where there is one."""
    return {"type": "object", "properties": {"items": {"type": "array", "items": ref(name)}, "next": TYPES[str]}}


def _members() -> Schema:
    """The members that an administrator sets."""
    members = {"client_name": TYPES[str], "scope": TYPES[str]}
    members |= {"first_party": TYPES[bool], "birth_dates_allowed": TYPES[bool]}
    for name, kind in MEMBERS.items():
        members[name] = {**TYPES[kind], **({"enum": list(CHOICES[name])} if name in CHOICES else {})}
    return members


def _told() -> Schema:
    """What only answers hold."""
    moment = {"type": "string", "format": "date-time"}
    return {
        "client_id": TYPES[str],
        "state": {"enum": ["on", "disabled", "removed"]},
        "reviewed": TYPES[bool],
        "has_secret": TYPES[bool],
        "previous_secret_until": {"type": ["string", "null"], "format": "date-time"},
        "created_at": moment,
        "updated_at": moment,
        "client_secret": {"type": "string", "description": "Shown once, in the answer that made it."},
    }


TRANSLATIONS = f"^({'|'.join(TRANSLATED)})#[A-Za-z-]+$"

SERVICE: Schema = {
    "type": "object",
    "properties": {
        **{name: TYPES[kind] for name, (kind, _usual) in members.MEMBERS.items()},
        "picture": {"enum": [*pictures.NAMES, pictures.LOGO]},
        "degrees": {"type": "array", "items": {"enum": [1, 2]}},
    },
    "description": "A tile of portals: docs/services.md.",
}
SERVICE_TOLD = {
    **dict.fromkeys(("service_id", "opens"), TYPES[str]),
    "state": {"enum": ["on", "off", "unreachable"]},
    **{name: {"type": "string", "format": "date-time"} for name in ("created_at", "updated_at")},
}
SCHOOL: Schema = {
    "type": "object",
    "properties": {
        **dict.fromkeys(("name", "commune", "academie", "welcome_message"), TYPES[str]),
        "degree": {"enum": [1, 2]},
    },
}
SCHOOL_TOLD = {
    "uai": TYPES[str],
    **dict.fromkeys(("pupils", "adults"), TYPES[int]),
    "imported_at": {"type": ["string", "null"], "format": "date-time"},
}

SCHEMAS: dict[str, Schema] = {
    "ClientMetadata": {
        "type": "object",
        "properties": _members(),
        "patternProperties": {TRANSLATIONS: TYPES[str]},
        "description": "RFC 7591 and OpenID Connect Registration, beside the rights that are ours.",
    },
    "Client": {"allOf": [ref("ClientMetadata"), {"type": "object", "properties": _told()}]},
    "Secret": {"type": "object", "properties": {"client_secret": TYPES[str]}},
    "ServiceMembers": SERVICE,
    "Service": {"allOf": [ref("ServiceMembers"), {"type": "object", "properties": SERVICE_TOLD}]},
    "SchoolMembers": SCHOOL,
    "School": {"allOf": [ref("SchoolMembers"), {"type": "object", "properties": SCHOOL_TOLD}]},
    "Key": {
        "type": "object",
        "properties": dict.fromkeys(("alg", "kid"), TYPES[str])
        | {
            "state": {"enum": ["next", "current", "retired"]},
            "published_until": {"type": ["string", "null"], "format": "date-time"},
        },
    },
    "AuditEntry": {
        "type": "object",
        "properties": {
            **dict.fromkeys(("id", "event", "account_id", "client_id", "actor", "uai", "digest"), TYPES[str]),
            "at": {"type": "integer", "description": "Milliseconds since 1970."},
            "seq": TYPES[int],
            "ids": TYPES[dict],
        },
    },
    "Message": {
        "type": "object",
        "properties": {
            **dict.fromkeys(("id", "channel", "purpose", "state", "last_error"), TYPES[str]),
            "attempts": TYPES[int],
            **{name: {"type": "string", "format": "date-time"} for name in ("created_at", "due_at")},
        },
        "description": "Never its content, never to whom.",
    },
    "StaffAccount": {
        "type": "object",
        "properties": {
            **dict.fromkeys(("login", "name", "role", "academie"), TYPES[str]),
            "schools": TYPES[list],
            "disabled": TYPES[bool],
            "has_second_factor": TYPES[bool],
        },
    },
    "Problem": {
        "type": "object",
        "properties": {
            **dict.fromkeys(("type", "title", "code", "detail"), TYPES[str]),
            "status": TYPES[int],
            "problems": TYPES[list],
        },
        "description": "RFC 9457.",
    },
}
