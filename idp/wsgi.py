"""The WSGI application of one worker process; settings come from `IDP_CONFIG` and the environment."""

from idp.app import create_app
from idp.settings import load

application = create_app(load()).wsgi_app
