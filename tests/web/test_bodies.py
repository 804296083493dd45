"""ATTACKS 133: bodies that are large, in many parts, or never end as they said."""

import io

import pytest
from flask import Flask

LARGE = b"a" * (300 * 1024)
PAGES = ["/connexion/x", "/inscription/x/informations", "/compte/mot-de-passe", "/mot-de-passe-perdu/x"]
ENDPOINTS = ["/token", "/par", "/introspect", "/revoke", "/authorize", "/register"]


@pytest.mark.parametrize("path", [*PAGES, *ENDPOINTS])
def test_a_body_beyond_the_ceiling_is_not_read(app: Flask, path: str) -> None:
    form = "application/json" if path == "/register" else "application/x-www-form-urlencoded"

    answer = app.test_client().post(path, data=b"nom=" + LARGE, content_type=form)

    assert answer.status_code in (401, 404, 405, 413)
    assert answer.status_code == 413 or path not in ("/token", "/par", "/authorize")


def test_a_form_of_many_parts_is_refused(app: Flask) -> None:
    parts = {f"field{number}": (io.BytesIO(b"x"), "f") for number in range(600)}

    answer = app.test_client().post("/connexion/x", data=parts, content_type="multipart/form-data")

    assert answer.status_code == 413


def test_a_body_without_a_length_is_read_to_the_ceiling_alone(app: Flask) -> None:
    class Endless(io.RawIOBase):
        given = 0

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: bytearray) -> int:
            Endless.given += len(buffer)
            buffer[:] = b"a" * len(buffer)
            return len(buffer)

    environ = {
        "wsgi.input": io.BufferedReader(Endless()),
        "wsgi.input_terminated": True,
        "HTTP_TRANSFER_ENCODING": "chunked",
        "CONTENT_LENGTH": "",
    }

    answer = app.test_client().post(
        "/token", environ_overrides=environ, content_type="application/x-www-form-urlencoded"
    )

    assert answer.status_code == 413
    assert Endless.given < 2 * 1024 * 1024
