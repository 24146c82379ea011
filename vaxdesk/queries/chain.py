"""The audit chain as it is read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from vaxdesk.db.tables import AuditEntry, AuditHead


@dataclass(frozen=True)
class AuditRow:
    """One entry."""

    desk: str
    number: int
    at: datetime
    user_id: str
    action: str
    entity: str
    entity_id: str
    detail: dict[str, Any]
    origin: str
    hash: str


def heads(conn: Session) -> list[tuple[str, int, str]]:
    """All heads that were signed: desk, number, hash."""
    return [(row.desk, row.number, row.hash) for row in conn.scalars(select(AuditHead))]


def newest(conn: Session, desk: str) -> tuple[int, str] | None:
    """Number and hash of the chain's last entry."""
    row = conn.scalars(
        select(AuditEntry).where(AuditEntry.desk == desk).order_by(AuditEntry.number.desc()).limit(1)
    ).first()
    return (row.number, row.hash) if row else None


def of_entity(conn: Session, entity_id: str, limit: int = 200) -> tuple[AuditRow, ...]:
    """What happened to one person or record, newest first."""
    statement = select(AuditEntry).where(AuditEntry.entity_id == entity_id).order_by(AuditEntry.at.desc()).limit(limit)
    return tuple(
        AuditRow(
            row.desk,
            row.number,
            row.at,
            row.user_id,
            row.action,
            row.entity,
            row.entity_id,
            row.detail,
            row.origin,
            row.hash,
        )
        for row in conn.scalars(statement)
    )
