"""What is owed to the portal, and the truth for the status line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from vaxdesk.db.tables import OPEN_STATES, Conflict, Outbox, Setting, SignedList


@dataclass(frozen=True)
class SyncStatus:
    """Counts of records, never of requests. ``all_sent`` only when nothing waits, is unknown, or is refused."""

    waiting: int
    sending: int
    unknown: int
    refused: int
    blocked: int
    conflicts: int
    oldest_waiting: datetime | None
    last_sent: str
    portal_url: str
    enrolled: bool

    @property
    def unsent(self) -> int:
        """Everything that the portal has not accepted."""
        return self.waiting + self.sending + self.unknown + self.refused + self.blocked

    @property
    def all_sent(self) -> bool:
        """True only when it is true."""
        return self.unsent == 0


@dataclass(frozen=True)
class OutboxRow:
    """One entry for the list of what will be sent."""

    seq: int
    resource_type: str
    resource_id: str
    person_id: str
    visit_id: str
    state: str
    attempts: int
    last_status: int | None
    last_outcome: str
    created_at: datetime
    accepted_at: datetime | None


def status(conn: Session) -> SyncStatus:
    """The counts behind the status line."""
    counts = dict(conn.execute(select(Outbox.state, func.count()).group_by(Outbox.state)).all())
    oldest = conn.scalar(select(func.min(Outbox.created_at)).where(Outbox.state.in_(OPEN_STATES)))
    values = dict(
        conn.execute(
            select(Setting.key, Setting.value).where(Setting.key.in_(("sync.last-sent", "portal.url", "portal.token")))
        ).all()
    )
    conflicts = conn.scalar(select(func.count()).select_from(Conflict).where(Conflict.resolved_at.is_(None))) or 0
    return SyncStatus(
        waiting=counts.get("ready", 0),
        sending=counts.get("sending", 0),
        unknown=counts.get("unknown", 0),
        refused=counts.get("refused", 0),
        blocked=counts.get("blocked", 0),
        conflicts=conflicts,
        oldest_waiting=oldest,
        last_sent=values.get("sync.last-sent", ""),
        portal_url=values.get("portal.url", ""),
        enrolled=bool(values.get("portal.token")),
    )


def entries(conn: Session, state: str | None = None, limit: int = 500) -> tuple[OutboxRow, ...]:
    """The entries, those that need a person first, then the oldest."""
    statement = select(Outbox).order_by(Outbox.seq.desc()).limit(limit)
    statement = statement.where(Outbox.state == state) if state else statement.where(Outbox.state != "superseded")
    rows = [
        OutboxRow(
            seq=row.seq,
            resource_type=row.resource_type,
            resource_id=row.resource_id,
            person_id=row.person_id,
            visit_id=row.visit_id,
            state=row.state,
            attempts=row.attempts,
            last_status=row.last_status,
            last_outcome=row.last_outcome,
            created_at=row.created_at,
            accepted_at=row.accepted_at,
        )
        for row in conn.scalars(statement)
    ]
    order = {"refused": 0, "blocked": 1, "unknown": 2, "sending": 3, "ready": 4, "accepted": 5}
    return tuple(sorted(rows, key=lambda row: (order.get(row.state, 9), -row.seq)))


def unknown(conn: Session, now: datetime) -> list[tuple[int, str, str]]:
    """Number, type and id of the entries of which nothing is known and whose waiting time is over."""
    statement = (
        select(Outbox.seq, Outbox.resource_type, Outbox.resource_id)
        .where(Outbox.state == "unknown", (Outbox.next_at.is_(None)) | (Outbox.next_at <= now))
        .order_by(Outbox.seq)
    )
    return [(seq, kind, ident) for seq, kind, ident in conn.execute(statement)]


def list_ages(conn: Session) -> dict[str, datetime]:
    """When each signed list that is held was issued."""
    return dict(conn.execute(select(SignedList.kind, SignedList.issued_at)).all())
