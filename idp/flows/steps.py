"""A journey as a table of steps: the current one is computed, so that a reload, two tabs and a typed URL land right."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from idp.flows.models import Flow

FINISHED = "terminee"


@dataclass(frozen=True)
class Step:
    """A step and what is true once it is done."""

    name: str
    is_done: Callable[[Flow], bool]


def first_undone(steps: Sequence[Step], flow: Flow) -> str:
    """The first step that is not done, or FINISHED."""
    return next((step.name for step in steps if not step.is_done(flow)), FINISHED)
