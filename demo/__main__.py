"""`make demo`: the whole town on one machine, ready to be clicked; Ctrl-C ends it."""

import signal
import subprocess
import sys
import threading
from contextlib import closing

from demo import configuration, first_parent
from demo.addresses import Addresses
from demo.processes import NotAnswering, Town, is_free
from demo.seeding import LETTER_PASSWORD, REGISTRATION_TOKEN, STAFF, STAFF_PASSWORD, Seeding

PROGRAMS = ("mailbox", "franceconnect", "provider", "portal", "lsu", "tryit")


def main() -> int:
    """Start everything, tell where it is, wait for the end."""
    addresses = Addresses.from_environment()
    if busy := [f"{port} ({name})" for name, port in addresses.ports.items() if not is_free(port)]:
        print(f"Port in use: {', '.join(busy)}. Stop what uses it, or set DEMO_PORT_BASE.", file=sys.stderr)
        return 1
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: ended.set())
    town = Town()
    try:
        _open(town, addresses)
        _tell(addresses)
        while not ended.wait(0.5):
            if name := town.first_ended():
                print(f"{name} has ended by itself; its lines above say why", file=sys.stderr)
                return 1
    except (NotAnswering, subprocess.CalledProcessError, first_parent.NoMessage) as error:
        print(f"The town could not open: {error}", file=sys.stderr)
        return 1
    finally:
        town.stop()
    return 0


def _open(town: Town, addresses: Addresses) -> None:
    """Write settings, fill the database once, start every program and wait until all answer."""
    secrets = configuration.write(addresses)
    done = addresses.file("seeded")
    idp = ("-m", "idp", "--config", str(addresses.file("idp.toml")))
    ports = addresses.ports
    mailbox = ("-m", "demo.mailbox", "--http-port", str(ports["mailbox"]), "--smtp-port", str(ports["smtp"]))
    town.start("mailbox", (*mailbox, "--data-dir", str(addresses.file("mailbox"))))
    town.start("franceconnect", ("-m", "demo.franceconnect", "--config", str(addresses.file("franceconnect.toml"))))
    for name in configuration.RELYING_PARTIES:
        town.start(name, ("-m", f"clients.{name}", "--config", str(addresses.file(f"{name}.toml"))))
    with closing(Seeding(idp, addresses)) as seeding:
        if not done.exists():
            seeding.fill(secrets)
        town.start("provider", (*idp, "serve"), {"IDP_CONFIG": str(addresses.file("idp.toml"))})
        town.start("worker", (*idp, "worker"))
        for name in PROGRAMS:
            town.wait_for(name, ports[name])
        seeding.finish()
    if not done.exists():
        print("Registering the first parent, as a parent does…", flush=True)
        first_parent.register(addresses.url("provider"), addresses.url("mailbox"))
        done.touch()


def _tell(addresses: Addresses) -> None:
    """The table of addresses and accounts, then the line that says that all is there."""
    print(
        f"""
identity provider             {addresses.url("provider")}   /.well-known/openid-configuration
portal «Scolarité Services»   {addresses.url("portal")}   start here
LSU viewer                    {addresses.url("lsu")}
FranceConnect simulator       {addresses.url("franceconnect")}   issuer …/api/v2
try a login, see its tokens   {addresses.url("tryit")}   for developers
mailbox                       {addresses.url("mailbox")}   every SMS and mail

First thing to try: register as Valéry DURANT, mobile 06 39 98 12 34,
                children Alexis (14/03/2017) and Camille (22/06/2014)
Register a relying party of your own: initial access token {REGISTRATION_TOKEN}
Account:        f.sow1 / {first_parent.PASSWORD}
Staff:          {", ".join(STAFF)} / {STAFF_PASSWORD}, at {addresses.url("provider")}/gestion;
                their codes are at {addresses.url("mailbox")}/totp
Unused letter:  a.roussel1 / {LETTER_PASSWORD}
Demo ready""",
        flush=True,
    )


if __name__ == "__main__":
    raise SystemExit(main())
