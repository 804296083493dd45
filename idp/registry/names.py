"""Folding of names: what two spellings of one name have in common. The registry's own spelling is what is shown."""

import re
import unicodedata
from functools import lru_cache

_LETTERS = str.maketrans(
    {"œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae", "ø": "o", "Ø": "o", "ł": "l", "Ł": "l", "đ": "d", "Đ": "d", "ı": "i"}
)
_SEPARATORS = re.compile(r"[\s'’‘ʼ`´\-‐-―.\u00a0\u202f]+")
LONGEST = 100


@lru_cache(maxsize=4096)
def fold(name: str) -> str:
    """The name without case, accents, punctuation or characters that nobody sees, its parts kept apart by one space."""
    # The acute and the grave accent standing alone decompose into a space and a mark: they must go first.
    spaced = _SEPARATORS.sub(" ", name.translate(_LETTERS))
    decomposed = unicodedata.normalize("NFKD", spaced)
    bare = "".join(character for character in decomposed if not unicodedata.combining(character))
    if not bare.isascii():  # Soft hyphens and the like, which nobody sees and nobody types.
        bare = "".join(character for character in bare if unicodedata.category(character) != "Cf")
    return _SEPARATORS.sub(" ", bare.casefold()).strip()


def key(name: str) -> str:
    """The folded name without spaces: L'HÉRITIER, L HERITIER and LHERITIER have one key."""
    return fold(name).replace(" ", "")


def is_plausible(name: str) -> bool:
    """Whether a typed name may be searched: no digit, no control or bidirectional character, 100 characters at most."""
    if not name.strip() or len(name) > LONGEST:
        return False
    return not any(character.isdigit() or unicodedata.category(character) in ("Cc", "Cf", "Cs") for character in name)


def fits(name: str) -> bool:
    """Whether the registry can hold the name: it and its key have 100 characters at most."""
    return len(name) <= LONGEST and len(key(name)) <= LONGEST
