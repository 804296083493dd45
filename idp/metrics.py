"""What Prometheus may ask: acts by kind, logins by outcome, codes sent, the time that tokens take. No label names
anybody."""

from prometheus_client import Counter, Histogram

ACTS = Counter("idp_acts", "Acts written into the audit log", ["act"])
LOGINS = Counter("idp_logins", "Logins by outcome: succeeded, failed, refused, locked", ["outcome"])
CODES = Counter("idp_codes_sent", "SMS codes queued")
TOKEN_SECONDS = Histogram(
    "idp_token_seconds",
    "Time to answer at the token endpoint",
    buckets=(0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5),
)


def count_act(event: str) -> None:
    """Count an audited act."""
    ACTS.labels(event).inc()
    subject, _, outcome = event.partition(".")
    if subject == "login" and outcome in ("succeeded", "failed", "refused", "locked"):
        LOGINS.labels(outcome).inc()
    elif event == "code.sent":
        CODES.inc()
