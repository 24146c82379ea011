"""The audit chain of a desk."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from vaxdesk.db.tables.base import Base, Id, JsonDict


class AuditEntry(Base):
    """One entry; its hash covers its content, its desk and number, and the predecessor's hash."""

    __tablename__ = "audit_entry"

    desk: Mapped[str] = mapped_column(String(8), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    user_id: Mapped[str] = mapped_column(String(36))
    action: Mapped[str] = mapped_column(String(40))
    entity: Mapped[str] = mapped_column(String(40))
    entity_id: Mapped[str] = mapped_column(String(64), index=True)
    detail: Mapped[JsonDict]
    origin: Mapped[str] = mapped_column(String(12))
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class AuditHead(Base):
    """A chain's head, signed with the station's key at a session close, a backup or a sync."""

    __tablename__ = "audit_head"

    id: Mapped[Id]
    desk: Mapped[str] = mapped_column(String(8))
    number: Mapped[int]
    hash: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    occasion: Mapped[str] = mapped_column(String(12))
    kid: Mapped[str] = mapped_column(String(20), default="")
    signature: Mapped[str] = mapped_column(default="")
