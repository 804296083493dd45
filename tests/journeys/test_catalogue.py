"""Every text of pages, mails and templates is in the English catalogue, and no other."""

from tests.catalogue import problems


def test_every_text_is_translated_and_no_translation_is_left_without_its_text():
    assert not problems()
