"""The demo's mailbox: catches every mail and SMS, shows them as pages and as JSON."""
