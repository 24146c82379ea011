"""The signed lists and certificates that the station holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from vaxdesk.db.tables import SignedList


@dataclass(frozen=True)
class ListRow:
    """One list: which, its number, and when it was made and received."""

    kind: str
    number: int
    issued_at: datetime
    received_at: datetime


def body_of(conn: Session, kind: str) -> bytes | None:
    """The signed bytes."""
    return conn.scalar(select(SignedList.body).where(SignedList.kind == kind))


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
