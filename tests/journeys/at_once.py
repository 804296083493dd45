"""Several people who act at the same instant."""

import contextlib
import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from tests.journeys.conftest import Parent


def at_once(acts: Sequence[Callable[[], Any]]) -> list[Any]:
    """Do the acts in threads that start together; what each gave, or raised."""
    barrier, results = threading.Barrier(len(acts)), [None] * len(acts)

    def run(number: int) -> None:
        barrier.wait(30)
        try:
            results[number] = acts[number]()
        except Exception as error:
            results[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


def twin(person: Parent) -> Parent:
    """The same browser in another tab."""
    other = Parent(person.app)
    for cookie in ("idp_browser", "idp_session"):
        if found := person.browser.get_cookie(cookie):
            other.browser.set_cookie(cookie, found.value)
    other.page = person.page
    return other


def meet(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, number: int) -> None:
    """Make that many calls of a function wait for each other before it works; a call that stays alone goes on soon."""
    barrier, real = threading.Barrier(number), getattr(module, name)

    def waits(*args: Any, **values: Any) -> Any:
        with contextlib.suppress(threading.BrokenBarrierError):
            barrier.wait(1)
        return real(*args, **values)

    monkeypatch.setattr(module, name, waits)
