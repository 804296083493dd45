import pytest

from idp.registry import names


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("L'HÉRITIER", "lheritier"),
        ("L’Heritier", "L HERITIER"),
        ("DE LA FONTAINE", "DELAFONTAINE"),
        ("EL  HADDAD", "El-Haddad"),
        ("Cœurderoy", "COEURDEROY"),
        ("Françoise-Noëlle", "Francoise Noelle"),
        ("D´HAENE", "d`haene"),
        ("Weiß", "WEISS"),
        ("Łukasz Đorđe Ærø", "lukasz dorde aero"),
        ("Jean  Baptiste", "Jean-Baptiste"),
        ("DU\u00adRANT", "DURANT"),
        ("\ufeffZoé\u200b", "Zoe"),
    ],
)
def test_two_spellings_of_one_name_share_a_key(one: str, other: str) -> None:
    assert names.key(one) == names.key(other)


@pytest.mark.parametrize(
    ("one", "other"), [("DURANT", "DURAND"), ("LEFEBVRE-CARON", "LEFEBVRE"), ("FONTAINE", "DE LA FONTAINE")]
)
def test_two_names_keep_two_keys(one: str, other: str) -> None:
    assert names.key(one) != names.key(other)


def test_the_folded_name_keeps_its_parts_apart() -> None:
    assert names.fold("  Saint–Exupéry d’Arc ") == "saint exupery d arc"


@pytest.mark.parametrize("typed", ["", "   ", "a" * 101, "DURAND2", "DU\u202eRAND", "DU\x00RAND"])
def test_an_implausible_name_is_never_searched(typed: str) -> None:
    assert not names.is_plausible(typed)
