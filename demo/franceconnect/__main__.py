"""`python -m demo.franceconnect`: the simulator, until SIGTERM; `rotate` and `retire` change its keys."""

import signal
from argparse import ArgumentParser
from pathlib import Path
from urllib.parse import urlsplit

from demo.franceconnect import config
from demo.franceconnect.control import create_control
from demo.franceconnect.keys import Keys
from demo.franceconnect.listener import Listener
from demo.franceconnect.simulator import Simulator
from demo.franceconnect.web import create_app


def main() -> int:
    """Read the file, do what the command says; 1 when the file or a port cannot be used."""
    parser = ArgumentParser(prog="python -m demo.franceconnect", description="A stand-in for FranceConnect v2.")
    parser.add_argument("command", nargs="?", choices=("serve", "rotate", "retire"), default="serve")
    parser.add_argument("--config", type=Path, required=True, help="TOML: issuer, identities, clients")
    parser.add_argument("--control", type=int, metavar="PORT", help="open the control port on 127.0.0.1")
    parser.add_argument("--hard", action="store_true", help="rotate: the old keys are gone at once")
    options = parser.parse_args()
    try:
        settings = config.load(options.config)
    except config.ConfigurationError as error:
        print(f"franceconnect: {error}", flush=True)
        return 1
    if options.command == "serve":
        return _serve(settings, options.control)
    keys = Keys(settings.data)
    if options.command == "rotate":
        keys.rotate(hard=options.hard)
    else:
        keys.retire()
    return 0


def _serve(settings: config.Config, control_port: int | None) -> int:
    simulator = Simulator(settings)
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda *_: simulator.stopping.set())
    address = urlsplit(settings.issuer)
    port = address.port or 80
    try:
        pages = Listener("127.0.0.1", port, create_app(simulator))
        control = Listener("127.0.0.1", control_port, create_control(simulator, pages)) if control_port else None
    except (OSError, SystemExit):
        print(f"franceconnect: port {port} or {control_port} cannot be used", flush=True)
        return 1
    print(f"franceconnect: {settings.issuer}" + (f", control on {control_port}" if control else ""), flush=True)
    simulator.stopping.wait()
    pages.close()
    if control:
        control.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
