"""The typed base of all models and the request-bound session."""

import datetime as dt

import uuid_utils
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase, registry

from idp.db.types import UtcInstant

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Base of every model: named constraints, aware instants."""

    registry = registry(metadata=MetaData(naming_convention=NAMING), type_annotation_map={dt.datetime: UtcInstant})


db = SQLAlchemy(model_class=Base, session_options={"autoflush": True})


def new_id() -> str:
    """A new row id: UUIDv7 as 32 hexadecimal digits, so that rows of one time lie together in their index."""
    return uuid_utils.uuid7().hex
