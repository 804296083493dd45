"""docs/errors.md holds every error that anybody can meet."""

from collections import Counter

from tests.errors_page import PAGE, names, problems, program, protocol_errors, sections_of


def test_the_page_of_errors_holds_every_error_of_the_program_and_no_other() -> None:
    assert problems() == []


def test_each_error_is_told_once() -> None:
    sections = sections_of(PAGE.read_text(encoding="utf-8"))

    told = Counter(name for section in sections.values() for name in names(section))

    assert [name for name, times in told.items() if times > 1] == ["AddressRefused"]


def test_the_errors_of_the_protocol_are_found_in_the_program() -> None:
    found = protocol_errors(list(program()))

    assert found["invalid_client"] == {"401"}
    assert found["invalid_redirect_uri"] == {"400"}
    assert {"invalid_dpop_proof", "slow_down", "unmet_authentication_requirements"} <= found.keys()
