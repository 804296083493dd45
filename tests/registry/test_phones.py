import tomllib
from pathlib import Path

import pytest

from idp.registry import phones

EXPECTED = tomllib.loads((Path(__file__).parents[2] / "demo/samples/onde/expected.toml").read_text())


@pytest.mark.parametrize(("raw", "normalised"), EXPECTED["first_import"]["phones"].items())
def test_a_number_of_the_sample_school_is_read(raw: str, normalised: str) -> None:
    assert (phones.normalise_mobile(raw) or "") == normalised


@pytest.mark.parametrize(
    ("raw", "normalised"),
    [
        ("639981234", "+33639981234"),
        ("+33 693 98 12 34", "+262693981234"),
        ("06\u202f39\u00a098 12/34", "+33639981234"),
        ("\u202a06 39 98 12 34\u202c", "+33639981234"),
        ("\u206606\u206039\u200b98 12 34\u2069", "+33639981234"),
        ("\ufeff+33 6 39 98 12 34", "+33639981234"),
        ("+262 0693 98 12 34", "+262693981234"),
        ("0709 35 12 34", "+262709351234"),
        ("0708 41 23 45", "+508708412345"),
        ("O639981234", None),
        ("06 39 98 12", None),
        ("06 39 98 11 02 / 06 39 98 11 03", None),
        ("06 39 98 11 02 ou 06 39 98 11 03", None),
        ("+33 6 39 98 11 02 / +33 6 39 98 11 03", None),
        ("0700 12 34 56", None),
        ("01 99 00 10 01", None),
        ("٠٦39981234", None),
        ("", None),
    ],
)
def test_an_odd_spelling_is_a_mobile_or_nothing(raw: str, normalised: str | None) -> None:
    """A trap of phonenumbers: the region FR refuses overseas mobiles."""
    assert phones.normalise_mobile(raw) == normalised


def test_a_landline_is_a_number_but_no_mobile() -> None:
    assert phones.parse("01 99 00 90 01") == phones.Phone("+33199009001", False, "33")


@pytest.mark.parametrize(
    ("raw", "country"), [("+44 7700 900123", "44"), ("+351 912 345 678", "351"), ("+1 2025550100", "1")]
)
def test_a_foreign_number_tells_its_calling_code(raw: str, country: str) -> None:
    assert phones.parse(raw).country == country
