"""The tables as the models say. Until 1.0 nobody has data to keep, so this one migration follows them."""

from alembic import op

from idp.db import Base

revision = "0001"
down_revision = None


def upgrade() -> None:
    Base.metadata.create_all(op.get_bind())
