"""A provider with its keys, so that a second application may be made beside the first."""

from pathlib import Path

import pytest

from idp.provider import keys
from idp.settings import Settings


@pytest.fixture
def settings(settings: Settings) -> Settings:
    keys.generate(Path(settings.keys.directory))
    return settings
