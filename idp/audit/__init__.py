"""The audit log: who did what, when; only ever added to, and sealed afterwards (docs/decisions/0010-audit-chain.md)."""

from idp.audit.models import AppendOnly, AuditEntry
from idp.audit.pruning import prune
from idp.audit.questions import Filter, find, history
from idp.audit.recording import LINE, Fact, as_row, record

__all__ = ["LINE", "AppendOnly", "AuditEntry", "Fact", "Filter", "as_row", "find", "history", "prune", "record"]
