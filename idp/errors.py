"""Refusals are values of the domain: one class for what happened, facts as attributes, words in the catalogue."""


class Refusal(Exception):
    """Something that a person asked for and that the rules do not allow; shown by a page, never a crash.

    Subclasses are named for what happened and carry facts as keyword attributes (`tries_left`, `ends_at`).
    """

    def __init__(self, **facts: object) -> None:
        super().__init__(type(self).__name__)
        self.facts = facts
        for name, value in facts.items():
            setattr(self, name, value)


class ConfigurationError(Exception):
    """The deployment cannot start; `problems` lists every reason, each with its key and what to do."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems
