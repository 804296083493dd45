"""A web server that can be closed and opened again on the same port."""

import threading

from flask import Flask
from werkzeug.serving import BaseWSGIServer, make_server


class Listener:
    """Serves an application while it is open."""

    def __init__(self, host: str, port: int, app: Flask) -> None:
        self._app = app
        self._lock = threading.Lock()
        self._server: BaseWSGIServer | None = None
        self.host, self.port = host, port
        self.open()

    def open(self) -> None:
        """Raises OSError (SystemExit in some versions of the server) when the port is taken."""
        with self._lock:
            if self._server is None:
                self._server = make_server(self.host, self.port, self._app, threaded=True)
                self.port = self._server.port
                threading.Thread(target=self._server.serve_forever, name="pages", daemon=True).start()

    def close(self) -> None:
        with self._lock:
            if self._server is not None:
                self._server.shutdown()
                self._server.server_close()
                self._server = None
