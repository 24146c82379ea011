"""The audit chain as it is read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from vaxdesk.db.tables import AuditEntry, AuditHead, PortalCopy


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


#: The identifier system under which the portal keeps a head as ``desk:number:hash``.
HEAD_SYSTEM = "urn:vaxdesk:audit-head"


def heads(conn: Session) -> list[tuple[str, int, str]]:
    """All heads that were signed, and those that the portal showed last: desk, number, hash.

    The portal's come last, so that they hold against rows that were changed here.
    """
    own = [(row.desk, row.number, row.hash) for row in conn.scalars(select(AuditHead))]
    return own + portal_heads(conn)


def portal_heads(conn: Session) -> list[tuple[str, int, str]]:
    """The heads that the portal holds of this station, as they were pulled."""
    bodies = conn.scalars(select(PortalCopy.body).where(PortalCopy.resource_type == "Provenance"))
    return [head for body in bodies if (head := head_in(body)) is not None]


def head_in(provenance: Any) -> tuple[str, int, str] | None:
    """Desk, number and hash that a Provenance carries; None for another one."""
    entities = provenance.get("entity") if isinstance(provenance, dict) else None
    for entity in entities if isinstance(entities, list) else []:
        what = entity.get("what") if isinstance(entity, dict) else None
        identifier = what.get("identifier") if isinstance(what, dict) else None
        if isinstance(identifier, dict) and identifier.get("system") == HEAD_SYSTEM:
            desk, number, digest = ([*str(identifier.get("value", "")).split(":"), "", "", ""])[:3]
            if desk and number.isascii() and number.isdigit() and len(digest) == 64:
                return desk, int(number), digest
    return None


def hash_at(conn: Session, desk: str, number: int) -> str:
    """The hash of an entry; empty where there is none."""
    return conn.scalar(select(AuditEntry.hash).where(AuditEntry.desk == desk, AuditEntry.number == number)) or ""


def newest_head(conn: Session, desk: str, occasion: str) -> tuple[int, str] | None:
    """Number and hash of the last head signed on such an occasion."""
    row = conn.scalars(
        select(AuditHead)
        .where(AuditHead.desk == desk, AuditHead.occasion == occasion)
        .order_by(AuditHead.number.desc(), AuditHead.at.desc())
        .limit(1)
    ).first()
    return (row.number, row.hash) if row else None


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
