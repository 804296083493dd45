"""The provider and the programs around it, as the journeys' and clients' tests know them."""

from pathlib import Path

import pytest

from idp.provider import keys
from idp.settings import Settings
from tests.clients.conftest import lsu, lsu_config, portal, portal_config, provider  # noqa: F401
from tests.journeys.conftest import family, parent  # noqa: F401


@pytest.fixture
def settings(settings: Settings) -> Settings:
    keys.generate(Path(settings.keys.directory))
    return settings
