"""Colleagues as the records know them, without a browser."""

from collections.abc import Callable

import pytest

from idp.db import db
from idp.staff import service
from idp.staff.models import Role, StaffAccount

Employ = Callable[..., StaffAccount]


@pytest.fixture
def employ(database, clock) -> Employ:  # type: ignore[no-untyped-def]
    """Makes an account that is in use."""

    def make(login: str, role: Role = "administrator", **more: str) -> StaffAccount:
        staff = service.add(login, login, role, email=f"{login}@example.org", by="test", **more)  # type: ignore[arg-type]
        staff.password_hash, staff.totp = "$argon2id$", {"secret": "JBSWY3DPEHPK3PXP"}
        db.session.commit()
        return staff

    return make
