"""The signed lists and certificates that the station holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from vaxdesk.db.tables import SignedList, SignedListPart


@dataclass(frozen=True)
class ListRow:
    """One list: which, its number, and when it was made and received."""

    kind: str
    number: int
    issued_at: datetime
    received_at: datetime


def body_of(conn: Session, kind: str) -> bytes | None:
    """The signed bytes."""
    row = conn.execute(select(SignedList.body, SignedList.details).where(SignedList.kind == kind)).first()
    if row is None:
        return None
    parts = parts_of(row.details)
    if not parts:
        return bytes(row.body)
    pieces = conn.scalars(
        select(SignedListPart.body).where(SignedListPart.list_sha256 == parts).order_by(SignedListPart.place)
    )
    return b"".join(pieces)


def parts_of(details: object) -> str:
    """The SHA-256 under which a large list's parts lie; empty for one that lies in one piece."""
    return str(details.get("parts", "")) if isinstance(details, dict) else ""


def parts_in_use(conn: Session) -> frozenset[str]:
    """The parts that a list held needs."""
    return frozenset(filter(None, (parts_of(details) for details in conn.scalars(select(SignedList.details)))))


def parts_held(conn: Session) -> dict[str, int]:
    """Every list that lies in parts, whether needed or not, with how many parts of it are there."""
    counted = select(SignedListPart.list_sha256, func.count()).group_by(SignedListPart.list_sha256)
    return {sha256: count for sha256, count in conn.execute(counted)}


def all_lists(conn: Session) -> tuple[ListRow, ...]:
    """What is held, without the bodies."""
    rows = conn.execute(
        select(SignedList.kind, SignedList.number, SignedList.issued_at, SignedList.received_at).order_by(
            SignedList.kind
        )
    )
    return tuple(ListRow(*row) for row in rows)


def etag_of(conn: Session, kind: str) -> str:
    """The portal's mark of the state of a list that is held; empty where it came as a file."""
    details = conn.scalar(select(SignedList.details).where(SignedList.kind == kind))
    return str(details.get("etag", "")) if isinstance(details, dict) else ""
