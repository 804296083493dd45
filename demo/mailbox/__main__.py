"""`python -m demo.mailbox`: the mailbox, until SIGTERM."""

import signal
import threading
from argparse import ArgumentParser
from pathlib import Path

from werkzeug.serving import make_server

from demo.mailbox import smtp, web
from demo.mailbox.store import Store


def main() -> int:
    """Listen for mail and HTTP; 1 when a port is taken."""
    parser = ArgumentParser(prog="python -m demo.mailbox", description="Catches every mail and SMS.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--http-port", type=int, default=8025)
    parser.add_argument("--smtp-port", type=int, default=8026)
    parser.add_argument("--data-dir", type=Path, default=Path("var/demo/mailbox"))
    options = parser.parse_args()
    stop = threading.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda *_: stop.set())
    store = Store(options.data_dir)
    try:
        mail = smtp.start(store, options.host, options.smtp_port)
    except OSError as error:
        print(f"mailbox: port {options.smtp_port} cannot be used: {error.strerror or error}", flush=True)
        return 1
    try:
        pages = make_server(options.host, options.http_port, web.create_app(store), threaded=True)
    except (OSError, SystemExit):
        print(f"mailbox: port {options.http_port} cannot be used", flush=True)
        mail.stop()
        return 1
    threading.Thread(target=pages.serve_forever, name="pages", daemon=True).start()
    print(f"mailbox: http://{options.host}:{options.http_port} (mail by SMTP on {options.smtp_port})", flush=True)
    stop.wait()
    pages.shutdown()
    mail.stop()
    store.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
