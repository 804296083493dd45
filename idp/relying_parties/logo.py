"""Clients' logos: fetched once, checked, drawn again by us, served from here (attack 27)."""

import io
import warnings

from PIL import Image, UnidentifiedImageError

from idp.db import db
from idp.relying_parties.models import Logo

FORMATS = ("PNG", "JPEG", "WEBP")
MAXIMUM_PIXELS = 4_000_000
SIDE = 112
"""The longest side that is kept: twice what pages show, for fine screens."""
MAXIMUM_KIB = 512


class NotAPicture(Exception):
    """The bytes are no PNG, JPEG or WebP of a sane size."""


def draw(data: bytes) -> bytes:
    """The picture as a small PNG without anything else that the file held. Raises NotAPicture."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
                # The header tells the size before anything is unpacked.
                if picture.width * picture.height > MAXIMUM_PIXELS or min(picture.size) < 1:
                    raise NotAPicture
                picture.draft("RGB", (SIDE, SIDE))
                small = picture.convert("RGBA")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Warning, Image.DecompressionBombError) as error:
        raise NotAPicture from error
    small.thumbnail((SIDE, SIDE))
    drawn = Image.new("RGBA", small.size)
    drawn.paste(small)
    written = io.BytesIO()
    drawn.save(written, "PNG", optimize=True)
    return written.getvalue()


def keep(client_id: str, png: bytes | None) -> None:
    """Remember the client's logo; None forgets it."""
    row = db.session.get(Logo, client_id)
    if png is None:
        if row is not None:
            db.session.delete(row)
    elif row is None:
        db.session.add(Logo(client_id=client_id, png=png))
    else:
        row.png = png
    db.session.flush()
