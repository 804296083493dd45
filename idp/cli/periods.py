"""Days that people type, in Europe/Paris."""

import datetime as dt

import click

from idp.clock import PARIS


class Day(click.ParamType[dt.datetime]):
    """`2026-03-14`, or an ISO 8601 instant; gives the instant, a day's being its beginning in Paris."""

    name = "day"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> dt.datetime:
        if isinstance(value, dt.datetime):
            return value
        try:
            found = dt.datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value} is no day (2026-03-14) and no instant (2026-03-14T18:42)", param, ctx)
        return (found if found.tzinfo else found.replace(tzinfo=PARIS)).astimezone(dt.UTC)
