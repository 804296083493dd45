"""The administrator's console: applications, services, schools, figures, audit log, keys, deliveries, staff."""

# A module adds its entry to the navigation when it is imported: this is the order of the entries.
# isort: off
from idp.web.consoles.admin import clients, services, schools, deliveries, emergency, figures, journal, keys, people
from idp.web.consoles.admin import client_acts, people_acts, people_consent, school_departures

# isort: on

PAGES = (
    clients,
    client_acts,
    services,
    schools,
    school_departures,
    figures,
    journal,
    keys,
    deliveries,
    emergency,
    people,
    people_acts,
    people_consent,
)
