"""Column types that give the same Python value on SQLite and on PostgreSQL."""

import datetime as dt
from typing import Any

from sqlalchemy import BigInteger
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from idp.clock import from_milliseconds, to_milliseconds


class UtcInstant(TypeDecorator[dt.datetime]):
    """An aware UTC instant, stored as milliseconds since 1970.

    An integer reads the same through every driver and engine, so the hot path compares it without conversion
    (docs/decisions/0002-instants-are-integers.md).
    """

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else to_milliseconds(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> dt.datetime | None:
        return None if value is None else from_milliseconds(value)
