"""The administrator's console: client applications, figures, audit log, keys, deliveries, switches, staff."""

from idp.web.consoles.admin import (
    client_acts,
    clients,
    deliveries,
    emergency,
    figures,
    journal,
    keys,
    people,
    people_acts,
    people_consent,
)

PAGES = (clients, client_acts, figures, journal, keys, deliveries, emergency, people, people_acts, people_consent)
