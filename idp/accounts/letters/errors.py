"""What may be refused to who prints letters, or to who uses one."""

from idp.errors import Refusal


class NobodyToWriteTo(Refusal):
    """No current responsable of that school, class or id needs a letter."""


class LetterExpired(Refusal):
    """The password is a letter's that is too old: the school prints a new one."""
