"""School files and what school heads correct."""

from typing import Literal

import msgspec

from idp.settings.section import Count, Positive, Section


class Registry(Section, frozen=True, kw_only=True):
    """School files and what school heads correct."""

    correction_delay_hours: Count = 0
    """How long a school head's correction waits before it counts. 0: at once."""
    mobile_wait_hours: Count = 48
    """How long nobody registers with a mobile that took the place of another; the old number is told meanwhile."""
    most_mobile_notices_per_hour: Positive = 500
    """SMS that tell old numbers of a change, over the whole site in an hour; the others leave in the hours after."""


class Onde(Section, frozen=True, kw_only=True):
    """ONDE's CSV extractions."""

    aliases: dict[
        Literal["pupils", "persons", "children"],
        dict[
            Literal[
                "family_name",
                "usage_name",
                "first_name",
                "birth_on",
                "sex",
                "ine",
                "level",
                "class_label",
                "class_code",
                "civility",
                "address",
                "postcode",
                "commune",
                "country",
                "email",
                "home",
                "work",
                "mobile",
                "child_usage_name",
                "child_family_name",
                "child_first_name",
                "child_class",
            ],
            list[str],
        ],
    ] = msgspec.field(default_factory=dict)
    """More headers of columns, by table and column: `[onde.aliases.pupils]`, then `birth_on = ["Né le"]`."""
