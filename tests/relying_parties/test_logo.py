"""Hostile logos (ATTACKS 27): a small PNG of ours, or nothing."""

import io
import struct
import zlib

import pytest
from PIL import Image

from idp.relying_parties.logo import NotAPicture, draw
from tests.pictures import png

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>'


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few kilobytes whose header promises that many pixels."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(4_000_000))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def gif() -> bytes:
    written = io.BytesIO()
    Image.new("P", (8, 8)).save(written, "GIF")
    return written.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        SVG,
        b"<!doctype html><script>alert(1)</script>",
        gif(),
        bomb(50_000, 50_000),
        bomb(3_000, 2_000),
        bomb(0, 10),
        png(40, 40)[:60],
        b"",
        b"%PDF-1.7",
    ],
    ids=["svg-with-script", "html", "gif", "bomb", "too-many-pixels", "empty-side", "cut", "nothing", "pdf"],
)
def test_what_is_no_small_picture_is_refused(data):
    with pytest.raises(NotAPicture):
        draw(data)


def test_a_picture_is_drawn_again_small_and_without_what_it_carried():
    drawn = draw(png(1_000, 500, note="<script>alert(1)</script>") + b"<script>alert(1)</script>")

    with Image.open(io.BytesIO(drawn)) as picture:
        assert (picture.format, picture.size) == ("PNG", (112, 56))
    assert b"script" not in drawn
    assert len(drawn) < 10_000
