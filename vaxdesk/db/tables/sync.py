"""The outbox and what is known of the portal's side."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from vaxdesk.db.tables.base import Base, Id

#: States of an outbox entry: what is still owed to the portal, and what is done.
OPEN_STATES = ("ready", "sending", "unknown", "blocked", "refused")


class Outbox(Base):
    """One thing to send, written in the transaction of the change. The body is frozen at the first send."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_state", "state", "ready_at"),
        Index("ix_outbox_resource", "resource_type", "resource_id"),
    )

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    visit_id: Mapped[str] = mapped_column(String(36), default="", index=True)
    person_id: Mapped[str] = mapped_column(String(36), default="", index=True)
    resource_type: Mapped[str] = mapped_column(String(40))
    resource_id: Mapped[str] = mapped_column(String(64))
    version: Mapped[int] = mapped_column(default=1)
    state: Mapped[str] = mapped_column(String(12), default="ready")
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    body_sha256: Mapped[str] = mapped_column(String(64), default="")
    base_version: Mapped[str] = mapped_column(String(80), default="")
    blocked_by: Mapped[int | None]
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None]
    last_status: Mapped[int | None]
    last_outcome: Mapped[str] = mapped_column(default="")
    ready_at: Mapped[datetime]
    created_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]


class PortalCopy(Base):
    """The last server version of a resource that was seen, whole."""

    __tablename__ = "portal_copy"

    resource_type: Mapped[str] = mapped_column(String(40), primary_key=True)
    resource_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    version_id: Mapped[str] = mapped_column(String(80))
    last_updated: Mapped[str] = mapped_column(String(40))
    body: Mapped[Any] = mapped_column(JSON)
    seen_at: Mapped[datetime]


class SyncMark(Base):
    """How far a pull has come, by type; the mark comes from the server and is saved with its page."""

    __tablename__ = "sync_mark"

    resource_type: Mapped[str] = mapped_column(String(40), primary_key=True)
    mark: Mapped[str] = mapped_column(String(40))
    saved_at: Mapped[datetime]


class Conflict(Base):
    """Local work not yet accepted, and a different server copy: a person decides, both are kept."""

    __tablename__ = "conflict"

    id: Mapped[Id]
    resource_type: Mapped[str] = mapped_column(String(40))
    resource_id: Mapped[str] = mapped_column(String(64), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    local: Mapped[Any] = mapped_column(JSON)
    remote: Mapped[Any] = mapped_column(JSON)
    found_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]
    resolution: Mapped[str] = mapped_column(default="")
