"""The provider and the programs around it, as the journeys' and clients' tests know them."""

from tests.clients.conftest import lsu, lsu_config, portal, portal_config, provider, tryit  # noqa: F401
from tests.journeys.conftest import family, parent  # noqa: F401
