"""E-mail addresses: shape, comparison, slips of the hand."""

import pytest

from idp.accounts.email import fold, is_address, suggestion


@pytest.mark.parametrize("typed", ["v.durant@example.org", "o'brien+ecole@mail.example.fr", "a_b-c@x-y.example"])
def test_an_everyday_address_is_taken(typed):
    assert is_address(typed)


@pytest.mark.parametrize(
    "typed",
    ["", "durant", "a@b", "a b@example.org", "a@example.org\r\nBcc: x@example.org", "a..b@example.org", "@example.org",
     "a@-example.org", "a@example.org,b@example.org", "x" * 65 + "@example.org", "a@" + "b." * 130 + "org"],
)  # fmt: skip
def test_what_is_no_address_is_refused(typed):
    assert not is_address(typed)


def test_addresses_are_compared_without_regard_to_capitals_and_width():
    assert fold(" V.Durant@Example.ORG ") == fold("v.durant@example.org")
    assert fold("ｖ.durant@example.org") == "v.durant@example.org"


def test_a_twin_without_its_dot_is_another_address():
    """ATTACKS 99."""
    assert fold("mıke@example.org") != fold("mike@example.org")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("v@gmial.com", "v@gmail.com"), ("v@gmal.com", "v@gmail.com"), ("v@gmaill.com", "v@gmail.com"),
     ("v@oranje.fr", "v@orange.fr"), ("v@Hotmail.co", "v@hotmail.com"), ("v@gmail.com", ""),
     ("v@example.org", ""), ("gmial.com", ""), ("", "")],
)  # fmt: skip
def test_a_slip_in_a_common_domain_is_pointed_out(typed, meant):
    assert suggestion(typed) == meant
