"""Logs: one JSON object a line (or key=value text), each event with its facts; nothing personal in any of them.

An exception is told by its type and the places it went through, never by its message: messages of databases and
libraries repeat the values they were given (CWE-532).
"""

import logging
import traceback
from collections.abc import MutableMapping
from typing import Any

import orjson
import structlog

from idp import clock

Event = MutableMapping[str, Any]


def configure(form: str) -> None:
    """Set structlog up for this process; `form` is `json` or `text`."""
    render: Any = structlog.processors.LogfmtRenderer(bool_as_flag=False)
    if form == "json":
        render = structlog.processors.JSONRenderer(
            serializer=lambda event, **_: orjson.dumps(event, default=str).decode()
        )
    processors = [structlog.contextvars.merge_contextvars, structlog.stdlib.add_log_level, _add_time, _tell_exception]
    structlog.configure(processors=[*processors, render])
    for chatty in ("httpx", "httpcore", "urllib3"):
        # Their INFO lines hold whole addresses, and so codes and telephone numbers.
        logging.getLogger(chatty).setLevel(logging.WARNING)


def _add_time(logger: object, method: str, event: Event) -> Event:
    event["at"] = clock.now().isoformat(timespec="milliseconds")
    return event


def _tell_exception(logger: object, method: str, event: Event) -> Event:
    error = event.pop("exc_info", None)
    if isinstance(error, BaseException):
        event["exception"] = _types(error)
        frames = traceback.extract_tb(error.__traceback__)[-12:]
        event["trace"] = " > ".join(f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames)
    return event


def _types(error: BaseException) -> str:
    cause = error.__cause__ or error.__context__
    name = f"{type(error).__module__}.{type(error).__qualname__}"
    return f"{name} from {_types(cause)}" if cause is not None else name


def _short(path: str) -> str:
    return "/".join(path.rsplit("/", 3)[1:])
