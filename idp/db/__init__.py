"""Storage: the typed base of all models, the session, column types, the hot path's statements, migrations."""

from idp.db.base import Base, db, new_id
from idp.db.types import UtcInstant

__all__ = ["Base", "UtcInstant", "db", "new_id"]
