"""The WSGI application of one worker process; settings come from `IDP_CONFIG` and the environment."""

import multiprocessing

from idp import logs
from idp.app import create_app
from idp.cli.parent import end_with
from idp.settings import load

if supervisor := multiprocessing.parent_process():
    end_with(supervisor.pid or 0)
settings = load()
logs.configure(settings.logs.form)
application = create_app(settings).wsgi_app
