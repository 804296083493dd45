"""Services as administrators describe them."""

import datetime as dt

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from idp.db import Base
from idp.registry.academies import academie_of
from idp.relying_parties.models import Client


class Service(Base):
    """A tile: a client application that starts its own login, or a plain link; and the schools that it is for."""

    __tablename__ = "services"

    service_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    title: Mapped[str] = mapped_column(String(80))
    title_en: Mapped[str] = mapped_column(String(80))
    description: Mapped[str] = mapped_column(String(160))
    description_en: Mapped[str] = mapped_column(String(160))
    picture: Mapped[str] = mapped_column(String(20))
    """One of `idp.services.pictures.NAMES`, or «logo»: the client's."""
    client_id: Mapped[str | None] = mapped_column(ForeignKey("clients.client_id"), index=True)
    """Its `initiate_login_uri` is what the tile opens."""
    link: Mapped[str] = mapped_column(String(2048))
    """What the tile opens where there is no client."""
    target_link_uri: Mapped[str] = mapped_column(String(2048))
    names_child: Mapped[bool]
    """The portal tells the target which child's tile was used."""
    degrees: Mapped[list[int]] = mapped_column(JSON)
    academies: Mapped[list[str]] = mapped_column(JSON)
    uais: Mapped[list[str]] = mapped_column(JSON)
    """An empty list asks nothing of a school; what is not empty, each asks."""
    position: Mapped[int]
    """Lower is first; the identifier parts equal ones."""
    is_on: Mapped[bool]
    created_at: Mapped[dt.datetime]
    updated_at: Mapped[dt.datetime]

    client: Mapped[Client | None] = relationship()

    @property
    def opens(self) -> str:
        """Where the tile leads, without the query of a login: empty when its client cannot be reached."""
        if self.client is None:
            return self.link
        if self.client.disabled_at is not None or self.client.deleted_at is not None:
            return ""
        return str(self.client.metadata_.get("initiate_login_uri", ""))

    @property
    def state(self) -> str:
        """`on`, `off`, or `unreachable`: its client is off, gone, or says no `initiate_login_uri` any more."""
        if not self.is_on:
            return "off"
        return "on" if self.opens else "unreachable"

    def is_for(self, uai: str, degree: int) -> bool:
        """Whether a school has it."""
        return (
            (not self.degrees or degree in self.degrees)
            and (not self.academies or academie_of(uai) in self.academies)
            and (not self.uais or uai in self.uais)
        )
